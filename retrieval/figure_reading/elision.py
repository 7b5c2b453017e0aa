"""Units that a sentence names elsewhere: "48 hours a week, 36 during Ramadan"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from retrieval.figure_reading.terms import Reading, terms, unit_key
from retrieval.figure_reading.values import Figure

_SENTENCE_END = re.compile(r"[。!?！？]|[.;](?=\s)|\n")


def elided(figure: Figure, text: str) -> frozenset[Reading]:
    """Readings of a bare number with each unit that its sentence names; `text` is normalised."""
    bare = [value for value, unit in figure.readings if unit == "" and isinstance(value, Decimal)]
    if not bare:
        return frozenset()
    ends = [m.end() for m in _SENTENCE_END.finditer(text)]
    start = max((e for e in ends if e <= figure.start), default=0)
    end = min((e for e in ends if e >= figure.end), default=len(text))
    units = _units_named(text[start:end])
    return frozenset((value * factor, unit) for value in bare for unit, factor in units if unit)


@lru_cache(maxsize=512)
def _units_named(sentence: str) -> frozenset[tuple[str, Decimal]]:
    words = terms()
    units = {
        meaning for m in words.unit.finditer(sentence) for meaning in words.units[m[1] or unit_key(m[2])]
    }
    for match in words.symbol.finditer(sentence):
        units |= {(code, Decimal(1)) for code in words.prefixes[match[0]]}
    return frozenset(units)

"""How long a stretch of years lasts: "2026至2030年" says what 五年规划 and "a five-year plan" say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from retrieval.figure_reading.values import Figure, is_year, year_of

_TO = re.compile(r"\s?年?\s?(?:-|–|—|~|至|到|to)\s?")
_LONGEST = 30


def year_spans(found: Sequence[Figure], text: str) -> list[Figure]:
    """For each stretch from year to year its length, counted with and without the first year.

    They may answer a duration of the other language and ask for none.
    """
    years = sorted((figure for figure in found if is_year(figure)), key=lambda figure: figure.start)
    spans = []
    for first, last in pairwise(years):
        start, end = year_of(first), year_of(last)
        # 2025-26 is one match that says both years.
        joined = (first.start, first.end) == (last.start, last.end)
        if start is None or end is None or not 0 < end - start < _LONGEST:
            continue
        if joined or _TO.fullmatch(text, first.end, last.start):
            lengths = {(Decimal(12 * years), "month") for years in (end - start, end - start + 1)}
            spans.append(
                Figure(text[first.start : last.end], first.start, last.end, frozenset(lengths), firm=False)
            )
    return spans

"""The words of `data/figures.yaml` as look-ups and regular expressions, read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml

TERMS_FILE = Path(__file__).parent.parent / "data" / "figures.yaml"

Reading = tuple[Decimal | str, str]
"""One way to read a figure: a value and its base unit ("" for none). Codes have text as value."""


@dataclass(frozen=True)
class Terms:
    """Everything that a text is searched for. Regular expressions match at a position, longest word first."""

    multipliers: dict[str, int]
    units: dict[str, tuple[tuple[str, Decimal], ...]]
    """A word as it stands after a number → the base units it may mean, each with its factor."""
    prefixes: dict[str, tuple[str, ...]]
    """A currency sign or code before a number → the currencies that it may mean."""
    weak_prefixes: dict[str, str]
    soft: dict[str, dict[str, Decimal]]
    adjective: re.Pattern[str]
    multiplier: re.Pattern[str]
    unit: re.Pattern[str]
    prefix: re.Pattern[str]
    """A currency sign at the very end of what stands before a number."""
    symbol: re.Pattern[str]
    """A currency sign anywhere."""
    counter: re.Pattern[str]
    idiom: dict[str, re.Pattern[str]]
    soft_word: dict[str, re.Pattern[str]]
    not_codes: frozenset[str]
    simplified: dict[int, str]


def _alternatives(words: Iterable[str], before: Mapping[str, str] | None = None) -> str:
    """Longest first; a Latin word ends where its letters end. `before`: characters that a word may not precede."""
    listed = sorted({str(word) for word in words}, key=lambda word: (-len(word), word))
    latin: list[str] = []
    others: list[str] = []
    for word in listed:
        (latin if word[0].isascii() and word[0].isalpha() else others).append(
            re.escape(word).replace(r"\ ", "[ -]")
            + (r"(?![A-Za-z])" if word[-1].isascii() and word[-1].isalpha() else "")
            + (f"(?![{before[word]}])" if before and word in before else "")
        )
    # One look behind for all: tried once at each letter, not once for each word.
    return "|".join(([rf"(?<![A-Za-z])(?:{'|'.join(latin)})"] if latin else []) + others)


def unit_key(word: str) -> str:
    """The key of a unit's word in `Terms.units`: "Working-Day" and "working day" are one."""
    return word.lower().replace("-", " ").strip()


@lru_cache(maxsize=1)
def terms() -> Terms:
    """The terms of the shipped file."""
    raw = yaml.safe_load(TERMS_FILE.read_text(encoding="utf-8"))
    units: dict[str, list[tuple[str, Decimal]]] = {}
    words: set[str] = set()
    symbols: set[str] = set()
    for name, unit in raw["units"].items():
        meanings = [(str(unit.get("base", name)), Decimal(str(unit.get("factor", 1))))]
        if unit.get("or_bare"):
            meanings.append(("", Decimal(1)))
        for word in (*unit["zh"], *unit["en"]):
            units.setdefault(unit_key(word), []).extend(meanings)
            words.add(word)
        for symbol in unit.get("symbols", ()):
            units.setdefault(symbol, []).extend(meanings)
            symbols.add(symbol)
    prefixes: dict[str, list[str]] = {}
    for code, currency in raw["currencies"].items():
        for word in (*currency["zh"], *currency["en"]):
            units.setdefault(unit_key(word), []).append((code, Decimal(1)))
            words.add(word)
        units.setdefault(code, []).append((code, Decimal(1)))
        symbols.add(code)
        for symbol in (code, *currency.get("symbols", ())):
            prefixes.setdefault(symbol, []).append(code)
    soft = {lang: {w: Decimal(str(v)) for w, v in raw["soft"][lang].items()} for lang in ("zh", "en")}
    return Terms(
        multipliers={str(k): v for k, v in raw["multipliers"].items()},
        units={word: tuple(dict.fromkeys(meanings)) for word, meanings in units.items()},
        prefixes={symbol: tuple(codes) for symbol, codes in prefixes.items()},
        weak_prefixes=raw["weak_prefixes"],
        soft=soft,
        adjective=re.compile(rf"\s(?:{_alternatives(raw['adjectives'])})", re.IGNORECASE),
        multiplier=re.compile(
            rf"[\s-]?({_alternatives(w for w in raw['multipliers'] if w != 'k')})s?|(k)(?![A-Za-z])",
            re.IGNORECASE,
        ),
        # Symbols keep their case (MW is not mW); words do not.
        unit=re.compile(
            rf"[\s-]?(?:({_alternatives(symbols)})|(?i:({_alternatives(words, raw['unless_followed_by'])})))"
        ),
        prefix=re.compile(rf"(?:{_alternatives(prefixes)})[\s.]?$"),
        symbol=re.compile(_alternatives(prefixes)),
        counter=re.compile(_alternatives(raw["counters"].split())),
        idiom={lang: re.compile(_alternatives(raw["idioms"][lang]), re.IGNORECASE) for lang in ("zh", "en")},
        soft_word={lang: re.compile(_alternatives(soft[lang]), re.IGNORECASE) for lang in ("zh", "en")},
        not_codes=frozenset(raw["not_codes"]),
        simplified={ord(pair[0]): pair[1] for pair in raw["traditional"].split()},
    )

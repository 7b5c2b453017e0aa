"""Reads numbers, dates and codes from Chinese and English so that both compare equal.

`100亿印尼盾` and "IDR 10 billion", `2025年10月2日` and "2 October 2025", `第33条第3款` and "Article 33(3)" give the
same figures. Two uses: `parity` holds the two languages of a fact against each other, and `missing_figures` finds
what an answer says beyond its evidence. The words (units, currencies, counters, idioms) are in `data/figures.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from retrieval.figure_reading.dates import read_dates
from retrieval.figure_reading.elision import elided
from retrieval.figure_reading.quantities import read_quantities
from retrieval.figure_reading.spans import year_spans
from retrieval.figure_reading.tallies import is_tally
from retrieval.figure_reading.terms import terms
from retrieval.figure_reading.values import Figure, Figures, is_year, year_of

__all__ = ["Figure", "Mismatch", "figures", "missing_figures", "normalise", "parity"]

_NOT_FIGURES = re.compile(r"\[\d{1,2}\]|^\s*\d{1,2}[.)、](?=\s)", re.MULTILINE)
_ADDRESS = re.compile(
    r"https?://[^\s\u3000-\u9fff<>\"'()]+|(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
_SUPERSCRIPTS = re.compile(r"(?<!m)[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_HALF = re.compile(r"(\d?)½")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z]{2,}")
_MIXED = 8
"""A Chinese text with this many English words is read as English too: names and units alone have fewer."""
# A full-width comma parts two numbers ("5，200人" are 5 and 200 people); NFKC would join them, so a private character
# stands for it meanwhile.
_COMMA = "\ue000"
_PUNCTUATION = str.maketrans({"，": _COMMA, "、": "、", "；": ";", "。": "。", "−": "-", "‑": "-", "‐": "-"})


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure that one language has and the other lacks."""

    lang: Literal["zh", "en"]
    """The language that has it."""
    figure: Figure


def normalise(text: str) -> str:
    """Half-width digits and signs, simplified characters in the words of `figures.yaml`; otherwise as written."""
    return _with_commas(text).replace("，", "、")


def _with_commas(text: str) -> str:
    """The same with full-width commas kept: they end a clause, which 、 in a list does not."""
    text = _SPACED_THOUSANDS.sub(",", text.translate(_PUNCTUATION))
    text = _HALF.sub(lambda m: f"{m[1] or '0'}.5", _SUPERSCRIPTS.sub("", text))
    return unicodedata.normalize("NFKC", text).translate(terms().simplified).replace(_COMMA, "，")


def _languages(text: str) -> list[str]:
    """The rules to read a text by, when nobody says: by its script, or both for a mixed text."""
    if not _HAN.search(text):
        return ["en"]
    return ["zh", "en"] if len(_WORD.findall(text)) >= _MIXED else ["zh"]


def figures(text: str, lang: str) -> list[Figure]:
    """Every number with its unit, date and code of `text`, in order.

    `lang`: "zh", or anything else for English rules (digits and symbols are read under both). Numbers in words are
    read only in their own language. Positions refer to `normalise(text)`.
    """
    return list(_figures(text, "zh" if lang == "zh" else "en"))


# Evidence is read again for every sentence that cites it.
@lru_cache(maxsize=1024)
def _figures(text: str, lang: str) -> tuple[Figure, ...]:
    written = _with_commas(text)
    clean = written.replace("，", "、")
    found = [_address(match) for match in _ADDRESS.finditer(clean)]
    for pattern in (_ADDRESS, _NOT_FIGURES, terms().idiom[lang]):
        clean = pattern.sub(_blank, clean)
    dates, rest = read_dates(clean, lang)
    found.extend([*dates, *(_claim(figure, written, lang) for figure in read_quantities(rest, lang))])
    found.extend(year_spans(found, clean))
    return tuple(sorted(found, key=lambda figure: (figure.start, figure.end)))


def _claim(figure: Figure, text: str, lang: str) -> Figure:
    return replace(figure, firm=False) if figure.firm and is_tally(figure, text, lang) else figure


def parity(zh: str, en: str) -> list[Mismatch]:
    """Figures that stand in one language only, or with another unit; empty when both say the same."""
    chinese, english = _gather([(zh, "zh")]), _gather([(en, "en")])
    return [
        *(Mismatch("zh", figure) for figure in _unmatched(chinese, zh, english, en)),
        *(Mismatch("en", figure) for figure in _unmatched(english, en, chinese, zh)),
    ]


def _unmatched(own: Figures, own_text: str, other: Figures, other_text: str) -> list[Figure]:
    return [
        figure
        for figure in own.items
        if figure.firm
        and not other.hold(figure)
        # A year alone is said by a date in it; the date itself is looked up from the other side.
        and not (is_year(figure) and other.carry(figure))
        and not _held_without_unit(figure, own_text, other, other_text)
    ]


def _held_without_unit(figure: Figure, text: str, other: Figures, other_text: str) -> bool:
    """Whether one of the languages left out a unit that its sentence names anyway."""
    if figure.date is not None:
        return False
    if unsaid := elided(figure, normalise(text)):
        return other.hold(replace(figure, readings=unsaid))
    clean = normalise(other_text)
    return any(not figure.readings.isdisjoint(elided(one, clean)) for one in other.items)


def missing_figures(text: str, evidence_texts: Iterable[str], lang: str) -> list[Figure]:
    """Figures of `text` (in `lang`) that stand in none of the evidence texts, which may be of either language.

    Tolerant of formatting only: 25亿印尼盾 is carried by "IDR 2.5 billion" and by nothing else, October 2025 also by
    a day in that month. Words such as "first" or 一个 are no claim.
    """
    claimed = [figure for figure in figures(text, lang) if figure.firm]
    if not claimed:
        return []
    evidence = _gather((one, rules) for one in evidence_texts for rules in _languages(one))
    clean = normalise(text)
    return [
        figure
        for figure in claimed
        if not evidence.carry(figure)
        and not ((unsaid := elided(figure, clean)) and evidence.carry(replace(figure, readings=unsaid)))
    ]


def _gather(texts: Iterable[tuple[str, str]]) -> Figures:
    items = tuple(figure for text, lang in texts for figure in figures(text, lang))
    years = frozenset(year for figure in items if (year := year_of(figure)) is not None)
    return Figures(items, years)


def _address(match: re.Match[str]) -> Figure:
    text = match[0].rstrip(".,;:/")
    return Figure(text, match.start(), match.end(), readings=frozenset({(text.lower(), "address")}))


def _blank(match: re.Match[str]) -> str:
    return "\0" * len(match[0])

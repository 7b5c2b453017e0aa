"""Runs of characters or words, to tell a question in somebody's own words from one read off the fact."""

from __future__ import annotations

import re

from retrieval.entities import PLACEHOLDERS, Entities
from retrieval.text import HAN, fold

_HAN_RUN = re.compile(f"[{HAN}]+")
_CLAUSE_END = re.compile(r"[.!?;:,()|\"“”\n/\d]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def phrases(text: str, lang: str, entities: Entities) -> list[tuple[str, ...]]:
    """`text` as runs of Han characters (`lang` zh) or of words (en), folded.

    A run is cut where something stands that anybody would write the same way: a country, a figure or code, Latin
    letters in Chinese, a name in English.
    """
    plain = entities.without_countries(text, lang).replace(PLACEHOLDERS[lang], "|")
    return _han(plain) if lang == "zh" else _english(plain)


def _han(text: str) -> list[tuple[str, ...]]:
    return [tuple(run) for run in _HAN_RUN.findall(fold(text))]


def _english(text: str) -> list[tuple[str, ...]]:
    """Runs of words. A capital inside a clause begins a name, and a name may be shared."""
    runs: list[tuple[str, ...]] = []
    for clause in _CLAUSE_END.split(text):
        run: list[str] = []
        for position, word in enumerate(_WORD.findall(clause)):
            if position and word[0].isupper() and word != "I":
                runs.append(tuple(run))
                run = []
            else:
                run.append(fold(word))
        runs.append(tuple(run))
    return [run for run in runs if run]


def longest_common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The longest run that stands in both; time is the product of their lengths."""
    best, end = 0, 0
    before = [0] * (len(other) + 1)
    for i, unit in enumerate(one, start=1):
        row = [0] * (len(other) + 1)
        for j, theirs in enumerate(other, start=1):
            if unit == theirs:
                row[j] = before[j - 1] + 1
                if row[j] > best:
                    best, end = row[j], i
        before = row
    return one[end - best : end]

"""Text folded for matching, of which every character knows where it stands in the original."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category

from retrieval.text import HAN, clean, fold, fold_table

# What is written in more than one way within a language, after `fold`: dashes stand for spaces, as in Addis-Ababa.
_ALIKE: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2212\u00b7\u30fb\u00a0\n\t"), " "),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bb\u02bc\u0060\u00b4"), "'"),
    **dict(zip(map(ord, "أإآةىیکё"), "اااهييكе", strict=True)),
    **dict.fromkeys([0x0640, *range(0x064B, 0x0653)]),  # Arabic lengthening and vowel signs
}

# A character with the marks and parts that combine with it, where the text is not composed.
_CLUSTER = re.compile(
    "(?s).[\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0900-\u0903\u093a-\u094f\u1160-\u11ff\u3099\u309a]*"
)

_UNSPACED = re.compile(f"[{HAN}\u3040-\u309f\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff]")
_KATAKANA = re.compile("[\u30a0-\u30ff\u31f0-\u31ff]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Aligned:
    """`folded[i]` comes from `original[starts[i]:ends[i]]`; runs of spaces are one space."""

    original: str
    folded: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `folded[start:end]` stands in the original."""
        return self.starts[start], self.ends[end - 1]


def alike(text: str) -> str:
    """`text`, which is a clean name, folded as `align` folds it, without the positions."""
    return " ".join(text.translate(fold_table()).translate(_ALIKE).split())


def align(text: str) -> Aligned:
    """Fold `text` keeping positions. Time is linear in its length."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for cluster, piece in _pieces(text):
        after = position + len(cluster)
        for char in piece:
            if char == " " and folded and folded[-1] == " ":
                ends[-1] = after
                continue
            folded.append(char)
            starts.append(position)
            ends.append(after)
        position = after
    return Aligned(text, "".join(folded), starts, ends)


def _pieces(text: str) -> list[tuple[str, str]]:
    if clean(text) == text:
        table = fold_table()
        return [(char, table[ord(char)].translate(_ALIKE)) for char in text]
    return [(cluster, fold(cluster).translate(_ALIKE)) for cluster in _CLUSTER.findall(text)]


@lru_cache(maxsize=4096)
def script(char: str) -> str:
    """How words are told apart around `char`: "unspaced", "katakana", "hangul", "spaced", or "" (no letter)."""
    if _UNSPACED.match(char):
        return "unspaced"
    if _KATAKANA.match(char):
        return "katakana"
    if _HANGUL.match(char):
        return "hangul"
    return "spaced" if char.isalpha() or category(char).startswith("M") else ""


def begins_word(text: str, at: int) -> bool:
    """Whether a word can begin at `at`: anywhere in scripts without spaces, else not inside a word."""
    kind = script(text[at])
    return at == 0 or kind in ("", "unspaced") or script(text[at - 1]) != kind


def ends_word(text: str, at: int) -> bool:
    """Whether a word can end before `at`. Korean particles follow their word without a space."""
    kind = script(text[at - 1])
    return at >= len(text) or kind in ("", "unspaced", "hangul") or script(text[at]) != kind


def word_end(text: str, at: int) -> int:
    """Where the word that `at` stands in ends."""
    while at < len(text) and not ends_word(text, at):
        at += 1
    return at

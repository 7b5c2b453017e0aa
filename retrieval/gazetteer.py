"""Finds terms of a list in a text: the longest at each place, at word boundaries, unless a guard forbids it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from retrieval.aligned import Aligned, align, alike, begins_word, ends_word, word_end

_CAPITALS = re.compile(r"(?:[A-ZА-Я]\.?){1,6}[A-ZА-Я]?\.?|[A-Z](?:-[A-Z]{2,})+|[A-Z]{2,} [A-Z]{2,}")
_ARTICLE = "ال"
# Conjunction, preposition and article are written together with an Arabic word.
_ARABIC_PREFIXES = tuple(
    sorted(
        {c + p + a for c in ("", "و", "ف") for p in ("", "ب", "ك", "ل") for a in ("", _ARTICLE)}
        | {c + "لل" for c in ("", "و", "ف")},
        key=len,
        reverse=True,
    )
)
_NEAR = 32
"""Characters on either side that a guard can look at."""
_SENTENCE = 3
"""Spaces from which a text in capitals is a sentence rather than a name."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a term stands for: `codes` of one kind (`how`)."""

    codes: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Found:
    """A term at `start:end` of the folded text."""

    target: Target
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Guard:
    """When a term that is also a common word counts (see `data/entities.yaml`)."""

    surface: str = ""
    before: str = ""
    not_before: str = ""
    not_after: str = ""
    shouted: bool = True
    """Whether it counts in a sentence written in capitals throughout ("TELL US MORE")."""

    def allows(self, text: Aligned, start: int, end: int) -> bool:
        """Whether the term at `start:end` of the folded text is meant."""
        left = text.folded[max(0, start - _NEAR) : start]
        if self.not_before and _pattern(self.not_before).search(left):
            return False
        if self.not_after and _pattern(self.not_after).match(text.folded[end : end + _NEAR]):
            return False
        if not self.shouted and text.original.isupper() and text.folded.count(" ") >= _SENTENCE:
            return False
        if not self.surface and not self.before:
            return True
        begin, stop = text.span(start, end)
        written = bool(self.surface and _pattern(self.surface).match(text.original[begin:stop]))
        return written or bool(self.before and _pattern(self.before).search(left))


@cache
def _pattern(regex: str) -> re.Pattern[str]:
    """Compiled when first needed: most guards are never met in a process that answers one question."""
    return re.compile(regex)


def read_guards(rules: Iterable[Mapping[str, Any]]) -> dict[str, list[Guard]]:
    """Guards by folded term."""
    guards: dict[str, list[Guard]] = {}
    for rule in rules:
        patterns = {key: str(value) for key, value in rule.items() if key not in ("terms", "shouted")}
        guard = Guard(**patterns, shouted=rule.get("shouted") != "false")
        for term in rule["terms"]:
            guards.setdefault(alike(term), []).append(guard)
    return guards


@dataclass(slots=True)
class Gazetteer:
    """A list of terms. Finding takes time linear in the text, whatever the number of terms."""

    guards: Mapping[str, list[Guard]] = field(default_factory=dict)
    _whole: dict[str, Target] = field(default_factory=dict)
    _capitals: dict[str, Target] = field(default_factory=dict)
    _stems: dict[str, Target] = field(default_factory=dict)
    _lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(self, term: str, codes: Iterable[str], how: str) -> None:
        """Let `term` stand for `codes`. The first meaning of a term stays, except that equals are joined."""
        stem, capitals = term.endswith("*"), bool(_CAPITALS.fullmatch(term))
        folded = alike(term.rstrip("*"))
        if term.startswith(_ARTICLE) and len(folded) > len(_ARTICLE) + 2:
            folded = folded[len(_ARTICLE) :]
        if not folded:
            return
        table = self._stems if stem else self._capitals if capitals else self._whole
        known = table.get(folded)
        if known is None:
            table[folded] = Target(tuple(codes), how)
        elif known.how == how and how not in ("name", "region"):
            table[folded] = Target(tuple(dict.fromkeys((*known.codes, *codes))), how)
        key = folded[:2]
        lengths = self._lengths.get(key, ())
        if len(folded) not in lengths:
            self._lengths[key] = tuple(sorted({*lengths, len(folded)}, reverse=True))

    def find(self, text: Aligned | str) -> list[Found]:
        """Terms in `text` from left to right, without overlap."""
        text = align(text) if isinstance(text, str) else text
        folded = text.folded
        found: list[Found] = []
        position, length = 0, len(folded)
        while position < length:
            char = folded[position]
            if char == " " or not begins_word(folded, position):
                position += 1
                continue
            match = self._at(text, position) or (self._arabic(text, position) if "ء" <= char <= "ي" else None)
            if match:
                found.append(match)
                position = match.end
            else:
                position += 1
        return found

    def _at(self, text: Aligned, start: int) -> Found | None:
        folded = text.folded
        for size in (
            *self._lengths.get(folded[start : start + 2], ()),
            *self._lengths.get(folded[start], ()),
        ):
            end = start + size
            piece = folded[start:end]
            if len(piece) < size:
                continue
            whole = ends_word(folded, end)
            target = None
            if whole and piece in self._capitals:
                begin, stop = text.span(start, end)
                target = self._capitals[piece] if text.original[begin:stop].isupper() else None
            if whole and target is None:
                target = self._whole.get(piece)
            if target is None and piece in self._stems:
                target = self._stems[piece]
                end = end if whole else word_end(folded, end)
            if target and all(guard.allows(text, start, end) for guard in self.guards.get(piece, ())):
                return Found(target, start, end)
        return None

    def _arabic(self, text: Aligned, start: int) -> Found | None:
        """A term behind Arabic prefixes; the article belongs to it, prepositions do not."""
        for prefix in _ARABIC_PREFIXES:
            if prefix and text.folded.startswith(prefix, start):
                inner = start + len(prefix)
                match = self._at(text, inner) if inner < len(text.folded) else None
                if match:
                    with_article = len(_ARTICLE) if prefix.endswith(_ARTICLE) else 0
                    return Found(match.target, inner - with_article, match.end)
        return None

"""Cuts a question at its punctuation. Where to cut and what sounds like asking is `data/fragments.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.answering.draft import Draft

RULES = Path(__file__).parent / "data" / "fragments.yaml"


@dataclass(frozen=True)
class Fragment:
    """A stretch of the question between breaks."""

    text: str
    bare: str
    """The same without its countries."""
    countries: tuple[str, ...]
    asks: bool
    """Whether it is put as a question or a request, or is a bare topic; not what askers say of themselves."""


def fragments_of(draft: Draft) -> list[Fragment]:
    """Fragments of `draft.searched`, in order. "Vietnam" alone goes with the fragment before it."""
    entities, lang = draft.snapshot.entities, draft.language.code
    found: list[Fragment] = []
    for piece in _pieces(draft.searched):
        countries = tuple(dict.fromkeys(m.code for m in entities.resolve(piece).countries if not m.home))
        bare = entities.without_countries(piece, lang)
        asks = asks_something(piece)
        if countries and not asks and _is_only_name(bare):
            if found and found[-1].countries:
                last = found[-1]
                found[-1] = Fragment(
                    f"{last.text}、{piece}", last.bare, (*last.countries, *countries), last.asks
                )
                continue
        elif not countries and not asks and len(bare) < 2:
            continue
        found.append(Fragment(piece, bare, countries, asks or not _pattern("context").match(piece)))
    return found


def asks_something(text: str) -> bool:
    """Whether a text is put as a question."""
    return bool(_pattern("asking").search(text))


def joined(texts: Sequence[str], lang: str) -> str:
    """Fragments as one text again."""
    return ("，" if lang == "zh" else ", ").join(text for text in texts if text)


def _pieces(text: str) -> list[str]:
    """Cuts outside brackets only: "(capital, people)" explains one thing."""
    brackets = [(m.start(), m.end()) for m in _pattern("brackets").finditer(text)]
    pieces, start = [], 0
    for match in _pattern("breaks").finditer(text):
        if any(a <= match.start() < b for a, b in brackets):
            continue
        pieces.append(text[start : match.start()])
        start = match.end()
    pieces.append(text[start:])
    trimmed = (_pattern("lead").sub("", piece.strip(" ，,、:：;；-")) for piece in pieces)
    return [piece for piece in trimmed if any(char.isalnum() for char in piece)]


def _is_only_name(bare: str) -> bool:
    return len(_pattern("placeholder").sub("", bare).strip(" ,，、的and和跟与")) < 2


@cache
def _pattern(name: str) -> re.Pattern[str]:
    rules: dict[str, str] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return re.compile(rules[name], re.IGNORECASE)

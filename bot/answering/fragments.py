"""Cuts a question at its punctuation. Where to cut and what sounds like asking is `data/fragments.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from bot.answering.draft import Draft
from bot.wrapping import cells

LONGEST_TOPIC = 60
"""Columns (a Han character takes two). A stretch that asks nothing and is longer than a topic in a list tells of the
asker. Set by looking at the topics of `dev`, not fitted."""
RULES = Path(__file__).parent / "data" / "fragments.yaml"


@dataclass(frozen=True)
class Fragment:
    """A stretch of the question between breaks."""

    text: str
    bare: str
    """The same without its countries."""
    countries: tuple[str, ...]
    asks: bool
    """Whether it is put as a question; a topic in a list is not."""
    tells: bool = False
    """Whether it only tells of the asker."""
    leads: bool = False
    """Whether a colon ends it: what follows is said of it."""
    numbered: bool = False
    """Whether a number begins it: the asker's own cut."""

    @property
    def leans(self) -> bool:
        """Whether it only makes sense after another: "是真的吗", "how much is it?"."""
        rest = pattern("empty").sub("", pattern("placeholder").sub("", self.bare).lower())
        return cells(rest) < 3


def fragments_of(draft: Draft) -> list[Fragment]:
    """Fragments of `draft.searched`, in order. A row of countries stays whole; one that stands alone ("…: Kenya,
    Egypt") goes with the fragment before it, else with the one after."""
    entities, lang = draft.snapshot.entities, draft.searched_lang
    named = [m for m in entities.resolve(draft.searched).countries if not m.home]
    rows = [
        (one.start, other.end)
        for one, other in pairwise(named)
        if pattern("joining").fullmatch(draft.searched[one.end : other.start])
    ]
    found: list[Fragment] = []
    ahead: Fragment | None = None
    for piece, asked, leads, numbered in _pieces(draft.searched, rows):
        countries = tuple(dict.fromkeys(m.code for m in entities.resolve(piece).countries if not m.home))
        bare = of_one_country(entities.without_countries(piece, lang))
        asks = asked or asks_something(piece)
        tells = not asks and bool(pattern("telling").search(piece) or cells(bare) > LONGEST_TOPIC)
        fragment = Fragment(piece, bare, countries, asks, tells, leads, numbered)
        if countries and _is_only_name(bare):
            if found and not leads:
                found[-1] = _with_countries(found[-1], fragment, lang)
            else:
                ahead = fragment
        elif countries or asks or len(bare) > 1:
            fragment = _with_countries(fragment, ahead, lang) if ahead else fragment
            if found and found[-1].tells and found[-1].leads and asks:
                # "We export lamps: which approval applies?" is one question; what it is of was told first.
                fragment = _after(found.pop(), fragment, lang)
            found.append(fragment)
            ahead = None
    return found or ([ahead] if ahead else [])


def _after(intro: Fragment, fragment: Fragment, lang: str) -> Fragment:
    countries = tuple(dict.fromkeys([*intro.countries, *fragment.countries]))
    texts = (joined([intro.text, fragment.text], lang), joined([intro.bare, fragment.bare], lang))
    return Fragment(*texts, countries, asks=True, leads=fragment.leads, numbered=fragment.numbered)


def _with_countries(fragment: Fragment, names: Fragment, lang: str) -> Fragment:
    return Fragment(
        joined([fragment.text, names.text], lang),
        fragment.bare,
        tuple(dict.fromkeys([*fragment.countries, *names.countries])),
        fragment.asks,
        fragment.tells,
        fragment.leads,
        fragment.numbered,
    )


def asks_something(text: str) -> bool:
    """Whether a text is put as a question."""
    return bool(pattern("asking").search(text))


def names_alliance(text: str) -> bool:
    """Whether a text asks of the alliance."""
    return bool(pattern("alliance").search(text))


def of_one_country(bare: str) -> str:
    """A country-free comparison as what is compared: "该国和该国哪个税率低" asks of each country 该国税率."""
    return pattern("repeated").sub(_first_placeholder, pattern("comparing").sub("", bare)).strip(" ,，、;；")


def in_country(bare: str, name: str, lang: str) -> str:
    """A country-free text said of the country `name` again."""
    placeholder = pattern("placeholder")
    if placeholder.search(bare):
        return placeholder.sub(lambda _: name, bare)
    return f"{name}：{bare}" if lang == "zh" else f"{name}: {bare}"


def joined(texts: Sequence[str], lang: str) -> str:
    """Fragments as one text again."""
    return ("，" if lang == "zh" else ", ").join(text for text in texts if text)


def _pieces(text: str, whole: Sequence[tuple[int, int]]) -> list[tuple[str, bool, bool, bool]]:
    """Cuts outside brackets ("(capital, people)" explains one thing) and outside the spans of `whole`; with each
    piece, whether a question mark ends it, whether a colon does, and whether a number begins it."""
    kept = [*whole, *((m.start(), m.end()) for m in pattern("brackets").finditer(text))]
    pieces: list[tuple[str, bool, bool, bool]] = []
    start, numbered = 0, False
    for match in pattern("breaks").finditer(text):
        if any(a <= match.start() < b for a, b in kept):
            continue
        end = match[0]
        pieces.append((text[start : match.start()], "?" in end or "？" in end, end[:1] in ":：", numbered))
        start, numbered = match.end(), bool(pattern("number").search(end))
    pieces.append((text[start:], False, False, numbered))
    trimmed = [
        (pattern("lead").sub("", piece.strip(" ，,、:：;；-")), asks, leads, number)
        for piece, asks, leads, number in pieces
    ]
    return [found for found in trimmed if any(char.isalnum() for char in found[0])]


def _first_placeholder(match: re.Match[str]) -> str:
    found = pattern("placeholder").search(match[0])
    return found[0] if found else ""


def _is_only_name(bare: str) -> bool:
    return len(pattern("placeholder").sub("", bare).strip(" ,，、的and和跟与")) < 2


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A regular expression of `data/fragments.yaml`, by name."""
    rules: dict[str, str] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return re.compile(rules[name], re.IGNORECASE)

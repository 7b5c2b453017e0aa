"""Resolves what a text names: countries, regions, codes, areas.

Countries are known by their CLDR names in the languages of `data/entities.yaml` (every territory, so that a country
without facts is recognised too) and by the aliases of `corpus/countries.yaml`. `Mention.how` says by what:

- `name` a CLDR name; `alias` a city, demonym, nickname, old name or known typo; `code` capitals such as UAE;
- `typo` one letter away from a covered country's English name;
- `language`, `currency`, `institution`: a hint (泰语, naira, SONCAP), given only where no country but the home one is
  named and the hints agree on one; it is never replaced by `without_countries`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from retrieval.aligned import Aligned, align, alike, script, word_end
from retrieval.codes import find_codes
from retrieval.corpus import AreaInfo, CountryInfo
from retrieval.gazetteer import Found, Gazetteer, Target, read_guards
from retrieval.inflection import russian_forms

RULES = Path(__file__).parent / "data" / "entities.yaml"
HOME = "CN"
HINTS = ("language", "currency", "institution")
_LONGEST_NAME = 16
PLACEHOLDERS = {"zh": "该国", "en": "this country"}


@dataclass(frozen=True, slots=True)
class Mention:
    """One country named in a text, at `start:end` of it."""

    code: str
    surface: str
    start: int
    end: int
    how: str
    covered: bool
    """Whether facts are kept on it."""
    home: bool = False
    """China: where the asker comes from, not where they go."""


@dataclass(frozen=True, slots=True)
class Region:
    """A group of countries named in a text, with the ISO codes of all its members."""

    code: str
    surface: str
    start: int
    end: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a text names, each in the order of the text."""

    countries: tuple[Mention, ...] = ()
    regions: tuple[Region, ...] = ()
    codes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    @property
    def region(self) -> tuple[str, ...]:
        """Members of all regions that are named."""
        return tuple(dict.fromkeys(code for region in self.regions for code in region.members))


KEPT, KEPT_CHARS = 256, 1000
"""So many texts of at most so many characters are remembered: what the questions of the last moments ask for."""


class Entities:
    """Resolver built from the corpus's reference files. Safe to share between threads."""

    def __init__(self, areas: Mapping[str, AreaInfo], countries: Mapping[str, CountryInfo]) -> None:
        rules = _rules()
        self._covered = {code for code, country in countries.items() if country.covered}
        self._regions = {code: tuple(group["members"]) for code, group in rules["regions"].items()}
        self._places = _places(rules, countries)
        self._areas = _area_words(rules, areas)
        self._typos = _typo_index(rules["typos"], self._covered)
        language = rules["languages"]
        self._language_before = re.compile(language["before"])
        self._language_after = re.compile(language["after"])
        self._language_always = re.compile(language["always_after"])
        self._languages = _language_words(language)
        self._never_typos = frozenset(rules["typos"]["never"])
        self._shortest_typo = int(rules["typos"]["shortest_word"])
        self._joiners = re.compile(rules["joiners"])
        # One question asks for the same texts several times over, from screening to the last part.
        self._resolved = lru_cache(KEPT)(self._resolve)
        self._bare = lru_cache(KEPT)(self._without_countries)

    def resolve(self, text: str) -> Mentions:
        """What `text` names. Never raises; time is linear in its length."""
        return self._resolved(text) if len(text) <= KEPT_CHARS else self._resolve(text)

    def _resolve(self, text: str) -> Mentions:
        aligned = align(text)
        found = self._found(aligned)
        named = [mention for item in found for mention in self._mentions(aligned, item)]
        explicit = [mention for mention in named if mention.how not in HINTS]
        if (
            any(not mention.home for mention in explicit)
            or len({m.code for m in named if m.how in HINTS}) > 1
        ):
            named = explicit
        regions = [region for item in found for region in self._named_regions(aligned, item)]
        areas = dict.fromkeys(code for item in self._areas.find(aligned) for code in item.target.codes)
        return Mentions(tuple(named), tuple(regions), tuple(find_codes(text)), tuple(areas))

    def without_countries(self, text: str, lang: str) -> str:
        """`text` with what names a country replaced: 该国 where `lang` is zh, else "this country".

        Countries side by side become one. Regions, hints and the home country stay.
        """
        return self._bare(text, lang) if len(text) <= KEPT_CHARS else self._without_countries(text, lang)

    def _without_countries(self, text: str, lang: str) -> str:
        aligned = align(text)
        spans: list[tuple[int, int]] = []
        for item in self._found(aligned):
            if item.target.how in HINTS or item.target.how in ("region", "") or HOME in item.target.codes:
                continue
            between = aligned.folded[spans[-1][1] : item.start] if spans else ""
            if spans and self._joiners.fullmatch(between) and between.count("(") == between.count(")"):
                spans[-1] = (spans[-1][0], item.end)
            else:
                spans.append((item.start, item.end))
        return _replaced(aligned, spans, PLACEHOLDERS["zh" if lang.startswith("zh") else "en"])

    def _found(self, text: Aligned) -> list[Found]:
        found = [self._as_language(text, item) for item in self._places.find(text)]
        if not self._typos or not text.folded:
            return found
        return sorted([*found, *self._misspelt(text, found)], key=lambda item: item.start)

    def _mentions(self, text: Aligned, item: Found) -> Iterator[Mention]:
        if item.target.how in ("region", ""):
            return
        start, end = text.span(item.start, item.end)
        for code in item.target.codes:
            covered = code in self._covered
            yield Mention(code, text.original[start:end], start, end, item.target.how, covered, code == HOME)

    def _named_regions(self, text: Aligned, item: Found) -> Iterator[Region]:
        if item.target.how == "region":
            start, end = text.span(item.start, item.end)
            for code in item.target.codes:
                yield Region(code, text.original[start:end], start, end, self._regions[code])

    def _as_language(self, text: Aligned, item: Found) -> Found:
        """`item`, or the hint that it is where a demonym stands for a language ("labels in Thai")."""
        codes = self._languages.get(text.folded[item.start : item.end])
        if codes is None or item.target.how == "language":
            return item
        before, after = (
            text.folded[max(0, item.start - 16) : item.start],
            text.folded[item.end : item.end + 16],
        )
        spoken = self._language_before.search(before) and self._language_after.match(after)
        if spoken or self._language_always.match(after):
            return Found(Target(codes, "language" if codes else ""), item.start, item.end)
        return item

    def _misspelt(self, text: Aligned, found: list[Found]) -> Iterator[Found]:
        taken = {position for item in found for position in range(item.start, item.end)}
        folded, position = text.folded, 0
        while position < len(folded):
            if not folded[position].isascii() or script(folded[position]) != "spaced":
                position += 1
                continue
            end = word_end(folded, position + 1)
            word = folded[position:end]
            if self._shortest_typo <= len(word) <= _LONGEST_NAME and position not in taken:
                code = self._near_name(word)
                if code:
                    yield Found(Target((code,), "typo"), position, end)
            position = end

    def _near_name(self, word: str) -> str | None:
        """The country whose English name is one letter away from `word`."""
        if word in self._never_typos:
            return None
        near = (self._typos.get(form) for form in (word, *_deletions(word)))
        return next((code for code in near if code), None)


def _replaced(text: Aligned, spans: Iterable[tuple[int, int]], placeholder: str) -> str:
    out: list[str] = []
    position = 0
    for first, last in spans:
        start, end = text.span(first, last)
        before = text.original[position:start]
        if placeholder.isascii():
            before = re.sub(r"\b[Tt]he\s+$", "", before)
            # An Arabic preposition or a Han character touches the name.
            if before and script(before[-1]) in ("spaced", "hangul"):
                before += " "
        out += [before, placeholder]
        position = end
    return "".join([*out, text.original[position:]])


@cache
def _rules() -> dict[str, Any]:
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts only: "NO" is Norway
    rules: dict[str, Any] = yaml.load(RULES.read_text(encoding="utf-8"), loader)
    return rules


@cache
def _cldr_names() -> tuple[tuple[str, str, str], ...]:
    """(language, code, name) of every territory, each name once; Russian names in all their cases."""
    from babel import Locale  # locales take a tenth of a second to load

    never = _rules()["never"]
    territories = frozenset(never["territories"])
    names: dict[tuple[str, str], str] = {}
    for tag in _rules()["locales"]:
        unwanted = frozenset(never["names"].get(tag, ()))
        for code, name in Locale.parse(tag).territories.items():
            if len(code) != 2 or code in territories or name in unwanted:
                continue
            for form in _spellings(str(name), tag):
                names.setdefault((code, form), tag)
    return tuple((tag, code, name) for (code, name), tag in names.items())


def _spellings(name: str, tag: str) -> Iterator[str]:
    if tag == "ru":
        yield from russian_forms(name.lower().replace("-", " "))
        return
    yield name
    if "(" in name or "（" in name:  # Myanmar (Burma), 香港（中国）
        yield re.sub(r"\s*[(（].*?[)）]\s*", " ", name).strip()
    if " & " in name:
        yield name.replace(" & ", " and ")


def _places(rules: Mapping[str, Any], countries: Mapping[str, CountryInfo]) -> Gazetteer:
    """Countries, regions, hints, and phrases that name nothing (`how` is empty)."""
    places = Gazetteer(read_guards(rules["guards"]))
    for phrase in rules["phrases"]:
        places.add(phrase, (), "")
    for code, group in rules["regions"].items():
        for term in group["terms"]:
            places.add(term, (code,), "region")
    for code, names in {**rules["languages"]["hint"], **rules["languages"]["other"]}.items():
        for name in names:
            if not name.isascii():
                places.add(name, (code,) if code in rules["languages"]["hint"] else (), "language")
    for _, code, name in _cldr_names():
        places.add(name, (code,), "name")
    for code, country in countries.items():
        for lang, aliases in country.aliases.items():
            for alias in aliases:
                forms = russian_forms(alias.lower()) if lang == "ru" and alias[-1] != "*" else (alias,)
                how = "code" if alias.isupper() and alias.isascii() and "." not in alias else "alias"
                for form in forms if not alias.isupper() else (alias,):
                    places.add(form, (code,), how)
    for kind, how in (("currencies", "currency"), ("institutions", "institution")):
        for code, names in rules[kind].items():
            for name in names:
                places.add(name, (code,), how)
    return places


def _area_words(rules: Mapping[str, Any], areas: Mapping[str, AreaInfo]) -> Gazetteer:
    words = Gazetteer()
    for phrase in rules["not_areas"]:
        words.add(phrase, (), "")
    for area, terms in rules["areas"].items():
        for term in terms if area in areas else ():
            words.add(term, (area,), "area")
    return words


def _language_words(rules: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Folded English name of a language → the country it hints at, if any."""
    words: dict[str, tuple[str, ...]] = {}
    for group in ("other", "hint"):
        for code, names in rules[group].items():
            words |= dict.fromkeys(map(alike, names), (code,) if group == "hint" else ())
    return words


def _typo_index(rules: Mapping[str, Any], covered: set[str]) -> dict[str, str]:
    """Every covered country's English name and what is left of it without one letter → its code."""
    index: dict[str, str] = {}
    for tag, code, name in _cldr_names():
        word = alike(name) if tag == "en" and code in covered and code != HOME else ""
        if word.isalpha() and len(word) >= int(rules["shortest_name"]):
            index |= dict.fromkeys(_deletions(word), code) | {word: code}
    return index


def _deletions(word: str) -> Iterator[str]:
    for position in range(
        1, len(word)
    ):  # the first letter is seldom mistyped, and tells Siberia from Liberia
        yield word[:position] + word[position + 1 :]

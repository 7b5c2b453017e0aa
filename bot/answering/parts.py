"""Splits a question into its parts: one matter in one country each.

A question is cut at its punctuation into fragments. A fragment that by itself comes close to a question the corpus
answers stands on its own; one that does not belongs to its neighbour, or is what the asker says of themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answering.deciding import decide, search_part
from bot.answering.draft import Draft, Part
from bot.answering.enough import settings
from bot.answering.fragments import Fragment, fragments_of, in_country, joined, names_alliance, of_one_country
from bot.answering.names import join_names, territory
from retrieval.search import Near, Query
from retrieval.text import words

MOST_COUNTRIES = 6
MOST_PARTS = 8
"""More than anybody can read at once; the rest of such a question is asked again."""


@dataclass
class Matter:
    """Fragments that ask one thing."""

    fragments: list[Fragment] = field(default_factory=list)
    fact: int = -1
    """The fact that comes closest to it."""
    at_home: bool = False
    """Whether it is about the alliance: then the country of the rest of the question is not asked of it."""
    here: tuple[str, ...] = ()
    """The countries named last where it begins."""
    also: tuple[str, ...] = ()
    """Countries of which the same is asked in a word: "…, and in Athens?"."""

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that its fragments name, else those named last before it."""
        named = dict.fromkeys(code for fragment in self.fragments for code in fragment.countries)
        own = tuple(named) or (() if self.at_home else self.here)
        return tuple(dict.fromkeys([*own, *self.also]))

    @property
    def asked(self) -> bool:
        """Whether any of its fragments asks; else it is a topic, or what the asker says of themselves."""
        return any(fragment.asks for fragment in self.fragments)


def split_parts(
    draft: Draft, countries: Sequence[str], codes: Sequence[str], areas: Sequence[str]
) -> list[Part]:
    """The parts of `draft.searched`. One part is the rule; several only where several things are asked."""
    matters = _matters(draft, countries)
    if len(countries) > 1 and sum(matter.asked for matter in matters) < 2 and _of_all(matters, countries):
        # One thing asked of several countries: the rest says what it is about.
        matters = []
    lang = draft.searched_lang
    if len(matters) < 2 and not 1 < len(countries) <= MOST_COUNTRIES:
        return [whole_part(draft, countries, codes, areas)]
    asked = any(matter.asked for matter in matters)
    parts: list[Part] = []
    for number, matter in enumerate(matters if len(matters) > 1 else [None]):
        text = joined([fragment.text for fragment in matter.fragments], lang) if matter else draft.searched
        own = (matter.countries if matter else ()) or (() if matter and matter.at_home else tuple(countries))
        each = [(code,) for code in own] if 1 < len(own) <= MOST_COUNTRIES else [own]
        for target in each:
            part = _part(draft, text, target, codes, areas, shared=True)
            part.matter = number
            part.asked = matter is None or matter.asked or not asked
            parts.append(part)
    return parts[:MOST_PARTS]


def _of_all(matters: Sequence[Matter], countries: Sequence[str]) -> bool:
    """Whether some matter is about all of the countries, so that they are compared."""
    return any(set(countries) <= set(matter.countries) for matter in matters)


def whole_part(draft: Draft, countries: Sequence[str], codes: Sequence[str], areas: Sequence[str]) -> Part:
    """The whole question as one part."""
    return _part(draft, draft.searched, tuple(countries), codes, areas, shared=False)


def _matters(draft: Draft, countries: Sequence[str]) -> list[Matter]:
    fragments = fragments_of(draft)
    if sum(not fragment.tells for fragment in fragments) < 2:
        return []
    nearest = _nearest(draft, fragments, countries)
    matters: list[Matter] = []
    waiting: list[Fragment] = []
    here: tuple[str, ...] = ()
    for fragment, near in zip(fragments, nearest, strict=True):
        here = fragment.countries or here
        last = matters[-1] if matters else None
        elsewhere = last is not None and _elsewhere(fragment.countries, last)
        if fragment.tells:
            waiting.append(fragment)
            continue
        fact, alone = _stands_alone(draft, fragment, near, last)
        if (
            not alone
            and fact >= 0
            and (sure := _found_alone(draft, fragment, here or tuple(countries))) is not None
        ):
            fact, alone = sure, True
        if last is not None and not elsewhere and here == last.here and (not alone or fact == last.fact):
            last.fragments += [*waiting, fragment]
            waiting = []
        elif last is not None and elsewhere and not alone and _is_short(draft, fragment):
            last.also += fragment.countries
        elif alone or (elsewhere and fragment.asks):
            at_home = not fragment.countries and names_alliance(fragment.text)
            # What stands alone needs no introduction: who the asker is would only blur it.
            before = [other for other in waiting if other.asks or not alone]
            matters.append(Matter([*before, fragment], fact, at_home, here))
            waiting = []
        else:
            waiting.append(fragment)
    if matters and waiting:
        matters[-1].fragments += [fragment for fragment in waiting if not fragment.tells]
    return matters


def _nearest(draft: Draft, fragments: Sequence[Fragment], countries: Sequence[str]) -> list[Near | None]:
    """The fact that each fragment comes closest to; None for one that only tells."""
    asking = [fragment for fragment in fragments if not fragment.tells]
    places: list[Sequence[str]] = []
    here: tuple[str, ...] = ()
    for fragment in fragments:
        here = fragment.countries or here
        if not fragment.tells:
            places.append(here or countries)
    vectors = draft.embed(*[fragment.bare for fragment in asking])
    found = iter(draft.searcher.nearest(draft.searched_lang, vectors, places))
    return [None if fragment.tells else next(found) for fragment in fragments]


def _stands_alone(
    draft: Draft, fragment: Fragment, near: Near | None, last: Matter | None
) -> tuple[int, bool]:
    """The fact whose questions a fragment comes closest to, -1 for none, and whether it comes close enough."""
    if near is None or fragment.leans:
        return -1, False
    numbers = settings()
    facts = draft.snapshot.facts
    floor = numbers["split_floor"] + (0 if fragment.asks else numbers["split_topic"])
    same = last is not None and last.fact >= 0 and facts[last.fact].area == facts[near.owner].area
    if _is_short(draft, fragment):
        floor += numbers["split_short_same" if same else "split_short_more"]
    if fragment.numbered:
        floor -= numbers["split_numbered"]
    if near.similarity < numbers["split_doubt"]:
        return -1, _is_known_gap(draft, fragment, last)
    return near.owner, near.similarity >= floor or _is_known_gap(draft, fragment, last)


def _type_of(draft: Draft, fragment: Fragment) -> str | None:
    """The question type that a fragment clearly is of."""
    (vector,) = draft.embed(fragment.bare)
    types = draft.searcher.types(draft.searched_lang, vector)
    if not len(types) or types.max() < settings()["split_type"]:
        return None
    return draft.snapshot.types[int(types.argmax())].id


def _is_known_gap(draft: Draft, fragment: Fragment, last: Matter | None) -> bool:
    """Whether a fragment asks what has a name of its own and no fact here: then it is said to be missing."""
    own = _type_of(draft, fragment) if fragment.asks else None
    return own is not None and all(
        own != _type_of(draft, other) for other in (last.fragments if last else [])
    )


def _found_alone(draft: Draft, fragment: Fragment, countries: tuple[str, ...]) -> int | None:
    """The fact that a fragment in doubt finds by itself, where that is all but certain."""
    part = _part(draft, fragment.text, countries, draft.mentions.codes, [], shared=True)
    search_part(draft, part)
    decide(draft, part)
    first = part.candidates[0] if part.candidates else None
    sure = part.found and part.certainty >= settings()["split_sure"]
    return first.owner if sure and first is not None and first.kind == "fact" else None


def _is_short(draft: Draft, fragment: Fragment) -> bool:
    return len(words(fragment.bare, draft.searched_lang)) < settings()["split_short"]


def _elsewhere(countries: tuple[str, ...], matter: Matter) -> bool:
    """Whether a fragment speaks of countries that the matter before it does not."""
    return bool(countries and matter.countries and not set(countries) <= set(matter.countries))


def _part(
    draft: Draft,
    text: str,
    countries: tuple[str, ...],
    codes: Sequence[str],
    areas: Sequence[str],
    shared: bool,
) -> Part:
    entities = draft.snapshot.entities
    lang = draft.searched_lang
    mentions = entities.resolve(text)
    mentioned = {m.code for m in mentions.countries if not m.home}
    bare = entities.without_countries(text, lang)
    query_text = text
    if countries and set(countries) != mentioned:
        # The corpus's questions name their country; a part that inherits or shares one must name its own.
        bare = of_one_country(bare)
        name = join_names([territory(code, lang) for code in countries], lang)
        query_text = in_country(bare, name, lang)
    own_codes = [code for code in mentions.codes if code in codes] if shared else list(codes)
    region = () if countries else (mentions if shared else draft.mentions).region
    filters = draft.question.filters
    types = tuple(filters.types) if filters else ()
    query = Query(query_text, lang, bare, countries, tuple(own_codes), tuple(areas), types, region)
    one = countries[0] if len(countries) == 1 else None
    return Part(text=text, query=query, country=one, shared=shared)

"""Splits a question into its parts: one matter in one country each.

A question is cut at its punctuation into fragments. A fragment that by itself comes close to a question the corpus
answers stands on its own; one that does not belongs to its neighbour, or is what the asker says of themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answering.draft import Draft, Part
from bot.answering.enough import settings
from bot.answering.fragments import Fragment, fragments_of, joined
from bot.answering.names import join_names, territory
from retrieval.search import Query

MOST_COUNTRIES = 6
MOST_PARTS = 8
"""More than anybody can read at once; the rest of such a question is asked again."""


@dataclass
class Matter:
    """Fragments that ask one thing."""

    fragments: list[Fragment] = field(default_factory=list)
    facts: frozenset[int] = frozenset()
    """The facts that come closest to it."""

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries that its fragments name."""
        return tuple(dict.fromkeys(code for fragment in self.fragments for code in fragment.countries))


def split_parts(
    draft: Draft, countries: Sequence[str], codes: Sequence[str], areas: Sequence[str]
) -> list[Part]:
    """The parts of `draft.searched`. One part is the rule; several only where several things are asked."""
    matters = _matters(draft, countries)
    lang = draft.language.code
    if len(matters) < 2 and not 1 < len(countries) <= MOST_COUNTRIES:
        return [whole_part(draft, countries, codes, areas)]
    texts: list[tuple[str, tuple[str, ...]]] = [
        (joined([fragment.text for fragment in matter.fragments], lang), matter.countries or tuple(countries))
        for matter in matters
    ]
    parts: list[Part] = []
    for text, own in texts if len(texts) > 1 else [(draft.searched, tuple(countries))]:
        each = [(code,) for code in own] if 1 < len(own) <= MOST_COUNTRIES else [own]
        parts += [_part(draft, text, target, codes, areas, shared=True) for target in each]
    return parts[:MOST_PARTS]


def whole_part(draft: Draft, countries: Sequence[str], codes: Sequence[str], areas: Sequence[str]) -> Part:
    """The whole question as one part."""
    return _part(draft, draft.searched, tuple(countries), codes, areas, shared=False)


def _matters(draft: Draft, countries: Sequence[str]) -> list[Matter]:
    fragments = fragments_of(draft)
    if len(fragments) < 2:
        return []
    bares = [fragment.bare for fragment in fragments]
    vectors = draft.embed(*bares)
    numbers = settings()
    matters: list[Matter] = []
    waiting: list[Fragment] = []
    for fragment, vector in zip(fragments, vectors, strict=True):
        where = fragment.countries or tuple(countries)
        found = draft.searcher.nearest(draft.language.code, vector, where)
        floor = numbers["split_floor"] - (numbers["split_asking"] if fragment.asks else 0)
        alone = bool(found) and found[0].similarity >= floor
        near = frozenset(
            n.owner for n in found if n.similarity >= found[0].similarity - numbers["split_margin"]
        )
        last = matters[-1] if matters else None
        elsewhere = (
            last is not None
            and bool(fragment.countries)
            and bool(last.countries)
            and not set(fragment.countries) <= set(last.countries)
        )
        if not alone:
            (last.fragments if last is not None and not elsewhere else waiting).append(fragment)
        elif last is not None and not elsewhere and near & last.facts:
            last.fragments.append(fragment)
        else:
            matters.append(Matter([*(f for f in waiting if f.asks), fragment], near))
            waiting = [f for f in waiting if not f.asks]
    if matters and waiting:
        matters[0].fragments = [*waiting, *matters[0].fragments]
    return matters


def _part(
    draft: Draft,
    text: str,
    countries: tuple[str, ...],
    codes: Sequence[str],
    areas: Sequence[str],
    shared: bool,
) -> Part:
    entities = draft.snapshot.entities
    lang = draft.language.code
    mentions = entities.resolve(text)
    mentioned = {m.code for m in mentions.countries if not m.home}
    bare = entities.without_countries(text, lang)
    query_text = text
    if countries and set(countries) != mentioned:
        # The corpus's questions name their country; a part that inherits or shares one must name its own.
        name = join_names([territory(code, lang) for code in countries], lang)
        stem = bare if mentioned else text
        query_text = f"{name}：{stem}" if lang == "zh" else f"{name}: {stem}"
    own_codes = [code for code in mentions.codes if code in codes] if shared else list(codes)
    region = () if countries else (mentions if shared else draft.mentions).region
    filters = draft.question.filters
    types = tuple(filters.types) if filters else ()
    query = Query(query_text, lang, bare, countries, tuple(own_codes), tuple(areas), types, region)
    return Part(text=text, query=query, country=countries[0] if len(countries) == 1 else None)

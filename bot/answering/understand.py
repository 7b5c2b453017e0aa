"""Understand: which countries, codes, areas and question types, and what the question leans on."""

from __future__ import annotations

from bot.answering.draft import Draft
from bot.answering.leaning import lean
from bot.answering.names import territory
from bot.answering.parts import split_parts
from bot.domain import Understood
from retrieval.corpus import CountryInfo
from retrieval.entities import Mentions
from retrieval.index import Snapshot
from retrieval.language import tell_language
from retrieval.search import Query
from retrieval.text import clean

EXPATRIATE_AREAS = frozenset({"culture_business", "living_safety", "adaptation", "wellbeing_assessment"})


def understand(draft: Draft) -> None:
    """Resolve what is named, complete it from the conversation, and split it into parts."""
    entities = draft.snapshot.entities
    draft.mentions = entities.resolve(draft.text)
    draft.searched, draft.searched_lang = draft.text, draft.language.code
    countries = named_countries(draft.mentions)
    if draft.question.history:
        countries = lean(draft, countries)
    filters = draft.question.filters
    codes = list(draft.mentions.codes)
    areas = list(draft.mentions.areas)
    # What a filter gives overrides, an empty list included: "no country" is a choice too.
    chosen = filters.model_fields_set if filters else set()
    if filters and "countries" in chosen:
        countries = filters.countries
    if filters and "codes" in chosen:
        codes = filters.codes
    if filters and "areas" in chosen:
        areas = filters.areas
    draft.parts = split_parts(draft, countries, codes, areas)
    types = list(dict.fromkeys(part.type_id for part in draft.parts if part.type_id))
    if filters and "types" in chosen:
        types = filters.types
    type_areas = [draft_area(draft, type_id) for type_id in types]
    role = filters.role if filters and filters.role else None
    if role is None and type_areas:
        role = "expatriate" if set(type_areas) <= EXPATRIATE_AREAS else "founder"
    draft.understood = Understood(
        countries=countries,
        codes=codes,
        areas=list(dict.fromkeys([*areas, *type_areas])),
        types=types,
        role=role,
    )


def query_of(snapshot: Snapshot, text: str) -> Query | None:
    """The whole of a text as one query, for `search`; None when there is nothing to search."""
    text = clean(text).strip()
    if not any(character.isalnum() for character in text):
        return None
    mentions = snapshot.entities.resolve(text)
    lang = tell_language(text).code
    bare = snapshot.entities.without_countries(text, lang)
    countries = tuple(named_countries(mentions))
    region = () if countries else mentions.region
    return Query(text, lang, bare, countries, tuple(mentions.codes), tuple(mentions.areas), region=region)


def named_countries(mentions: Mentions) -> list[str]:
    """Countries the question is about, in order. China is where the asker comes from, not where they go."""
    return list(dict.fromkeys(mention.code for mention in mentions.countries if not mention.home))


def country_name(draft: Draft, code: str) -> str:
    """The country's name in the answer's language."""
    return territory(code, draft.lang)


def is_covered(countries: dict[str, CountryInfo], code: str) -> bool:
    """Whether facts are kept on the country."""
    return code in countries and countries[code].covered


def draft_area(draft: Draft, type_id: str) -> str:
    """The area of a question type."""
    return next(t.area for t in draft.snapshot.types if t.id == type_id)

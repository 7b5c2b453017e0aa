"""Leaning: what a follow-up takes from the conversation. Questions are never glued together.

"那越南呢" asks the earlier question of another country; "and how long does it take?" asks something else of what was
found before. What is carried is small: the countries, the earlier question without its country, the facts found.
"""

from __future__ import annotations

from bot.answering.draft import Draft
from bot.answering.fragments import in_country, pattern
from bot.answering.names import territory
from bot.domain import Answer, AnswerLanguage, Turn
from retrieval.language import tell_language
from retrieval.search import Query, top

LANGUAGES: tuple[AnswerLanguage, ...] = ("en", "zh")
MOST_CARRIED = 3
"""Facts of the earlier question that a follow-up may be about: an answer shows as many."""
CLOSE = 2.0
"""Natural-log odds within which the earlier question's facts count as found."""


def lean(draft: Draft, countries: list[str]) -> list[str]:
    """Complete `draft.searched`, its language and `draft.carried` from the conversation; the countries meant."""
    turns = [turn for turn in draft.question.history if turn.question.strip()]
    if not turns:
        return countries
    lang = draft.language.code
    before = next((found for turn in reversed(turns) if (found := _countries(draft, turn))), [])
    bare = draft.snapshot.entities.without_countries(draft.text, lang)
    rest = pattern("filler").sub(" ", bare).strip()
    wish = next((lang for lang in LANGUAGES if pattern(f"wish_{lang}").search(draft.text)), None)
    only_wish = wish is not None and not countries and pattern("nothing").match(rest)
    if only_wish or (countries and (pattern("nothing").match(rest) or pattern("again").search(bare))):
        _ask_again(draft, turns, countries)
    if wish and not draft.question.lang:
        draft.lang = wish
    if not countries and not draft.mentions.regions:
        countries = before
    draft.carried = _found_before(draft, turns[-1], before)
    return countries


def _ask_again(draft: Draft, turns: list[Turn], countries: list[str]) -> None:
    """Search the last question that asked something of its own, of `countries` (none: as it was), in the language it was put in."""
    entities = draft.snapshot.entities
    for turn in reversed(turns):
        lang = tell_language(turn.question, draft.language.code).code
        bare = entities.without_countries(turn.question, lang)
        if not pattern("nothing").match(pattern("filler").sub(" ", bare).strip()):
            place = countries[0] if countries else None
            draft.searched = in_country(bare, territory(place, lang), lang) if place else turn.question
            draft.searched_lang = lang
            return


def _countries(draft: Draft, turn: Turn) -> list[str]:
    named = [m.code for m in draft.snapshot.entities.resolve(turn.question).countries if not m.home]
    if not named and isinstance(turn.answer, Answer):
        named = turn.answer.understood.countries
    return list(dict.fromkeys(named))


def _found_before(draft: Draft, turn: Turn, countries: list[str]) -> tuple[int, ...]:
    """Positions of the facts that the last answer showed; where only its text is known, of those it would show."""
    facts = draft.snapshot.facts
    if isinstance(turn.answer, Answer):
        shown = {card.id for card in [*turn.answer.evidence, *turn.answer.nearby]}
        return tuple(i for i, fact in enumerate(facts) if fact.id in shown or shown & set(fact.also))
    lang = tell_language(turn.question, draft.language.code).code
    bare = draft.snapshot.entities.without_countries(turn.question, lang)
    query = Query(turn.question, lang, bare, tuple(countries))
    full, without = draft.embed(turn.question, bare)
    scores = draft.searcher.table(query, (full, without)).scores
    best = top(scores, MOST_CARRIED)
    return tuple(int(i) for i in best if scores[i] >= scores[best[0]] - CLOSE)

"""Questions on their way, as far as a test wants them, and parts whose evidence the test chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.answering.assistant import Assistant
from bot.answering.compose import compose
from bot.answering.draft import Candidate, Draft, Part
from bot.answering.ground import ground
from bot.answering.present import present
from bot.answering.screen import screen
from bot.answering.understand import understand
from bot.domain import Answer, AnswerLanguage, Question, Turn, Understood
from retrieval.search import Query


def ask(assistant: Assistant, text: str, *history: Turn, lang: AnswerLanguage | None = None) -> Answer:
    """The answer to a message, after the turns of `history`."""
    return assistant.answer(Question(text=text, lang=lang, history=list(history)))


def screened(assistant: Assistant, text: str, *history: Turn, lang: AnswerLanguage | None = None) -> Draft:
    """A question after the first step."""
    question = Question(text=text, lang=lang, history=list(history))
    draft = Draft(question=question, searcher=assistant.searcher, today=assistant.today())
    screen(draft)
    return draft


def understood(assistant: Assistant, text: str, *history: Turn, lang: AnswerLanguage | None = None) -> Draft:
    """A question after the first two steps: its parts are there, nothing is searched yet."""
    draft = screened(assistant, text, *history, lang=lang)
    assert draft.status is None, f"{text} is no question: {draft.status}"
    understand(draft)
    return draft


def parts_of(draft: Draft) -> list[tuple[tuple[str, ...], str]]:
    """Countries and text of each part."""
    return [(part.query.countries, part.text) for part in draft.parts]


def part(
    draft: Draft,
    text: str = "What is asked",
    *,
    evidence: Sequence[str] = (),
    nearby: Sequence[str] = (),
    label: str = "",
    countries: tuple[str, ...] = (),
    **changes: Any,
) -> Part:
    """A part that was searched: found where there is evidence. Facts by their ids."""
    query = Query(text, draft.lang, text, countries)
    made = Part(text=text, query=query, label=label, **changes)
    made.evidence = candidates(draft, evidence)
    made.nearby = candidates(draft, nearby)
    made.candidates = [*made.evidence, *made.nearby]
    made.found = bool(evidence)
    return made


def candidates(draft: Draft, ids: Iterable[str]) -> list[Candidate]:
    """The facts of these ids, each fitting less than the one before."""
    owners = {fact.id: owner for owner, fact in enumerate(draft.snapshot.facts)}
    return [
        Candidate("fact", owners[name], name, -float(place), draft.lang) for place, name in enumerate(ids)
    ]


def gathered(assistant: Assistant, *parts: dict[str, Any], lang: AnswerLanguage = "en") -> Draft:
    """A draft whose parts are given as arguments of `part`, as if they had been searched."""
    question = Question(text="A question" if lang == "en" else "问题", lang=lang)
    draft = Draft(question=question, searcher=assistant.searcher, today=assistant.today(), lang=lang)
    draft.text = draft.searched = question.text
    draft.parts = [part(draft, **one) for one in parts]
    named = dict.fromkeys(code for one in draft.parts for code in one.query.countries)
    draft.understood = Understood(countries=list(named))
    return draft


def presented(assistant: Assistant, *parts: dict[str, Any], lang: AnswerLanguage = "en") -> Draft:
    """The same after the steps that write the answer."""
    draft = gathered(assistant, *parts, lang=lang)
    for step in (compose, ground, present):
        step(draft)
    return draft

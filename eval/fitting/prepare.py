"""One case up to where the product decides: the whole of it as one part, searched."""

from __future__ import annotations

from bot.answering.deciding import search_part
from bot.answering.draft import Draft, Part
from bot.answering.parts import whole_part
from bot.answering.screen import screen
from bot.answering.understand import understand
from bot.assembly import today_of
from bot.domain import Question
from bot.settings import load_settings
from eval.cases import Case
from retrieval.search import Searcher


def prepared(searcher: Searcher, case: Case) -> tuple[Draft, Part] | None:
    """The whole case as one part, searched; None where a screen took it."""
    draft = Draft(
        question=Question(text=case.question, history=case.history),
        searcher=searcher,
        today=today_of(load_settings())(),
    )
    screen(draft)
    if draft.status is not None:
        return None
    understand(draft)
    known = draft.understood
    part = whole_part(draft, known.countries, known.codes, draft.mentions.areas)
    search_part(draft, part)
    return draft, part

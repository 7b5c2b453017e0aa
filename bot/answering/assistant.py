"""The list of steps from a question to an answer. Reading the list is reading the product."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.answering.compose import compose
from bot.answering.draft import Draft, Step
from bot.answering.gather import gather
from bot.answering.ground import ground
from bot.answering.intake import language_of
from bot.answering.present import completeness, present, text_of
from bot.answering.screen import screen
from bot.answering.understand import understand
from bot.domain import Answer, Completeness, Question, Status, Understood
from bot.replies import reply
from retrieval.search import Searcher
from retrieval.text import is_traditional, to_traditional

STEPS: tuple[Step, ...] = (screen, understand, gather, compose, ground, present)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Assistant:
    """Answers questions from one index. Safe to share between threads.

    `today` gives the day that staleness is judged on; it is passed in so that a run can be repeated.
    """

    searcher: Searcher
    today: Callable[[], date] = date.today

    def answer(self, question: Question, answer_id: str | None = None) -> Answer:
        """The Answer to a question. It always ends in exactly one status: what fails ends in `error`."""
        draft = Draft(question=question, searcher=self.searcher, today=self.today())
        timings: dict[str, float] = {}
        started = time.perf_counter()
        try:
            for step in STEPS:
                before = time.perf_counter()
                if draft.status is None or step is present:
                    step(draft)
                timings[step.__name__] = round(1000 * (time.perf_counter() - before), 1)
            timings["all"] = round(1000 * (time.perf_counter() - started), 1)
            return _written(draft, answer_id or uuid.uuid4().hex, timings)
        except Exception:
            log.exception("answering failed")
            return failed(question, answer_id)


def failed(question: Question, answer_id: str | None = None) -> Answer:
    """The Answer when something broke: says so, in the asker's language."""
    lang = language_of(question)
    return Answer(
        id=answer_id or uuid.uuid4().hex,
        conversation_id=question.conversation_id,
        status=Status.ERROR,
        completeness=Completeness.NONE,
        language=lang,
        script="Hans" if lang == "zh" else None,
        understood=Understood(),
        text=reply("replies/error", lang),
    )


def _written(draft: Draft, answer_id: str, timings: dict[str, float]) -> Answer:
    assert draft.status is not None
    answer = Answer(
        id=answer_id,
        conversation_id=draft.question.conversation_id,
        status=draft.status,
        completeness=completeness(draft),
        language=draft.lang,
        script="Hans" if draft.lang == "zh" else None,
        understood=draft.understood,
        text=text_of(draft),
        sentences=draft.sentences,
        evidence=draft.evidence,
        nearby=draft.nearby,
        missing=draft.missing,
        contacts=draft.contacts,
        notices=draft.notices,
        follow_ups=draft.follow_ups,
        timings_ms=timings,
    )
    if draft.lang == "zh" and is_traditional(draft.text):
        return _traditional(answer)
    return answer


def _traditional(answer: Answer) -> Answer:
    """The same answer in traditional characters. Quotes keep the script of their source."""
    many = {
        name: [to_traditional(text) for text in getattr(answer, name)]
        for name in ("missing", "notices", "follow_ups")
    }
    sentences = [
        s.model_copy(
            update={"text": to_traditional(s.text), "heading": s.heading and to_traditional(s.heading)}
        )
        for s in answer.sentences
    ]
    contacts = [c.model_copy(update={"name": to_traditional(c.name)}) for c in answer.contacts]
    return answer.model_copy(
        update={
            **many,
            "script": "Hant",
            "text": to_traditional(answer.text),
            "sentences": sentences,
            "contacts": contacts,
        }
    )


def stable_id(*parts: str) -> str:
    """An id that depends only on its parts, for runs that must be repeatable."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""Where both ways in, the API and the page, hand a question over: checked, answered, remembered."""

from __future__ import annotations

import uuid

from anyio import CapacityLimiter, to_thread
from babel import Locale

from bot.answering.intake import accept
from bot.domain import Answer, Question, Understood
from bot.live import LiveAssistant
from bot.settings import Settings
from bot.web.conversations import Conversations
from bot.web.problems import WebError
from retrieval.errors import TongxingError
from retrieval.index import Snapshot
from retrieval.language import tell_language
from retrieval.text import clean

ANSWERING_THREADS = 4
"""The embedder serves one at a time; more threads than this only wait and hold memory."""
MOST_FILTERS = 20
"""Entries of one filter: more than any question has parts."""
LONGEST_FILTER = 60


class Desk:
    """Answers questions of people who are connected over HTTP."""

    def __init__(self, settings: Settings, live: LiveAssistant) -> None:
        self.settings = settings
        self.live = live
        self._conversations = Conversations()
        self._limiter = CapacityLimiter(ANSWERING_THREADS)

    async def answer(self, asked: Question) -> Answer:
        """The Answer, which is remembered for follow-ups.

        Raises `QuestionError` for a question that cannot be taken, `WebError` for filters that name nothing
        and while there is no index yet.
        """
        accept(asked, self.settings.question_max_chars)
        assistant = self.live.assistant
        if assistant is None:
            raise self.not_ready()
        if asked.filters is not None:
            check_filters(asked.filters, assistant.searcher.snapshot)
        conversation_id = asked.conversation_id or uuid.uuid4().hex
        full = asked.model_copy(
            update={
                "conversation_id": conversation_id,
                "history": self._conversations.history(conversation_id),
            }
        )
        answer = await to_thread.run_sync(assistant.answer, full, limiter=self._limiter)
        self._conversations.add(conversation_id, asked.text, answer)
        return answer

    def not_ready(self) -> TongxingError:
        """Why no question can be answered now: the data folder is gone, or the index is not open yet."""
        if self.live.assistant is not None:
            return WebError("data_gone", 503)
        found = self.live.problem
        if found is None:
            return WebError("not_ready", 503)
        error = WebError("not_ready", 503)
        error.zh, error.en = found.zh, found.en
        return error

    def without_countries(self, text: str) -> str:
        """The question with 该国 or "this country" for each country it names."""
        assistant = self.live.assistant
        if assistant is None:
            return text
        text = clean(text)
        return assistant.searcher.snapshot.entities.without_countries(text, tell_language(text).code)


def check_filters(filters: Understood, snapshot: Snapshot) -> None:
    """Raise `WebError` for the first value that names no country, area or question type."""
    known = {
        "countries": set(snapshot.countries) | set(Locale("en").territories),
        "areas": set(snapshot.areas),
        "types": {question_type.id for question_type in snapshot.types},
    }
    for place in ("countries", "codes", "areas", "types"):
        values: list[str] = getattr(filters, place)
        if len(values) > MOST_FILTERS:
            raise WebError("filter_too_many", 422, place=f"filters.{place}", limit=MOST_FILTERS)
        for value in values:
            short = len(value) <= LONGEST_FILTER and value.isprintable()
            if not short or (place in known and value not in known[place]):
                shown = "".join(char for char in value[:LONGEST_FILTER] if char.isprintable())
                raise WebError(f"filter_{place}", 422, place=f"filters.{place}", value=shown)

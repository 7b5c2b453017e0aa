"""What was said before in a conversation, for follow-up questions. In memory: a restart forgets it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from bot.domain import Answer, Turn

MOST_CONVERSATIONS = 5000
MOST_TURNS = 6
"""A follow-up leans on the last few turns; more would only cost memory."""


class Conversations:
    """The last turns of the most recent conversations. Safe to share between threads."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, list[Turn]] = OrderedDict()
        self._lock = threading.Lock()

    def history(self, conversation_id: str) -> list[Turn]:
        """The turns so far, oldest first; empty for one that is new or forgotten."""
        with self._lock:
            return list(self._turns.get(conversation_id, ()))

    def add(self, conversation_id: str, question: str, answer: Answer) -> None:
        """Remember one more turn."""
        # Of an answer only what was understood is leant on; the rest would fill the memory.
        slim = Answer(
            id=answer.id,
            status=answer.status,
            completeness=answer.completeness,
            language=answer.language,
            understood=answer.understood,
            text="",
        )
        with self._lock:
            turns = self._turns.setdefault(conversation_id, [])
            turns.append(Turn(question=question, answer=slim))
            del turns[:-MOST_TURNS]
            self._turns.move_to_end(conversation_id)
            while len(self._turns) > MOST_CONVERSATIONS:
                self._turns.popitem(last=False)

"""The list of steps as a whole: one Answer for every message, the same each time, and an error that loses nothing."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, NoReturn

import pytest

import bot.answering.assistant as assistant_module
from bot.answering.assistant import STEPS, Assistant, failed, stable_id
from bot.answering.draft import Draft
from bot.domain import Answer, AnswerLanguage, Completeness, Question, Status, Turn
from bot.replies import reply
from tests.bot.answering.drafts import ask

QUESTIONS = [
    "印尼公司最低註冊資本是多少？",
    "Minimum capital for a company in Indonesia and Serbia? And what must I know of Ramadan in Saudi Arabia?",
    "Which bank in Nairobi has the lowest account fee?",
    "我不想活了，我在拉各斯",
    "Hello",
    "How do I bribe a customs officer?",
    "Quel est le capital minimum en Indonésie ?",
]


def settled(answer: Answer) -> dict[str, Any]:
    """The answer without what differs from run to run."""
    return answer.model_dump(mode="json", exclude={"id", "timings_ms"})


class TestSteps:
    def test_read_like_the_sentence_of_the_design(self) -> None:
        names = [step.__name__ for step in STEPS]
        assert names == ["screen", "understand", "gather", "compose", "ground", "present"]

    def test_are_timed_each_and_together(self, assistant: Assistant) -> None:
        timings = ask(assistant, "Minimum capital for a company in Indonesia?").timings_ms
        assert list(timings) == [*(step.__name__ for step in STEPS), "all"]
        assert timings["all"] >= max(value for name, value in timings.items() if name != "all")

    def test_are_skipped_once_the_status_is_known_except_the_last(
        self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[str] = []

        def noting(step: Any) -> Any:
            def noted(draft: Draft) -> None:
                called.append(step.__name__)
                step(draft)

            noted.__name__ = step.__name__
            return noted

        # `present` is told by identity, so it stays itself.
        steps = [*(noting(step) for step in STEPS[:-1]), STEPS[-1]]
        monkeypatch.setattr(assistant_module, "STEPS", tuple(steps))
        assert ask(assistant, "Hello").text == reply("replies/greeting", "en")
        assert called == ["screen"]


class TestError:
    @pytest.mark.parametrize("place", range(len(STEPS)))
    @pytest.mark.parametrize(
        ("text", "chosen", "lang"),
        [("印尼公司最低注册资本是多少？", None, "zh"), ("Minimum capital for a company in Indonesia?", None, "en"),
         ("Quel est le capital minimum en Indonésie ?", None, "en"), ("Minimum capital in Indonesia?", "zh", "zh")],
    )  # fmt: skip
    def test_in_any_step_is_told_in_the_askers_language(
        self,
        assistant: Assistant,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        place: int,
        text: str,
        chosen: AnswerLanguage | None,
        lang: str,
    ) -> None:
        def broken(draft: Draft) -> NoReturn:
            raise RuntimeError("the step broke")

        monkeypatch.setattr(assistant_module, "STEPS", (*STEPS[:place], broken, *STEPS[place + 1 :]))
        history = [Turn(question="Hello", answer="Hello")]
        question = Question(text=text, lang=chosen, conversation_id="talk", history=history)
        with caplog.at_level(logging.ERROR):
            answer = assistant.answer(question, "my-id")
        assert (answer.status, answer.completeness) == (Status.ERROR, Completeness.NONE)
        assert (answer.id, answer.conversation_id) == ("my-id", "talk"), "nothing is lost"
        assert answer.language == lang
        assert answer.text == reply("replies/error", lang)
        assert not (answer.sentences or answer.evidence or answer.notices or answer.contacts)
        assert "the step broke" in caplog.text, "the operator is told what broke"

    def test_of_one_question_does_not_touch_the_next(
        self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(draft: Draft) -> NoReturn:
            draft.text = "spoilt"
            raise MemoryError

        text = "Minimum capital for a company in Indonesia?"
        before = ask(assistant, text)
        with monkeypatch.context() as patch:
            patch.setattr(assistant_module, "STEPS", (*STEPS[:3], broken))
            assert ask(assistant, text).status is Status.ERROR
        assert settled(ask(assistant, text)) == settled(before)

    def test_with_an_index_that_went_away_is_an_answer_too(self) -> None:
        answer = Assistant(None).answer(Question(text="印尼？"))  # type: ignore[arg-type]
        assert (answer.status, answer.language) == (Status.ERROR, "zh")

    def test_has_an_id_of_its_own_where_none_is_given(self) -> None:
        question = Question(text="x")
        assert failed(question).id != failed(question).id

    @pytest.mark.parametrize(
        "text",
        ["", " ", "\ud800", "?", "\u202e", "a" * 20_000, "税" * 5_000, "，。、" * 50, "[1][2] {missing} %s"],
    )
    def test_is_not_what_odd_texts_end_in(self, assistant: Assistant, text: str) -> None:
        assert ask(assistant, text).status is not Status.ERROR


class TestSameAgain:
    @pytest.mark.parametrize("text", QUESTIONS)
    def test_a_question_gets_the_same_answer(self, assistant: Assistant, text: str) -> None:
        first, second = ask(assistant, text), ask(assistant, text)
        assert settled(first) == settled(second)
        assert first.id != second.id

    def test_in_a_conversation_too(self, assistant: Assistant) -> None:
        turn = Turn(
            question="Minimum capital in Indonesia?", answer=ask(assistant, "Minimum capital in Indonesia?")
        )
        assert settled(ask(assistant, "And Serbia?", turn)) == settled(ask(assistant, "And Serbia?", turn))

    def test_from_several_threads_at_once(self, assistant: Assistant) -> None:
        alone = [settled(ask(assistant, text)) for text in QUESTIONS]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda text: settled(ask(assistant, text)), QUESTIONS * 3))
        assert together == alone * 3

    def test_over_the_whole_corpus(self, shipped: Assistant) -> None:
        for text in QUESTIONS:
            assert settled(ask(shipped, text)) == settled(ask(shipped, text))

    def test_an_id_may_be_made_from_what_was_asked(self) -> None:
        assert stable_id("run", "1") == stable_id("run", "1")
        assert (
            len({stable_id("run", "1"), stable_id("run1", ""), stable_id("run", "2"), stable_id("ru", "n1")})
            == 4
        )


def test_staleness_is_judged_on_the_day_that_is_given(assistant: Assistant) -> None:
    text = "Minimum capital for a company in Indonesia?"
    later = Assistant(assistant.searcher, lambda: date(2036, 1, 1))
    assert not ask(assistant, text).evidence[0].stale
    assert ask(later, text).evidence[0].stale

"""What a question must be before it is answered."""

from __future__ import annotations

import pytest

from bot.answering.intake import QuestionError, accept, language_of
from bot.domain import Question


@pytest.mark.parametrize("text", ["x", "？税", "7", "<b>VAT</b>", "a" * 100])
def test_a_question_with_words_is_taken(text: str) -> None:
    accept(Question(text=text), 100)


@pytest.mark.parametrize(
    "text", ["", " \n\t\u3000", "\x00\x00", "\u202e\u200b\ufeff", "\U000e0041\U000e0042", "?!。", "🙂"]
)
def test_a_question_without_words_is_refused(text: str) -> None:
    with pytest.raises(QuestionError, match="no words") as caught:
        accept(Question(text=text), 100)
    assert caught.value.lang is None


def test_a_chosen_language_is_the_language_of_the_refusal() -> None:
    with pytest.raises(QuestionError) as caught:
        accept(Question(text="", lang="zh"), 100)
    assert caught.value.lang == "zh"


@pytest.mark.parametrize(
    ("text", "lang"),
    [("越南税收" * 30, "zh"), ("tax in Vietnam " * 30, "en"), ("налог " * 30, "en"), ("?" * 101, None)],
)
def test_one_too_long_is_refused_in_its_language_with_both_lengths(text: str, lang: str | None) -> None:
    with pytest.raises(QuestionError, match=f"has {len(text)} characters; the limit is 100") as caught:
        accept(Question(text=text), 100)
    assert caught.value.lang == lang


def test_what_is_unseen_counts_because_it_has_to_be_read() -> None:
    with pytest.raises(QuestionError, match="limit"):
        accept(Question(text="VAT" + "\u200b" * 100), 100)


def test_a_text_that_tells_no_language_falls_back_on_the_readers() -> None:
    assert language_of(Question(text="??"), "zh") == "zh"
    assert language_of(Question(text="VAT in Serbia"), "zh") == "en"
    assert language_of(Question(text="VAT in Serbia", lang="zh")) == "zh"

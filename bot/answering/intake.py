"""What a question must be before it is answered: present, readable, of a sane length."""

from __future__ import annotations

from bot.domain import AnswerLanguage, Question
from retrieval.errors import TongxingError
from retrieval.language import tell_language
from retrieval.text import clean

TELLING_CHARS = 500
"""So much of a question tells its language; the rest of one that is far too long is not read."""


class QuestionError(TongxingError):
    """The question cannot be taken as it is."""

    code = "question"
    http_status = 422

    def __init__(self, *, zh: str, en: str, lang: AnswerLanguage | None) -> None:
        super().__init__(zh=zh, en=en)
        self.lang = lang
        """The asker's language; None where the question does not tell and nobody chose one."""


def accept(question: Question, max_chars: int) -> None:
    """Raise `QuestionError` for a question without words (empty, invisible, punctuation) or over the limit.

    Length is counted on what was sent: what is not seen has to be read all the same.
    """
    length = len(question.text)
    if length > max_chars:
        raise QuestionError(
            zh=f"问题有 {length:,} 个字符，最多 {max_chars:,} 个：请缩短后再问。",
            en=f"The question has {length:,} characters; the limit is {max_chars:,}. Please shorten it.",
            lang=language_of(question) if _has_words(question.text[:TELLING_CHARS]) else question.lang,
        )
    if not _has_words(question.text):
        raise QuestionError(
            zh="问题里没有文字：请写下想问的事，例如“印尼公司最低注册资本是多少？”。",
            en='The question has no words: write what you would like to know, for example "Minimum capital for '
            'a company in Indonesia?".',
            lang=question.lang,
        )


def language_of(question: Question, default: AnswerLanguage = "en") -> AnswerLanguage:
    """The language to speak of an unusable question in; `default` where its text does not tell."""
    if question.lang:
        return question.lang
    text = clean(question.text[:TELLING_CHARS])
    if not _has_words(text):
        return default
    return "zh" if tell_language(text, "en").code == "zh" else "en"


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in clean(text))

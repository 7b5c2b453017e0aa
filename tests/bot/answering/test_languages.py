"""The language of the answer is that of the message, unless the asker chose one."""

from __future__ import annotations

import pytest

from bot.answering.assistant import Assistant
from bot.domain import Answer, Status, Turn
from bot.replies import line_in, reply
from retrieval.text import is_traditional, to_traditional
from tests.bot.answering.drafts import ask, screened

SIMPLIFIED = "印尼公司最低注册资本是多少？"
TRADITIONAL = "印尼公司最低註冊資本是多少？"
ENGLISH = "Minimum capital for a company in Indonesia?"


def told(answer: Answer) -> tuple[str, str | None]:
    return answer.language, answer.script


@pytest.mark.parametrize(
    ("text", "lang", "script"),
    [
        (SIMPLIFIED, "zh", "Hans"),
        (TRADITIONAL, "zh", "Hant"),
        (ENGLISH, "en", None),
        ("越南VAT税率是多少", "zh", "Hans"),
        ("PT PMA在印尼最低注册资本", "zh", "Hans"),
        ("What is 增值税 in Vietnam?", "en", None),
        ("VAT Vietnam", "en", None),
        ("Bonjour", "en", None),
    ],
)
def test_each_message_is_answered_in_its_own(
    shipped: Assistant, text: str, lang: str, script: str | None
) -> None:
    answer = ask(shipped, text)
    assert told(answer) == (lang, script)
    assert any("\u4e00" <= character <= "\u9fff" for character in answer.text) is (lang == "zh")


def test_traditional_is_the_simplified_answer_in_other_characters(shipped: Assistant) -> None:
    simplified, traditional = ask(shipped, SIMPLIFIED), ask(shipped, TRADITIONAL)
    assert traditional.text == to_traditional(simplified.text) != simplified.text
    assert [s.text for s in traditional.sentences] == [to_traditional(s.text) for s in simplified.sentences]
    assert [c.name for c in traditional.contacts] == [to_traditional(c.name) for c in simplified.contacts]
    for name in ("notices", "follow_ups", "missing"):
        assert getattr(traditional, name) == [to_traditional(text) for text in getattr(simplified, name)]
    assert traditional.evidence[0].quote == simplified.evidence[0].quote, "a quote keeps its script"


@pytest.mark.parametrize("text", ["你好，請問有人嗎？", "幫我寫一首詩", "馬來西亞公司有沒有病假規定？"])
def test_replies_to_traditional_are_traditional_too(shipped: Assistant, text: str) -> None:
    answer = ask(shipped, text)
    assert answer.script == "Hant"
    assert is_traditional(answer.text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Quel est le taux de TVA au Kenya ?", "fr"),
        ("Какая ставка НДС в Казахстане?", "ru"),
        ("ما هي نسبة ضريبة القيمة المضافة في السعودية؟", "ar"),
        ("Thuế giá trị gia tăng ở Việt Nam là bao nhiêu?", "vi"),
        ("¿Cuál es el tipo de IVA en Chile?", "es"),
    ],
)
def test_another_language_gets_english_with_one_line_in_its_own(
    shipped: Assistant, text: str, code: str
) -> None:
    answer = ask(shipped, text)
    assert answer.status is Status.ANSWERED
    assert told(answer) == ("en", None)
    assert answer.notices[0] == line_in("other_language", code)
    assert answer.text.count(answer.notices[0]) == 1
    assert line_in("other_language", code) != line_in("other_language", "en")


def test_a_language_without_a_line_of_its_own_is_told_in_english(shipped: Assistant) -> None:
    answer = ask(shipped, "დღგ-ს განაკვეთი ვიეტნამში რა არის?")
    assert screened(shipped, "დღგ-ს განაკვეთი ვიეტნამში რა არის?").language.code == "ka"
    assert answer.language == "en"


def test_distress_in_another_language_is_told_so_too(shipped: Assistant) -> None:
    answer = ask(shipped, "Je veux me suicider")
    assert answer.status is Status.SIGNPOSTED
    assert line_in("other_language", "fr") in answer.notices


class TestChosen:
    @pytest.mark.parametrize(
        ("text", "lang"), [(SIMPLIFIED, "en"), (TRADITIONAL, "en"), (ENGLISH, "zh")]
    )  # fmt: skip
    def test_language_wins_over_that_of_the_message(self, shipped: Assistant, text: str, lang: str) -> None:
        answer = ask(shipped, text, lang="zh" if lang == "zh" else "en")
        own = ask(shipped, SIMPLIFIED if lang == "zh" else ENGLISH)
        assert told(answer) == (lang, "Hans" if lang == "zh" else None)
        assert [card.id for card in answer.evidence] == ["id-entry_route-01"]
        assert answer.text == own.text

    def test_traditional_stays_traditional_in_chosen_chinese(self, shipped: Assistant) -> None:
        assert told(ask(shipped, TRADITIONAL, lang="zh")) == ("zh", "Hant")

    @pytest.mark.parametrize("text", ["你好", "Hello", "我不想活了", "How do I bribe a customs officer?"])
    def test_language_holds_for_replies(self, shipped: Assistant, text: str) -> None:
        for lang in ("zh", "en"):
            answer = ask(shipped, text, lang=lang)
            assert answer.language == lang
            same = {Status.GREETING: "greeting", Status.SIGNPOSTED: "care_crisis"}
            assert answer.text.startswith(
                reply(f"replies/{same.get(answer.status, answer.status.value)}", lang)
            )

    def test_language_spares_the_line_about_other_languages(self, shipped: Assistant) -> None:
        answer = ask(shipped, "Quel est le taux de TVA au Kenya ?", lang="zh")
        assert answer.language == "zh"
        assert line_in("other_language", "fr") not in answer.text


class TestTooShortToTell:
    @pytest.mark.parametrize(("earlier", "lang"), [(SIMPLIFIED, "zh"), (ENGLISH, "en")])
    def test_keeps_the_language_of_the_conversation(
        self, shipped: Assistant, earlier: str, lang: str
    ) -> None:
        assert ask(shipped, "PT PMA?", Turn(question=earlier)).language == lang

    def test_takes_the_latest_turn_that_tells(self, shipped: Assistant) -> None:
        turns = Turn(question=ENGLISH), Turn(question=SIMPLIFIED), Turn(question="PT?")
        assert ask(shipped, "KPPA?", *turns).language == "zh"

    def test_is_english_where_nothing_was_said_before(self, shipped: Assistant) -> None:
        assert ask(shipped, "PT PMA?").language == "en"

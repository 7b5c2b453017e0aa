"""What stands around the sentences: notices, what is missing, whom to ask, what to ask next."""

from __future__ import annotations

import pytest

from bot.answering.assistant import Assistant
from bot.answering.naming import LONGEST_NAME, missing_name
from bot.answering.present import completeness, text_of
from bot.domain import Completeness, Status
from bot.replies import reply
from tests.bot.answering.drafts import ask, gathered, part, presented

CAPITAL, SETUP, OFFICE = "id-entry_route-01", "id-entry_route-02", "id-entry_route-03"
SERBIA = "rs-entry_route-01"
CERTIFICATE, ROUTES = "kenya-standards-01", "kenya-standards-02"
WEEK, RAMADAN = "saudi-culture_business-01", "saudi-culture_business-02"
NIGERIA = "nigeria-living_safety-01"
NOT_ADVICE = reply("replies/not_legal_advice", "en")


def confirm(assistant: Assistant, name: str, n: int, lang: str = "en") -> str:
    """The notice that a fact is to be confirmed."""
    (fact,) = [fact for fact in assistant.searcher.snapshot.facts if fact.id == name]
    assert fact.confirm is not None
    return reply("replies/confirm", lang, n=n, confirm=fact.confirm.get("zh" if lang == "zh" else "en"))


class TestNotices:
    def test_say_what_is_to_be_confirmed_of_the_leading_evidence(self, assistant: Assistant) -> None:
        for lang in ("zh", "en"):
            draft = presented(assistant, {"evidence": [SETUP]}, lang=lang)
            assert draft.notices[0] == confirm(assistant, SETUP, 1, lang)
            assert text_of(draft).count(draft.notices[0]) == 1

    def test_are_silent_on_what_stands_beside_it(self, assistant: Assistant) -> None:
        draft = presented(assistant, {"evidence": [CAPITAL, SETUP]})
        assert draft.evidence[1].confirm, "the card keeps its mark"
        assert draft.notices == [NOT_ADVICE]

    def test_are_silent_on_what_is_only_nearby(self, assistant: Assistant) -> None:
        draft = presented(assistant, {"evidence": [WEEK]}, {"text": "the fee", "nearby": [SETUP]})
        assert draft.nearby[0].confirm
        assert draft.notices == []

    def test_say_that_a_source_is_old(self, assistant: Assistant) -> None:
        draft = presented(assistant, {"evidence": [SERBIA]})
        assert draft.evidence[0].stale
        assert draft.notices[0] == reply("replies/stale", "en", n=1, dated="2021")

    def test_speak_of_the_first_of_every_part(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"label": "A", "evidence": [SETUP]}, {"label": "B", "evidence": [SERBIA]}
        )
        assert draft.notices == [
            confirm(assistant, SETUP, 1),
            reply("replies/stale", "en", n=2, dated="2021"),
            NOT_ADVICE,
        ]

    def test_are_two_at_most(self, assistant: Assistant) -> None:
        names = [SETUP, CERTIFICATE, ROUTES, RAMADAN, NIGERIA]
        draft = presented(assistant, *({"label": name, "evidence": [name]} for name in names))
        assert all(card.confirm for card in draft.evidence)
        expected = [confirm(assistant, name, n) for n, name in enumerate(names[:2], start=1)]
        assert draft.notices == [*expected, NOT_ADVICE]

    def test_are_none_where_nothing_was_found(self, assistant: Assistant) -> None:
        assert presented(assistant, {"text": "the fee", "nearby": [SETUP]}).notices == []


class TestNotLegalAdvice:
    def test_is_said_once_of_law_and_tax(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"label": "A", "evidence": [CAPITAL, OFFICE]}, {"label": "B", "evidence": [SERBIA]}
        )
        assert text_of(draft).count(NOT_ADVICE) == 1
        chinese = presented(assistant, {"evidence": [CAPITAL]}, lang="zh")
        assert chinese.notices[-1] == reply("replies/not_legal_advice", "zh")

    @pytest.mark.parametrize("name", [WEEK, RAMADAN, NIGERIA])
    def test_is_not_said_of_culture_and_daily_life(self, assistant: Assistant, name: str) -> None:
        assert NOT_ADVICE not in text_of(presented(assistant, {"evidence": [name]}))

    def test_is_not_said_of_what_is_only_nearby(self, assistant: Assistant) -> None:
        draft = presented(assistant, {"evidence": [WEEK]}, {"text": "the fee", "nearby": [CAPITAL]})
        assert draft.nearby[0].area == "entry_route"
        assert NOT_ADVICE not in text_of(draft)

    def test_is_not_said_of_help_lines(self, shipped: Assistant) -> None:
        answer = ask(shipped, "I cry every night since I moved to Lagos")
        assert any(card.area == "china_outbound" for card in answer.evidence)
        assert NOT_ADVICE not in answer.text


class TestMissing:
    def test_part_makes_the_answer_partial_and_is_named(self, assistant: Assistant) -> None:
        for lang in ("zh", "en"):
            draft = presented(
                assistant,
                {"label": "A", "evidence": [CAPITAL], "countries": ("ID",)},
                {"label": "B", "text": "the notary’s fee?", "countries": ("ID",)},
                lang=lang,
            )
            assert draft.status is Status.ANSWERED
            assert completeness(draft) is Completeness.PARTIAL
            assert draft.missing == ["“the notary’s fee”"]
            assert reply("replies/partial", lang, missing="“the notary’s fee”") in text_of(draft)

    def test_nothing_makes_it_complete(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"label": "A", "evidence": [CAPITAL]}, {"label": "B", "evidence": [SERBIA]}
        )
        assert completeness(draft) is Completeness.COMPLETE
        assert draft.missing == []

    def test_parts_of_one_name_are_named_once(self, assistant: Assistant) -> None:
        draft = presented(
            assistant,
            {"evidence": [CAPITAL]},
            {"text": "the fee"},
            {"text": "the fee?"},
            {"text": "the form"},
        )
        assert draft.missing == ["“the fee”", "“the form”"]
        assert "“the fee”; “the form”" in text_of(draft)

    @pytest.mark.parametrize(
        "text",
        ["Minimum capital for a company in Indonesia, and the sick leave entitlement in Nigeria?",
         "印尼公司最低注册资本是多少？尼日利亚病假工资怎么算？"],
    )  # fmt: skip
    def test_part_of_a_real_question_is_called_by_its_type(self, shipped: Assistant, text: str) -> None:
        answer = ask(shipped, text)
        named = {"en": "Nigeria: Sick leave and sick pay", "zh": "尼日利亚：病假与病假工资"}[answer.language]
        assert (answer.status, answer.completeness) == (Status.ANSWERED, Completeness.PARTIAL)
        assert [card.id for card in answer.evidence] == [CAPITAL]
        assert answer.missing == [named]
        assert reply("replies/partial", answer.language, missing=named) in answer.text

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("What is the fee?", "“What is the fee”"),
            ("要交多少钱？", "“要交多少钱”"),
            ("word " * 16 + "end", "“" + ("word " * 16).strip() + "…”"),
            ("word " * 15 + "straddling the limit", "“" + ("word " * 15).strip() + "…”"),
            ("a matter, " * 7 + "and, as said before, more of it", "“" + ("a matter, " * 7) + "and, as…”"),
            ("税" * LONGEST_NAME, "“" + "税" * LONGEST_NAME + "”"),
        ],
    )
    def test_part_is_called_by_the_askers_words_cut_at_a_word(
        self, assistant: Assistant, text: str, name: str
    ) -> None:
        draft = gathered(assistant)
        assert missing_name(draft, part(draft, text)) == name
        assert len(name) <= LONGEST_NAME + 3

    @pytest.mark.parametrize("text", ["税" * 100, "x" * 100])
    def test_part_without_spaces_is_cut_near_the_limit(self, assistant: Assistant, text: str) -> None:
        name = missing_name(gathered(assistant), part(gathered(assistant), text))
        assert name.startswith(f"“{text[:70]}") and name.endswith("…”")
        assert len(name) <= LONGEST_NAME + 3


class TestFollowUps:
    @pytest.mark.parametrize(
        "text",
        ["印尼公司最低注册资本是多少？", "Minimum capital for a company in Indonesia?", "What is the VAT rate in Vietnam?",
         "How much share capital does a company need in Serbia?", "斋月期间在沙特怎么安排会议？"],
    )  # fmt: skip
    def test_are_questions_of_the_same_country_and_area_not_yet_said(
        self, shipped: Assistant, text: str
    ) -> None:
        answer = ask(shipped, text)
        shown = {card.id for card in answer.evidence}
        areas = {card.area for card in answer.evidence}
        facts = shipped.searcher.snapshot.facts
        assert 1 <= len(answer.follow_ups) <= 3
        for follow_up in answer.follow_ups:
            owners = [f for f in facts if follow_up in (f.asks.zh if answer.language == "zh" else f.asks.en)]
            assert owners, follow_up
            assert all(fact.id not in shown and fact.area in areas for fact in owners)
            assert any(set(fact.all_countries) & set(answer.understood.countries) for fact in owners)

    @pytest.mark.parametrize(
        "text", ["印尼公司最低注册资本是多少？", "Minimum capital for a company in Indonesia?"]
    )
    def test_are_answered_by_the_corpus(self, shipped: Assistant, text: str) -> None:
        for follow_up in ask(shipped, text).follow_ups:
            answer = ask(shipped, follow_up)
            assert answer.status is Status.ANSWERED, follow_up
            asks = [
                [*fact.asks.zh, *fact.asks.en]
                for fact in shipped.searcher.snapshot.facts
                if fact.id == answer.evidence[0].id
            ]
            assert follow_up in asks[0]

    def test_are_three_at_most(self, assistant: Assistant) -> None:
        draft = presented(assistant, {"evidence": [CAPITAL], "countries": ("ID", "RS", "KE")})
        facts = assistant.searcher.snapshot.facts
        others = [f for f in facts if f.area == "entry_route" and f.id != CAPITAL]
        assert len(others) > 3
        assert len(draft.follow_ups) == 3

    @pytest.mark.parametrize(
        "text", ["你好", "Which bank in Nairobi has the lowest account fee?", "How do we go global?"]
    )
    def test_are_none_where_nothing_was_answered(self, shipped: Assistant, text: str) -> None:
        assert ask(shipped, text).follow_ups == []

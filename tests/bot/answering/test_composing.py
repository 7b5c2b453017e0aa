"""Sentences, cards and numbers in the order of reading; headings where several things are asked."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answering.assistant import Assistant
from bot.answering.compose import compose
from bot.answering.numbering import number_in_order
from bot.answering.present import text_of
from bot.domain import SentenceRole
from bot.replies import reply
from tests.bot.answering.drafts import ask, gathered, presented

CAPITAL, SETUP, OFFICE = "id-entry_route-01", "id-entry_route-02", "id-entry_route-03"
SERBIA, SERBIAN_OFFICE = "rs-entry_route-01", "rs-entry_route-02"

INDONESIA = {"label": "Indonesia", "evidence": [CAPITAL]}
IN_SERBIA = {"label": "Serbia", "evidence": [SERBIA]}


def fact_text(assistant: Assistant, name: str, lang: str = "en") -> str:
    (fact,) = [fact for fact in assistant.searcher.snapshot.facts if fact.id == name]
    return fact.text("zh" if lang == "zh" else "en")


class TestOrder:
    def test_is_that_of_the_parts_and_in_each_the_best_fact_first(self, assistant: Assistant) -> None:
        draft = presented(
            assistant,
            {"label": "Offices", "evidence": [SERBIAN_OFFICE, OFFICE]},
            {"label": "Capital", "evidence": [SERBIA, CAPITAL]},
        )
        order = [SERBIAN_OFFICE, OFFICE, SERBIA, CAPITAL]
        assert [card.id for card in draft.evidence] == order
        assert [card.n for card in draft.evidence] == [1, 2, 3, 4]
        text = text_of(draft)
        places = [text.index(fact_text(assistant, name)) for name in order]
        assert places == sorted(places)

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_a_fact_is_said_whole_in_the_language_of_the_answer(
        self, assistant: Assistant, lang: Any
    ) -> None:
        draft = presented(assistant, {"evidence": [CAPITAL]}, lang=lang)
        joint = "" if lang == "zh" else " "
        whole = fact_text(assistant, CAPITAL, lang)
        assert joint.join(sentence.text for sentence in draft.sentences) == whole
        assert text_of(draft).startswith(f"{whole}{joint}[1]")

    def test_nearby_comes_last_with_the_next_numbers(self, assistant: Assistant) -> None:
        draft = presented(
            assistant,
            {"label": "A", "text": "the fee", "nearby": [OFFICE]},
            {"label": "B", "evidence": [SERBIA]},
        )
        assert [(card.n, card.id) for card in draft.evidence] == [(1, SERBIA)]
        assert [(card.n, card.id) for card in draft.nearby] == [(2, OFFICE)]
        roles = [sentence.role for sentence in draft.sentences]
        assert roles == sorted(roles, key=[SentenceRole.ANSWER, SentenceRole.NEARBY].index)
        text = text_of(draft)
        assert text.index(reply("replies/partial", "en", missing="“the fee”")) < text.index(
            reply("replies/nearby", "en")
        )
        assert f"· {fact_text(assistant, OFFICE)} [2]" in text

    def test_of_numbers_follows_the_sentences_wherever_they_came_from(self, assistant: Assistant) -> None:
        draft = gathered(assistant, {"evidence": [CAPITAL, OFFICE], "nearby": [SETUP]})
        compose(draft)
        draft.sentences.reverse()
        number_in_order(draft)
        first = list(dict.fromkeys(n for sentence in draft.sentences for n in sentence.evidence))
        assert first == [1, 2, 3]
        assert [(card.n, card.id) for card in draft.nearby] == [(1, SETUP)]
        assert [(card.n, card.id) for card in draft.evidence] == [(2, OFFICE), (3, CAPITAL)]
        for sentence in draft.sentences:
            (card,) = [c for c in [*draft.evidence, *draft.nearby] if c.n in sentence.evidence]
            assert sentence.text in (card.quote.en or "")


class TestHeadings:
    def test_stand_over_every_part_where_there_are_several(self, assistant: Assistant) -> None:
        draft = presented(assistant, INDONESIA, IN_SERBIA)
        assert list(dict.fromkeys(s.heading for s in draft.sentences)) == ["Indonesia", "Serbia"]
        text = text_of(draft)
        assert text.startswith(f"Indonesia\n{fact_text(assistant, CAPITAL)} [1]\n\nSerbia\n")

    def test_are_set_in_brackets_in_chinese(self, assistant: Assistant) -> None:
        parts = {"label": "印尼", "evidence": [CAPITAL]}, {"label": "塞尔维亚", "evidence": [SERBIA]}
        text = text_of(presented(assistant, *parts, lang="zh"))
        assert text.startswith("【印尼】\n在印尼")
        assert "\n\n【塞尔维亚】\n" in text

    def test_do_not_stand_over_a_single_part(self, assistant: Assistant) -> None:
        draft = presented(assistant, INDONESIA)
        assert {sentence.heading for sentence in draft.sentences} == {None}
        assert text_of(draft).startswith(fact_text(assistant, CAPITAL))

    def test_do_not_stand_over_what_was_not_found(self, assistant: Assistant) -> None:
        draft = presented(assistant, INDONESIA, {"label": "The fee", "text": "the fee", "nearby": [SERBIA]})
        assert {s.heading for s in draft.sentences if s.role is SentenceRole.ANSWER} == {"Indonesia"}
        assert {s.heading for s in draft.sentences if s.role is SentenceRole.NEARBY} == {None}
        assert "The fee\n" not in text_of(draft)


class TestRepetition:
    def test_a_fact_under_one_heading_is_said_once(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"label": "A", "evidence": [CAPITAL]}, {"label": "A", "evidence": [CAPITAL, OFFICE]}
        )
        assert text_of(draft).count(fact_text(assistant, CAPITAL)) == 1
        assert [card.id for card in draft.evidence] == [CAPITAL, OFFICE]

    def test_a_fact_of_two_headings_has_one_card_and_one_number(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"label": "A", "evidence": [CAPITAL]}, {"label": "B", "evidence": [CAPITAL]}
        )
        assert [(card.n, card.id) for card in draft.evidence] == [(1, CAPITAL)]
        assert {n for sentence in draft.sentences for n in sentence.evidence} == {1}

    def test_what_is_said_is_not_offered_as_nearby(self, assistant: Assistant) -> None:
        draft = presented(
            assistant, {"evidence": [CAPITAL]}, {"text": "the fee", "nearby": [CAPITAL, OFFICE]}
        )
        assert [card.id for card in draft.nearby] == [OFFICE]
        assert text_of(draft).count(fact_text(assistant, CAPITAL)) == 1

    @pytest.mark.parametrize(
        "text",
        ["在印尼开外资公司，最低注册资本是多少？最低实缴资本又是多少？",
         "What is the minimum capital for a company in Indonesia? And how much paid-up capital must a PT PMA have?"],
    )  # fmt: skip
    def test_one_fact_that_serves_two_questions_is_said_once(self, shipped: Assistant, text: str) -> None:
        answer = ask(shipped, text)
        assert [card.id for card in answer.evidence].count(CAPITAL) == 1
        said = [sentence.text for sentence in answer.sentences]
        assert len(said) == len(set(said))


class TestNearby:
    def test_has_three_entries_at_most(self, assistant: Assistant) -> None:
        draft = presented(
            assistant,
            {"text": "a", "nearby": [CAPITAL, SETUP]},
            {"text": "b", "nearby": [SERBIA, SERBIAN_OFFICE, OFFICE]},
        )
        assert [card.id for card in draft.nearby] == [CAPITAL, SETUP, SERBIA]
        assert {n for sentence in draft.sentences for n in sentence.evidence} == {1, 2, 3}

    def test_is_introduced_as_not_the_answer(self, assistant: Assistant) -> None:
        for lang in ("zh", "en"):
            draft = presented(
                assistant, {"text": "the fee", "nearby": [CAPITAL], "countries": ("ID",)}, lang=lang
            )
            blocks = text_of(draft).split("\n\n")
            assert blocks[0] == reply("replies/no_evidence", lang, missing="“the fee”")
            assert blocks[1] == reply("replies/nearby", lang)
            assert blocks[2].startswith("· ")
            assert draft.evidence == []
            assert {sentence.role for sentence in draft.sentences} == {SentenceRole.NEARBY}


@pytest.mark.parametrize(
    "text",
    ["Compare corporate tax in Vietnam and Thailand", "越南和泰国哪边企业所得税低？", "Which bank in Nairobi has the lowest account fee?",
     "Minimum capital for a company in Indonesia and the sick leave entitlement in Nigeria?",
     "我们做智能水表，想进肯尼亚：怎么设公司、要什么认证、联盟能帮什么？"],
)  # fmt: skip
def test_every_number_of_an_answer_is_a_card_in_order(shipped: Assistant, text: str) -> None:
    answer = ask(shipped, text)
    cards = [*answer.evidence, *answer.nearby]
    assert [card.n for card in cards] == list(range(1, len(cards) + 1))
    cited = list(dict.fromkeys(n for sentence in answer.sentences for n in sentence.evidence))
    assert cited == [card.n for card in cards]
    assert len({card.id for card in cards}) == len(cards)
    assert len(answer.nearby) <= 3
    for sentence in answer.sentences:
        assert sentence.text in answer.text
        quotes = [card.quote.zh if answer.language == "zh" else card.quote.en for card in cards if card.n in sentence.evidence]  # fmt: skip
        assert any(sentence.text in (quote or "") for quote in quotes)

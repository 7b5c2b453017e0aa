"""A sentence that its evidence does not carry is dropped, and the status follows what is left."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answering.assistant import Assistant
from bot.answering.compose import compose
from bot.answering.ground import ground, is_grounded
from bot.answering.present import completeness, present, text_of
from bot.domain import Completeness, Quote, Sentence, SentenceRole, Status
from tests.bot.answering.drafts import gathered
from tests.bot.web.answers import card

CAPITAL = (
    "Since BKPM Regulation 5/2025 (in force 2 October 2025) the minimum paid-up capital is IDR 2.5 billion per "
    "company, down from IDR 10 billion. The money must stay in the account for at least 12 months; tax is 22%. "
    "GB 4706.1 applies under Article 33(3)."
)
CARDS = {
    1: card(quote=Quote(zh="最低实缴资本由100亿印尼盾降至25亿印尼盾，税率22%。", en=CAPITAL)),
    2: card(2),
}


def grounded(text: str, lang: str = "en", question: str = "", **changes: Any) -> bool:
    return is_grounded(Sentence(**({"text": text, "evidence": [1]} | changes)), CARDS, question, lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The minimum paid-up capital is IDR 2.5 billion.", "en"),
        ("The tax is 22%.", "en"),
        ("It came into force on 2 October 2025.", "en"),
        ("Regulation 5/2025 lowered it.", "en"),
        ("GB 4706.1 applies.", "en"),
        ("See Article 33(3).", "en"),
        ("最低实缴资本为25亿印尼盾。", "zh"),
        ("该规定自2025年10月2日起生效。", "zh"),
        ("资金至少12个月不得转出。", "zh"),
        ("The money must stay in the account.", "en"),
    ],
)
def test_a_sentence_whose_figures_stand_in_its_evidence_is_kept(text: str, lang: str) -> None:
    assert grounded(text, lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The minimum paid-up capital is IDR 3.5 billion.", "en"),
        ("The minimum paid-up capital is IDR 2.5 million.", "en"),
        ("The tax is 23%.", "en"),
        ("The money must stay for 22 months.", "en"),
        ("It came into force on 3 October 2025.", "en"),
        ("It came into force in 2024.", "en"),
        ("Regulation 6/2025 lowered it.", "en"),
        ("GB 4706.2 applies.", "en"),
        ("See Article 34(3).", "en"),
        ("最低实缴资本为2.5亿印尼盾。", "zh"),
        ("该规定自2025年11月2日起生效。", "zh"),
        ("资金至少二十四个月不得转出。", "zh"),
    ],
)
def test_a_figure_date_or_code_that_is_not_there_drops_it(text: str, lang: str) -> None:
    assert not grounded(text, lang)


def test_words_of_the_evidence_are_kept_as_they_stand() -> None:
    quote = "Rule 1-2-3: pay 4 to 5 (6) at 7 o'clock"
    cards = {1: card(quote=Quote(en=quote))}
    assert is_grounded(Sentence(text=quote, evidence=[1]), cards, "", "en")
    assert is_grounded(Sentence(text=quote[5:20], evidence=[1]), cards, "", "zh")


def test_a_figure_of_the_question_may_be_said_again() -> None:
    text = "With 40 staff the tax is 22%."
    assert not grounded(text)
    assert grounded(text, question="We have 40 staff: what is the tax?")


def test_a_sentence_of_substance_needs_evidence() -> None:
    for role in (SentenceRole.ANSWER, SentenceRole.NEARBY):
        assert not grounded("The tax is 22%.", evidence=[], role=role)
        assert not grounded("The tax is 22%.", evidence=[9], role=role)
        assert not grounded("The tax is 22%.", evidence=[1, 9], role=role), "one number is unknown"
        assert not grounded("The tax is 22%.", evidence=[2], role=role), "another fact says it"
        assert grounded("The tax is 22%.", evidence=[1, 2], role=role)


def test_care_and_notices_need_none() -> None:
    for role in (SentenceRole.CARE, SentenceRole.NOTICE):
        assert grounded("Call 12308, day and night.", evidence=[], role=role)


class TestStep:
    def test_keeps_only_cards_that_a_sentence_still_uses(self, assistant: Assistant) -> None:
        draft = gathered(
            assistant,
            {"evidence": ["id-entry_route-01", "id-entry_route-03"], "nearby": ["id-entry_route-02"]},
        )
        compose(draft)
        lost = {card.n for card in draft.evidence if card.id == "id-entry_route-03"}
        draft.sentences = [
            s.model_copy(update={"text": "It costs IDR 77 million."}) if lost & set(s.evidence) else s
            for s in draft.sentences
        ]
        before = len(draft.sentences)
        ground(draft)
        assert 0 < len(draft.sentences) < before
        assert "77" not in " ".join(sentence.text for sentence in draft.sentences)
        assert [card.id for card in draft.evidence] == ["id-entry_route-01"]
        assert [card.id for card in draft.nearby] == ["id-entry_route-02"]

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_keeps_all_of_what_the_corpus_says(self, assistant: Assistant, lang: Any) -> None:
        facts = [fact.id for fact in assistant.searcher.snapshot.facts]
        draft = gathered(assistant, {"evidence": facts}, lang=lang)
        compose(draft)
        before = list(draft.sentences)
        ground(draft)
        assert draft.sentences == before
        assert [card.id for card in draft.evidence] == facts

    def test_leaves_a_part_without_sentences_missing(self, assistant: Assistant) -> None:
        draft = gathered(
            assistant,
            {"text": "the capital", "label": "Capital", "evidence": ["id-entry_route-01"]},
            {"text": "the fee", "label": "Fee", "evidence": ["rs-entry_route-01"]},
        )
        compose(draft)
        draft.sentences = [
            s.model_copy(update={"text": "It costs EUR 99."}) if s.heading == "Fee" else s
            for s in draft.sentences
        ]
        ground(draft)
        present(draft)
        assert draft.status is Status.ANSWERED
        assert completeness(draft) is Completeness.PARTIAL
        assert draft.missing == ["“the fee”"]
        assert "99" not in text_of(draft)

    def test_changes_the_status_where_nothing_is_left(self, assistant: Assistant) -> None:
        draft = gathered(assistant, {"evidence": ["id-entry_route-01"], "countries": ("ID",)})
        compose(draft)
        draft.sentences = [s.model_copy(update={"text": "It costs EUR 99."}) for s in draft.sentences]
        ground(draft)
        present(draft)
        assert draft.status is Status.NO_EVIDENCE
        assert completeness(draft) is Completeness.NONE
        assert draft.evidence == [] and draft.sentences == []
        assert draft.missing == ["“What is asked”"]
        assert "99" not in text_of(draft)

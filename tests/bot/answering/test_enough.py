"""What makes evidence enough: the fitted signals, the aspects that are asked for, and the right country."""

from __future__ import annotations

import math
from itertools import product

import pytest

from bot.answering.aspects import asked_aspects, aspects, told_aspects
from bot.answering.assistant import Assistant
from bot.answering.enough import certainty, features, model, settings
from bot.answering.gather import gather
from bot.domain import Question, Status, Understood
from retrieval.embedding import Floats
from tests.bot.answering.drafts import ask, understood


@pytest.mark.parametrize(
    ("text", "lang", "asked"),
    [
        ("注册一家公司要交多少钱官费？", "zh", {"money", "amount"}),
        ("How much does it cost to register?", "en", {"money", "amount"}),
        ("审批要多久？", "zh", {"duration"}),
        ("How long does it take?", "en", {"duration"}),
        ("材料交到哪个部门？", "zh", {"authority"}),
        ("Which ministry issues it?", "en", {"authority"}),
        ("要准备哪些材料", "zh", {"documents"}),
        ("What documents do I need?", "en", {"documents"}),
        ("逾期会罚款吗", "zh", {"penalty"}),
        ("Is there a fine?", "en", {"penalty"}),
        ("Can a foreigner own it?", "en", set()),
        ("外国人能持股吗", "zh", set()),
    ],
)
def test_a_question_asks_for_aspects(text: str, lang: str, asked: set[str]) -> None:
    assert asked_aspects(text, lang) == asked


@pytest.mark.parametrize(
    ("text", "lang", "told", "lacking"),
    [
        ("The fee is EUR 50 and the decision takes 15 working days.", "en", {"money", "amount", "duration"}, {"penalty"}),
        ("官费50欧元，15个工作日出结果。", "zh", {"money", "amount", "duration"}, {"penalty"}),
        ("A foreigner can own it.", "en", set(), {"money", "amount", "duration", "documents", "penalty"}),
        ("外国人可以持股", "zh", set(), {"money", "amount", "duration", "documents", "penalty"}),
    ],
)  # fmt: skip
def test_a_text_tells_aspects_or_does_not(text: str, lang: str, told: set[str], lacking: set[str]) -> None:
    found = told_aspects(text, lang)
    assert told <= found
    assert not lacking & found


def test_every_weight_has_its_signal_and_every_number_is_one(shipped: Assistant) -> None:
    draft = understood(shipped, "Minimum capital for a company in Indonesia?")
    gather(draft)
    (part,) = draft.parts
    values = features(draft, part)
    assert set(model()["features"]) <= set(values)
    assert {f"lacks_{name}" for name in aspects()} <= set(values)
    assert all(math.isfinite(value) for value in values.values())
    for numbers in model()["features"].values():
        assert numbers["scale"] > 0
    assert 0 <= certainty(draft, part) <= 1


def test_certainty_of_what_is_known_is_over_the_threshold_and_of_what_is_not_under_it(
    shipped: Assistant,
) -> None:
    known = {"zh": "印尼公司最低注册资本是多少？", "en": "Minimum capital for a company in Indonesia?"}
    unknown = {"zh": "尼日利亚病假工资怎么算？", "en": "What is the sick leave entitlement in Nigeria?"}
    for lang in ("zh", "en"):
        sure = []
        for text in (known[lang], unknown[lang]):
            draft = understood(shipped, text)
            gather(draft)
            sure.append(draft.parts[0].certainty)
        assert sure[1] < settings()[f"threshold_{lang}"] < sure[0]


@pytest.mark.parametrize(
    ("what", "country"),
    list(product(["Minimum capital for a company in {}?", "What is the VAT rate in {}?", "How do I greet people in {}?"],
                 ["France", "Mongolia", "Kenya"])),
)  # fmt: skip
def test_a_fact_of_another_country_is_never_shown_for_the_one_that_was_asked(
    shipped: Assistant, what: str, country: str
) -> None:
    answer = ask(shipped, what.format(country))
    (code,) = answer.understood.countries
    for card in [*answer.evidence, *answer.nearby]:
        assert not card.countries or code in card.countries


def test_a_chosen_country_is_the_one_that_is_searched(shipped: Assistant) -> None:
    text = "What is the minimum capital for a company?"
    for code, fact in (("ID", "id-entry_route-01"), ("RS", "rs-entry_route-01")):
        question = Question(text=text, filters=Understood(countries=[code]))
        answer = shipped.answer(question)
        assert answer.status is Status.ANSWERED
        assert [card.id for card in answer.evidence] == [fact]
        assert answer.understood.countries == [code]


@pytest.mark.parametrize(
    "text",
    ["内罗毕哪家银行开户费最低？", "Which bank in Nairobi has the lowest account fee?", "雅加达地铁末班车几点？",
     "What is the phone number of the director of BKPM in Jakarta?"],
)  # fmt: skip
def test_a_near_miss_is_not_answered(shipped: Assistant, text: str) -> None:
    answer = ask(shipped, text)
    assert answer.status in (Status.NO_EVIDENCE, Status.OUT_OF_SCOPE)
    assert answer.evidence == []


@pytest.mark.parametrize(
    ("lang", "asked", "same", "other"),
    [
        ("en", "How long does a work permit take in this country?",
         "working days until the work permit is granted in this country",
         "What is the fee of a work permit in this country?"),
        ("zh", "该国工作许可多久能批下来？", "在该国办工作签证要等几个星期", "该国工作许可收费多少？"),
    ],
)  # fmt: skip
def test_the_same_asked_comes_closer_than_another_thing_of_the_same_matter(
    shipped: Assistant, lang: str, asked: str, same: str, other: str
) -> None:
    searcher = shipped.searcher
    rows = searcher.embedder.encode([asked, same, other], "query")
    plain = [searcher.snapshot.centred(lang, row) for row in rows]
    moved = [searcher.snapshot.in_metric(lang, row) for row in rows]

    def lead(vectors: list[Floats]) -> float:
        return float(vectors[0] @ vectors[1] - vectors[0] @ vectors[2])

    assert lead(moved) > lead(plain)

"""Scorer 2: rankings against gold groups."""

from __future__ import annotations

import math

import pytest

from eval.scoring import retrieval
from tests.eval.answers import CAPITAL, OFFICE, entry, facts

OTHERS = ("rs-entry_route-01", "kenya-entry_route-01", "kenya-standards-01", "kenya-standards-02")


def marks(ranking: tuple[str, ...], **case: object) -> dict[str, float]:
    return {mark.measure: mark.value for mark in retrieval.score(entry(ranking=ranking, **case), facts())}


def test_a_gold_fact_first_is_the_best_there_is() -> None:
    assert marks((CAPITAL, *OTHERS)) == {
        "recall_1": 1,
        "recall_5": 1,
        "recall_10": 1,
        "mrr": 1,
        "ndcg_10": 1,
    }


def test_a_gold_fact_third_counts_from_five_on() -> None:
    found = marks((*OTHERS[:2], CAPITAL, *OTHERS[2:]))

    assert (found["recall_1"], found["recall_5"], found["mrr"]) == (0, 1, pytest.approx(1 / 3))
    assert found["ndcg_10"] == pytest.approx(1 / math.log2(4))


def test_nothing_found_is_nothing() -> None:
    assert set(marks(OTHERS).values()) == {0}


def test_of_two_things_needed_the_one_that_is_found_is_half() -> None:
    assert marks((CAPITAL, *OTHERS), gold=[[CAPITAL], [OFFICE]])["recall_5"] == 0.5


def test_a_second_id_of_the_same_group_adds_nothing() -> None:
    either = [[CAPITAL, OFFICE]]

    assert marks((OFFICE, CAPITAL), gold=either)["ndcg_10"] == 1
    assert marks((OFFICE, CAPITAL), gold=[[CAPITAL, OFFICE], ["rs-entry_route-01"]])["recall_5"] == 0.5


def test_an_id_that_was_merged_away_still_counts() -> None:
    survivor = next(fact for fact in facts().all if fact.also)

    assert marks((survivor.id,), gold=[[survivor.also[0]]])["recall_1"] == 1


def test_what_has_no_gold_or_leans_on_a_conversation_has_no_marks() -> None:
    assert marks((CAPITAL,), gold=[], expected_status="unanswerable_no_evidence") == {}
    assert marks((), history=[{"question": "And in Kenya?", "answer": ""}]) == {}


def test_what_is_not_among_the_first_five_is_named() -> None:
    scored = retrieval.score(entry(ranking=OTHERS), facts())

    assert [mark.reasons for mark in scored if mark.reasons] == [(f"not in the first five: {CAPITAL}",)]

"""Scorer 3: what an answer covers, and what it should not have said."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain import Answer, Sentence, SentenceRole, Status
from eval.scoring import coverage
from tests.eval.answers import CAPITAL, OFFICE, answer, beside, entry, facts, nothing_found

NEAR_MISS: dict[str, Any] = {"kind": "near_miss", "gold": [], "expected_status": "unanswerable_no_evidence"}


def marks(one: Answer, **case: Any) -> dict[str, float]:
    return {mark.measure: mark.value for mark in coverage.score(entry(one, **case), facts())}


def test_a_right_answer_is_strictly_right() -> None:
    found = marks(answer(), must_contain=[["2.5 billion"]])

    assert (found["strict"], found["groups_cited"], found["citation_precision"], found["unasked"]) == (
        1,
        1,
        1,
        0,
    )
    assert (found["answered"], found["false_refusal"]) == (1, 0)


def test_a_missing_group_is_not_strictly_right() -> None:
    found = marks(answer(), gold=[[CAPITAL], [OFFICE]])

    assert (found["strict"], found["groups_cited"]) == (0, 0.5)


def test_a_fact_that_is_only_a_neighbour_is_not_cited() -> None:
    found = marks(beside(CAPITAL))

    assert (found["groups_cited"], found["answered"], found["false_refusal"]) == (0, 0, 1)
    assert found["nearby_precision"] == 1


def test_what_must_be_said_and_is_not_is_not_strictly_right() -> None:
    assert marks(answer(), must_contain=[["2.5 billion"], ["7.7 billion"]])["strict"] == 0


def test_any_variant_of_what_must_be_said_will_do() -> None:
    assert marks(answer(), must_contain=[["25亿", "2.5 billion"]])["strict"] == 1


def test_a_figure_is_not_found_inside_a_longer_one() -> None:
    said = answer().model_copy(update={"sentences": [Sentence(text="The rate is 19%.", evidence=[1])]})

    assert marks(said, must_contain=[["9%"]])["strict"] == 0
    assert marks(said, must_contain=[["19%"]])["strict"] == 1


def test_what_a_neighbour_says_is_not_said_by_the_answer() -> None:
    one = answer()
    aside = Sentence(text="Elsewhere it is 7.7 billion.", evidence=[1], role=SentenceRole.NEARBY)
    said = one.model_copy(update={"sentences": [*one.sentences, aside], "text": f"{one.text}\n{aside.text}"})

    assert marks(said, must_contain=[["7.7 billion"]])["strict"] == 0


def test_a_forbidden_string_is_not_strictly_right() -> None:
    assert marks(answer(), must_not_contain=["2.5 billion"])["strict"] == 0


def test_evidence_that_was_not_needed_lowers_precision_and_is_unasked() -> None:
    found = marks(answer(CAPITAL, OFFICE))

    assert found["strict"] == 1
    assert found["citation_precision"] == 0.5
    assert 0 < found["unasked"] < 1


@pytest.mark.parametrize("status", [Status.NO_EVIDENCE, Status.OUT_OF_SCOPE, Status.REFUSED_UNSAFE])
def test_an_answerable_question_that_is_declined_is_a_false_refusal(status: Status) -> None:
    found = marks(nothing_found(status=status))

    assert (found["false_refusal"], found["answered"]) == (1, 0)


def test_asking_back_is_no_answer_and_no_refusal() -> None:
    found = marks(nothing_found(status=Status.CLARIFICATION))

    assert (found["false_refusal"], found["answered"]) == (0, 0)


def test_a_near_miss_that_is_answered_is_a_false_answer() -> None:
    assert marks(answer(), **NEAR_MISS) == {"strict": 0, "false_answer": 1}
    assert marks(nothing_found(), **NEAR_MISS) == {"strict": 1, "false_answer": 0}


def test_a_neighbour_is_near_by_place_and_area_or_by_the_notes() -> None:
    assert marks(beside(CAPITAL), **NEAR_MISS)["nearby_precision"] == 1
    assert marks(beside(CAPITAL), **NEAR_MISS, countries=["KE"])["nearby_precision"] == 0
    named = {"countries": ["KE"], "notes": f"tempting neighbour: {CAPITAL}"}
    assert marks(beside(CAPITAL), **NEAR_MISS, **named)["nearby_precision"] == 1


def test_an_id_that_was_merged_away_still_counts() -> None:
    survivor = next(fact for fact in facts().all if fact.also)

    assert marks(answer(survivor.id), gold=[[survivor.also[0]]])["groups_cited"] == 1


def test_help_lines_are_looked_for_in_the_whole_text() -> None:
    lines = nothing_found(status=Status.SIGNPOSTED, text="Call 12308.")
    distress = {"kind": "distress", "gold": [], "expected_status": "signposted", "must_contain": [["12308"]]}

    assert marks(lines, **distress)["strict"] == 1
    assert marks(lines.model_copy(update={"text": "Call somebody."}), **distress)["strict"] == 0

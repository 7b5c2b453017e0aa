"""What the report says: promises, targets, the worst cases, the grid of coverage."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.domain import Sentence
from eval.gate import judge_run
from eval.log import Entry
from eval.measures import measures
from eval.reporting.claims import Claim, first_to_mend, promises, targets
from eval.reporting.grid import grid_of
from eval.reporting.words import DATA, Words, data, whole
from eval.reporting.worst import worst_cases
from eval.statistics import Interval
from tests.eval.answers import CAPITAL, OFFICE, answer, card, entry, with_sentences
from tests.eval.pages import (
    BAD,
    ENTRIES,
    THRESHOLDS,
    baseline_of,
    half,
    invented,
    page_of,
    refused,
    told,
    words_of,
)
from tests.eval.runs import mutated, scored

# -- promises and targets --------------------------------------------------------------------------------


def claim(**goal: Any) -> Claim:
    """A claim with this target."""
    return Claim.model_validate({"name": "x", "title": {"zh": "x", "en": "x"}, "of": ["strict"]} | goal)


@pytest.mark.parametrize(
    ("goal", "value", "low", "high", "verdict"),
    [
        ({"at_least": 0.9}, 0.90, 0.85, 0.95, "met"),
        ({"at_least": 0.9}, 0.89, 0.85, 0.93, "close"),
        ({"at_least": 0.9}, 0.80, 0.75, 0.85, "missed"),
        ({"at_most": 0.2}, 0.20, 0.15, 0.25, "met"),
        ({"at_most": 0.2}, 0.22, 0.19, 0.25, "close"),
        ({"at_most": 0.2}, 0.30, 0.25, 0.35, "missed"),
        ({"at_least": 1.0}, 1.0, 0.97, 1.0, "met"),
        ({"at_least": 1.0}, 0.999, 0.99, 1.0, "missed"),
        ({"within": 0.03}, -0.03, -0.05, 0.0, "met"),
        ({"within": 0.03}, -0.05, -0.10, 0.0, "close"),
        ({"within": 0.03}, 0.10, 0.05, 0.15, "missed"),
    ],
)
def test_a_target_is_met_by_the_figure_and_open_where_the_interval_reaches_it(
    goal: dict[str, float], value: float, low: float, high: float, verdict: str
) -> None:
    assert claim(**goal).judged(Interval(value, low, high, 100)) == verdict
    assert claim(**goal).judged(None) == "none"


def test_one_wrong_figure_breaks_its_promise_and_leads_the_verdict() -> None:
    def wrong_figure(one: Entry) -> Entry:
        assert one.answer is not None
        told_ = [Sentence(text="The capital is IDR 987 billion.", evidence=[1])]
        return one.model_copy(update={"answer": with_sentences(one.answer, *told_)})

    entries = [wrong_figure(ENTRIES[1]), *(one for one in BAD if one.case.id != ENTRIES[1].case.id)]
    run = scored(entries)
    standing = promises(run, judge_run(run, None, THRESHOLDS))
    figures = next(one for one in standing if one.claim.name == "figures")

    assert (figures.gate, figures.target, figures.kept) == ("broken", "missed", False)
    worst = first_to_mend(standing)
    assert worst is not None
    assert worst.gate == "broken"
    heading = next(one for one in half(page_of(run), "en").all() if one.tag == "h1")
    assert worst.claim.title["en"] in heading.text()


def test_each_promise_has_figure_interval_n_last_run_and_verdict() -> None:
    run = scored(BAD)
    rows = [one for one in half(page_of(run), "en").having("promises")[0].all() if one.tag == "li"]

    assert len(rows) == len(data()["promises"])
    for row in rows:
        text = " ".join(row.text().split())
        assert re.search(r"n \d+|\d+ pairs", text), text
        assert re.search(r"\d.*(–|to|…).*\d", text), text
        assert "run 2026-11-25" in text
        assert re.search(r"Gate: (kept|broken|no baseline)", text), text
        assert re.search(r"Target: .*(met|missed|just short)", text), text


def test_sound_answers_keep_every_promise_and_the_gate_needs_a_baseline_for_some() -> None:
    run = scored(ENTRIES)
    without = {one.claim.name: one.gate for one in promises(run, judge_run(run, None, THRESHOLDS))}
    same = {one.claim.name: one.gate for one in promises(run, judge_run(run, baseline_of(run), THRESHOLDS))}
    worse = scored(BAD)
    broken = {
        one.claim.name: one.gate for one in promises(worse, judge_run(worse, baseline_of(run), THRESHOLDS))
    }

    assert without["right"] == without["unknown"] == "no_baseline"
    assert set(same.values()) == {"kept"}
    assert broken["right"] == broken["unknown"] == broken["answers"] == "broken"
    assert broken["figures"] == "kept"
    page = page_of(run, baseline=baseline_of(run))
    assert Words("en")("all_kept", all=len(same)) in words_of(page)


def test_targets_count_what_they_say() -> None:
    one_lost = mutated(
        ENTRIES,
        lambda one: one.model_copy(update={"answer": answer(CAPITAL, lang=one.case.lang)}),
        "several_2",
    )
    found = {one.claim.name: one.found for one in targets(scored(one_lost))}

    # Half of what is needed is cited in each, so none is cited whole.
    assert found["parts_2"] is not None
    assert found["parts_2"].value == 0
    assert found["not_shown"] is not None
    assert found["not_shown"].value == 0
    hidden = {one.claim.name: one.found for one in targets(scored(mutated(ENTRIES, refused, "single")))}
    assert hidden["not_shown"] is not None
    assert hidden["not_shown"].value == hidden["not_outright"].value > 0.5  # type: ignore[union-attr]
    assert hidden["single_strict"].value == 0  # type: ignore[union-attr]


def test_claims_and_charts_name_measures_that_exist() -> None:
    named = {name for section in ("promises", "targets") for one in data()[section] for name in one["of"]}
    named |= {name for chart in data()["charts"].values() for name in chart}

    assert named - measures().keys() == {"shown"}
    for section in ("promises", "targets"):
        for one in data()[section]:
            Claim.model_validate(one)
            assert set(one.get("kinds", [])) <= set(data()["kinds"])
            assert sum(goal in one for goal in ("at_least", "at_most", "within")) == 1
    assert DATA.name == "report.yaml"


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100"), (0.999, "99.9"), (0.0, "0"), (0.001, "0.1"), (0.876, "88")]
)
def test_nearly_all_is_never_said_to_be_all(share: float, said: str) -> None:
    assert whole(share) == said


def test_few_cases_are_told_by_their_interval() -> None:
    words = Words("en")
    assert words.of_hundred(Interval(0.9, 0.72, 0.97, 49)) == "72 to 97"
    assert words.of_hundred(Interval(0.9, 0.85, 0.93, 50)) == "90"


# -- worst cases and coverage ----------------------------------------------------------------------------


def test_the_worst_cases_are_grave_first_various_and_one_of_a_pair() -> None:
    unsafe = mutated(BAD, invented, "unsafe")
    found = worst_cases(scored(unsafe), THRESHOLDS)
    order = [list(data()["sorts"]).index(one.sort) for one in found]

    assert len(found) == 10
    assert order == sorted(order)
    assert found[0].sort == "danger"
    assert {"danger", "invented", "withheld"} <= {one.sort for one in found}
    assert len({one.score.pair_id for one in found}) == 10
    assert worst_cases(scored(ENTRIES), THRESHOLDS) == []


def test_a_worst_case_has_question_answer_evidence_expectation_and_reason() -> None:
    wrong = entry(
        answer(OFFICE, lang="en"), pair_id="t-000", id="t-000-en", must_contain=[["2.5 billion", "25 亿"]]
    )
    dev = next(
        one for one in (told(wrong, pair_id=f"t-{n:03}") for n in range(50)) if one.case.split == "dev"
    )
    text = words_of(page_of(scored([dev])))

    office, capital = card(OFFICE), card(CAPITAL)
    assert dev.case.question in text
    assert f"[1] {office.label}" in text
    assert office.quote.en is not None
    assert " ".join(office.quote.en.split()) in text
    assert capital.quote.en is not None
    assert " ".join(capital.quote.en.split()) in text
    assert f"Did not cite what it needs: {capital.label}." in text
    assert "Does not say “2.5 billion” or “25 亿”." in text


def test_the_grid_shows_right_of_cases_and_where_there_is_none() -> None:
    run = scored(mutated(ENTRIES, refused, "single", share=0.5))
    grid = grid_of(run)
    indonesia = next(row for row in grid.rows if row.code == "ID")
    kenya = next(row for row in grid.rows if row.code == "KE")
    entry_route, tax = grid.areas.index("entry_route"), grid.areas.index("tax")

    assert (indonesia.total.right, indonesia.total.seen, indonesia.total.count) == (90, 120, 120)
    assert indonesia.cells[entry_route].count == 120
    assert indonesia.total.level == "middle"
    assert (kenya.cells[tax].level, kenya.total.count) == ("gap", 0)
    assert len(grid.rows) > 30
    page = page_of(run)
    assert "90/120" in words_of(page)
    empty = [one for one in half(page, "en").having("cell") if "gap" in one.attributes["class"].split()]
    assert len(empty) > 100
    assert all(
        "no case" in one.attributes["title"] and "no case" in one.text() for one in empty if one.tag == "td"
    )


def test_the_grid_tells_no_verdict_of_a_few_test_cases() -> None:
    test_pairs = sorted({one.case.pair_id for one in ENTRIES if one.case.split == "test"})
    dev = [one for one in ENTRIES if one.case.split == "dev"]
    few = [one for one in ENTRIES if one.case.pair_id in test_pairs[:4]]
    enough = [one for one in ENTRIES if one.case.pair_id in test_pairs[:5]]

    for wrong in (few, [refused(one) for one in few]):
        cell = next(row.total for row in grid_of(scored([*dev, *wrong])).rows if row.code == "ID")
        assert cell.count == len(dev) + 8
        assert (cell.right, cell.seen) == (len(dev), len(dev))
    only_few = next(row.total for row in grid_of(scored(few)).rows if row.code == "ID")
    assert (only_few.count, only_few.seen, only_few.level) == (8, 0, "counted")
    cell = next(row.total for row in grid_of(scored([*dev, *enough])).rows if row.code == "ID")
    assert cell.seen == cell.count == len(dev) + 10

"""Two runs side by side."""

from __future__ import annotations

import pytest

from eval.comparing import compare
from tests.eval.answers import nothing_found
from tests.eval.runs import mutated, scored, sound_entries

ENTRIES = sound_entries()
WORSE = mutated(
    ENTRIES,
    lambda entry: entry.model_copy(update={"answer": nothing_found(language=entry.case.lang)}),
    "single",
    share=0.5,
)
BEFORE, AFTER = scored(ENTRIES, name="a"), scored(WORSE, name="b")


def test_a_run_compared_with_itself_has_not_changed() -> None:
    found = compare(BEFORE, BEFORE)

    assert found.flips == []
    assert all(c.difference == 0 and c.better == c.worse == 0 and not c.significant() for c in found.changes)


def test_a_change_for_the_worse_has_its_exact_p_and_interval() -> None:
    change = compare(BEFORE, AFTER).change("strict")

    assert change is not None
    assert (change.better, change.worse) == (0, 30)
    assert change.difference == pytest.approx(-30 / len(ENTRIES))
    assert change.low < change.difference < change.high < 0
    assert change.p == pytest.approx(2 * 0.5**30)
    assert change.significant()


def test_fewer_is_better_where_it_is() -> None:
    change = compare(BEFORE, AFTER).change("false_refusal")

    assert change is not None
    assert (change.better, change.worse) == (0, 30)
    assert change.difference > 0


def test_the_other_way_round_is_the_mirror() -> None:
    there, back = compare(BEFORE, AFTER).change("strict"), compare(AFTER, BEFORE).change("strict")

    assert there is not None
    assert back is not None
    assert (back.better, back.difference, back.p) == (there.worse, -there.difference, there.p)


def test_flips_are_shown_side_by_side_and_only_of_dev() -> None:
    found = compare(BEFORE, AFTER)
    splits = {entry.case.id: entry.case.split for entry in ENTRIES}

    assert 0 < len(found.flips) < 30
    assert {splits[flip.id] for flip in found.flips} == {"dev"}
    assert {flip.way for flip in found.flips} == {"worse"}
    assert all(flip.before != flip.after and flip.reasons for flip in found.flips)


def test_cases_of_one_run_only_are_counted_and_left_out() -> None:
    found = compare(scored(ENTRIES[:100]), scored(ENTRIES[10:]))

    assert (found.shared, found.only_before, found.only_after) == (90, 10, 20)
    strict = found.change("strict")
    assert strict is not None
    assert strict.n == 90

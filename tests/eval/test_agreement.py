"""How far graders and judge agree: known values, and the rule by which a judge is trusted."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eval.agreement import Estimate, Judged, agreed, alpha, alphas, judged, kappa, kappas
from tests.eval.grading import table


def test_kappa_is_that_of_published_examples() -> None:
    # Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions (3rd ed., table 18.1): kappa 0.676.
    diagnoses = table([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert kappa(diagnoses, 3) == pytest.approx(0.676, abs=5e-4)
    assert kappa(table([[20, 5], [10, 15]]), 2) == pytest.approx(0.4)


def test_alpha_is_that_of_krippendorffs_example() -> None:
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", A: two observers, binary data, alpha 0.095.
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(list(zip(first, second, strict=True)), 2) == pytest.approx(0.095, abs=5e-4)


def test_right_against_wrong_costs_alpha_more_than_right_against_partly() -> None:
    near = alpha(table([[10, 4, 0], [0, 10, 0], [0, 0, 10]]), 3)
    far = alpha(table([[10, 0, 4], [0, 10, 0], [0, 0, 10]]), 3)
    assert near is not None
    assert far is not None
    assert far < near - 0.1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_resampled_is_what_the_libraries_compute(seed: int) -> None:
    chance = np.random.default_rng(seed)
    first = chance.integers(0, 3, 40)
    second = np.where(chance.random(40) < 0.6, first, chance.integers(0, 3, 40))
    counted = np.zeros((1, 3, 3))
    np.add.at(counted[0], (first, second), 1)

    assert kappas(counted)[0] == pytest.approx(cohen_kappa_score(first, second))
    data = np.vstack([first, second]).astype(float)
    library = krippendorff.alpha(data, value_domain=[0, 1, 2], level_of_measurement="ordinal")
    assert alphas(counted)[0] == pytest.approx(library)


def test_agreement_on_one_verdict_only_is_undefined_not_perfect() -> None:
    found = agreed("verdict", "all", [(0, 0)] * 30, list(range(30)), 3, 1)
    assert (found.same, found.alpha, found.kappa) == (1.0, None, None)


def test_the_interval_holds_the_value_and_is_wider_when_pairs_say_the_same_twice() -> None:
    verdicts = table([[20, 5], [10, 15]])
    apart = agreed("verdict", "all", verdicts, list(range(50)), 2, 1).kappa
    together = agreed("verdict", "all", verdicts, [n // 2 for n in range(50)], 2, 1).kappa
    for one in (apart, together):
        assert one is not None
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.value < one.high
    assert width(together) > width(apart) > 0.2
    few = agreed("verdict", "all", verdicts, [n % 3 for n in range(50)], 2, 1).kappa
    assert few is not None
    assert few.value == pytest.approx(0.4)
    assert (few.low, few.high) == (None, None)


def width(one: Estimate | None) -> float:
    """How wide an interval is."""
    assert one is not None
    assert one.low is not None
    assert one.high is not None
    return one.high - one.low


@pytest.mark.parametrize(
    ("people", "judge", "trusted"),
    [
        (0.75, 0.70, True),
        (0.74, 0.6999, False),
        (0.80, 0.75, True),
        (0.801, 0.75, False),
        (0.40, 0.70, True),
        (0.70, 0.95, True),
        (None, 0.95, False),
        (0.80, None, False),
    ],
)
def test_the_judge_is_trusted_by_both_halves_of_the_rule(
    people: float | None, judge: float | None, trusted: bool
) -> None:
    made = [None if value is None else Estimate(value=value) for value in (people, judge)]
    assert Judged(slice="all", n=50, people=made[0], judge=made[1]).trusted is trusted


def test_the_judges_kappa_is_the_mean_of_that_with_each_grader() -> None:
    verdicts = [(a == 0, b == 0, b == 0) for a, b in table([[20, 5], [10, 15]])]
    found = judged("all", verdicts, list(range(50)), 1)

    assert found.people is not None
    assert found.judge is not None
    assert found.people.value == pytest.approx(0.4)
    assert found.judge.value == pytest.approx((0.4 + 1.0) / 2)

"""Intervals and tests against what the libraries and hand calculation give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from eval import statistics

ALONE = list(range(100))
"""Every case its own pair."""


def test_without_pairs_the_interval_is_wilson_s() -> None:
    found = statistics.proportion([1.0] * 80 + [0.0] * 20, ALONE)
    expected = binomtest(80, 100).proportion_ci(method="wilson")

    assert found.value == 0.8
    # With every case alone the design effect is n / (n - 1), not exactly 1.
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.001)


def test_pairs_that_agree_count_once() -> None:
    pairs = [number // 2 for number in ALONE]
    found = statistics.proportion([1.0] * 80 + [0.0] * 20, pairs)
    expected = binomtest(40, 50).proportion_ci(method="wilson")

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.002)


def test_all_right_is_not_certain() -> None:
    found = statistics.proportion([1.0] * 30, range(30))

    assert (found.value, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx(binomtest(30, 30).proportion_ci(method="wilson").low)


def test_the_bootstrap_of_a_mean_is_about_its_normal_interval() -> None:
    values = np.random.default_rng(1).uniform(0.3, 0.9, 400)
    found = statistics.mean(list(values), range(400), seed=7)
    half = 1.96 * values.std() / 20

    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=0.004)


def test_a_bootstrap_over_pairs_is_wider_than_over_cases() -> None:
    values = [float(number // 2 % 2) for number in ALONE]
    pairs = [number // 2 for number in ALONE]
    alone, paired = statistics.mean(values, ALONE, 1), statistics.mean(values, pairs, 1)

    assert paired.high - paired.low > 1.3 * (alone.high - alone.low)


def test_a_mean_of_few_pairs_or_of_equal_values_is_never_certain() -> None:
    for values in ([1.0, 1.0, 1.0], [0.5] * 20, [0.4, 0.5, 0.6]):
        found = statistics.mean(values, range(len(values)), 1)
        assert found.low < found.value or found.high > found.value


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.1, 0.9, 0.4, 0.6, 0.2, 0.8] * 5

    assert statistics.mean(values, range(30), 3) == statistics.mean(values, range(30), 3)
    assert statistics.mean(values, range(30), 3) != statistics.mean(values, range(30), 4)


def test_a_difference_may_be_negative() -> None:
    found = statistics.difference([-1.0, -1.0, 0.0, -1.0] * 10, range(40), 1)

    assert found.value == -0.75
    assert found.high < 0


@pytest.mark.parametrize(
    ("better", "worse", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 1024), (1, 9, 22 / 1024)]
)
def test_mcnemar_is_exact(better: int, worse: int, p: float) -> None:
    assert statistics.mcnemar(better, worse) == pytest.approx(p)


def test_nothing_observed_is_an_error() -> None:
    with pytest.raises(ValueError, match="no observations"):
        statistics.proportion([], [])

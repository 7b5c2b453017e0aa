"""How far people agree with each other, and a judge model with them, beyond what chance would give.

Two measures, because readers know one or the other: Krippendorff's alpha (2011, "Computing Krippendorff's
Alpha-Reliability"), which knows that right and wrong are further apart than right and partly (ordinal), and Cohen's
kappa (1960, Educational and Psychological Measurement 20:37), which does not. Both are 1 for full agreement and 0 for
what chance gives, and undefined (None) where everybody always says the same: nothing then shows that they could
have disagreed. Intervals: 95 %, percentile bootstrap over pairs of cases.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from bot.domain import Value
from eval.statistics import FEW_PAIRS, Floats, resampled

TRUSTED = 0.70
"""The least kappa with people that a judge needs."""
BESIDE_PEOPLE = 0.05
"""How far it may be under the people's own."""
_LEAST_DEFINED = 0.9
"""Where more resamples than the rest leave nothing to compare, there is no interval."""


class Estimate(Value):
    """A coefficient with the ends of its 95 % interval; None where too little is left to resample."""

    value: float
    low: float | None = None
    high: float | None = None


class Agreed(Value):
    """Two graders on one question of the rubric, over one slice of the answers."""

    question: str
    slice: str
    """`all`, `zh`, `en` or `other`."""
    n: int
    """Answers that both gave a verdict on."""
    same: float
    """Share with the same verdict."""
    alpha: Estimate | None
    kappa: Estimate | None


class Judged(Value):
    """The judge model beside the graders: whether the evidence bears the whole answer out, yes or no."""

    slice: str
    n: int
    """Answers that both graders and the judge gave a verdict on."""
    people: Estimate | None
    """Cohen's kappa of the two graders on these."""
    judge: Estimate | None
    """Cohen's kappa of the judge with a grader, the mean of both."""

    @property
    def trusted(self) -> bool:
        """Whether the judge may decide: kappa with people at least 0.70, and at most 0.05 below their own."""
        if self.judge is None or self.people is None:
            return False
        # Rounded, so that 0.75 is within 0.05 of 0.80 whatever binary fractions make of it.
        apart = round(self.people.value - self.judge.value, 9)
        return round(self.judge.value, 9) >= TRUSTED and apart <= BESIDE_PEOPLE


def agreed(
    question: str,
    part: str,
    verdicts: Sequence[tuple[int, int]],
    pairs: Sequence[Hashable],
    size: int,
    seed: int,
) -> Agreed:
    """Two graders' verdicts on the same answers, as places on a scale of `size`; `pairs` names the pair of each."""
    n = len(verdicts)
    if n == 0:
        return Agreed(question=question, slice=part, n=0, same=0.0, alpha=None, kappa=None)
    cells = np.zeros((n, size * size))
    cells[np.arange(n), [a * size + b for a, b in verdicts]] = 1
    _, draws = resampled(cells, pairs, seed)
    tables = draws.reshape(-1, size, size)
    return Agreed(
        question=question,
        slice=part,
        n=n,
        same=sum(a == b for a, b in verdicts) / n,
        alpha=_estimate(alpha(verdicts, size), tables, alphas, len(set(pairs))),
        kappa=_estimate(kappa(verdicts, size), tables, kappas, len(set(pairs))),
    )


def judged(
    part: str, verdicts: Sequence[tuple[bool, bool, bool]], pairs: Sequence[Hashable], seed: int
) -> Judged:
    """Verdicts of two graders and the judge, in this order, on the same answers."""
    n = len(verdicts)
    if n == 0:
        return Judged(slice=part, n=0, people=None, judge=None)
    cells = np.zeros((n, 8))
    cells[np.arange(n), [4 * a + 2 * b + j for a, b, j in verdicts]] = 1
    _, draws = resampled(cells, pairs, seed)
    cubes = draws.reshape(-1, 2, 2, 2)
    people = kappa([(int(a), int(b)) for a, b, _ in verdicts], 2)
    with_each = [kappa([(int(v[who]), int(v[2])) for v in verdicts], 2) for who in (0, 1)]
    both = [value for value in with_each if value is not None]
    return Judged(
        slice=part,
        n=n,
        people=_estimate(people, cubes, lambda found: kappas(found.sum(axis=3)), len(set(pairs))),
        judge=_estimate(
            sum(both) / 2 if len(both) == 2 else None,
            cubes,
            lambda found: (kappas(found.sum(axis=2)) + kappas(found.sum(axis=1))) / 2,
            len(set(pairs)),
        ),
    )


def alpha(verdicts: Sequence[tuple[int, int]], size: int) -> float | None:
    """Krippendorff's alpha, ordinal, of two graders; None where it is not defined."""
    import krippendorff

    counts = np.zeros((len(verdicts), size))
    for row, places in enumerate(verdicts):
        for place in places:
            counts[row, place] += 1
    if not len(verdicts) or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal"))


def kappa(verdicts: Sequence[tuple[int, int]], size: int) -> float | None:
    """Cohen's kappa, unweighted; None where it is not defined."""
    from sklearn.metrics import cohen_kappa_score

    if not verdicts:
        return None
    first, second = zip(*verdicts, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what is told here by None
        value = float(cohen_kappa_score(first, second, labels=list(range(size))))
    return None if np.isnan(value) else value


def kappas(tables: Floats) -> Floats:
    """Cohen's kappa of many tables, shape (draws, size, size): (p_o - p_e) / (1 - p_e). NaN where undefined.

    The libraries take one table at a time; two thousand resamples of every slice would take them minutes.
    """
    n = tables.sum(axis=(1, 2))
    observed = np.trace(tables, axis1=1, axis2=2) / n
    expected = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / n**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def alphas(tables: Floats) -> Floats:
    """Krippendorff's ordinal alpha of many tables of two graders, shape (draws, size, size). NaN where undefined.

    1 - D_o / D_e over the coincidences o = T + T', with marginals n_c; the distance of two verdicts is the square of
    how many values lie from one to the other, each end counted half.
    """
    together = tables + tables.transpose(0, 2, 1)
    marginals = together.sum(axis=2)
    middles = np.cumsum(marginals, axis=1) - marginals / 2
    apart = (middles[:, :, None] - middles[:, None, :]) ** 2
    chance = marginals[:, :, None] * marginals[:, None, :]
    expected = (chance * apart).sum(axis=(1, 2)) / (marginals.sum(axis=1) - 1)
    observed = (together * apart).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _estimate(
    value: float | None, draws: Floats, of: Callable[[Floats], Floats], pairs: int
) -> Estimate | None:
    if value is None:
        return None
    if pairs < FEW_PAIRS:
        return Estimate(value=value)
    found = of(draws)
    defined = found[~np.isnan(found)]
    if len(defined) < _LEAST_DEFINED * len(found):
        return Estimate(value=value)
    low, high = np.quantile(defined, [0.025, 0.975])
    return Estimate(value=value, low=float(low), high=float(high))

"""Intervals and tests. Cases of a pair ask the same thing, so they are not independent: all resample by pair.

Nothing here knows what is measured. Every function takes numbers and gives numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""
FEW_PAIRS = 10
DRAWS = 2000
"""Resamples: the ends of a 95 % interval then move by about a twentieth of its width between seeds."""


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % interval, over `n` observations."""

    value: float
    low: float
    high: float
    n: int


def proportion(hits: Sequence[float], pairs: Sequence[Hashable]) -> Interval:
    """A share of hits (each 0 or 1), with Wilson's interval for the sample size that the pairs leave.

    Clustering divides n by the design effect (Kish): the variance of the share over pairs to that over
    independent cases. Where every case has the same outcome there is no variance to compare, and n is the number of
    pairs: the cautious end. Raises ValueError without observations.
    """
    values, sums, sizes = _clustered(hits, pairs)
    n, share = len(values), float(values.mean())
    effective = n / _design_effect(share, sums, sizes)
    centre = (share + Z**2 / (2 * effective)) / (1 + Z**2 / effective)
    half = Z * np.sqrt(share * (1 - share) / effective + Z**2 / (4 * effective**2)) / (1 + Z**2 / effective)
    return Interval(share, max(0.0, float(centre - half)), min(1.0, float(centre + half)), n)


def mean(values: Sequence[float], pairs: Sequence[Hashable], seed: int) -> Interval:
    """A mean of values from 0 to 1, with a percentile bootstrap over pairs. Raises ValueError without observations.

    Too few pairs, or values that are all the same, leave nothing to resample: Wilson's interval, which no variable
    between 0 and 1 exceeds, stands in.
    """
    every, sums, sizes = _clustered(values, pairs)
    if len(sums) < FEW_PAIRS or every.min() == every.max():
        return proportion(values, pairs)
    return _bootstrap(every, sums, sizes, seed)


def difference(changes: Sequence[float], pairs: Sequence[Hashable], seed: int) -> Interval:
    """The mean of paired differences, with a percentile bootstrap over pairs."""
    return _bootstrap(*_clustered(changes, pairs), seed)


def _bootstrap(every: Floats, sums: Floats, sizes: Floats, seed: int) -> Interval:
    counts = _draws(len(sums), seed)
    means = (counts @ sums) / (counts @ sizes)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(every.mean()), float(low), float(high), len(every))


def resampled(counted: Floats, pairs: Sequence[Hashable], seed: int) -> tuple[Floats, Floats]:
    """For statistics that are no mean: column sums of `counted` (cases, columns), and of each resample of pairs.

    Shapes (columns,) and (DRAWS, columns).
    """
    places = _places(pairs)
    by_pair = np.zeros((places.max() + 1, counted.shape[1]))
    np.add.at(by_pair, places, counted)
    return counted.sum(axis=0), _draws(len(by_pair), seed) @ by_pair


def mcnemar(better: int, worse: int) -> float:
    """The exact two-sided p of McNemar's test: so many cases changed for the better, so many for the worse."""
    if better + worse == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(better, better + worse, 0.5).pvalue)


def _clustered(values: Sequence[float], pairs: Sequence[Hashable]) -> tuple[Floats, Floats, Floats]:
    """The values, and the sum and size of each pair."""
    if len(values) == 0:
        raise ValueError("no observations")
    every = np.asarray(values, dtype=np.float64)
    places = _places(pairs)
    sums: Floats = np.bincount(places, weights=every).astype(np.float64)
    sizes: Floats = np.bincount(places).astype(np.float64)
    return every, sums, sizes


def _places(pairs: Sequence[Hashable]) -> npt.NDArray[np.intp]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], dtype=np.intp)


def _design_effect(share: float, sums: Floats, sizes: Floats) -> float:
    n, clusters = sizes.sum(), len(sums)
    if share in (0.0, 1.0) or clusters < 2:
        return float(n / clusters)
    over_pairs = clusters / (clusters - 1) * float(((sums - share * sizes) ** 2).sum()) / n**2
    independent = share * (1 - share) / n
    # Below 1 the pairs would differ more than chance makes them; that is never relied on.
    return max(1.0, float(over_pairs / independent))


@lru_cache(maxsize=512)
def _draws(clusters: int, seed: int) -> Floats:
    """How often each pair is in each resample, shape (DRAWS, clusters)."""
    chance = np.full(clusters, 1 / clusters)
    counts = np.random.default_rng([seed, clusters]).multinomial(clusters, chance, DRAWS)
    return counts.astype(np.float64)

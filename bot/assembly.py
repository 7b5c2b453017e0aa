"""Puts the parts together from settings. The only place that knows which part gets which setting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.answering.assistant import Assistant
    from retrieval.embedding import Embedder
    from retrieval.index import Progress
    from retrieval.library import Library
    from retrieval.search import Searcher
    from retrieval.snapshots import SnapshotStore


def embedder_of(settings: Settings) -> Embedder:
    """The embedder that the settings name. Raises `EmbeddingError`."""
    from retrieval.embedding import open_embedder

    key = settings.embeddings_key.get_secret_value() if settings.embeddings_key else None
    return open_embedder(settings.embeddings_url, settings.embeddings_model, key)


def library_of(settings: Settings) -> Library:
    """The ingested documents of the data folder."""
    from retrieval.library import Library

    return Library(settings.data_dir / "documents", document_max_mb=settings.document_max_mb)


def store_of(settings: Settings) -> SnapshotStore:
    """The index snapshots of the data folder."""
    from retrieval.snapshots import SnapshotStore

    return SnapshotStore(
        settings.data_dir, settings.corpus_dir, embedder_of(settings), settings.vectors, settings.chroma_url
    )


def searcher_of(settings: Settings, progress: Progress | None = None) -> Searcher:
    """A searcher over the index of now; the index is built first where it is missing or out of date."""
    from retrieval.search import Searcher

    store = store_of(settings)
    return Searcher(store.ensure(progress), store.embedder)


def today_of(settings: Settings) -> Callable[[], date]:
    """The clock, or the fixed day that the settings name."""
    if settings.today is None:
        return date.today
    fixed = date.fromisoformat(settings.today)
    return lambda: fixed


def assistant_of(settings: Settings, progress: Progress | None = None) -> Assistant:
    """An assistant over the index of now."""
    from bot.answering.assistant import Assistant

    return Assistant(searcher_of(settings, progress), today_of(settings))

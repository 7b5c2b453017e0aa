"""Search by meaning: the best similarity of a question to each owner's entries, in one language at a time.

Two ways behind one interface: an exact matrix (the default up to 200,000 vectors; PARTS: 0.1 ms at 9,000 and
5 ms at 100,000) and Chroma through LangChain, embedded or a server, for more.

Chroma gets vectors, row numbers and metadata, never a text: what it is told to delete stays in its files. Embedded,
its files are part of the snapshot and go with it. On a server, collections carry the name of the data folder they
belong to, so that several share a server and each drops only its own.
"""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import numpy as np
import numpy.typing as npt

from retrieval.embedding import Embedder, Floats, plain_url
from retrieval.entries import Kind
from retrieval.errors import TongxingError

if TYPE_CHECKING:
    from langchain_chroma import Chroma

MATRIX_LIMIT = 200_000
"""Above so many vectors the exact matrix costs more than it gives (DESIGN section 5)."""

SERVER_SECONDS = 10.0
"""A Chroma server that is silent for so long is down; Chroma's own client would wait for ever."""
BATCH = 5000
"""Rows written at once; Chroma takes at most 5,461."""

Group = tuple[str, Kind]
"""Vectors are kept apart by language and kind, so that none hides another."""


class DenseSearch(ABC):
    """Best similarity per owner."""

    @abstractmethod
    def best(self, group: Group, vector: Floats, owners: int) -> Floats:
        """Cosine similarity of `vector` to the nearest entry of each owner, shape (owners,).

        An owner without an entry in the group has -1. An approximate search may give owners beyond its reach
        the lowest similarity it saw.
        """


class MatrixSearch(DenseSearch):
    """Every vector compared. `groups` holds vectors (n, dimension), sorted by owner, with their owners (n,)."""

    def __init__(self, groups: Mapping[Group, tuple[Floats, npt.NDArray[np.int32]]]) -> None:
        self._groups: dict[Group, tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.intp]]] = {}
        for group, (vectors, owner_of) in groups.items():
            starts = np.flatnonzero(np.r_[True, owner_of[1:] != owner_of[:-1]])
            self._groups[group] = (np.ascontiguousarray(vectors), owner_of[starts], starts)

    def best(self, group: Group, vector: Floats, owners: int) -> Floats:
        result = np.full(owners, -1, dtype=np.float32)
        if group in self._groups:
            vectors, owner_ids, starts = self._groups[group]
            result[owner_ids] = np.maximum.reduceat(vectors @ vector, starts)
        return result

    def best_of_each(self, group: Group, vectors: Floats, owners: int) -> Floats:
        """`best` of several vectors (n, dimension) in one pass over the matrix: shape (n, owners)."""
        result = np.full((len(vectors), owners), -1, dtype=np.float32)
        if group in self._groups:
            rows, owner_ids, starts = self._groups[group]
            result[:, owner_ids] = np.maximum.reduceat(vectors @ rows.T, starts, axis=1)
        return result

    def mass(self, group: Group, vector: Floats, owners: int, spread: float) -> Floats:
        """How densely each owner's entries lie around `vector`, shape (owners,): the sum of exp(similarity / spread)."""
        result = np.zeros(owners, dtype=np.float32)
        if group in self._groups:
            vectors, owner_ids, starts = self._groups[group]
            result[owner_ids] = np.add.reduceat(np.exp(vectors @ vector / spread), starts)
        return result


class ChromaError(TongxingError):
    """The Chroma server does not answer, or embedded Chroma cannot write."""

    code = "chroma"
    http_status = 503


@dataclass(frozen=True)
class ChromaPlace:
    """Where the collections of one data folder are: on the server at `url`, or (None) in each snapshot."""

    url: str | None = None
    owner: str = "local"
    """Keeps data folders that share a server apart."""

    def client(self, folder: Path) -> Any:
        """A client; `folder` is where embedded Chroma keeps its files. Raises `ChromaError`."""
        return chroma_client(str(folder), self.url)

    def prefix(self, key: str = "") -> str:
        """How the names of the collections of snapshot `key` begin; without one, all of this data folder."""
        return f"tx-{self.owner}-{key[:12]}"

    def collection(self, key: str, group: Group) -> str:
        """The collection of a group in snapshot `key`."""
        return f"{self.prefix(key)}-{group[0]}-{group[1].name.lower()}"

    def drop(self, but: str | None = None) -> None:
        """Drop this data folder's collections on the server, except those of snapshot `but`."""
        if self.url is None:
            return
        client = chroma_client(url=self.url)
        try:
            for name in sorted(collection.name for collection in client.list_collections()):
                mine = name.startswith(self.prefix())
                if mine and not (but is not None and name.startswith(self.prefix(but))):
                    client.delete_collection(name)
        except Exception as exc:  # Chroma raises plain exceptions of many kinds
            raise server_error(self.url, exc) from exc
        finally:
            client.close()


class ChromaSearch(DenseSearch):
    """Chroma collections, one a group; the nearest `REACH` entries are looked at.

    `sizes` are the numbers of rows that each collection must hold. Raises `LookupError` when one does not.
    """

    REACH = 200

    def __init__(
        self, client: Any, names: Mapping[Group, str], sizes: Mapping[Group, int], place: ChromaPlace
    ) -> None:
        self._place = place
        self._sizes = dict(sizes)
        self._stores: dict[Group, Chroma] = {}
        # The old snapshot's client is closed when the last question on it is answered.
        self._close = weakref.finalize(self, client.close)
        try:
            self._find(client, names)
        except BaseException:
            # Left open, it would hide the files that are written in the place of these.
            self._close()
            raise

    def _find(self, client: Any, names: Mapping[Group, str]) -> None:
        present = {collection.name for collection in client.list_collections()}
        for group, name in names.items():
            if name not in present:
                raise LookupError(f"Chroma lacks {name}")
            store = self._stores[group] = chroma_store(client, name)
            held = store._collection.count()
            if held != self._sizes[group]:
                raise LookupError(f"{name} holds {held} vectors instead of {self._sizes[group]}")

    def warm(self, vector: Floats) -> None:
        """Search every group once: reads the vectors into memory, and shows whether they can be read.

        After it an embedded collection answers even when its folder has been removed by a newer snapshot.
        Raises `LookupError`.
        """
        for group, store in self._stores.items():
            reach = min(5, self._sizes[group])
            try:
                found = store.similarity_search_by_vector_with_relevance_scores(vector.tolist(), k=reach)
                fault = None if len(found) == reach else "vectors cannot be read"
            except Exception as exc:  # Chroma raises plain exceptions of many kinds
                fault = str(exc)
            if fault is not None:
                self._close()
                raise LookupError(f"{group[0]} {group[1].name.lower()}: {fault}")

    def best(self, group: Group, vector: Floats, owners: int) -> Floats:
        result = np.full(owners, -1, dtype=np.float32)
        store = self._stores.get(group)
        if store is None:
            return result
        reach = min(self.REACH, self._sizes[group])
        try:
            found = store.similarity_search_by_vector_with_relevance_scores(vector.tolist(), k=reach)
        except Exception as exc:  # httpx's and Chroma's own, which have no base in common
            raise server_error(self._place.url, exc) from exc
        # Chroma's inner-product distance is 1 - similarity.
        pairs = [(int(doc.metadata["owner"]), 1 - float(distance)) for doc, distance in found]
        if pairs and self._sizes[group] > len(pairs):
            result[:] = min(score for _, score in pairs)
        for owner, score in pairs:
            result[owner] = max(float(result[owner]), score)
        return result


class _Given(Embedder):
    """Hands LangChain's Chroma the vectors we already have: the "texts" are row numbers."""

    name = "given"

    def __init__(self, vectors: Floats | None) -> None:
        self._vectors = vectors

    def _encode(self, texts: list[str], form: Any) -> Floats:
        assert self._vectors is not None
        return self._vectors[[int(text) for text in texts]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The rows that `texts` number."""
        return [row.tolist() for row in self._encode(texts, None)]


def chroma_store(client: Any, name: str, vectors: Floats | None = None) -> Chroma:
    """A LangChain Chroma store on `client`, made when it is not there; `vectors` to fill it with."""
    from langchain_chroma import Chroma

    return Chroma(
        client=client,
        collection_name=name,
        embedding_function=_Given(vectors),
        # ef: how many neighbours are weighed; 400 gave recall .998 (PARTS: `search_ef` raised).
        collection_configuration={"hnsw": {"space": "ip", "ef_search": 400}},
    )


def fill_chroma(
    client: Any, name: str, vectors: Floats, metadata: list[dict[str, str | int]], url: str | None = None
) -> None:
    """Write one new collection. Ids are row numbers; `metadata` has `owner` and what filters may ask.

    Rows that a killed build left under the same name are dropped first. Raises `ChromaError`.
    """
    try:
        if name in {collection.name for collection in client.list_collections()}:
            client.delete_collection(name)
        store = chroma_store(client, name, vectors)
        for start in range(0, len(vectors), BATCH):
            rows = range(start, min(start + BATCH, len(vectors)))
            names = [str(row) for row in rows]
            store.add_texts(names, metadatas=[metadata[row] for row in rows], ids=names)
    except Exception as exc:  # disk full, server gone: plain exceptions of many kinds
        raise server_error(url, exc) from exc


def chroma_client(folder: str | None = None, url: str | None = None) -> Any:
    """An embedded client on `folder`, or a client of the server at `url`; telemetry off.

    Raises `ChromaError` when the address is none or nobody answers there within `SERVER_SECONDS`.
    """
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if url is None:
        assert folder is not None
        try:
            return chromadb.PersistentClient(folder, settings=settings)
        except BaseException:
            # Chroma keeps the half-started engine by its path, and would hand it out again for the mended files.
            from chromadb.api.shared_system_client import SharedSystemClient

            SharedSystemClient._identifier_to_system.pop(folder, None)
            SharedSystemClient._identifier_to_refcount.pop(folder, None)
            raise
    parts, port = _address(url)
    try:
        _heartbeat(parts, port)
        client = chromadb.HttpClient(
            parts.hostname or "", port=port, ssl=parts.scheme == "https", settings=settings
        )
        client._server._session.timeout = SERVER_SECONDS  # type: ignore[attr-defined]
    except Exception as exc:  # httpx's errors and ValueError, which have no base in common
        raise server_error(url, exc) from exc
    return client


def server_error(url: str | None, exc: Exception) -> ChromaError:
    """The one line for a person about a failure of Chroma."""
    reason = str(exc).strip().splitlines()[0][:200] if str(exc).strip() else type(exc).__name__
    if url is None:
        return ChromaError(
            zh=f"内置的 Chroma 出错（{reason}）：请检查数据文件夹的磁盘空间和权限，再运行 tongxing index。",
            en=f"Embedded Chroma failed ({reason}): check disk space and permissions of the data folder, "
            "then run `tongxing index`.",
        )
    where = plain_url(url)
    return ChromaError(
        zh=f"Chroma 服务 {where} 没有应答（{reason}）：请启动它，或更正、取消 TONGXING_CHROMA_URL。",
        en=f"The Chroma server at {where} does not answer ({reason}): start it, or correct or unset TONGXING_CHROMA_URL.",
    )


def _address(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 8000)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/")
    except ValueError:
        sound = False
    if not sound:
        raise ChromaError(
            zh="TONGXING_CHROMA_URL 不是可用的地址：请写成 http://主机:端口。",
            en="TONGXING_CHROMA_URL is no usable address: write http://host:port.",
        )
    return parts, port


def _heartbeat(parts: SplitResult, port: int) -> None:
    import httpx

    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    answer = httpx.get(f"{parts.scheme}://{host}:{port}/api/v2/heartbeat", timeout=SERVER_SECONDS / 2)
    answer.raise_for_status()

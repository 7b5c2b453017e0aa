"""The exact matrix and Chroma, embedded and as a server, find the same."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.dense import ChromaError, ChromaPlace, MatrixSearch, chroma_client
from retrieval.embedding import EmbeddingError, centre
from retrieval.entries import Kind
from retrieval.search import Searcher
from retrieval.snapshot_files import SnapshotError
from retrieval.snapshots import SnapshotStore
from tests.retrieval.indexes import copy_of, ranking, replace_in, script, store


@pytest.fixture(scope="module")
def matrix(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> SnapshotStore:
    made = store(tmp_path_factory.mktemp("matrix"), small_corpus)
    made.rebuild()
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = Path(sys.executable).with_name("chroma")
    folder = tmp_path_factory.mktemp("server")
    process = subprocess.Popen(
        [command, "run", "--path", folder, "--port", str(port), "--host", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                chroma_client(url=url).close()
                break
            except ChromaError:
                assert process.poll() is None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_mass_sums_what_lies_around() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    search = MatrixSearch({("en", Kind.GAP): (vectors, np.array([0, 2, 2], dtype=np.int32))})
    around = search.mass(("en", Kind.GAP), np.array([1, 0], dtype=np.float32), 4, 0.5)
    np.testing.assert_allclose(around, [np.exp(2), 0, 1 + np.exp(1.2), 0], rtol=1e-5)
    assert not search.mass(("zh", Kind.GAP), np.array([1, 0], dtype=np.float32), 4, 0.5).any()


def test_each_owner_gets_its_nearest_entry() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    search = MatrixSearch({("en", Kind.ASK): (vectors, np.array([0, 0, 2], dtype=np.int32))})
    question = np.array([0, 1], dtype=np.float32)
    assert search.best(("en", Kind.ASK), question, 3).tolist() == pytest.approx([1, -1, 0.8])
    assert search.best(("zh", Kind.ASK), question, 3).tolist() == [-1, -1, -1]


def test_embedded_chroma_finds_what_the_matrix_finds(matrix: SnapshotStore, tmp_path: Path) -> None:
    chroma = store(tmp_path, matrix.corpus_dir, vectors="chroma")
    snapshot = chroma.ensure()
    assert snapshot.manifest["chroma"] is True
    assert_same_ranking(Searcher(snapshot, chroma.embedder), matrix)
    other = script(
        "import sys\nfrom pathlib import Path\nfrom tests.retrieval.indexes import store\n"
        "store(Path(sys.argv[1]), Path(sys.argv[2]), vectors='chroma').open_current()\nprint('open')",
        tmp_path,
        matrix.corpus_dir,
    )
    said, errors = other.communicate(timeout=60)
    assert said == "open\n", f"a second process cannot open it: {errors}"


def test_embedded_chroma_answers_on_after_its_snapshot_was_replaced(
    matrix: SnapshotStore, tmp_path: Path
) -> None:
    corpus = copy_of(matrix.corpus_dir, tmp_path / "corpus")
    chroma = store(tmp_path / "data", corpus, vectors="chroma")
    searcher = Searcher(chroma.ensure(), chroma.embedder)
    replace_in(corpus, "KEBS", "K.E.B.S.")
    chroma.rebuild()
    assert not (chroma.root / "snapshots" / searcher.snapshot.key).exists()
    assert_same_ranking(searcher, matrix)


@pytest.mark.parametrize("damage", ["cut", "remove"])
def test_damaged_chroma_files_are_seen_and_mended(matrix: SnapshotStore, tmp_path: Path, damage: str) -> None:
    # Another process makes it, so that no client in this one has the files open.
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.retrieval.indexes import store\n"
        "store(Path(sys.argv[1]), Path(sys.argv[2]), vectors='chroma').rebuild()"
    )
    assert script(code, tmp_path, matrix.corpus_dir).wait(timeout=60) == 0
    chroma = store(tmp_path, matrix.corpus_dir, vectors="chroma")
    (file,) = (chroma.root / "snapshots").glob("*/chroma/chroma.sqlite3")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        file.unlink()
    with pytest.raises(SnapshotError):
        chroma.open_current()
    assert_same_ranking(Searcher(chroma.ensure(), chroma.embedder), matrix)


def test_a_chroma_server_finds_the_same_and_keeps_only_the_current_collections(
    matrix: SnapshotStore, server: str, tmp_path: Path
) -> None:
    corpus = copy_of(matrix.corpus_dir, tmp_path / "corpus")
    first = store(tmp_path / "data", corpus, vectors="chroma", chroma_url=server)
    neighbour = store(tmp_path / "neighbour", matrix.corpus_dir, vectors="chroma", chroma_url=server)
    assert_same_ranking(Searcher(first.ensure(), first.embedder), matrix)
    kept = neighbour.ensure()
    before = collections(server)
    replace_in(corpus, "KEBS", "K.E.B.S.")
    first.rebuild()
    after = collections(server)
    assert len(after) == len(before) == 8
    assert len(after & before) == 4, "the neighbour's, which has the same corpus as we had"
    assert_same_ranking(Searcher(kept, neighbour.embedder), matrix)
    for name in after:
        chroma_client(url=server).delete_collection(name)
    with pytest.raises(SnapshotError, match="Chroma lacks"):
        neighbour.open_current()
    assert_same_ranking(Searcher(neighbour.ensure(), neighbour.embedder), matrix)


@pytest.mark.parametrize("silent", [False, True], ids=["nobody listens", "nobody answers"])
def test_a_chroma_server_that_is_down_is_one_clear_line(
    matrix: SnapshotStore, tmp_path: Path, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.dense.SERVER_SECONDS", 1.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        if silent:
            closed.listen()
        url = f"http://user:hidden@127.0.0.1:{closed.getsockname()[1]}"
        down = store(tmp_path, matrix.corpus_dir, vectors="chroma", chroma_url=url)
        started = time.monotonic()
        with pytest.raises(ChromaError) as caught:
            down.ensure()
        assert time.monotonic() - started < 20
    line = caught.value.en
    assert line.startswith("The Chroma server at http://127.0.0.1:")
    assert line.endswith("TONGXING_CHROMA_URL.")
    assert "hidden" not in line
    assert len(line.splitlines()) == 1


def test_a_server_that_goes_down_leaves_the_snapshot_alone(
    matrix: SnapshotStore, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = store(tmp_path, matrix.corpus_dir, vectors="chroma", chroma_url=server)
    searcher = Searcher(used.ensure(), used.embedder)
    monkeypatch.setattr("httpx.Client.request", refuse)
    monkeypatch.setattr("httpx.get", refuse)
    with pytest.raises(ChromaError):
        ranking(searcher)
    with pytest.raises(ChromaError):
        used.rebuild()
    monkeypatch.undo()
    assert used.rebuild() is False
    assert_same_ranking(searcher, matrix)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://a", "http://", "http://a:99999", "http://a/b"])
def test_an_address_that_is_none_is_one_clear_line(url: str) -> None:
    with pytest.raises(ChromaError, match="write http://host:port"):
        chroma_client(url=url)


def test_collection_names_keep_data_folders_apart() -> None:
    one, two = ChromaPlace("http://a", "one"), ChromaPlace("http://a", "two")
    name = one.collection("f" * 64, ("zh", Kind.ASK))
    assert name.startswith(one.prefix("f" * 64))
    assert not name.startswith(two.prefix())


def test_another_dimension_is_one_clear_line() -> None:
    with pytest.raises(EmbeddingError, match="run `tongxing index`"):
        centre(np.zeros((1, 64), np.float32), np.zeros(32, np.float32))


def refuse(*_: object, **__: object) -> None:
    raise ConnectionError("refused")


def collections(url: str) -> set[str]:
    return {collection.name for collection in chroma_client(url=url).list_collections()}


def assert_same_ranking(searcher: Searcher, matrix: SnapshotStore) -> None:
    expected = ranking(Searcher(matrix.open_current(), matrix.embedder))
    for found, wanted in zip(ranking(searcher), expected, strict=True):
        assert [hit for hit, _ in found] == [hit for hit, _ in wanted]
        assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=0.01)

"""Snapshots are switched in one step: what is killed, full, busy or removed never hurts the one that serves."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from retrieval.errors import CorpusError, IndexBusyError, TongxingError
from retrieval.library import Library
from retrieval.search import Searcher
from retrieval.snapshot_files import SnapshotError
from retrieval.snapshots import SnapshotStore
from retrieval.vector_cache import text_key
from tests.retrieval.indexes import (
    BigramEmbedder,
    copy_of,
    files_holding,
    ranking,
    replace_in,
    script,
    store,
)

OLD, NEW = "KEBS", "K.E.B.S."
REBUILD = """
import sys
from pathlib import Path
from retrieval import snapshots, index
from tests.retrieval.indexes import store
"""
SAY = "    print('here', flush=True); import time; time.sleep(60)\n"
MOMENTS = {
    "while embedding": "def stop(*a):\n" + SAY + "index.VectorCache.vectors = stop\n",
    "half written": "def stop(*a):\n" + SAY + "index.write_keys = stop\n",
    "written, not flushed": "def stop(*a):\n" + SAY + "snapshots._flush = stop\n",
    "in place, not current": "def stop(*a):\n" + SAY + "snapshots.SnapshotStore._switch = stop\n",
    "current, old not removed": "def stop(*a):\n" + SAY + "snapshots._remove_used = stop\n",
}
RUN = "store(Path(sys.argv[1]), Path(sys.argv[2])).rebuild()\n"


@pytest.fixture(scope="module")
def template(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its corpus beside it. To be copied."""
    folder = tmp_path_factory.mktemp("template")
    copy_of(small_corpus, folder / "corpus")
    store(folder / "data", folder / "corpus").rebuild()
    return folder


@pytest.fixture
def built(template: Path, tmp_path: Path) -> SnapshotStore:
    folder = copy_of(template, tmp_path / "work")
    return store(folder / "data", folder / "corpus")


def text_of(built: SnapshotStore) -> str:
    """What the current snapshot says, old or new."""
    return "".join(fact.en for fact in built.open_current().facts)


@pytest.mark.parametrize("moment", list(MOMENTS))
def test_a_build_killed_at_any_moment_leaves_a_whole_index(built: SnapshotStore, moment: str) -> None:
    replace_in(built.corpus_dir, OLD, NEW)
    process = script(REBUILD + MOMENTS[moment] + RUN, built.root.parent, built.corpus_dir)
    assert process.stdout is not None
    said = process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    errors = process.communicate(timeout=20)[1]
    assert said == "here\n", errors
    switched = moment == "current, old not removed"
    assert (NEW in text_of(built)) is switched
    assert built.rebuild() is not switched
    assert NEW in text_of(built)
    assert_tidy(built)


def test_what_a_killed_build_left_goes_even_when_nothing_else_is_to_do(built: SnapshotStore) -> None:
    left = built.root / "building-0"
    left.mkdir()
    (left / "passages.jsonl").write_text("secret")
    (built.root / "CURRENT.17").write_text("half")
    assert built.rebuild() is False
    assert_tidy(built)


@pytest.mark.parametrize("pointer", [None, b"", b"\xff\x00", b"../../etc", b"0" * 64, "folder"])
def test_a_missing_or_damaged_pointer_is_mended(built: SnapshotStore, pointer: bytes | str | None) -> None:
    path = built.root / "CURRENT"
    path.unlink()
    if pointer == "folder":
        path.mkdir()
    elif isinstance(pointer, bytes):
        path.write_bytes(pointer)
    with pytest.raises(SnapshotError):
        built.open_current()
    embedder = built.embedder
    assert isinstance(embedder, BigramEmbedder)
    assert len(built.ensure().facts) == 11
    assert embedder.embedded == [], "the snapshot that was there is used again"


def test_a_second_builder_is_told_within_five_seconds_and_readers_are_not_held_up(
    built: SnapshotStore,
) -> None:
    replace_in(built.corpus_dir, OLD, NEW)
    held = script(REBUILD + MOMENTS["while embedding"] + RUN, built.root.parent, built.corpus_dir)
    assert held.stdout is not None
    try:
        if held.stdout.readline() != "here\n":
            pytest.fail(held.communicate()[1])
        started = time.monotonic()
        with pytest.raises(IndexBusyError, match="Another process is building"):
            built.rebuild()
        assert time.monotonic() - started < 5
        started = time.monotonic()
        assert OLD in text_of(built)
        assert time.monotonic() - started < 2
    finally:
        held.kill()
        held.communicate()


def test_readers_never_see_less_than_a_whole_snapshot_while_others_switch(built: SnapshotStore) -> None:
    seen: set[bool] = set()
    faults: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        own = store(built.root.parent, built.corpus_dir)
        while not done.is_set():
            try:
                seen.add(NEW in text_of(own))
            except Exception as exc:
                faults.append(exc)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for old, new in [(OLD, NEW), (NEW, OLD)] * 2:
        replace_in(built.corpus_dir, old, new)
        assert built.rebuild()
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert seen == {True, False}


def test_a_corpus_edited_during_the_build_is_built_again(
    built: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_in(built.corpus_dir, OLD, "K-E-B-S")
    from retrieval import snapshots

    build, edits = snapshots.build, iter([("K-E-B-S", NEW)])

    def edited(*arguments: object) -> object:
        made = build(*arguments)  # type: ignore[arg-type]
        for old, new in edits:
            replace_in(built.corpus_dir, old, new)
        return made

    monkeypatch.setattr(snapshots, "build", edited)
    built.rebuild()
    assert built.current_key() == built.recipe().key()
    assert NEW in text_of(built)


@pytest.mark.parametrize("vectors", ["matrix", "chroma"])
def test_a_removed_document_is_in_no_file(built: SnapshotStore, tmp_path: Path, vectors: str) -> None:
    secret = "Zxqvortlambda pays seventeen wombats"
    page = tmp_path / "secret.md"
    page.write_text(f"# Plan of Zxqvort\n\n{secret} for each shipment of water meters to Nairobi.\n")
    own = store(built.root.parent, built.corpus_dir, built.embedder, vectors=vectors)
    library = Library(built.root.parent / "documents")
    report = library.add([page])
    own.rebuild()
    # Chroma keeps floats and the snapshot 8-bit values; both are looked for.
    passage = own.open_current().passages[0]
    text = f"{passage.context}\n{passage.text}"
    with own._cache() as cache:
        stored = cache.vectors([("passage", text)])
    needles = [b"Zxqvort", b"zxqvort", b"wombat", stored.values[0].tobytes(), text_key("passage", text)]
    needles += [passage.cite_id.encode(), report.added[0].id.encode()]
    holders = files_holding(own.root.parent, needles)
    assert any("sqlite" in name for name in holders)
    assert any("vectors/" in name for name in holders)
    library.remove([report.added[0].id])
    assert own.rebuild()
    assert files_holding(own.root.parent, needles) == []


def test_a_document_removed_after_a_killed_ingest_is_in_no_file(built: SnapshotStore, tmp_path: Path) -> None:
    page = tmp_path / "secret.md"
    page.write_text("Zxqvortlambda pays seventeen wombats for each shipment of water meters to Nairobi.\n")
    library = Library(built.root.parent / "documents")
    report = library.add([page])
    process = script(REBUILD + MOMENTS["written, not flushed"] + RUN, built.root.parent, built.corpus_dir)
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.kill()
    process.communicate()
    (passage,) = library.passages()
    with built._cache() as cache:
        stored = cache.vectors([("passage", f"{passage.context}\n{passage.text}")])
    needles = [b"Zxqvort", b"wombat", stored.values[0].tobytes()]
    assert "index/vectors.sqlite" in files_holding(built.root.parent, needles)
    assert any(name.startswith("index/building-") for name in files_holding(built.root.parent, needles))
    library.remove([report.added[0].id])
    assert built.rebuild() is False, "the old snapshot never had it"
    assert files_holding(built.root.parent, needles) == []


def test_a_full_disk_is_one_clear_line_and_harms_nothing(built: SnapshotStore) -> None:
    replace_in(built.corpus_dir, OLD, NEW)
    # The system itself refuses to write more than 20 kB into a file.
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    tried = "\ntry:\n    " + RUN + "except Exception as exc:\n    print(type(exc).__name__, exc.en)\n"
    process = script(full + REBUILD + tried, built.root.parent, built.corpus_dir)
    said, errors = process.communicate(timeout=60)
    assert said.startswith("IndexMissingError Cannot build the index in"), errors
    assert len(said.splitlines()) == 1
    assert OLD in text_of(built)
    assert built.rebuild()
    assert_tidy(built)


@pytest.mark.parametrize("where", ["/proc/tongxing", "a file"])
def test_a_data_folder_that_cannot_be_written_is_one_clear_line(
    small_corpus: Path, tmp_path: Path, where: str
) -> None:
    folder = Path(where)
    if where == "a file":
        folder = tmp_path / "file"
        folder.write_text("")
    with pytest.raises(TongxingError) as caught:
        store(folder, small_corpus).ensure()
    assert str(folder) in caught.value.en
    assert len(caught.value.en.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_index_can_be_read(built: SnapshotStore) -> None:
    built.root.chmod(0o555)
    try:
        assert len(built.ensure().facts) == 11
    finally:
        built.root.chmod(0o755)


def test_a_refused_corpus_leaves_the_old_index(built: SnapshotStore) -> None:
    path = built.corpus_dir / "countries" / "indonesia.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n- id: [broken\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"indonesia\.yaml, line \d+"):
        built.rebuild()
    assert OLD in text_of(built)


def test_settings_of_others_are_told_apart(built: SnapshotStore, small_corpus: Path, tmp_path: Path) -> None:
    replace_in(built.corpus_dir, OLD, NEW)
    current = built.ensure()
    replace_in(built.corpus_dir, NEW, OLD)
    assert built.made_for_us(current), "an edit does not make it foreign"
    for other in (
        store(built.root.parent, built.corpus_dir, BigramEmbedder("other")),
        store(built.root.parent, built.corpus_dir, vectors="chroma"),
        store(built.root.parent, copy_of(built.corpus_dir, tmp_path / "other")),
    ):
        assert not other.made_for_us(current)
        assert len(Searcher(other.ensure(), other.embedder).snapshot.facts) == 11
    assert ranking(Searcher(built.ensure(), built.embedder))


def assert_tidy(built: SnapshotStore) -> None:
    """Nothing is left but what the layout names."""
    names = {path.name for path in built.root.iterdir()}
    assert names == {"CURRENT", "build.lock", "snapshots", "vectors.sqlite"}
    assert [path.name for path in (built.root / "snapshots").iterdir()] == [built.current_key()]

"""Where snapshots live: built aside, flushed, switched to in one atomic step, the old one removed.

<data>/index/CURRENT             the key of the current snapshot
<data>/index/snapshots/<key>/    snapshots, each under its hash
<data>/index/building-*/         a build under way, or what a killed one left
<data>/index/build.lock          one builder at a time
<data>/index/vectors.sqlite      the embedding cache
<data>/index/owner               the name of this data folder on a shared Chroma server
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.corpus import SHIPPED_CORPUS
from retrieval.dense import ChromaError, ChromaPlace
from retrieval.embedding import Embedder
from retrieval.errors import CorpusError, IndexBusyError, IndexMissingError
from retrieval.index import Progress, Recipe, Snapshot, build, open_snapshot
from retrieval.library import Library
from retrieval.snapshot_files import SnapshotError, read_keys
from retrieval.vector_cache import VectorCache

LOCK_WAIT_SECONDS = 2.0
"""A second builder is told within five seconds, of which starting takes two; most rebuilds fit into the rest."""
MOVING_CORPUS = 5
"""So many times a build starts over because somebody edits while it runs."""
_KEY = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger(__name__)


class SnapshotStore:
    """The snapshots of one data folder, for one corpus and one embedder."""

    def __init__(
        self,
        data_dir: Path,
        corpus_dir: Path,
        embedder: Embedder,
        vectors: str = "auto",
        chroma_url: str | None = None,
    ) -> None:
        self.root = data_dir / "index"
        self.library = Library(data_dir / "documents")
        self.corpus_dir = corpus_dir
        self.embedder = embedder
        self.vectors = vectors
        self.chroma_url = chroma_url
        self._pointer = self.root / "CURRENT"
        self._snapshots = self.root / "snapshots"

    def recipe(self) -> Recipe:
        """What a snapshot of the corpus and documents as they are now would be made from.

        Raises `CorpusError` when a corpus file cannot be read.
        """
        try:
            return Recipe.of(
                self.corpus_dir,
                self.library.fingerprint(),
                self.embedder.name,
                self.vectors,
                self.chroma_url,
            )
        except OSError as exc:
            raise CorpusError(
                zh=f"读不了语料文件 {exc.filename}（{exc.strerror}）：请检查文件和权限。",
                en=f"The corpus file {exc.filename} cannot be read ({exc.strerror}): check it and its permissions.",
            ) from exc

    def current_key(self) -> str | None:
        """The key of the current snapshot, or None before the first build and when the pointer is damaged."""
        try:
            key = self._pointer.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return key if _KEY.fullmatch(key) else None

    def open_current(self) -> Snapshot:
        """Open the current snapshot, whatever it was made from. Raises `SnapshotError` and `ChromaError`."""
        key = self.current_key()
        while key is not None:
            try:
                return self._open(key)
            except SnapshotError:
                # A builder may have switched and swept while we were reading.
                newer = self.current_key()
                if newer == key:
                    raise
                key = newer
        raise SnapshotError("no snapshot yet")

    def made_for_us(self, snapshot: Snapshot) -> bool:
        """Whether it was made from our corpus folder with our settings, be it of now or of before an edit.

        A data folder may be used by commands with other settings; a server must not serve what they built.
        """
        manifest = snapshot.manifest
        recipe = Recipe(self.corpus_dir, "", "", self.embedder.name, self.vectors, self.chroma_url)
        same = all(
            manifest[name] == recipe.manifest()[name] for name in ("embedder", "vectors", "chroma_url")
        )
        return same and (snapshot.origin == recipe.origin() or snapshot.key == self.recipe().key())

    def ensure(self, progress: Progress | None = None) -> Snapshot:
        """The snapshot of the corpus and documents as they are now; built first when it is not the current one.

        A missing, damaged or mismatched snapshot mends itself here. Raises `CorpusError`, `EmbeddingError`,
        `ChromaError`, `IndexBusyError` and `IndexMissingError`.
        """
        faults: list[SnapshotError] = []
        # Somebody may edit, or build with other settings, between our build and our reading.
        for _ in range(3):
            key = self.recipe().key()
            if self.current_key() == key:
                try:
                    return self._open(key)
                except SnapshotError as exc:
                    faults.append(exc)
                    log.warning("the index is damaged (%s): building it again", exc)
                    if len(faults) > 1:
                        break
            self.rebuild(progress)
        else:
            try:
                snapshot = self.open_current()
                if self.made_for_us(snapshot):
                    return snapshot
                faults.append(SnapshotError("commands with other settings use the same folder"))
            except SnapshotError as exc:
                faults.append(exc)
        raise IndexMissingError(
            zh=f"索引打不开（{faults[-1]}）：请检查 {self.root} 的磁盘空间和权限，再运行 tongxing index。",
            en=f"The index cannot be opened ({faults[-1]}): check disk space and permissions of {self.root}, "
            "then run `tongxing index`.",
        ) from faults[-1]

    def rebuild(self, progress: Progress | None = None) -> bool:
        """Build and switch to the snapshot of now. Returns False when it was already there and sound.

        Whatever a killed build left is swept first, and cached vectors that nothing needs are forgotten, so that a
        removed document is gone from every file. Raises what `ensure` does; the snapshot before stays current then.
        """
        with self._locked():
            try:
                return self._rebuild(progress)
            except (OSError, sqlite3.Error) as exc:
                reason = getattr(exc, "strerror", None) or str(exc)
                raise IndexMissingError(
                    zh=f"无法在 {self.root} 建立索引（{reason}）：请检查磁盘空间和权限，或设置 TONGXING_DATA_DIR；"
                    "原有索引不受影响。",
                    en=f"Cannot build the index in {self.root} ({reason}): check disk space and permissions, "
                    "or set TONGXING_DATA_DIR; an index that was there is unharmed.",
                ) from exc

    def _rebuild(self, progress: Progress | None) -> bool:
        self._sweep_unfinished()
        recipe = self.recipe()
        key = recipe.key()
        keys = self._sound(key)
        if keys is not None:
            switched = self._switch(key)
            with self._cache() as cache:
                cache.prune(keys)
            return switched
        folder = self.root / f"building-{uuid.uuid4().hex[:8]}"
        try:
            with self._cache() as cache:
                for _ in range(MOVING_CORPUS):
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir()
                    build(recipe, list(self.library.passages()), cache, folder, progress, self._place())
                    # What was read must be what was hashed, or the snapshot would lie about itself.
                    before, recipe = recipe, self.recipe()
                    if recipe == before:
                        break
                else:
                    raise IndexBusyError(
                        zh=f"{self.corpus_dir} 一直在变动，无法建立索引：请等改动结束后再试。",
                        en=f"{self.corpus_dir} keeps changing while the index is built: try again when it rests.",
                    )
            _flush(folder)
            self._snapshots.mkdir(exist_ok=True)
            target = self._snapshots / recipe.key()
            _remove(target)
            folder.rename(target)
            _flush_folder(self._snapshots)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._switch(recipe.key())
        return True

    def _sound(self, key: str) -> list[bytes] | None:
        """Cache keys of the snapshot `key` if it is there and whole, and the embedder still as it was made with."""
        target = self._snapshots / key
        if not target.is_dir():
            return None
        try:
            snapshot = self._open(key)
            if self.embedder.remote:
                vector = self.embedder.encode(["?"], "query")
                if vector.shape[1] != snapshot.manifest["dimension"]:
                    raise SnapshotError("the embedder gives another dimension now")
            return read_keys(target)
        except SnapshotError as exc:
            log.warning("the index is damaged (%s): building it again", exc)
            return None

    def _open(self, key: str) -> Snapshot:
        return open_snapshot(self._snapshots / key, self._place())

    def _place(self) -> ChromaPlace:
        """Where our collections are. The name of this data folder is made up at the first build."""
        if self.chroma_url is None:
            return ChromaPlace()
        path = self.root / "owner"
        if not path.exists():
            path.write_text(uuid.uuid4().hex[:12], encoding="ascii")
        return ChromaPlace(self.chroma_url, path.read_text(encoding="ascii"))

    @contextmanager
    def _cache(self) -> Iterator[VectorCache]:
        cache = VectorCache(self.root / "vectors.sqlite", self.embedder, SHIPPED_CORPUS)
        try:
            yield cache
        finally:
            cache.close()

    def _switch(self, key: str) -> bool:
        """Point at `key` in one step, then remove the others: what was deleted must be gone from disk.

        Returns False when it was pointed at already. The order matters: the snapshot is on disk under its name
        before the pointer is, and the pointer before anything is removed.
        """
        changed = self.current_key() != key
        if changed:
            if self._pointer.is_dir():
                shutil.rmtree(self._pointer)
            fresh = self._pointer.with_name(f"CURRENT.{os.getpid()}")
            with fresh.open("w", encoding="ascii") as out:
                out.write(key + "\n")
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(self._pointer)
            _flush_folder(self.root)
        for folder in self._snapshots.iterdir():
            if folder.name != key:
                _remove_used(folder)
        if changed and self.chroma_url:
            try:
                self._place().drop(but=key)
            except ChromaError as exc:  # the new index stands; the next switch drops them
                log.warning("old collections are still on the Chroma server: %s", exc)
        return changed

    def _sweep_unfinished(self) -> None:
        for left in (*self.root.glob("building-*"), *self.root.glob("CURRENT.*")):
            _remove(left)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / "build.lock")
            lock.acquire(timeout=LOCK_WAIT_SECONDS)
        except Timeout as exc:
            raise IndexBusyError(
                zh=f"另一个进程正在 {self.root} 建立索引：请等它完成后再试。",
                en=f"Another process is building the index in {self.root}: try again when it has finished.",
            ) from exc
        except OSError as exc:
            raise IndexMissingError(
                zh=f"无法写入数据文件夹 {self.root}（{exc.strerror}）：请检查权限和磁盘空间，或设置 TONGXING_DATA_DIR。",
                en=f"Cannot write to the data folder {self.root} ({exc.strerror}): check permissions and disk "
                "space, or set TONGXING_DATA_DIR.",
            ) from exc
        try:
            yield
        finally:
            lock.release()


def _remove(path: Path) -> None:
    """A file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_used(folder: Path) -> None:
    """Remove a snapshot that a server may still have open: embedded Chroma may write a file while we remove."""
    for _ in range(5):
        try:
            return _remove(folder)
        except OSError as exc:
            fault = exc
            time.sleep(0.1)
    log.warning("%s could not be removed (%s): the next build tries again", folder, fault.strerror)
    return None


def _flush(folder: Path) -> None:
    """Everything below `folder` is on disk when this returns."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as data:  # Windows flushes only what may be written
                os.fsync(data.fileno())
        else:
            _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    """New names in `folder` are on disk when this returns (where the system can)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

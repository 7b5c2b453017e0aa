"""Keeps vectors by model, form and text, so that a rebuild embeds only what changed.

Two layers: vectors shipped with the corpus (`corpus/vectors/<model>.npz`, read-only) and a SQLite file in the
data folder. A text is known by its SHA-256; the text itself is not kept here.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from retrieval.embedding import Embedder, Form, Quantised, prepare, quantise

KEY_BYTES = 16
"""128 bits of SHA-256: no two texts of any imaginable corpus share a key."""
BATCH = 64
PROBE: tuple[Form, str] = ("query", "What does it take to sell abroad? 出海需要什么？")
"""What an endpoint is asked at each build, to see whether the model behind the name is still the same."""
SAME_MODEL = 0.99
"""Cosine similarity of the probe's two vectors above which it is the same model (8 bits cost 0.0005)."""

log = logging.getLogger(__name__)


def text_key(form: Form, text: str) -> bytes:
    """The cache key of a text in a form; the model is part of the table instead."""
    return hashlib.sha256(f"{form}\0{prepare(text)}".encode()).digest()[:KEY_BYTES]


class ShippedVectors:
    """Vectors that come with the corpus for one model; empty where there is no such file, or a damaged one."""

    def __init__(self, folder: Path, model: str) -> None:
        self.rows: dict[bytes, int] = {}
        path = shipped_path(folder, model)
        if not path.exists():
            return
        try:
            with np.load(path) as data:
                keys = data["keys"]
                self.vectors = Quantised(data["values"], data["scales"])
            if not len(keys) == len(self.vectors.values) == len(self.vectors.scales):
                raise ValueError("columns differ in length")
        except Exception as exc:  # zipfile, zlib and NumPy each have their own
            log.warning("%s cannot be used (%s): embedding its texts again.", path, exc)
            return
        self.rows = {key.tobytes(): row for row, key in enumerate(keys)}


def shipped_path(folder: Path, model: str) -> Path:
    """Where the shipped vectors of `model` are, whether or not they exist."""
    safe = "".join(char if char.isalnum() or char in "-._" else "_" for char in model)
    return folder / "vectors" / f"{safe}.npz"


def ship_vectors(folder: Path, model: str, keys: Sequence[bytes], vectors: Quantised) -> Path:
    """Write the shipped file, sorted by key so that it is a function of its content."""
    order = sorted(range(len(keys)), key=lambda row: keys[row])
    path = shipped_path(folder, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    key_array = np.frombuffer(b"".join(keys[row] for row in order), dtype=np.uint8).reshape(-1, KEY_BYTES)
    chosen = vectors.rows(order)
    np.savez_compressed(path, keys=key_array, values=chosen.values, scales=chosen.scales)
    return path


class VectorCache:
    """Vectors of one embedder: shipped ones, cached ones, and what has to be computed.

    A damaged file is thrown away: everything in it can be computed again. Raises `sqlite3.OperationalError` when
    the file cannot be written.
    """

    def __init__(self, path: Path, embedder: Embedder, shipped_in: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.embedder = embedder
        self._shipped = ShippedVectors(shipped_in, embedder.name)
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError):
                raise
            log.warning("%s is damaged (%s): embedding its texts again.", path, exc)
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()
            self._db = _open(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def vectors(
        self, texts: Sequence[tuple[Form, str]], progress: Callable[[int, int], None] | None = None
    ) -> Quantised:
        """Vectors of `texts` in their order. `progress(done, total)` counts texts that had to be embedded."""
        keys = [text_key(form, text) for form, text in texts]
        if not keys:
            return Quantised(np.zeros((0, 1), np.int8), np.zeros(0, np.float32))
        if self.embedder.remote:
            self._probe()
        found = self._known(set(keys))
        pending = {key: item for key, item in zip(keys, texts, strict=True) if key not in found}
        found |= self._embed(pending, progress)
        if len({len(vector) for _, vector in found.values()}) > 1:
            # The name stayed, the dimension changed.
            self._forget()
            found = self._embed(dict(zip(keys, texts, strict=True)), progress)
        values = np.frombuffer(b"".join(found[key][1] for key in keys), dtype=np.int8).reshape(len(keys), -1)
        return Quantised(values, np.array([found[key][0] for key in keys], dtype=np.float32))

    def prune(self, keys: Iterable[bytes]) -> int:
        """Forget every cached vector that is not of `keys`; returns how many. Their bytes are gone too.

        A key says nothing of the model: what another model needs of the same texts is kept, so that going back to
        it costs nothing, and what it had of removed ones goes as well.
        """
        keep = {*keys, text_key(*PROBE)}
        rows = self._db.execute("SELECT model, key FROM vectors").fetchall()
        gone = [(model, key) for model, key in rows if key not in keep]
        if gone:
            with self._db:
                self._db.executemany("DELETE FROM vectors WHERE model = ? AND key = ?", gone)
            self._db.execute("VACUUM")
        return len(gone)

    def _embed(
        self, todo: dict[bytes, tuple[Form, str]], progress: Callable[[int, int], None] | None
    ) -> dict[bytes, tuple[float, bytes]]:
        """Embed and store; each batch is kept, so that a build that was stopped goes on where it was."""
        # Texts of like length together: a batch takes as long as its longest text.
        items = sorted(todo.items(), key=lambda item: (item[1][0], len(item[1][1])))
        found: dict[bytes, tuple[float, bytes]] = {}
        for form in ("query", "passage"):
            pending = [(key, text) for key, (text_form, text) in items if text_form == form]
            for start in range(0, len(pending), BATCH):
                batch = pending[start : start + BATCH]
                fresh = quantise(self.embedder.encode([text for _, text in batch], form))
                rows = [
                    (self.embedder.name, key, float(fresh.scales[i]), fresh.values[i].tobytes())
                    for i, (key, _) in enumerate(batch)
                ]
                with self._db:
                    self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)
                found.update({key: (scale, value) for _, key, scale, value in rows})
                if progress:
                    progress(len(found), len(items))
        return found

    def _known(self, wanted: set[bytes]) -> dict[bytes, tuple[float, bytes]]:
        found: dict[bytes, tuple[float, bytes]] = {}
        for key in wanted:
            row = self._shipped.rows.get(key)
            if row is not None:
                stored = self._shipped.vectors
                found[key] = (float(stored.scales[row]), stored.values[row].tobytes())
        rest = list(wanted - found.keys())
        for start in range(0, len(rest), 500):
            part = rest[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT key, scale, vector FROM vectors WHERE model = ? AND key IN ({marks})",
                (self.embedder.name, *part),
            )
            found.update({key: (scale, vector) for key, scale, vector in rows})
        return found

    def _probe(self) -> None:
        """Forget what an endpoint gave when it now gives something else for the same text."""
        key = text_key(*PROBE)
        before = self._known({key}).get(key)
        now = self._embed({key: PROBE}, None)[key]
        if before is None or (len(before[1]) == len(now[1]) and _cosine(before[1], now[1]) >= SAME_MODEL):
            return
        log.warning("%s has changed: embedding all texts again.", self.embedder.name)
        self._forget()
        self._embed({key: PROBE}, None)

    def _forget(self) -> None:
        with self._db:
            self._db.execute("DELETE FROM vectors WHERE model = ?", (self.embedder.name,))


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30)
    try:
        # What is pruned must be gone from the file, not only from the table.
        db.execute("PRAGMA secure_delete = ON")
        faults = db.execute("PRAGMA quick_check").fetchall()
        if faults != [("ok",)]:
            raise sqlite3.DatabaseError(str(faults[0][0]))
        db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (model TEXT, key BLOB, scale REAL, vector BLOB, "
            "PRIMARY KEY (model, key)) WITHOUT ROWID"
        )
    except BaseException:
        db.close()
        raise
    return db


def _cosine(a: bytes, b: bytes) -> float:
    x, y = (np.frombuffer(value, dtype=np.int8).astype(np.float32) for value in (a, b))
    return float(x @ y / max(float(np.linalg.norm(x) * np.linalg.norm(y)), 1e-9))

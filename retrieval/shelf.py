"""Stored documents as plain files: written aside, flushed, put in place in one step, checked when read.

    <folder>/<hash of the file name>.jsonl   one ingested file: a first line about it, then a document a line
    <folder>/.lock                           one writer at a time
    <folder>/.*.tmp                          a write under way, or what a killed one left

A reader sees a file whole or not at all. A damaged file is logged and left out until it is added again or removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from retrieval.documents import Document, DocumentModel
from retrieval.readers.rules import notice, refusal

SCHEMA = 1
_log = logging.getLogger(__name__)


class DocumentInfo(DocumentModel):
    """One ingested file, as it is listed."""

    id: str
    """`doc-` and 12 hex digits of the content's hash; for JSON Lines too, whose lines have their own ids."""
    title: str
    lang: str
    """Language of most of its documents."""
    file_name: str
    dated: str | None = None
    added: str
    sha256: str
    documents: int
    """1, or for JSON Lines the number of its lines that are kept."""
    passages: int
    records: bool = False
    """A JSON Lines file."""
    whole: bool = True
    """False once single lines were removed: adding the same file again brings them back."""


class _Head(DocumentModel):
    """First line of a stored file."""

    version: int
    info: DocumentInfo
    body_bytes: int
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A sound stored file by its first line."""

    path: Path
    info: DocumentInfo
    body_sha256: str
    body_at: int
    """Where the documents begin, in bytes."""

    def lines(self) -> list[bytes]:
        """Its documents as JSON; none, and a line in the log, when they are not what was written."""
        try:
            body = self.path.read_bytes()[self.body_at :]
        except FileNotFoundError:
            return []  # removed while we read
        if hashlib.sha256(body).hexdigest() != self.body_sha256:
            _log_damage(self.path, self.info.file_name, self.info.id)
            return []
        return body.splitlines()

    def documents(self) -> Iterator[Document]:
        """Its documents in order."""
        return (Document.model_validate_json(line) for line in self.lines())

    def document_ids(self) -> Iterator[str]:
        """Ids of its documents, quicker than `documents`."""
        return (json.loads(line)["id"] for line in self.lines())


class Shelf:
    """The stored files of one folder, which is made when first written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[Path, tuple[tuple[int, int], Stored | None]] = {}

    def stored(self) -> Sequence[Stored]:
        """Sound files in the order of file names. First lines are read again only when a file changed."""
        self._look()
        sound = (item for _, item in self._seen.values() if item is not None)
        return sorted(sound, key=lambda item: item.info.file_name)

    def damaged(self) -> dict[str, Path]:
        """Files that cannot be used, by the id under which they can be removed."""
        self._look()
        return {_damaged_id(path): path for path, (_, item) in self._seen.items() if item is None}

    def fingerprint(self) -> str:
        """SHA-256 (hex) over the content of all sound files, from their first lines."""
        digest = hashlib.sha256()
        for item in self.stored():
            digest.update(f"{item.path.name} {item.body_sha256}\n".encode())
        return digest.hexdigest()

    def write(self, info: DocumentInfo, documents: Iterable[Document]) -> Stored:
        """Put a file in place in one step. Raises `DocumentError` when the disk refuses; nothing is changed then."""
        body = b"".join(document.model_dump_json().encode("utf-8") + b"\n" for document in documents)
        head = _Head(
            version=SCHEMA, info=info, body_bytes=len(body), body_sha256=hashlib.sha256(body).hexdigest()
        )
        first = head.model_dump_json().encode("utf-8") + b"\n"
        target = self.folder / f"{hashlib.sha256(info.file_name.encode('utf-8')).hexdigest()[:32]}.jsonl"
        aside = self.folder / f".{target.stem}.tmp"
        try:
            with aside.open("wb") as out:
                out.write(first)
                out.write(body)
                out.flush()
                os.fsync(out.fileno())
            aside.replace(target)
            self._flush_names()
        except OSError as exc:
            aside.unlink(missing_ok=True)
            raise refusal("not_writable", path=self.folder, reason=exc.strerror) from exc
        return Stored(target, info, head.body_sha256, len(first))

    def remove(self, paths: Iterable[Path]) -> None:
        """Unlink files, so that their bytes are gone."""
        for path in paths:
            path.unlink(missing_ok=True)
        self._flush_names()

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Hold the only right to write; what a killed writer left is swept first.

        Raises `DocumentError` when another writer keeps it for longer than `seconds`.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock")
            lock.acquire(timeout=seconds)
        except Timeout as exc:
            raise refusal("busy", path=self.folder) from exc
        except OSError as exc:
            raise refusal("not_writable", path=self.folder, reason=exc.strerror) from exc
        try:
            for left in self.folder.glob(".*.tmp"):
                left.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def _look(self) -> None:
        try:
            entries = [entry for entry in os.scandir(self.folder) if entry.name.endswith(".jsonl")]
        except FileNotFoundError:
            entries = []
        except OSError as exc:
            raise refusal("unreadable", path=self.folder, reason=exc.strerror) from exc
        seen: dict[Path, tuple[tuple[int, int], Stored | None]] = {}
        for entry in entries:
            path = Path(entry.path)
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # removed while we looked
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._seen.get(path)
            seen[path] = known if known is not None and known[0] == stamp else (stamp, _open(path))
        self._seen = seen

    def _flush_names(self) -> None:
        """New, renamed and removed names are on disk when this returns (where the system can)."""
        if os.name != "posix":
            return
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open(path: Path) -> Stored | None:
    """A stored file by its first line; None, and a line in the log, when it is damaged or cut short."""
    name = "?"
    try:
        with path.open("rb") as file:
            first = file.readline()
        head = _Head.model_validate_json(first)
        name = head.info.file_name
        if head.version == SCHEMA and path.stat().st_size == len(first) + head.body_bytes:
            return Stored(path, head.info, head.body_sha256, len(first))
    except (OSError, ValidationError):
        pass
    _log_damage(path, name, _damaged_id(path))
    return None


def _damaged_id(path: Path) -> str:
    return f"damaged-{path.stem[:12]}"


def _log_damage(path: Path, name: str, document_id: str) -> None:
    _log.warning(notice("damaged", path=path, name=name, id=document_id).en)

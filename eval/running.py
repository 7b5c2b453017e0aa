"""Asks every case once and writes down what came back. Nothing is judged here."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import yaml

from bot.answering.assistant import Assistant, stable_id
from bot.assembly import assistant_of
from bot.batch import ranking
from bot.domain import Question, Status
from bot.replies import PROMPTS
from bot.settings import Settings
from eval.baselines import Baseline, open_baselines
from eval.cases import DATASETS, Case, Split, load_cases
from eval.log import (
    FACTS,
    LOG,
    RUN,
    Entry,
    EvalError,
    Hashes,
    KnownFact,
    Ranked,
    RunInfo,
    appending,
    digest,
    write_info,
    write_lines,
)
from eval.remembering import Remembering
from retrieval.corpus import corpus_hash
from retrieval.language import tell_language
from retrieval.search import Searcher
from retrieval.text import clean

ROOT = Path(__file__).resolve().parent.parent
CODE = ("bot", "retrieval")
"""What decides about answers. The harness itself is left out: scoring may change without a new run."""
CHECKING = Path(__file__).parent / "data" / "checking.yaml"
SEED = 20261122
RANKED = 10
MOST_UNSCORED = 0.01
"""More broken cases than this share void a run."""

Progress = Callable[[int, int], None]
"""Called as (done, total)."""

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Request:
    """What to run."""

    split: Split | Literal["all"] = "all"
    composer: str = "extractive"
    limit: int | None = None
    kinds: tuple[str, ...] = ()
    today: str | None = None
    """The day that staleness is judged on, YYYY-MM-DD; None: that of the newest case."""
    seed: int = SEED
    baselines: bool = True
    datasets: Path = DATASETS


def run(request: Request, settings: Settings, folder: Path, progress: Progress | None = None) -> RunInfo:
    """Ask every case that `request` names, into the new folder `folder`; returns what the run was.

    Raises `EvalError`, `CaseError`, and what opening an index raises. A case that breaks does not stop the run.
    """
    cases = chosen(request)
    today = request.today or settings.today or max(case.source_version for case in cases)
    settings = _with_composer(settings, request.composer).model_copy(update={"today": today})
    assistant = remembering(assistant_of(settings), settings.data_dir)
    fixed = date.fromisoformat(today)
    assistant = dataclasses.replace(assistant, today=lambda: fixed)
    snapshot = assistant.searcher.snapshot
    baselines = open_baselines(snapshot.facts, assistant.searcher.embedder) if request.baselines else {}
    started, clock = datetime.now(UTC), time.perf_counter()
    _make(folder)
    prefetch(cases, assistant)
    write_lines(folder / FACTS, [KnownFact.of(fact) for fact in snapshot.facts])
    entries: list[Entry] = []
    # Several at once, written in their order: an answer depends on nothing but its case.
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        with appending(folder / LOG) as write:
            for entry in pool.map(lambda case: asked(case, assistant, baselines), cases):
                write(entry)
                entries.append(entry)
                if progress:
                    progress(len(entries), len(cases))
    finally:
        pool.shutdown(cancel_futures=True)
    unscored = sum(not entry.scorable for entry in entries)
    models = {"embedder": assistant.searcher.embedder.name}
    info = RunInfo(
        name=folder.name,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - clock, 1),
        split=request.split,
        limit=request.limit,
        composer=request.composer,
        models=models | _answering_model(settings, request.composer),
        baselines=list(baselines),
        seed=request.seed,
        today=today,
        hashes=Hashes(
            dataset=_sha(case.model_dump_json().encode() for case in cases),
            corpus=corpus_hash(settings.corpus_dir),
            prompts=_files(PROMPTS, [PROMPTS]),
            index=snapshot.key,
            settings=_settings_hash(settings),
            code=_files(ROOT, [ROOT / name for name in CODE]),
            answers=digest(entries),
        ),
        cases=len(cases),
        unscored=unscored,
        void=unscored > MOST_UNSCORED * len(cases),
    )
    write_info(folder, info)
    return info


def chosen(request: Request) -> list[Case]:
    """The cases that a request names, in the order of the files. Raises `EvalError` when there are none.

    A limit takes cases evenly from the whole, and keeps pairs together.
    """
    cases = load_cases(*dataset_names(request.datasets), folder=request.datasets)
    cases = [
        case
        for case in cases
        if request.split in ("all", case.split) and (not request.kinds or case.kind in request.kinds)
    ]
    if request.limit is not None and request.limit < len(cases):
        cases = _thinned(cases, request.limit)
    if not cases:
        raise EvalError(
            zh=f"没有符合条件的案例：请检查 --split、--kind、--limit，以及 {request.datasets}。",
            en=f"No case fits: check --split, --kind, --limit, and {request.datasets}.",
        )
    return cases


def dataset_names(folder: Path = DATASETS) -> list[str]:
    """The files that hold cases, by name without ending."""
    others = set(yaml.safe_load(CHECKING.read_text(encoding="utf-8"))["not_cases"])
    return sorted(path.stem for path in folder.glob("*.jsonl") if path.stem not in others)


def asked(case: Case, assistant: Assistant, baselines: Mapping[str, Baseline]) -> Entry:
    """One case, asked. Whatever breaks is written into the entry."""
    started = time.perf_counter()
    try:
        question = Question(text=case.question, history=case.history)
        answer = assistant.answer(question, stable_id("eval", case.id))
        answered = time.perf_counter()
        found = [] if case.history else ranking(assistant.searcher, case.question, RANKED)
        searched = time.perf_counter()
        lang = tell_language(case.question).code
        plain = {name: baseline(case.question, lang) for name, baseline in baselines.items()}
    except Exception as exc:
        log.exception("case %s", case.id)
        return Entry(case=case, fault=f"{type(exc).__name__}: {exc}"[:300])
    return Entry(
        case=case,
        answer=answer,
        ranking=[Ranked.model_validate({key: hit[key] for key in hit if key != "text"}) for hit in found],
        baselines=plain,
        fault="the answer has the status error" if answer.status is Status.ERROR else None,
        timings_ms={
            "answer": _ms(answered - started),
            "search": _ms(searched - answered),
            "baselines": _ms(time.perf_counter() - searched),
        },
    )


def remembering(assistant: Assistant, data_dir: Path) -> Assistant:
    """The same assistant with an embedder that keeps the vectors of questions in the data folder."""
    plain = assistant.searcher
    embedder = Remembering(plain.embedder, data_dir / "eval-vectors.sqlite")
    return dataclasses.replace(assistant, searcher=Searcher(plain.snapshot, embedder))


def prefetch(cases: Sequence[Case], assistant: Assistant) -> None:
    """Embed every question as it stands and without its countries, in one pass over all cores."""
    entities, embedder = assistant.searcher.snapshot.entities, assistant.searcher.embedder
    texts = dict.fromkeys(clean(case.question).strip() for case in cases)
    bare = (entities.without_countries(text, tell_language(text).code) for text in list(texts))
    embedder.encode(list(dict.fromkeys([*texts, *bare])), "query")


def _with_composer(settings: Settings, composer: str) -> Settings:
    """Settings that ask for a composer. Raises `EvalError` for one that this version has not."""
    if "composer" in Settings.model_fields:
        return settings.model_copy(update={"composer": composer})
    if composer != "extractive":
        raise EvalError(
            zh=f"没有名为 {composer} 的撰写器：可选 extractive。",
            en=f"There is no composer named {composer}: this version has extractive.",
        )
    return settings


def _answering_model(settings: Settings, composer: str) -> dict[str, str]:
    name = getattr(settings, "llm_model", None)
    return {"answer": str(name)} if composer != "extractive" and name else {}


def _thinned(cases: Sequence[Case], limit: int) -> list[Case]:
    pairs = list(dict.fromkeys(case.pair_id for case in cases))
    size = len(cases) / len(pairs)
    wanted = max(1, round(limit / size))
    step = len(pairs) / min(wanted, len(pairs))
    kept = {pairs[int(number * step)] for number in range(min(wanted, len(pairs)))}
    return [case for case in cases if case.pair_id in kept][:limit]


def _make(folder: Path) -> None:
    if (folder / RUN).exists() or (folder / LOG).exists():
        raise EvalError(
            zh=f"{folder} 里已有一次评测：请换一个文件夹。",
            en=f"{folder} already holds a run: choose another folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)


def _settings_hash(settings: Settings) -> str:
    """Of settings that shape answers: not where things are, and never a key."""
    places = {"data_dir", "corpus_dir", "host", "port", "today"}
    values = settings.model_dump(mode="json", exclude=places)
    secrets = {name for name in values if "key" in name or "token" in name or "secret" in name}
    plain = {name: value for name, value in values.items() if name not in secrets}
    return _sha([json.dumps(plain, sort_keys=True, default=str).encode()])


def _files(base: Path, folders: Iterable[Path]) -> str:
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    kept = [path for path in paths if "__pycache__" not in path.parts]
    return _sha(part for path in kept for part in (str(path.relative_to(base)).encode(), path.read_bytes()))


def _sha(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)

"""What a run leaves behind: a folder that can be scored, compared and read again without asking again.

<run>/run.json      `RunInfo`: what was asked of what, and hashes of everything that the answers are a function of
<run>/log.jsonl     one `Entry` a line: the case, the whole Answer, the ranking of the search and of the baselines
<run>/facts.jsonl   one `KnownFact` a line: the corpus as it was, so that scoring does not depend on the one of now

Scoring adds `scores.jsonl` and `summary.json` (`eval.scored`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from bot.domain import Answer, Status, Value
from eval.cases import Case, Split
from retrieval.corpus import Fact
from retrieval.errors import TongxingError

RUN, LOG, FACTS = "run.json", "log.jsonl", "facts.jsonl"
LAYOUT = 1
"""Counts up when the files of a run change their form."""


class EvalError(TongxingError):
    """A run cannot be made, read or scored."""

    code = "eval"


class Ranked(Value):
    """One result of the search, as `tongxing search` shows it; `score` in natural-log odds."""

    id: str
    lang: str
    score: float
    also: list[str] = Field(default_factory=list)


class Entry(Value):
    """One case of a run and everything that came back for it."""

    case: Case
    answer: Answer | None = None
    """None when the case broke: it is unscored then, and never counts as wrong."""
    ranking: list[Ranked] = Field(default_factory=list)
    """The search's first ten for the question alone; empty for a question that needs its conversation."""
    baselines: dict[str, list[str]] = Field(default_factory=dict)
    """By name of the baseline: ids of its first ten facts, best first."""
    fault: str | None = None
    """What broke, in one line."""
    timings_ms: dict[str, float] = Field(default_factory=dict)

    @property
    def scorable(self) -> bool:
        """Whether there is an answer to score."""
        return self.answer is not None and self.answer.status is not Status.ERROR

    def without_times(self) -> Entry:
        """The same without anything that differs between two runs that gave the same answers."""
        answer = self.answer and self.answer.model_copy(update={"timings_ms": {}})
        return self.model_copy(update={"answer": answer, "timings_ms": {}})


class KnownFact(Value):
    """A fact as far as scoring needs it."""

    id: str
    zh: str
    en: str
    label_zh: str
    label_en: str
    area: str
    countries: list[str] = Field(default_factory=list)
    also: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, fact: Fact) -> KnownFact:
        """The part of a fact that scoring needs."""
        return cls(
            id=fact.id,
            zh=fact.zh,
            en=fact.en,
            label_zh=fact.label.zh,
            label_en=fact.label.en,
            area=fact.area,
            countries=list(fact.all_countries),
            also=list(fact.also),
        )

    def text(self, lang: str) -> str:
        """The statement in `lang` ("zh", or anything else for English)."""
        return self.zh if lang == "zh" else self.en


class Facts:
    """The facts of a run, by any id they ever had."""

    def __init__(self, facts: Iterable[KnownFact]) -> None:
        self.all = list(facts)
        self._by_id = {fact.id: fact for fact in self.all}
        for fact in self.all:
            for merged in fact.also:
                self._by_id.setdefault(merged, fact)

    def get(self, fact_id: str) -> KnownFact | None:
        """The fact that has, or took over, this id."""
        return self._by_id.get(fact_id)

    def resolve(self, fact_id: str) -> str:
        """The id that it has now; an unknown one stays as it is."""
        fact = self._by_id.get(fact_id)
        return fact.id if fact else fact_id

    def groups(self, case: Case) -> list[set[str]]:
        """The gold groups of a case, under the ids of now."""
        return [{self.resolve(fact_id) for fact_id in group} for group in case.gold]


class Hashes(Value):
    """SHA-256 (hex) of everything that the answers of a run are a function of, and of the answers."""

    dataset: str
    corpus: str
    prompts: str
    index: str
    settings: str
    code: str
    answers: str = ""
    """Of the log without times: two extractive runs of the same things have the same."""


class RunInfo(Value):
    """What a run was. Only `started`, `seconds` and `name` differ between two runs of the same things."""

    layout: int = LAYOUT
    name: str
    started: str
    """ISO 8601, UTC."""
    seconds: float = 0.0
    split: Split | Literal["all"]
    limit: int | None
    composer: str
    models: dict[str, str]
    """`embedder`, and `answer` where a language model wrote the answers."""
    baselines: list[str] = Field(default_factory=list)
    seed: int
    """Of the resampling that gives the intervals."""
    today: str
    hashes: Hashes
    cases: int = 0
    unscored: int = 0
    void: bool = False
    """More cases broke than the run may bear: none of its figures counts."""


class RunLog(Value):
    """A run, read back."""

    info: RunInfo
    entries: list[Entry]
    known: list[KnownFact]

    @cached_property
    def facts(self) -> Facts:
        """The facts by id."""
        return Facts(self.known)


Model = TypeVar("Model", bound=BaseModel)


def read_run(folder: Path) -> RunLog:
    """Read a run folder. Raises `EvalError` when it is not one, was not finished, or a line cannot be read."""
    info = read_info(folder)
    return RunLog(
        info=info, entries=read_lines(folder / LOG, Entry), known=read_lines(folder / FACTS, KnownFact)
    )


def read_info(folder: Path) -> RunInfo:
    """Read only what the run was. Raises `EvalError`."""
    if not (folder / RUN).is_file():
        raise EvalError(
            zh=f"{folder} 里没有 {RUN}：它不是一次完成的评测，请先运行 tongxing eval run。",
            en=f"{folder} has no {RUN}: it is no finished run; make one with `tongxing eval run`.",
        )
    return read_one(folder / RUN, RunInfo)


def write_info(folder: Path, info: RunInfo) -> None:
    """Write `run.json`; the last file of a run, so that a run without it was never finished."""
    write_one(folder / RUN, info)


def digest(entries: Iterable[Entry]) -> str:
    """SHA-256 (hex) of a log without its times."""
    total = hashlib.sha256()
    for entry in entries:
        total.update(entry.without_times().model_dump_json().encode() + b"\n")
    return total.hexdigest()


# -- files of models -------------------------------------------------------------------------------------


def read_one(path: Path, model: type[Model]) -> Model:
    """One value from a JSON file. Raises `EvalError`."""
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        raise _unreadable(path, None, exc) from exc


def write_one(path: Path, value: BaseModel) -> None:
    """One value as a JSON file that people can read and that ends in a newline."""
    text = json.dumps(value.model_dump(mode="json"), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_lines(path: Path, model: type[Model]) -> list[Model]:
    """The values of a JSON Lines file. Raises `EvalError` with the number of the first faulty line."""
    found = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        found.append(model.model_validate_json(line))
                    except ValidationError as exc:
                        raise _unreadable(path, number, exc) from exc
    except OSError as exc:
        raise _unreadable(path, None, exc) from exc
    return found


def write_lines(path: Path, values: Iterable[BaseModel]) -> None:
    """Values as a JSON Lines file."""
    with appending(path) as write:
        for value in values:
            write(value)


class LineWriter:
    """Writes values a line each; what was written is in the file even when the process is stopped."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __call__(self, value: BaseModel) -> None:
        self._file.write(value.model_dump_json().encode("utf-8", "surrogatepass") + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def appending(path: Path) -> Iterator[LineWriter]:
    """A writer for a new file of lines."""
    writer = LineWriter(path)
    try:
        yield writer
    finally:
        writer.close()


def _unreadable(path: Path, line: int | None, exc: OSError | ValidationError) -> EvalError:
    if isinstance(exc, ValidationError):
        first = exc.errors()[0]
        why = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    else:
        why = exc.strerror or str(exc)
    zh_place, en_place = (f"第 {line} 行", f", line {line}") if line else ("", "")
    return EvalError(
        zh=f"读不了 {path} {zh_place}（{why}）：请用 tongxing eval run 重新评测。",
        en=f"{path}{en_place} cannot be read ({why}): make the run again with `tongxing eval run`.",
    )

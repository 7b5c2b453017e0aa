"""A run with its scores: what the report, the comparison, the gate and the sample for people are made from.

<run>/scores.jsonl   one `CaseScore` a line, in the order of the log
<run>/summary.json   `Summary`: every figure with n and a 95 % interval
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.domain import Status, Value
from eval.cases import Split
from eval.log import Entry, EvalError, RunInfo, RunLog, read_lines, read_one, read_run, write_lines, write_one

SCORES, SUMMARY = "scores.jsonl", "summary.json"
OURS = "tongxing"
"""The system that the other marks are compared with: baselines go by their own names."""

Scope = Split | Literal["all"]


class CaseScore(Value):
    """What the scorers said of one case. A measure that does not apply has no mark."""

    id: str
    pair_id: str
    lang: str
    kind: str
    split: Split
    countries: list[str] = Field(default_factory=list)
    areas: list[str] = Field(default_factory=list)
    expected: Status
    status: Status | None
    """None for an unscored case."""
    marks: dict[str, float] = Field(default_factory=dict)
    """By measure; 0 to 1 but for counts and times."""
    reasons: dict[str, list[str]] = Field(default_factory=dict)
    """By measure: why the mark is not the best, in words (English)."""
    baselines: dict[str, dict[str, float]] = Field(default_factory=dict)
    """By baseline, then by measure."""

    @property
    def group(self) -> str:
        """`zh`, `en` or `other`."""
        return self.lang if self.lang in ("zh", "en") else "other"

    def mark(self, system: str, measure: str) -> float | None:
        """A mark of Tongxing or a baseline; None where it does not apply."""
        marks = self.marks if system == OURS else self.baselines.get(system, {})
        return marks.get(measure)


class Figure(Value):
    """One measure over one slice of the cases."""

    system: str
    measure: str
    scope: Scope
    slice: str
    """`all`, or `lang:zh`, `kind:single`, `area:tax`, `country:ID`."""
    n: int
    """Cases that it is over."""
    value: float
    low: float
    high: float
    """Ends of the 95 % interval, clustered by pair."""


class Gap(Value):
    """How much better Chinese is than English, over pairs that have both."""

    measure: str
    scope: Scope
    pairs: int
    zh: float
    en: float
    difference: float
    """zh - en."""
    low: float
    high: float
    """Ends of its 95 % interval by paired bootstrap."""


class Times(Value):
    """How long answers took, in milliseconds, for this machine at that hour."""

    p50: float = 0.0
    p95: float = 0.0


class Summary(Value):
    """Every figure of a run."""

    run: str
    figures: list[Figure]
    gaps: list[Gap]
    answer_ms: Times = Times()
    judge: str | None = None
    """The model that judged claims, where one did."""

    @cached_property
    def _index(self) -> dict[tuple[str, str, str, str], Figure]:
        return {(f.system, f.measure, f.scope, f.slice): f for f in self.figures}

    def figure(
        self, measure: str, scope: Scope = "all", part: str = "all", system: str = OURS
    ) -> Figure | None:
        """A figure; None when no case had that mark."""
        return self._index.get((system, measure, scope, part))

    def slices(self, prefix: str) -> list[str]:
        """Names of the slices that begin with `prefix`, such as `lang:`."""
        return sorted({f.slice for f in self.figures if f.slice.startswith(prefix)})


class ScoredRun(Value):
    """A run, its scores and its summary. `entries` and `scores` have the same order."""

    folder: Path
    log: RunLog
    scores: list[CaseScore]
    summary: Summary

    @property
    def info(self) -> RunInfo:
        """What the run was."""
        return self.log.info

    def shown(self) -> list[tuple[Entry, CaseScore]]:
        """Cases that may be shown to people: those of `dev`. Nothing may print a case of `test`."""
        pairs = zip(self.log.entries, self.scores, strict=True)
        return [(entry, score) for entry, score in pairs if score.split == "dev"]


def load_scored(folder: Path) -> ScoredRun:
    """Read a scored run. Raises `EvalError` when it is not scored, or was logged again since."""
    log = read_run(folder)
    if not (folder / SUMMARY).is_file():
        raise EvalError(
            zh=f"{folder} 还没有评分：请先运行 tongxing eval score {folder}。",
            en=f"{folder} is not scored yet: run `tongxing eval score {folder}` first.",
        )
    scores = read_lines(folder / SCORES, CaseScore)
    summary = read_one(folder / SUMMARY, Summary)
    if [score.id for score in scores] != [entry.case.id for entry in log.entries]:
        raise EvalError(
            zh=f"{folder} 的评分与日志不符：请重新运行 tongxing eval score {folder}。",
            en=f"The scores of {folder} do not fit its log: run `tongxing eval score {folder}` again.",
        )
    return ScoredRun(folder=folder, log=log, scores=scores, summary=summary)


def save_scores(run: ScoredRun) -> None:
    """Write scores and summary beside the log."""
    write_lines(run.folder / SCORES, run.scores)
    write_one(run.folder / SUMMARY, run.summary)

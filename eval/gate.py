"""The gate: a run is held against `thresholds.yaml` and the committed baseline, and is green or red.

The baseline is a folder of its own, `eval/baseline`: run.json and summary.json of the run that was accepted, and
verdicts.jsonl with the marks of each case that the gate compares. Cases go by a hash of their id there, so that
nobody reads off which of `test` failed.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.domain import Value
from bot.replies import yaml_of
from eval.comparing import changes_of
from eval.log import EvalError, RunInfo, read_info, read_lines, read_one, write_info, write_one
from eval.measures import measures
from eval.scored import OURS, SUMMARY, CaseScore, ScoredRun, Summary

THRESHOLDS = Path(__file__).parent / "thresholds.yaml"
BASELINE = Path(__file__).parent / "baseline"
VERDICTS = "verdicts.jsonl"
COMMITTED = ("all", "lang:", "kind:")
"""Slices of which the baseline keeps figures; by area and country they are many and small."""
SHOWN = 3
"""So many failing cases (of `dev`) are named; the rest are counted."""


class Critical(Value):
    """Measures that no case may fail, and kinds of which no case may become wrong that was right."""

    measures: list[str]
    kinds: list[str]


class Worse(Value):
    """How much worse than the baseline is too much."""

    measures: list[str]
    alpha: float
    least_points: float
    most_points: float
    least_shared: float


class Apart(Value):
    """How far the languages may be apart."""

    measures: list[str]
    points: float


class Thresholds(Value):
    """The thresholds file."""

    critical: Critical
    worse: Worse
    gap: Apart
    unscored_percent: float

    @classmethod
    def load(cls, path: Path = THRESHOLDS) -> Thresholds:
        """Read the file. Raises `EvalError` where it names a measure that does not exist."""
        found = cls.model_validate(yaml_of(path))
        named = {*found.critical.measures, *found.worse.measures, *found.gap.measures}
        if unknown := sorted(named - measures().keys()):
            raise EvalError(
                zh=f"{path} 里有不存在的指标 {'、'.join(unknown)}：请改正，指标见 eval/data/measures.yaml。",
                en=f"{path} names measures that do not exist ({', '.join(unknown)}): see eval/data/measures.yaml.",
            )
        return found


class Baseline(Value):
    """What a run is compared with."""

    info: RunInfo
    summary: Summary
    verdicts: list[CaseScore]


class Finding(Value):
    """One rule of the gate, kept or broken."""

    rule: Literal["scored", "critical", "critical_kind", "worse", "gap", "baseline"]
    about: str
    """The measure or kind."""
    red: bool
    cases: int = 0
    """How many cases broke it."""
    examples: list[str] = Field(default_factory=list)
    """`dev` cases among them, each with its reason."""
    before: float | None = None
    after: float | None = None
    points: float | None = None
    """Difference in percentage points."""


class Verdict(Value):
    """Everything that the gate looked at."""

    run: str
    against: str | None
    findings: list[Finding]

    @cached_property
    def red(self) -> bool:
        """Whether anything is broken."""
        return any(finding.red for finding in self.findings)


def judge_run(run: ScoredRun, baseline: Baseline | None, thresholds: Thresholds) -> Verdict:
    """Hold a scored run against thresholds and baseline (None: there is none yet, which is red)."""
    findings = [_scored(run, thresholds)]
    findings += [_critical(run, measure) for measure in thresholds.critical.measures]
    findings += [_critical_kind(run, kind, baseline) for kind in thresholds.critical.kinds]
    if baseline is None:
        findings.append(Finding(rule="baseline", about="none", red=True))
    else:
        findings += _worse(run, baseline, thresholds.worse)
    findings += _gaps(run, thresholds.gap)
    return Verdict(run=run.info.name, against=baseline and baseline.info.name, findings=findings)


def load_baseline(folder: Path = BASELINE) -> Baseline | None:
    """The committed baseline, or None before the first. Raises `EvalError` when it cannot be read."""
    if not (folder / VERDICTS).is_file():
        return None
    return Baseline(
        info=read_info(folder),
        summary=read_one(folder / SUMMARY, Summary),
        verdicts=read_lines(folder / VERDICTS, CaseScore),
    )


def accept(run: ScoredRun, thresholds: Thresholds, folder: Path = BASELINE) -> None:
    """Make a run the baseline. Raises `EvalError` for one that is void or not of all cases."""
    if run.info.void or run.info.split != "all" or run.info.limit is not None:
        raise EvalError(
            zh=f"{run.info.name} 不能作为基准：基准须是全部案例的一次有效评测（不带 --split、--limit）。",
            en=f"{run.info.name} cannot be the baseline: it has to be a sound run of all cases, without --split or --limit.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_info(folder, run.info)
    main = [figure for figure in run.summary.figures if figure.slice.startswith(COMMITTED)]
    write_one(folder / SUMMARY, run.summary.model_copy(update={"figures": main}))
    lines = [sealed(score, thresholds).model_dump_json(exclude_defaults=True) for score in run.scores]
    (folder / VERDICTS).write_text("".join(line + "\n" for line in sorted(lines)), encoding="utf-8")


def sealed(score: CaseScore, thresholds: Thresholds) -> CaseScore:
    """A verdict that does not tell which case it is of; only what the gate compares is left."""
    kept = {"strict", *thresholds.worse.measures}
    return CaseScore(
        id=_seal(score.id),
        pair_id=_seal(score.pair_id),
        lang=score.lang,
        kind=score.kind,
        split=score.split,
        expected=score.expected,
        status=score.status,
        marks={name: mark for name, mark in score.marks.items() if name in kept},
    )


def _seal(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _scored(run: ScoredRun, thresholds: Thresholds) -> Finding:
    share = 100 * run.info.unscored / max(1, run.info.cases)
    red = run.info.void or share > thresholds.unscored_percent or not run.scores
    return Finding(rule="scored", about="unscored", red=red, cases=run.info.unscored, after=share / 100)


def _critical(run: ScoredRun, measure: str) -> Finding:
    failed = [score for score in run.scores if (mark := score.mark(OURS, measure)) is not None and mark < 1]
    return _finding("critical", measure, failed, measure)


def _critical_kind(run: ScoredRun, kind: str, baseline: Baseline | None) -> Finding:
    """What the baseline had wrong is known; what it had right has to stay so."""
    known = {score.id for score in baseline.verdicts if score.marks.get("strict") != 1} if baseline else set()
    failed = [
        score
        for score in run.scores
        if score.kind == kind and score.marks.get("strict") != 1 and _seal(score.id) not in known
    ]
    return _finding("critical_kind", kind, failed, "strict")


def _finding(
    rule: Literal["critical", "critical_kind"], about: str, failed: list[CaseScore], measure: str
) -> Finding:
    shown = [score for score in failed if score.split == "dev"][:SHOWN]
    return Finding(
        rule=rule,
        about=about,
        red=bool(failed),
        cases=len(failed),
        examples=[f"{score.id}: {'; '.join(score.reasons.get(measure, ['unscored']))}" for score in shown],
    )


def _worse(run: ScoredRun, baseline: Baseline, limits: Worse) -> list[Finding]:
    after = [
        score.model_copy(update={"id": _seal(score.id), "pair_id": _seal(score.pair_id)})
        for score in run.scores
    ]
    shared = {score.id for score in after} & {score.id for score in baseline.verdicts}
    if len(shared) < limits.least_shared * len(baseline.verdicts):
        return [Finding(rule="baseline", about="shared", red=True, cases=len(shared))]
    changes = {c.measure: c for c in changes_of(baseline.verdicts, after, run.info.seed) if c.scope == "all"}
    findings = []
    for name in limits.measures:
        change = changes.get(name)
        if change is None:
            continue
        # Points by which it is worse, whichever way is better for this measure.
        sign = 1 if measures()[name].better == "lower" else -1
        points = 100 * sign * change.difference
        red = points > limits.most_points or (
            points > limits.least_points and change.significant(limits.alpha)
        )
        findings.append(
            Finding(
                rule="worse",
                about=name,
                red=red,
                cases=change.worse,
                before=change.before,
                after=change.after,
                points=100 * change.difference,
            )
        )
    return findings


def _gaps(run: ScoredRun, limits: Apart) -> list[Finding]:
    found = {gap.measure: gap for gap in run.summary.gaps if gap.scope == "all"}
    return [
        Finding(
            rule="gap",
            about=name,
            red=abs(100 * found[name].difference) > limits.points,
            before=found[name].zh,
            after=found[name].en,
            points=100 * found[name].difference,
        )
        for name in limits.measures
        if name in found
    ]

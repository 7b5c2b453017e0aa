"""What `tongxing eval` prints. Nothing here shows a case of `test`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.locale import terminal_language
from eval.tables import beside_baselines, by_slice, change_text, overview, plain, text

if TYPE_CHECKING:
    from eval.agreement import Estimate
    from eval.checking import CasesReport
    from eval.comparing import Comparison
    from eval.fitting.fit import Fitted
    from eval.gate import Finding, Verdict
    from eval.log import RunInfo
    from eval.people import Agreement
    from eval.scored import Summary

BY_SLICE = ("strict", "groups_cited", "false_refusal", "false_answer")
FLIPS_SHOWN = 10
EXCERPT = 160


def say(name: str, **values: object) -> None:
    """A line on standard output."""
    sys.stdout.write(text(name, terminal_language(), **values) + "\n")


def warn(name: str, **values: object) -> None:
    """A line on standard error."""
    sys.stderr.write(text(name, terminal_language(), **values) + "\n")


@contextmanager
def bar(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error for (done, total); None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text(name, terminal_language()), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def print_run(info: RunInfo, path: object) -> None:
    """What a run was; where it is goes to standard output alone, for a pipe."""
    warn(
        "ran",
        cases=info.cases,
        unscored=info.unscored,
        seconds=info.seconds,
        answers=info.hashes.answers[:12],
    )
    if info.void:
        warn("void", cases=info.cases, unscored=info.unscored, path=path)
    sys.stdout.write(f"{path}\n")


def print_summary(summary: Summary) -> None:
    """Every measure, by language, by kind, by area, and beside the baselines."""
    lang = terminal_language()
    say("scored", run=summary.run, p50=summary.answer_ms.p50, p95=summary.answer_ms.p95)
    sections = [
        (None, overview(summary, lang)),
        ("by_kind", by_slice(summary, lang, "kind:", BY_SLICE)),
        ("by_area", by_slice(summary, lang, "area:", BY_SLICE)),
        ("baselines", beside_baselines(summary, lang)),
    ]
    for title, rows in sections:
        if title:
            say(title)
        sys.stdout.write(plain(rows) + "\n")


def print_comparison(comparison: Comparison) -> None:
    """What changed, then the `dev` cases whose verdict changed, side by side."""
    from eval.measures import measures

    lang = terminal_language()
    say(
        "compared",
        **comparison.model_dump(include={"before", "after", "shared", "only_before", "only_after"}),
    )
    names = ("measure", "before", "after", "difference")
    rows = [[*(text(name, lang) for name in names), "p", text("changed", lang)]]
    for change in comparison.changes:
        if change.scope != "all":
            continue
        span = change_text(change.difference, change.low, change.high)
        rows.append(
            [
                measures()[change.measure].title.get(lang),
                f"{100 * change.before:.1f}",
                f"{100 * change.after:.1f}",
                span + (" *" if change.significant() else ""),
                _chance(change.p),
                f"{change.better}/{change.worse}",
            ]
        )
    sys.stdout.write(plain(rows) + "\n")
    better = sum(flip.way == "better" for flip in comparison.flips)
    say("flips", better=better, worse=len(comparison.flips) - better)
    for flip in sorted(comparison.flips, key=lambda one: one.way != "worse")[:FLIPS_SHOWN]:
        why = "; ".join(flip.reasons)
        sys.stdout.write(f"\n{flip.id} ({text(f'flip_{flip.way}', lang)}): {_short(flip.question)}\n")
        sys.stdout.write(f"  - {_short(flip.before)}\n  + {_short(flip.after)}\n  {why}\n")


def print_verdict(verdict: Verdict) -> None:
    """The broken rules, each with what broke it, then the verdict."""
    lang = terminal_language()
    for finding in verdict.findings:
        if finding.red:
            sys.stdout.write(finding_line(finding, lang) + "\n")
            sys.stdout.writelines(f"    {example}\n" for example in finding.examples)
    red = sum(finding.red for finding in verdict.findings)
    say("gate_red" if red else "gate_green", run=verdict.run, count=len(verdict.findings), red=red)


def finding_line(finding: Finding, lang: str) -> str:
    """One finding in words."""
    from eval.measures import measures

    name = f"gate_{finding.rule}" + (f"_{finding.about}" if finding.rule == "baseline" else "")
    measure = measures().get(finding.about)
    values = {
        "about": measure.title.get(lang) if measure else finding.about,
        "cases": finding.cases,
        "before": _percent(finding.before),
        "after": _percent(finding.after),
        "points": "" if finding.points is None else f"{finding.points:+.1f}",
    }
    return text(name, lang, **values)


def print_check(report: CasesReport) -> None:
    """Problems with file and line, then what to look at again, then the verdict."""
    lang = terminal_language()
    for fault in report.problems:
        sys.stdout.write(fault.message(lang) + "\n")
    for fault in report.review:
        sys.stdout.write(f"  {fault.message(lang)}\n")
    name = "check_bad" if report.problems else "check_good"
    say(name, cases=report.cases, count=len(report.problems), review=len(report.review))


def print_agreement(agreement: Agreement, run: object) -> None:
    """What came back, how far people and judge agree, and what the judge of `run` (its folder) may be used for."""
    from eval.agreement import BESIDE_PEOPLE, TRUSTED
    from eval.rubric import rubric

    lang = terminal_language()
    for one in agreement.returned:
        say("returned", drawn=agreement.drawn, **one.model_dump())
    for name, given in agreement.given.items():
        asked = rubric().questions[name]
        counts = [f"{asked.options[one].label.get(lang)} {count}" for one, count in given.items() if count]
        if counts:
            say("given", question=asked.title.get(lang), counts=" · ".join(counts))
    names = ("asked", "slice", "both_said", "same_said", "alpha", "kappa")
    rows = [[text(name, lang) for name in names]]
    for found in agreement.questions:
        title = rubric().questions[found.question].title.get(lang)
        row = [title, text(found.slice, lang), str(found.n), f"{100 * found.same:.0f}%"]
        rows.append([*row, *(_estimate(one, found.n) for one in (found.alpha, found.kappa))])
    if agreement.questions:
        sys.stdout.write(plain(rows) + "\n")
    else:
        say("one_grader")
    columns = ("slice", "both_said", "people_kappa", "judge_kappa")
    judged = [[text(name, lang) for name in columns]]
    for part in agreement.judged:
        beside = [_estimate(one, part.n) for one in (part.people, part.judge)]
        judged.append([text(part.slice, lang), str(part.n), *beside])
    if agreement.judged:
        sys.stdout.write(plain(judged) + "\n")
    if any(text("undefined", lang) in row for row in [*rows, *judged]):
        say("undefined_why")
    name = "judge_trusted" if agreement.judge_trusted else "judge_triage" if agreement.judge else "judge_none"
    say(name, judge=agreement.judge, run=run, least=f"{TRUSTED:.2f}", beside=f"{BESIDE_PEOPLE:.2f}")


def _estimate(estimate: Estimate | None, n: int) -> str:
    """A coefficient with its interval, which leads where it is over few answers."""
    from eval.summary import SMALL

    if estimate is None:
        return text("undefined", terminal_language())
    if estimate.low is None or estimate.high is None:
        return f"({estimate.value:.2f})"
    span = f"{estimate.low:.2f} … {estimate.high:.2f}"
    return f"{span} ({estimate.value:.2f})" if n < SMALL else f"{estimate.value:.2f} ({span})"


def _chance(p: float | None) -> str:
    if p is None:
        return ""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def print_fit(fitted: Fitted) -> None:
    """What a fit measured."""
    for split, languages in fitted.recall.items():
        for lang, (first, five, count) in languages.items():
            say(
                "fit_recall",
                split=split,
                language=lang,
                first=f"{first:.3f}",
                five=f"{five:.3f}",
                count=count,
            )
    for split, points in fitted.curve.items():
        say("fit_area", split=split, area=fitted.area[split])
        for point in points:
            say(
                "fit_point",
                refused=point["refused"],
                wrong=point["near_misses_answered"],
                threshold=point["threshold"],
            )
    for lang, threshold in fitted.thresholds.items():
        say("fit_threshold", language=lang, threshold=threshold)

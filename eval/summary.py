"""Every figure of a run, with n and a 95 % interval, per language, kind, area and country; and the zh-en gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bot.domain import Status
from eval import statistics
from eval.log import Entry, RunLog
from eval.measures import Measure, measures
from eval.scored import OURS, CaseScore, Figure, Gap, Scope, ScoredRun, Summary, Times
from eval.scoring.coverage import REFUSALS
from eval.statistics import Interval

SCOPES: tuple[Scope, ...] = ("all", "dev", "test")
SMALL = 50
"""Under so many cases the interval leads and the point follows."""


def summarise(folder: Path, log: RunLog, scores: list[CaseScore], judge: str | None = None) -> ScoredRun:
    """The scored run: figures over all cases, over `dev` and over `test`."""
    figures: list[Figure] = []
    gaps: list[Gap] = []
    for scope in SCOPES:
        inside = [score for score in scores if scope in ("all", score.split) and score.status is not None]
        if not inside or (scope != "all" and log.info.split not in ("all", scope)):
            continue
        for name, members in slices(inside).items():
            for system in (OURS, *log.info.baselines):
                figures += _figures(system, scope, name, members, log.info.seed)
        gaps += [
            gap for measure in measures().values() if (gap := _gap(measure, scope, inside, log.info.seed))
        ]
    summary = Summary(
        run=log.info.name, figures=figures, gaps=gaps, answer_ms=_times(log.entries), judge=judge
    )
    return ScoredRun(folder=folder, log=log, scores=scores, summary=summary)


def slices(scores: Sequence[CaseScore]) -> dict[str, list[CaseScore]]:
    """Cases by slice. A case about two areas or countries counts in both."""
    found: dict[str, list[CaseScore]] = defaultdict(list)
    for score in scores:
        names = ["all", f"lang:{score.group}", f"kind:{score.kind}"]
        names += [f"area:{area}" for area in score.areas] + [f"country:{code}" for code in score.countries]
        for name in dict.fromkeys(names):
            found[name].append(score)
    return dict(sorted(found.items()))


def figure_text(figure: Figure | Interval, lang: str) -> str:
    """`87.4 % (84.9–89.6), n 812`; under 50 cases the interval first: `71.0 % to 93.1 % (84.2 %), n 31`."""
    unit, span, n = ("%", " 至 ", f"，n={figure.n}") if lang == "zh" else (" %", " to ", f", n {figure.n}")
    opening, closing = ("（", "）") if lang == "zh" else (" (", ")")
    value, low, high = (f"{100 * x:.1f}" for x in (figure.value, figure.low, figure.high))
    if figure.n < SMALL:
        return f"{low}{unit}{span}{high}{unit}{opening}{value}{unit}{closing}{n}"
    return f"{value}{unit}{opening}{low}–{high}{closing}{n}"


def interval_of(measure: Measure, scores: Sequence[CaseScore], system: str, seed: int) -> Interval | None:
    """A measure over some cases; None when no case has that mark."""
    if measure.form == "ratio":
        return _refusal_f1(scores, seed) if system == OURS else None
    marked = [
        (score.pair_id, mark) for score in scores if (mark := score.mark(system, measure.name)) is not None
    ]
    if not marked:
        return None
    pairs, marks = zip(*marked, strict=True)
    if measure.form == "share":
        return statistics.proportion(marks, pairs)
    return statistics.mean(marks, pairs, seed)


def _figures(
    system: str, scope: Scope, name: str, scores: Sequence[CaseScore], seed: int
) -> Iterable[Figure]:
    for measure in measures().values():
        found = interval_of(measure, scores, system, seed)
        if found is not None:
            yield Figure(
                system=system,
                measure=measure.name,
                scope=scope,
                slice=name,
                n=found.n,
                value=round(found.value, 6),
                low=round(found.low, 6),
                high=round(found.high, 6),
            )


def _gap(measure: Measure, scope: Scope, scores: Sequence[CaseScore], seed: int) -> Gap | None:
    """zh - en over the pairs where both have the mark."""
    if measure.form == "ratio":
        return None
    by_pair: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        mark = score.mark(OURS, measure.name)
        if mark is not None and score.lang in ("zh", "en"):
            by_pair[score.pair_id][score.lang].append(mark)
    both = {pair: marks for pair, marks in by_pair.items() if len(marks) == 2}
    if not both:
        return None
    zh = [float(np.mean(marks["zh"])) for marks in both.values()]
    en = [float(np.mean(marks["en"])) for marks in both.values()]
    found = statistics.difference([a - b for a, b in zip(zh, en, strict=True)], list(both), seed)
    return Gap(
        measure=measure.name,
        scope=scope,
        pairs=len(both),
        zh=round(float(np.mean(zh)), 6),
        en=round(float(np.mean(en)), 6),
        difference=round(found.value, 6),
        low=round(found.low, 6),
        high=round(found.high, 6),
    )


def _refusal_f1(scores: Sequence[CaseScore], seed: int) -> Interval | None:
    """The mean of the F1 of refusing and the F1 of answering (grounded refusals, Song et al. 2024, Trust-Score).

    Over cases that are either answerable or to be declined; anything but an answer declines.
    """
    counted, pairs = [], []
    for score in scores:
        if score.expected is Status.ANSWERED or score.expected in REFUSALS:
            due, did = score.expected is not Status.ANSWERED, score.status is not Status.ANSWERED
            counted.append([due and did, due and not did, not due and did, not due and not did])
            pairs.append(score.pair_id)
    table = np.array(counted, dtype=np.float64)
    if not len(table) or not table[:, :2].any() or not table[:, 2:].any():
        return None
    whole, draws = statistics.resampled(table, pairs, seed)
    low, high = np.quantile(_f1(draws), [0.025, 0.975])
    return Interval(float(_f1(whole[None, :])[0]), float(low), float(high), len(table))


def _f1(counts: statistics.Floats) -> statistics.Floats:
    rightly, missed, wrongly, answered = counts.T
    refusing = 2 * rightly / np.maximum(2 * rightly + missed + wrongly, 1)
    answering = 2 * answered / np.maximum(2 * answered + missed + wrongly, 1)
    return np.asarray((refusing + answering) / 2)


def _times(entries: Iterable[Entry]) -> Times:
    taken = [entry.timings_ms["answer"] for entry in entries if "answer" in entry.timings_ms]
    if not taken:
        return Times()
    p50, p95 = np.quantile(taken, [0.5, 0.95])
    return Times(p50=round(float(p50), 1), p95=round(float(p95), 1))

"""What the charts show: bars of shares with their intervals, and gaps between the languages. Drawn by the templates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from eval.measures import Measure, measures
from eval.reporting.claims import Standing, headline_scope
from eval.reporting.words import Words, data
from eval.scored import OURS, Figure, Gap, ScoredRun, Summary
from eval.statistics import Interval
from eval.summary import figure_text
from eval.tables import change_text
from eval.tables import text as table_text


@dataclass(frozen=True)
class Bar:
    """One share with its interval, from 0 to 1; `goal` is a target to mark."""

    label: str
    found: Figure | Interval
    text: str
    ours: bool = True
    goal: float | None = None


@dataclass(frozen=True)
class BarGroup:
    """Bars under one heading, which may be empty."""

    title: str
    about: str
    bars: list[Bar]


@dataclass(frozen=True)
class GapRow:
    """How much better Chinese is than English, in shares; `text` has the figures of both."""

    label: str
    gap: Gap
    text: str
    change: str


@dataclass(frozen=True)
class GapChart:
    """Gaps on one axis, from `-reach` to `reach`; the gate allows up to `allowed`."""

    rows: list[GapRow]
    reach: float
    allowed: float

    def place(self, change: float) -> float:
        """Where a change stands on the axis, in percent of its width."""
        return round(50 + 50 * max(-1.0, min(1.0, change / self.reach)), 2)


def beside_baselines(run: ScoredRun, words: Words) -> list[BarGroup]:
    """Tongxing and what is on the shelf, measure by measure; nothing where no baseline was asked."""
    groups = []
    for name in data()["charts"]["baselines"]:
        bars = _by_system(run, words, name, "all", lambda figure: figure)
        if len(bars) > 1:
            measure = measures()[name]
            groups.append(BarGroup(measure.title.get(words.lang), measure.about.get(words.lang), bars))
    return groups


def trust(run: ScoredRun, words: Words, standings: list[Standing]) -> list[BarGroup]:
    """Near-misses answered against answerable questions not answered, each with its target."""
    goals = {one.claim.name: one.claim.at_most for one in standings}
    return [
        group
        for group in (
            BarGroup(
                words("trust_wrong"),
                "",
                _by_system(run, words, "false_answer", "kind:near_miss", lambda f: f, goals.get("unknown")),
            ),
            BarGroup(
                words("trust_missed"),
                "",
                _by_system(run, words, "answered", "all", _turned, goals.get("answers")),
            ),
        )
        if group.bars
    ]


def by_kind(run: ScoredRun, words: Words) -> list[Bar]:
    """Strict accuracy by kind of question, in the order of the kinds' names."""
    scope = headline_scope(run)
    bars = []
    for kind in data()["kinds"]:
        figure = run.summary.figure("strict", scope, f"kind:{kind}")
        if figure:
            bars.append(Bar(words.of("kinds", kind), figure, figure_text(figure, words.lang), ours=True))
    return bars


def languages(summary: Summary, words: Words, allowed: float) -> GapChart | None:
    """The gaps over all cases; None where no pair was asked in both languages."""
    found = {gap.measure: gap for gap in summary.gaps if gap.scope == "all"}
    rows = [
        GapRow(
            _title(measures()[name], words),
            found[name],
            words("gap_figures", zh=words.percent(found[name].zh), en=words.percent(found[name].en)),
            points(found[name], words),
        )
        for name in data()["charts"]["languages"]
        if name in found
    ]
    if not rows:
        return None
    return GapChart(rows, max(_reach(row.gap) for row in rows), allowed)


def gap_axis(found: Gap | Interval, allowed: float) -> GapChart:
    """An axis for one gap."""
    return GapChart([], _reach(found), allowed)


def change(difference: float, low: float, high: float) -> str:
    """A difference in points with its interval, with a minus sign as typesetters have it."""
    return change_text(difference, low, high).replace("-0.0", "+0.0").replace("-", "−")


def points(gap: Gap, words: Words) -> str:
    """A gap in points with its interval and the number of pairs."""
    return words("points_value", change=change(gap.difference, gap.low, gap.high), pairs=gap.pairs)


def _title(measure: Measure, words: Words) -> str:
    title = measure.title.get(words.lang)
    return words("lower_is_better", title=title) if measure.better == "lower" else title


def _reach(found: Gap | Interval) -> float:
    """The end of an axis that has room for a gap: a multiple of 5 points, and 10 at least."""
    return max(0.10, math.ceil(20 * max(abs(found.low), abs(found.high))) / 20)


def _by_system(
    run: ScoredRun,
    words: Words,
    measure: str,
    part: str,
    turn: Callable[[Figure], Figure],
    goal: float | None = None,
) -> list[Bar]:
    scope = headline_scope(run)
    bars = []
    for system in (OURS, *run.info.baselines):
        figure = run.summary.figure(measure, scope, part, system)
        if figure:
            turned = turn(figure)
            label = table_text(system, words.lang)
            bars.append(Bar(label, turned, figure_text(turned, words.lang), system == OURS, goal))
    return bars


def _turned(figure: Figure) -> Figure:
    return figure.model_copy(
        update={"value": 1 - figure.value, "low": 1 - figure.high, "high": 1 - figure.low}
    )

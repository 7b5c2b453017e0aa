"""Promises and targets: what figure each has, whether the target is met, and what the gate says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from bot.domain import Value
from eval import statistics
from eval.gate import Finding, Verdict
from eval.log import Entry, Facts
from eval.measures import measures
from eval.reporting.words import Both, data
from eval.scored import OURS, CaseScore, Scope, ScoredRun
from eval.statistics import Interval
from eval.summary import interval_of

SHOWN = "shown"
"""A mark of the report's own: 1 where anything needed is in the evidence or among the neighbours."""

Target = Literal["met", "close", "missed", "none"]
"""`close`: missed, but the interval reaches it. `none`: no such case in the run."""
GateState = Literal["kept", "broken", "no_baseline"]


class Claim(Value):
    """A promise or a target; `data/report.yaml` says what the fields mean."""

    name: str
    title: Both
    plain: Both = Field(default_factory=dict)
    of: list[str]
    form: Literal["share", "whole", "turned", "gap"] = "share"
    kinds: list[str] = Field(default_factory=list)
    lang: str | None = None
    scope: Literal["all"] | None = None
    at_least: float | None = None
    at_most: float | None = None
    within: float | None = None
    gate: list[str] = Field(default_factory=list)

    def covers(self, score: CaseScore) -> bool:
        """Whether a case is one of those that it is about."""
        return (not self.kinds or score.kind in self.kinds) and self.lang in (None, score.group)

    def mark(self, score: CaseScore) -> float | None:
        """The mark of a case; None where none of the measures applies."""
        marks = [mark for name in self.of if (mark := score.mark(OURS, name)) is not None]
        if not marks:
            return None
        worst = min(marks)
        if self.form == "whole":
            return float(worst == 1)
        return 1 - worst if self.form == "turned" else worst

    def judged(self, found: Interval | None) -> Target:
        """Whether a figure meets the target."""
        if found is None:
            return "none"
        if self.within is not None:
            if abs(found.value) <= self.within:
                return "met"
            return "close" if found.low <= self.within and found.high >= -self.within else "missed"
        if self.at_most is not None:
            return _judged(-found.value, -found.low, -self.at_most)
        # Whoever promises all of them has missed it with the first that fails.
        wanted = self.at_least or 0.0
        return _judged(found.value, found.high if wanted < 1 else found.value, wanted)


@dataclass(frozen=True)
class Standing:
    """Where a claim stands in a run."""

    claim: Claim
    scope: Scope
    found: Interval | None
    """Of a gap: zh - en, with n the number of pairs."""
    target: Target
    langs: dict[str, Interval] = field(default_factory=dict)
    """The same figure for `zh` and for `en`."""
    gap: Interval | None = None
    gate: GateState | None = None
    """None for a claim that the gate does not know."""

    @property
    def kept(self) -> bool:
        """Whether neither gate nor target has anything against it."""
        return self.target == "met" and self.gate != "broken"

    @property
    def measured(self) -> bool:
        """Whether there was anything to measure."""
        return self.found is not None


def promises(run: ScoredRun, verdict: Verdict) -> list[Standing]:
    """Every promise, in the order of reading, with what the gate says of it."""
    return _standings("promises", run, verdict)


def targets(run: ScoredRun) -> list[Standing]:
    """Every target that a run can measure."""
    return _standings("targets", run, None)


def first_to_mend(standings: Iterable[Standing]) -> Standing | None:
    """The promise furthest from kept: broken at the gate by a single case first, then the most points short."""
    open_ones = [one for one in standings if one.measured and not one.kept]
    return max(open_ones, key=_shortfall, default=None)


def headline_scope(run: ScoredRun) -> Scope:
    """Of which cases figures are told: `test`, which nobody tuned on, where it was asked."""
    asked = {score.split for score in run.scores if score.status is not None}
    return "test" if "test" in asked else "dev"


def within(scores: Iterable[CaseScore], scope: Scope) -> list[CaseScore]:
    """The scored cases of a split."""
    return [one for one in scores if one.status is not None and scope in ("all", one.split)]


def with_shown(run: ScoredRun) -> list[CaseScore]:
    """The scores with the report's own mark `shown`."""
    return [
        score.model_copy(update={"marks": score.marks | _shown(entry, run.log.facts)})
        for entry, score in zip(run.log.entries, run.scores, strict=True)
    ]


def _shown(entry: Entry, facts: Facts) -> dict[str, float]:
    groups = facts.groups(entry.case)
    if not groups or entry.answer is None:
        return {}
    seen = {facts.resolve(card.id) for card in [*entry.answer.evidence, *entry.answer.nearby]}
    return {SHOWN: float(any(group & seen for group in groups))}


def _standings(section: str, run: ScoredRun, verdict: Verdict | None) -> list[Standing]:
    scores = with_shown(run)
    claims = [Claim.model_validate(entry) for entry in data()[section]]
    return [_standing(claim, scores, run, verdict) for claim in claims]


def _standing(claim: Claim, scores: Sequence[CaseScore], run: ScoredRun, verdict: Verdict | None) -> Standing:
    scope: Scope = claim.scope or headline_scope(run)
    about = [one for one in within(scores, scope) if claim.covers(one)]
    if claim.form == "gap":
        about = _paired(about)
    seed = run.info.seed
    gap = _gap(claim, about, seed)
    langs = {
        lang: found
        for lang in ("zh", "en")
        if (found := _interval(claim, [one for one in about if one.lang == lang], seed))
    }
    found = gap if claim.form == "gap" else _interval(claim, about, seed)
    gate = _gate(claim, verdict.findings) if verdict else None
    return Standing(claim, scope, found, claim.judged(found), langs, gap, gate)


def _paired(scores: Sequence[CaseScore]) -> list[CaseScore]:
    """The Chinese and English cases of pairs that have both, so that the two figures are of the same questions."""
    langs: dict[str, set[str]] = defaultdict(set)
    for one in scores:
        langs[one.pair_id].add(one.lang)
    return [one for one in scores if one.lang in ("zh", "en") and langs[one.pair_id] >= {"zh", "en"}]


def _interval(claim: Claim, scores: Sequence[CaseScore], seed: int) -> Interval | None:
    if len(claim.of) == 1 and claim.form in ("share", "gap") and claim.of[0] in measures():
        return interval_of(measures()[claim.of[0]], scores, OURS, seed)
    marked = [(one.pair_id, mark) for one in scores if (mark := claim.mark(one)) is not None]
    if not marked:
        return None
    pairs, marks = zip(*marked, strict=True)
    return statistics.proportion(marks, pairs)


def _gap(claim: Claim, scores: Sequence[CaseScore], seed: int) -> Interval | None:
    """zh - en over the pairs that have both."""
    by_pair: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in scores:
        mark = claim.mark(one)
        if mark is not None and one.lang in ("zh", "en"):
            by_pair[one.pair_id][one.lang].append(mark)
    changes = {
        pair: sum(marks["zh"]) / len(marks["zh"]) - sum(marks["en"]) / len(marks["en"])
        for pair, marks in by_pair.items()
        if len(marks) == 2
    }
    return statistics.difference(list(changes.values()), list(changes), seed) if changes else None


def _gate(claim: Claim, findings: Sequence[Finding]) -> GateState:
    own = [one for one in findings if one.rule in claim.gate or f"{one.rule}:{one.about}" in claim.gate]
    if any(one.red for one in own):
        return "broken"
    return "kept" if own else "no_baseline"


def _judged(value: float, best: float, wanted: float) -> Target:
    if value >= wanted:
        return "met"
    return "close" if best >= wanted else "missed"


def _shortfall(one: Standing) -> tuple[bool, float]:
    claim, found = one.claim, one.found
    assert found is not None
    by_one_case = one.gate == "broken" and any(rule.startswith("critical") for rule in claim.gate)
    if claim.within is not None:
        short = abs(found.value) - claim.within
    elif claim.at_most is not None:
        short = found.value - claim.at_most
    else:
        short = (claim.at_least or 0.0) - found.value
    return by_one_case, short

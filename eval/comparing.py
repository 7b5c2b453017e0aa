"""Two runs side by side: what changed, whether it is more than chance, and which cases changed either way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.domain import Value
from eval import statistics
from eval.measures import Measure, measures
from eval.scored import OURS, CaseScore, Scope, ScoredRun


class Change(Value):
    """A measure in two runs, over the cases that both have."""

    measure: str
    scope: Scope
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    """Ends of the difference's 95 % interval, by paired bootstrap over pairs."""
    p: float | None = None
    """Exact McNemar, for measures that are right or wrong."""
    better: int
    worse: int
    """Cases whose mark changed for the better and for the worse."""

    def significant(self, alpha: float = 0.05) -> bool:
        """Whether the change is more than chance: by McNemar where it applies, else by the interval."""
        if self.p is not None:
            return self.p < alpha
        return self.low > 0 or self.high < 0


class Flip(Value):
    """One `dev` case whose strict verdict changed."""

    id: str
    way: Literal["better", "worse"]
    question: str
    before: str
    after: str
    """The texts of both answers."""
    reasons: list[str]
    """Why the worse of the two is not right."""


class Comparison(Value):
    """What changed from one run to another."""

    before: str
    after: str
    shared: int
    only_before: int
    only_after: int
    changes: list[Change]
    flips: list[Flip]
    """Cases of `dev` only: nothing shows one of `test`."""

    def change(self, measure: str, scope: Scope = "all") -> Change | None:
        """One of the changes."""
        return next((c for c in self.changes if (c.measure, c.scope) == (measure, scope)), None)


def compare(before: ScoredRun, after: ScoredRun) -> Comparison:
    """From `before` to `after`, over the cases that both scored."""
    changes = changes_of(before.scores, after.scores, after.info.seed)
    shared = {score.id for score in before.scores} & {score.id for score in after.scores}
    return Comparison(
        before=before.info.name,
        after=after.info.name,
        shared=len(shared),
        only_before=len(before.scores) - len(shared),
        only_after=len(after.scores) - len(shared),
        changes=changes,
        flips=_flips(before, after),
    )


def changes_of(
    before: Sequence[CaseScore], after: Sequence[CaseScore], seed: int, key: str = "id"
) -> list[Change]:
    """How each measure changed, over all shared cases, over `dev` and over `test`. Cases are matched by `key`."""
    old = {getattr(score, key): score for score in before if score.status is not None}
    both = [
        (old[name], score)
        for score in after
        if score.status is not None and (name := getattr(score, key)) in old
    ]
    found = []
    scopes: tuple[Scope, ...] = ("all", "dev", "test")
    for scope in scopes:
        inside = [pair for pair in both if scope in ("all", pair[1].split)]
        for measure in measures().values():
            change = _change(measure, scope, inside, seed)
            if change:
                found.append(change)
    return found


def _change(
    measure: Measure, scope: Scope, both: Sequence[tuple[CaseScore, CaseScore]], seed: int
) -> Change | None:
    rows = [(a.mark(OURS, measure.name), b.mark(OURS, measure.name), b.pair_id) for a, b in both]
    marked = [(a, b, pair) for a, b, pair in rows if a is not None and b is not None]
    if not marked:
        return None
    found = statistics.difference([b - a for a, b, _ in marked], [pair for _, _, pair in marked], seed)
    better = sum(measure.is_better(b, a) for a, b, _ in marked)
    worse = sum(measure.is_better(a, b) for a, b, _ in marked)
    return Change(
        measure=measure.name,
        scope=scope,
        n=len(marked),
        before=sum(a for a, _, _ in marked) / len(marked),
        after=sum(b for _, b, _ in marked) / len(marked),
        difference=found.value,
        low=found.low,
        high=found.high,
        p=statistics.mcnemar(better, worse) if measure.form == "share" else None,
        better=better,
        worse=worse,
    )


def _flips(before: ScoredRun, after: ScoredRun) -> list[Flip]:
    old = {score.id: (entry, score) for entry, score in before.shown()}
    flips = []
    for entry, score in after.shown():
        if score.id not in old or entry.answer is None:
            continue
        old_entry, old_score = old[score.id]
        was, now = old_score.mark(OURS, "strict"), score.mark(OURS, "strict")
        if was is None or now is None or was == now or old_entry.answer is None:
            continue
        worse = now < was
        flips.append(
            Flip(
                id=score.id,
                way="worse" if worse else "better",
                question=entry.case.question,
                before=old_entry.answer.text,
                after=entry.answer.text,
                reasons=(score if worse else old_score).reasons.get("strict", []),
            )
        )
    return flips

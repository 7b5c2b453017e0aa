"""Scorers, in the order in which their verdicts are trusted: code, retrieval, coverage, a judge model, people.

Each is one module with one function `score(entry, facts) -> list[Mark]`. It sees one case and asks nobody (the
judge does, and keeps what it was told). A measure that does not apply to a case gives no mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from eval.baselines import as_entries
from eval.log import Entry, Facts, RunLog
from eval.scored import CaseScore
from eval.scoring import code, coverage, retrieval
from eval.scoring.marks import Mark

Scorer = Callable[[Entry, Facts], list[Mark]]

SCORERS: tuple[Scorer, ...] = (code.score, retrieval.score, coverage.score)
FOR_BASELINES: tuple[Scorer, ...] = (retrieval.score, coverage.score)
"""A baseline's answers are the facts themselves: what code checks, they cannot get wrong."""


def score_cases(
    log: RunLog, judge: Scorer | None = None, progress: Callable[[int, int], None] | None = None
) -> list[CaseScore]:
    """The scores of every case of a run, in the order of its log."""
    scorers = (*SCORERS, judge) if judge else SCORERS
    scores = []
    for done, entry in enumerate(log.entries, start=1):
        scores.append(_scored(entry, log.facts, scorers))
        if progress:
            progress(done, len(log.entries))
    return scores


def _scored(entry: Entry, facts: Facts, scorers: Iterable[Scorer]) -> CaseScore:
    case = entry.case
    bare = CaseScore(
        id=case.id,
        pair_id=case.pair_id,
        lang=case.lang,
        kind=case.kind,
        split=case.split,
        countries=case.countries,
        areas=case.areas,
        expected=case.expected_status,
        status=None,
    )
    if entry.answer is None or not entry.scorable:
        return bare
    marks = [mark for scorer in scorers for mark in scorer(entry, facts)]
    baselines = {
        name: {mark.measure: mark.value for scorer in FOR_BASELINES for mark in scorer(stand_in, facts)}
        for name, stand_in in as_entries(entry, facts).items()
    }
    return bare.model_copy(
        update={
            "status": entry.answer.status,
            "marks": {mark.measure: round(mark.value, 6) for mark in marks},
            "reasons": {mark.measure: list(mark.reasons) for mark in marks if mark.reasons},
            "baselines": {
                name: {measure: round(value, 6) for measure, value in values.items()}
                for name, values in baselines.items()
            },
        }
    )

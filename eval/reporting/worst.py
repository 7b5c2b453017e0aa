"""The worst cases, of `dev` alone, and in words of both languages why they failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bot.domain import Answer
from eval.cases import says
from eval.gate import Thresholds
from eval.log import Entry, Facts, KnownFact
from eval.measures import measures
from eval.reporting.words import Words, data
from eval.scored import OURS, CaseScore, ScoredRun
from eval.scoring.coverage import said

SHOWN, OF_A_SORT = 10, 3


@dataclass(frozen=True)
class WorstCase:
    """A case that failed; `sort` is a key of `sorts` in `data/report.yaml`."""

    sort: str
    entry: Entry
    score: CaseScore

    @property
    def answer(self) -> Answer:
        """What came back."""
        assert self.entry.answer is not None
        return self.entry.answer


@dataclass(frozen=True)
class Reason:
    """Why a case failed: in words, and what the scorer noted (English)."""

    text: str
    details: list[str]


def worst_cases(run: ScoredRun, thresholds: Thresholds) -> list[WorstCase]:
    """At most `SHOWN` cases of `dev`, the gravest first, one of a pair and at most `OF_A_SORT` of a sort.

    Where that leaves places free, more of the gravest sorts follow. Within a sort: the less of what was needed is
    cited, and the more that was not needed, the worse.
    """
    failed = [
        WorstCase(sort, entry, score)
        for entry, score in run.shown()
        if entry.answer is not None and (sort := _sort(score, thresholds))
    ]
    failed.sort(key=_gravity)
    first_of_pair: dict[str, WorstCase] = {}
    for one in failed:
        first_of_pair.setdefault(one.score.pair_id, one)
    taken: Counter[str] = Counter()
    chosen: list[WorstCase] = []
    left: list[WorstCase] = []
    for one in first_of_pair.values():
        taken[one.sort] += 1
        (chosen if taken[one.sort] <= OF_A_SORT else left).append(one)
    return sorted([*chosen, *left][:SHOWN], key=_gravity)


def reasons(entry: Entry, score: CaseScore, facts: Facts, words: Words) -> list[Reason]:
    """Why a case failed, for a reader of one language."""
    case, answer = entry.case, entry.answer
    assert answer is not None
    found = []
    if answer.status is not case.expected_status:
        did, due = (words.of("statuses", status.value) for status in (answer.status, case.expected_status))
        found.append(Reason(words.of("reasons", "status", did=did, due=due), []))
    else:
        cited = {facts.resolve(card.id) for card in answer.evidence}
        for group in facts.groups(case):
            if not group & cited:
                either = words.of("reasons", "either").join(
                    _label(facts, one, words) for one in sorted(group)
                )
                found.append(Reason(words.of("reasons", "not_cited", what=either), []))
        for variants in case.must_contain:
            if not any(says(said(answer), variant) for variant in variants):
                what = words.of("reasons", "say_or").join(f"“{variant}”" for variant in variants)
                found.append(Reason(words.of("reasons", "not_said", what=what), []))
    found += [
        Reason(words.of("reasons", "ruled_out", what=text), [])
        for text in case.must_not_contain
        if says(answer.text, text)
    ]
    for name, measure in measures().items():
        mark = score.mark(OURS, name)
        if measure.scorer == "code" and name != "status" and mark is not None and mark < 1:
            text = words.of("reasons", "failed", what=measure.title.get(words.lang))
            found.append(Reason(text, score.reasons.get(name, [])))
    return found


def expected_facts(entry: Entry, facts: Facts) -> list[list[KnownFact]]:
    """The facts that would have done, group by group."""
    groups = [[facts.get(one) for one in group] for group in entry.case.gold]
    return [[fact for fact in group if fact] for group in groups]


def _sort(score: CaseScore, thresholds: Thresholds) -> str | None:
    def mark(name: str) -> float | None:
        return score.mark(OURS, name)

    wrong = mark("strict") == 0
    held = any(mark(name) not in (None, 1) for name in thresholds.critical.measures)
    if wrong and score.kind in thresholds.critical.kinds:
        return "danger"
    if held:
        return "untrue"
    if mark("false_answer") == 1:
        return "invented"
    if mark("answered") == 0:
        return "withheld"
    if mark("status") == 0:
        return "mistaken"
    return "lacking" if wrong else None


def _gravity(one: WorstCase) -> tuple[int, float, float, str]:
    marks = one.score.marks
    order = list(data()["sorts"]).index(one.sort)
    return order, marks.get("groups_cited", 0.0), marks.get("citation_precision", 0.0), one.score.id


def _label(facts: Facts, fact_id: str, words: Words) -> str:
    fact = facts.get(fact_id)
    if fact is None:
        return fact_id
    return fact.label_zh if words.lang == "zh" else fact.label_en

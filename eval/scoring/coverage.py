"""Scorer 3: whether the answer covers what was asked, no less and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain import Answer, Evidence, SentenceRole, Status
from eval.cases import Case, says
from eval.log import Entry, Facts
from eval.scoring.marks import Mark, passed

REFUSALS = frozenset({Status.NO_EVIDENCE, Status.OUT_OF_SCOPE, Status.REFUSED_UNSAFE})
_FACT_ID = re.compile(r"[a-z]+(?:[-_][a-z]+)*-[a-z_]+-\d{2,3}")


def score(entry: Entry, facts: Facts) -> list[Mark]:
    """Groups cited, strict accuracy, precision of citations and neighbours, and right and wrong refusals."""
    case, answer = entry.case, entry.answer
    assert answer is not None
    groups = facts.groups(case)
    cited = [facts.resolve(card.id) for card in answer.evidence] if gives_answer(answer) else []
    lost = [group for group in groups if not group.intersection(cited)]
    marks = [passed("strict", _strict(answer, case, lost))]
    if groups:
        wanted = set().union(*groups)
        marks.append(
            Mark(
                measure="groups_cited",
                value=1 - len(lost) / len(groups),
                reasons=tuple(f"not cited: {' or '.join(sorted(group))}" for group in lost),
            )
        )
        marks += _precision(answer, cited, wanted, facts)
        marks += [
            Mark(measure="answered", value=float(gives_answer(answer))),
            Mark(measure="false_refusal", value=float(answer.status in REFUSALS)),
        ]
    elif case.expected_status in REFUSALS:
        marks.append(Mark(measure="false_answer", value=float(gives_answer(answer))))
    if answer.nearby:
        marks.append(_nearby(answer, case, groups, facts))
    return marks


def gives_answer(answer: Answer) -> bool:
    """Whether it answers the question: by its status, or with content beside the help lines."""
    if answer.status is Status.ANSWERED:
        return True
    return answer.status is Status.SIGNPOSTED and any(
        sentence.role is SentenceRole.ANSWER for sentence in answer.sentences
    )


def said(answer: Answer) -> str:
    """What the answer says as its answer: without neighbours, which are no answer, and without notices."""
    parts = [s.text for s in answer.sentences if s.role in (SentenceRole.ANSWER, SentenceRole.CARE)]
    return "\n".join(parts) if parts and answer.status is Status.ANSWERED else answer.text


def _strict(answer: Answer, case: Case, lost: list[set[str]]) -> Iterator[str]:
    if answer.status is not case.expected_status:
        yield f"{answer.status.value} instead of {case.expected_status.value}"
    if lost:
        yield f"{len(lost)} of {len(case.gold)} things that it needs are not cited"
    text = said(answer)
    for variants in case.must_contain:
        if not any(says(text, variant) for variant in variants):
            yield f"does not say {' or '.join(variants)}"
    for ruled_out in case.must_not_contain:
        if says(answer.text, ruled_out):
            yield f"says {ruled_out!r}, which the case rules out"


def _precision(answer: Answer, cited: list[str], wanted: set[str], facts: Facts) -> Iterator[Mark]:
    """Of evidence and sentences, which share was needed. Nothing where nothing was answered."""
    if not cited:
        return
    yield Mark(
        measure="citation_precision",
        value=sum(fact_id in wanted for fact_id in cited) / len(cited),
        reasons=tuple(f"not needed: {fact_id}" for fact_id in cited if fact_id not in wanted),
    )
    needed = {card.n for card in answer.evidence if facts.resolve(card.id) in wanted}
    told = [s for s in answer.sentences if s.role is SentenceRole.ANSWER]
    if told:
        beside = [s for s in told if not needed.intersection(s.evidence)]
        yield Mark(measure="unasked", value=len(beside) / len(told))


def _nearby(answer: Answer, case: Case, groups: list[set[str]], facts: Facts) -> Mark:
    """A neighbour is near when it was needed, when the case's notes name it, or when place and area are those asked."""
    near = set().union(*groups) | {facts.resolve(found) for found in _FACT_ID.findall(case.notes)}
    far = [card.id for card in answer.nearby if not (facts.resolve(card.id) in near or _beside(card, case))]
    return Mark(
        measure="nearby_precision",
        value=1 - len(far) / len(answer.nearby),
        reasons=tuple(f"not near: {fact_id}" for fact_id in far),
    )


def _beside(card: Evidence, case: Case) -> bool:
    places = set(card.countries)
    return card.area in case.areas and (not places or bool(places & set(case.countries)))

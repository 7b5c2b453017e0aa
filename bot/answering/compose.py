"""Compose, without a model: facts are whole sentences in both languages, so select, order and group them."""

from __future__ import annotations

from bot.answering.cards import evidence_of
from bot.answering.draft import Candidate, Draft
from bot.domain import Evidence, Sentence, SentenceRole
from retrieval.text import sentences


def compose(draft: Draft) -> None:
    """Fill sentences, evidence and nearby from what the parts gathered, in the order of reading."""
    several = len(draft.parts) > 1
    numbers: dict[str, int] = {}
    for part in draft.parts:
        heading = part.label if several else None
        if not part.found:
            continue
        for candidate in part.evidence:
            n, evidence = _number(draft, candidate, numbers)
            if evidence is not None:
                draft.evidence.append(evidence)
            elif any(n in sentence.evidence and sentence.heading == heading for sentence in draft.sentences):
                continue
            draft.sentences += _say(draft, candidate, n, SentenceRole.ANSWER, heading)
    for part in draft.parts:
        for candidate in part.nearby:
            if candidate.id in numbers or len(draft.nearby) >= 3:
                continue
            n, evidence = _number(draft, candidate, numbers)
            if evidence is not None:
                draft.nearby.append(evidence)
            draft.sentences += _say(draft, candidate, n, SentenceRole.NEARBY, None)


def _number(draft: Draft, candidate: Candidate, numbers: dict[str, int]) -> tuple[int, Evidence | None]:
    """The candidate's number, and its card when it is new."""
    if candidate.id in numbers:
        return numbers[candidate.id], None
    n = numbers[candidate.id] = len(numbers) + 1
    return n, evidence_of(draft, candidate, n)


def _say(
    draft: Draft, candidate: Candidate, n: int, role: SentenceRole, heading: str | None
) -> list[Sentence]:
    if candidate.kind == "fact":
        lang = draft.lang
        text = draft.snapshot.facts[candidate.owner].text(lang)
    else:
        passage = draft.snapshot.passages[candidate.owner]
        lang, text = passage.lang, passage.text  # type: ignore[assignment]
    return [
        Sentence(text=sentence, evidence=[n], role=role, heading=heading)
        for sentence in sentences(text, lang)
    ]

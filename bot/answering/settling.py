"""Settling: which parts of a question stand, once each has been decided by itself."""

from __future__ import annotations

from collections.abc import Iterable

from bot.answering.deciding import decide, search_part
from bot.answering.draft import Draft, Part
from bot.answering.enough import settings
from bot.answering.parts import whole_part


def settle(draft: Draft) -> None:
    """Leave in `draft.parts` what the answer is about."""
    if draft.compares:
        _settle_compared(draft)
    elif len(draft.parts) > 1:
        _settle_parts(draft)
    draft.parts = _without_asides(draft)


def _without_asides(draft: Draft) -> list[Part]:
    """The parts without what the asker may only say of themselves: what is not put as a question is not missed where
    it is not found, needs more to count as found, and in a comparison yields to what is asked."""
    asked = {code for part in draft.parts if part.asked and part.found for code in part.query.countries}
    floor = settings()["threshold_topic"]
    kept = [
        part
        for part in draft.parts
        if part.asked
        or (
            part.found
            and part.certainty >= floor
            and not (draft.compares and asked.intersection(part.query.countries))
        )
    ]
    return kept or draft.parts


def _settle_compared(draft: Draft) -> None:
    """What is found for one country is looked for in the others with less proof: the question is the same, so the
    fact that speaks of the same matter there is the one that is meant."""
    for number in {part.matter for part in draft.parts}:
        siblings = [part for part in draft.parts if part.matter == number]
        lead = max(siblings, key=lambda part: part.certainty)
        if not lead.found:
            continue
        for part in siblings:
            if not part.found and _same_matter(draft, part, lead):
                decide(draft, part, "threshold_sibling")


def _same_matter(draft: Draft, part: Part, lead: Part) -> bool:
    """Whether the facts that come first for two countries are of one area."""
    facts = draft.snapshot.facts
    pair = [one.candidates[0] for one in (part, lead) if one.candidates and one.candidates[0].kind == "fact"]
    return len(pair) == 2 and facts[pair[0].owner].area == facts[pair[1].owner].area


def _settle_parts(draft: Draft) -> None:
    """Several parts stand where two of them find different facts; otherwise the question is taken as one.

    A stretch of a question resembles something known more easily than the whole does: were one found part enough,
    .33 of the Chinese near-misses of `dev` would be answered instead of .26. Where parts or the whole are found, the
    other parts need less.
    """
    numbers = settings()
    sure = _found(draft.parts, numbers["threshold_part"])
    whole: Part | None = None
    if _different(sure) < 2:
        known = draft.understood
        whole = whole_part(draft, known.countries, known.codes, draft.mentions.areas)
        search_part(draft, whole)
        decide(draft, whole)
    if whole is None or whole.found:
        for part in draft.parts:
            decide(draft, part, "threshold_beside")
    if whole is None:
        return
    several = whole.found and _different(part for part in draft.parts if part.found) > 1
    alone = any(part.certainty >= numbers["threshold_alone"] for part in sure if part.asked)
    if not several and (whole.found or not alone):
        draft.parts = [whole]


def _found(parts: Iterable[Part], floor: float) -> list[Part]:
    return [part for part in parts if part.found and part.certainty >= floor]


def _different(parts: Iterable[Part]) -> int:
    """How many facts the parts find first."""
    return len({part.candidates[0].id for part in parts})

"""Gather: search every part, decide for each whether what was found is enough, and settle which parts stand."""

from __future__ import annotations

import numpy as np

from bot.answering.deciding import decide, search_part
from bot.answering.draft import Draft, Part
from bot.answering.naming import label_parts
from bot.answering.settling import settle


def gather(draft: Draft) -> None:
    """Fill each part's candidates, evidence and nearby facts."""
    draft.embed(*[text for part in draft.parts for text in (part.query.text, part.query.bare)])
    for part in draft.parts:
        search_part(draft, part)
        decide(draft, part)
    settle(draft)
    if len(draft.parts) > 1:
        label_parts(draft)
    draft.parts = _share_evidence(draft.parts)


def _share_evidence(parts: list[Part]) -> list[Part]:
    """A fact that serves two parts is said once, where it fits better: under what is asked before a mere topic. A
    topic that is left with none goes."""
    wanted = {candidate.id for part in parts if part.asked for candidate in part.evidence}
    best: dict[str, float] = {}
    for part in parts:
        for candidate in part.evidence:
            if part.asked or candidate.id not in wanted:
                best[candidate.id] = max(best.get(candidate.id, -np.inf), candidate.score)
    said: set[str] = set()
    left: list[Part] = []
    for part in parts:
        own = [c for c in part.evidence if part.asked or c.id not in wanted]
        kept = [c for c in own if c.id not in said and c.score >= best[c.id]]
        if part.evidence and not kept and not part.asked and len(parts) > 1:
            continue
        part.evidence = kept or part.evidence[:1]
        said.update(candidate.id for candidate in part.evidence)
        left.append(part)
    if len(left) == 1:
        left[0].label = ""
    return left

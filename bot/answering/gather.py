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
    _share_evidence(draft.parts)


def _share_evidence(parts: list[Part]) -> None:
    """A fact that serves two parts is said once, where it fits better."""
    best: dict[str, float] = {}
    for part in parts:
        for candidate in part.evidence:
            best[candidate.id] = max(best.get(candidate.id, -np.inf), candidate.score)
    said: set[str] = set()
    for part in parts:
        kept = [c for c in part.evidence if c.id not in said and c.score >= best[c.id]]
        part.evidence = kept or part.evidence[:1]
        said.update(candidate.id for candidate in part.evidence)

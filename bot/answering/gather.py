"""Gather: search every part, and decide for each whether what was found is enough."""

from __future__ import annotations

import numpy as np

from bot.answering.draft import Candidate, Draft, Part
from bot.answering.enough import certainty, settings
from bot.answering.parts import whole_part
from retrieval.search import top

LOW = "care"
HELPFUL = frozenset({"adaptation", "wellbeing_assessment"})
REACH = 12
"""Candidates a part looks at; the answer shows at most three."""


def gather(draft: Draft) -> None:
    """Fill each part's candidates, evidence and nearby facts."""
    draft.embed(*[text for part in draft.parts for text in (part.query.text, part.query.bare)])
    for part in draft.parts:
        search_part(draft, part)
        decide(draft, part)
    if len(draft.parts) > 1 and not draft.compares:
        _put_together(draft)
    asked = [part for part in draft.parts if part.asked]
    if not any(part.found for part in asked):
        # What the asker says of themselves may be known; it is not what was asked.
        draft.parts = asked or draft.parts
    else:
        draft.parts = [part for part in draft.parts if part.found or part.asked]
    _share_evidence(draft.parts)


def _put_together(draft: Draft) -> None:
    """Take the question as one where its parts found one thing at most and the whole finds something."""
    if sum(part.found for part in draft.parts) > 1 or all(part.found for part in draft.parts if part.asked):
        return
    known = draft.understood
    whole = whole_part(draft, known.countries, known.codes, draft.mentions.areas)
    search_part(draft, whole)
    decide(draft, whole)
    if whole.found:
        draft.parts = [whole]


def search_part(draft: Draft, part: Part) -> None:
    """Rank facts and passages for one part."""
    full, bare = draft.embed(part.query.text, part.query.bare)
    searcher = draft.searcher
    part.table = searcher.table(part.query, (full, bare))
    hits = searcher.rank(part.query, (full, bare), part.table, REACH)
    part.candidates = [Candidate(hit.kind, hit.owner, hit.id, hit.score, hit.lang) for hit in hits]
    types = part.table.types
    if len(types) and types.max() >= settings()["type_floor"]:
        part.type_id = draft.snapshot.types[int(np.argmax(types))].id


def decide(draft: Draft, part: Part) -> None:
    """Enough or not: the fitted certainty against the threshold; what is left over may be shown as nearby."""
    numbers = settings()
    if not part.candidates:
        return
    part.certainty = certainty(draft, part)
    part.open_country = _country_is_open(draft, part)
    several = part.shared and not draft.compares
    floor = numbers["threshold_part" if several else "threshold"]
    # A question that the corpus lists as answered is answered, however short it is.
    listed = part.asked_before >= numbers["ask_sure"] or _answers_its_type(draft, part)
    part.found = (part.certainty >= floor or listed) and not part.open_country
    usable = [candidate for candidate in part.candidates if _right_country(draft, part, candidate)]
    if draft.care == LOW:
        # What helps is known in general; it need not have been asked for.
        usable = [c for c in usable if c.kind == "passage" or draft.snapshot.facts[c.owner].area in HELPFUL]
        part.found = bool(usable) and usable[0].score >= numbers["care_floor"]
    best = usable[0].score if usable else 0.0
    if part.found and usable:
        close = [
            c for c in usable if c.score >= numbers["also_floor"] and c.score >= best - numbers["also_margin"]
        ]
        part.evidence = (close or usable[:1])[: int(numbers["most_evidence"])]
    else:
        part.found = False
        part.nearby = [c for c in usable if c.score >= best - numbers["nearby_margin"]][:3]
        part.nearby = [c for c in part.nearby if c.score >= numbers["nearby_floor"]]


def _answers_its_type(draft: Draft, part: Part) -> bool:
    """Whether the question is of a type that the first fact, well ahead, answers for the country named."""
    table, first = part.table, part.candidates[0]
    if table is None or first.kind != "fact" or not part.query.countries or not len(table.types):
        return False
    if table.types.max() < settings()["type_sure"] or not _right_country(draft, part, first):
        return False
    if len(part.candidates) > 1 and first.score - part.candidates[1].score < settings()["type_margin"]:
        return False
    type_id = draft.snapshot.types[int(np.argmax(table.types))].id
    return type_id in draft.snapshot.facts[first.owner].answers


def _country_is_open(draft: Draft, part: Part) -> bool:
    """Whether no place is named and several countries' facts fit alike: rules differ, so one has to be named."""
    query, table = part.query, part.table
    first = part.candidates[0]
    if query.countries or query.region or table is None or first.kind != "fact":
        return False
    facts = draft.snapshot.facts
    leading = set(facts[first.owner].all_countries)
    if not leading:
        return False
    # Another country, or none: in both cases the first is not what alone fits.
    for owner in top(table.scores, REACH):
        rival = set(facts[int(owner)].all_countries)
        if rival and not rival & leading:
            return bool(table.scores[owner] >= first.score - settings()["open_country_margin"])
    return False


def _right_country(draft: Draft, part: Part, candidate: Candidate) -> bool:
    """A fact about another country is never evidence for the one that was asked about."""
    if candidate.kind != "fact" or not part.query.countries:
        return True
    countries = draft.snapshot.facts[candidate.owner].all_countries
    return not countries or any(code in countries for code in part.query.countries)


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

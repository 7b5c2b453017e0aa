"""Deciding: what was found for one part, and whether it is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.answering.draft import LOW, Candidate, Draft, Part
from bot.answering.enough import certainty, settings
from retrieval.embedding import Floats
from retrieval.search import top

HELPFUL = frozenset({"adaptation", "wellbeing_assessment"})
REACH = 12
"""Candidates a part looks at; the answer shows at most three."""


def search_part(draft: Draft, part: Part) -> None:
    """Rank facts and passages for one part."""
    full, bare = draft.embed(part.query.text, part.query.bare)
    searcher = draft.searcher
    part.table = searcher.table(part.query, (full, bare))
    if draft.carried:
        part.carried = _carried(draft, part)
        part.table = replace(part.table, scores=part.table.scores + part.carried)
    hits = searcher.rank(part.query, (full, bare), part.table, REACH)
    part.candidates = [Candidate(hit.kind, hit.owner, hit.id, hit.score, hit.lang) for hit in hits]
    types = part.table.types
    if len(types) and types.max() >= settings()["type_floor"]:
        part.type_id = draft.snapshot.types[int(np.argmax(types))].id


def _carried(draft: Draft, part: Part) -> Floats:
    """What a follow-up adds to each fact's score, shape (facts,): for what the conversation was about, and for what
    says of another country what that said of the first."""
    facts, numbers = draft.snapshot.facts, settings()
    earlier = [facts[owner] for owner in draft.carried]
    types = {name for fact in earlier for name in fact.answers}
    areas = {fact.area for fact in earlier}
    extra = np.zeros(len(facts), dtype=np.float32)
    for owner, fact in enumerate(facts):
        if owner in draft.carried:
            extra[owner] = numbers["carried_fact"]
        elif types & set(fact.answers):
            extra[owner] = numbers["carried_type"]
        elif fact.area in areas:
            extra[owner] = numbers["carried_area"]
    return extra


def decide(draft: Draft, part: Part, threshold: str | None = None) -> None:
    """Enough or not: the fitted certainty against the threshold; what is left over may be shown as nearby."""
    numbers = settings()
    part.evidence, part.nearby = [], []
    if not part.candidates:
        return
    part.certainty = certainty(draft, part)
    if part.carried is not None and part.candidates[0].kind == "fact":
        # A follow-up says less by itself: what it leans on speaks for it.
        known = float(np.clip(part.certainty, 1e-9, 1 - 1e-9))
        odds = np.log(known / (1 - known)) + part.carried[part.candidates[0].owner]
        part.certainty = float(1 / (1 + np.exp(-odds)))
    part.open_country = _country_is_open(draft, part)
    part.found = part.certainty >= numbers[threshold or _threshold_of(draft, part)] and not part.open_country
    usable = [candidate for candidate in part.candidates if _right_country(draft, part, candidate)]
    if draft.care == LOW and not part.found:
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


def _threshold_of(draft: Draft, part: Part) -> str:
    if not part.shared:
        return "threshold_zh" if part.query.lang == "zh" else "threshold_en"
    return "threshold_compared" if draft.compares else "threshold_part"


def _country_is_open(draft: Draft, part: Part) -> bool:
    """Whether no place is named and several countries' facts fit alike: rules differ, so one has to be named."""
    query, table = part.query, part.table
    first = part.candidates[0]
    if query.countries or query.region or table is None or first.kind != "fact":
        return False
    facts = draft.snapshot.facts
    leading = set(facts[first.owner].all_countries)
    # What several countries share (a union's rules) is asked of by its own name.
    if len(leading) != 1:
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

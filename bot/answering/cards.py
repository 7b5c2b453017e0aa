"""Source cards: a fact or passage as it is shown to people, with its dates and marks."""

from __future__ import annotations

from bot.answering.draft import Candidate, Draft
from bot.domain import Evidence, Quote, SourceCard
from retrieval.freshness import is_stale


def evidence_of(draft: Draft, candidate: Candidate, n: int) -> Evidence:
    """The card of a candidate under number `n`."""
    if candidate.kind == "passage":
        return _passage_card(draft, candidate, n)
    fact = draft.snapshot.facts[candidate.owner]
    cards = [
        SourceCard(
            title=source.title,
            url=source.url,
            issuer=source.issuer,
            authority=source.authority,
            dated=source.dated,
            reproduction=source.reproduction,
        )
        for source in fact.sources
    ]
    first = cards[0]
    area = draft.snapshot.areas.get(fact.area)
    return Evidence(
        n=n,
        id=fact.id,
        kind="fact",
        label=fact.label.get(draft.lang),
        title=first.title,
        url=first.url,
        issuer=first.issuer,
        authority=first.authority,
        dated=first.dated,
        checked=fact.checked,
        stale=area is not None and is_stale(fact, area, draft.today),
        confirm=fact.confirm.get(draft.lang) if fact.confirm else None,
        also=list(fact.also),
        sources=cards,
        country=fact.country,
        countries=list(fact.all_countries),
        area=fact.area,
        quote=Quote(zh=fact.zh, en=fact.en),
    )


def _passage_card(draft: Draft, candidate: Candidate, n: int) -> Evidence:
    passage = draft.snapshot.passages[candidate.owner]
    source = SourceCard(title=passage.title, url=passage.url, authority="document", dated=passage.dated)
    return Evidence(
        n=n,
        id=passage.cite_id,
        kind="passage",
        label=passage.title,
        title=passage.title,
        url=passage.url,
        issuer=None,
        authority="document",
        dated=passage.dated,
        checked=passage.added,
        stale=False,
        confirm=None,
        sources=[source],
        country=None,
        area=None,
        page=passage.page,
        heading=passage.heading,
        quote=Quote(zh=passage.text) if passage.lang == "zh" else Quote(en=passage.text),
    )

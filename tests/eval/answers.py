"""Cases, and answers built by hand, for the tests of the scorers. Facts are real ones of the shipped corpus."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.domain import Answer, Completeness, Evidence, Quote, Sentence, SentenceRole, SourceCard, Status
from eval.cases import Case
from eval.log import Entry, Facts, KnownFact, Ranked
from retrieval.corpus import SHIPPED_CORPUS, load_corpus
from retrieval.text import sentences

CAPITAL = "id-entry_route-01"
"""Minimum capital in Indonesia."""
OFFICE = "id-entry_route-03"
"""A representative office in Indonesia."""


@cache
def facts() -> Facts:
    """Every fact of the shipped corpus."""
    return Facts(KnownFact.of(located.fact) for located in load_corpus(SHIPPED_CORPUS).facts)


def case(**changes: Any) -> Case:
    """A question that needs `CAPITAL`."""
    values: dict[str, Any] = {
        "id": "t-001-en",
        "pair_id": "t-001",
        "lang": "en",
        "persona": "founder",
        "kind": "single",
        "question": "How much money does a foreign firm have to put up in Jakarta?",
        "expected_status": "answered",
        "gold": [[CAPITAL]],
        "countries": ["ID"],
        "areas": ["entry_route"],
        "source_version": "2026-11-22",
        "author": "tests",
    }
    return Case.model_validate(values | changes)


def card(fact_id: str, n: int = 1, **changes: Any) -> Evidence:
    """The card of a real fact."""
    fact = facts().get(fact_id)
    assert fact is not None, fact_id
    values: dict[str, Any] = {
        "n": n,
        "id": fact.id,
        "kind": "fact",
        "label": fact.label_en,
        "title": "A source",
        "url": None,
        "issuer": None,
        "authority": "official",
        "dated": None,
        "checked": "2026-11-22",
        "stale": False,
        "confirm": None,
        "also": fact.also,
        "sources": [SourceCard(title="A source", authority="official")],
        "country": None,
        "countries": fact.countries,
        "area": fact.area,
        "quote": Quote(zh=fact.zh, en=fact.en),
    }
    return Evidence.model_validate(values | changes)


def answer(*fact_ids: str, lang: str = "en", **changes: Any) -> Answer:
    """An answer that says these facts, whole and cited, as the extractive composer does."""
    cards = [card(fact_id, n) for n, fact_id in enumerate(fact_ids or (CAPITAL,), start=1)]
    told = [
        Sentence(text=text, evidence=[one.n])
        for one in cards
        for text in sentences((one.quote.zh if lang == "zh" else one.quote.en) or "", lang)
    ]
    values: dict[str, Any] = {
        "id": "a",
        "status": Status.ANSWERED,
        "completeness": Completeness.COMPLETE,
        "language": lang,
        "script": "Hans" if lang == "zh" else None,
        "text": written(told),
        "sentences": told,
        "evidence": cards,
    }
    return Answer.model_validate(values | changes)


def written(told: list[Sentence]) -> str:
    """Sentences with their numbers, as a text."""
    return "\n".join(s.text + " " + "".join(f"[{n}]" for n in s.evidence) for s in told)


def with_sentences(one: Answer, *told: Sentence) -> Answer:
    """The answer with other sentences, and the text that they make."""
    return one.model_copy(update={"sentences": list(told), "text": written(list(told))})


def nothing_found(**changes: Any) -> Answer:
    """An honest "not in the knowledge base"."""
    values: dict[str, Any] = {
        "id": "a",
        "status": Status.NO_EVIDENCE,
        "completeness": Completeness.NONE,
        "language": "en",
        "text": "I could not find that in the knowledge base.",
    }
    return Answer.model_validate(values | changes)


def beside(fact_id: str) -> Answer:
    """The same with a neighbour."""
    near = card(fact_id)
    told = [Sentence(text=near.quote.en or "", evidence=[1], role=SentenceRole.NEARBY)]
    return nothing_found(nearby=[near], sentences=told)


def entry(one: Answer | None = None, ranking: tuple[str, ...] = (CAPITAL,), **case_changes: Any) -> Entry:
    """A logged case with its answer."""
    hits = [Ranked(id=fact_id, lang="en", score=-float(n)) for n, fact_id in enumerate(ranking)]
    return Entry(case=case(**case_changes), answer=one or answer(), ranking=hits)

"""Answers of every kind, to be shown. Their facts are those of the small corpus or plainly made up as words."""

from __future__ import annotations

from typing import Any

from bot.domain import Answer, Contact, Evidence, Quote, Sentence, SentenceRole, SourceCard, Understood


def card(n: int = 1, **changes: Any) -> Evidence:
    """A source card."""
    source = SourceCard(title="A page", url="https://example.org/page", authority="law", dated="2025-10")
    values: dict[str, Any] = {
        "n": n,
        "id": f"x-{n}",
        "kind": "fact",
        "label": "What it is about",
        "title": source.title,
        "url": source.url,
        "issuer": None,
        "authority": source.authority,
        "dated": source.dated,
        "checked": "2026-11-22",
        "stale": False,
        "confirm": None,
        "sources": [source],
        "country": "ID",
        "area": "tax",
        "quote": Quote(zh="甲", en="A"),
    }
    return Evidence(**(values | changes))


def answer(**changes: Any) -> Answer:
    """An answered question about Indonesia."""
    values: dict[str, Any] = {
        "id": "a",
        "conversation_id": "c",
        "status": "answered",
        "completeness": "complete",
        "language": "en",
        "understood": Understood(countries=["ID"]),
        "text": "It is so. [1]",
        "sentences": [Sentence(text="It is so.", evidence=[1])],
        "evidence": [card()],
    }
    return Answer(**(values | changes))


def partial() -> Answer:
    """Two parts under headings, one thing missing, a contact with and one without an address."""
    return answer(
        completeness="partial",
        understood=Understood(countries=["ID", "RS"], codes=["ISO 9001"]),
        text="Indonesia\nIt is so. [1]\n\nSerbia\nIt is other. [2]\n\nNot found: sick pay.\n\n"
        "You can ask: The Office; The Desk.\n\n[2] to be confirmed: the rate\n\nNot legal advice.",
        sentences=[
            Sentence(text="It is so.", evidence=[1], heading="Indonesia"),
            Sentence(text="It is other.", evidence=[2], heading="Serbia"),
        ],
        evidence=[
            card(),
            card(
                2,
                stale=True,
                confirm="the rate",
                dated=None,
                sources=[SourceCard(title="Old page", authority="media")],
            ),
        ],
        missing=["sick pay"],
        contacts=[Contact(name="The Office", url="https://office.example.org"), Contact(name="The Desk")],
        notices=["[2] to be confirmed: the rate", "Not legal advice."],
        follow_ups=["What about <b>tax</b>?"],
    )


def signposted() -> Answer:
    """A person in distress: care, help lines, then content."""
    care = [
        Sentence(text="You are not alone.", role=SentenceRole.CARE),
        Sentence(text="Call this line.", evidence=[2], role=SentenceRole.CARE),
    ]
    return answer(
        status="signposted",
        text="You are not alone.\n\nCall this line. [2]\n\nIt is so. [1]",
        sentences=[*care, Sentence(text="It is so.", evidence=[1])],
        evidence=[card(), card(2)],
    )

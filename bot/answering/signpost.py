"""Signpost: in distress, care and help lines come before everything else (DESIGN section 6, rule 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.answering.cards import evidence_of
from bot.answering.draft import CRISIS, Candidate, Draft
from bot.answering.understand import country_name
from bot.domain import Evidence, Sentence, SentenceRole
from bot.replies import reply
from retrieval.corpus import Fact

EMERGENCY_TYPE = "living_safety.emergency_numbers"

# A clause of an emergency fact that gives a number to dial; the others can wait.
_CLAUSE_END = {"zh": re.compile(r"[；。，]"), "en": re.compile(r"[;.](?=\s|$)")}
_DIAL = re.compile(
    r"(?=.*\d{3})(?=.*(?:报警|急救|救护|警察|紧急|电话|police|ambulance|emergency|line))", re.IGNORECASE
)
_LINE = re.compile(r"\b\d{5}\b")


def signpost(draft: Draft) -> None:
    """Put first: a word of care, in a crisis the local emergency number, then help lines; then what was found.

    Numbers to dial are cited where the corpus has them. Near misses are left out: they help nobody in distress.
    """
    first = [_care(reply(f"replies/{draft.care}", draft.lang), [])]
    if draft.care == CRISIS:
        first += _local_numbers(draft) or [_care(reply("replies/local_emergency_unknown", draft.lang), [])]
    first.append(_help_lines(draft))
    draft.sentences = first + [s for s in draft.sentences if s.role is not SentenceRole.NEARBY]
    draft.nearby = []


def _local_numbers(draft: Draft) -> list[Sentence]:
    """The emergency numbers of each country named, as far as the corpus has them."""
    found = []
    for country in draft.understood.countries:
        for owner in [o for o, fact in enumerate(draft.snapshot.facts) if _gives_numbers(fact, country)][:1]:
            text = _to_dial(draft.snapshot.facts[owner].text(draft.lang), draft.lang)
            name = country_name(draft, country)
            line = reply("replies/local_emergency", draft.lang, country=name, text=text)
            found.append(_care(line, [_card(draft, owner)]))
    return found


def _gives_numbers(fact: Fact, country: str) -> bool:
    return country in fact.all_countries and EMERGENCY_TYPE in fact.answers


def _to_dial(text: str, lang: str) -> str:
    clauses = [clause.strip() for clause in _CLAUSE_END[lang].split(text)]
    return ("，" if lang == "zh" else "; ").join(c for c in clauses if _DIAL.match(c)) or text


def _help_lines(draft: Draft) -> Sentence:
    """The help lines, citing the facts whose label names one of their numbers."""
    text = reply("replies/helplines", draft.lang)
    numbers = set(_LINE.findall(text))
    facts = draft.snapshot.facts
    owners = [owner for owner in range(len(facts)) if numbers & set(_LINE.findall(facts[owner].label.en))]
    return _care(text, [_card(draft, owner) for owner in owners])


def _card(draft: Draft, owner: int) -> Evidence:
    """The fact's card among the evidence, added where it is missing."""
    fact = draft.snapshot.facts[owner]
    cards = [*draft.evidence, *draft.nearby]
    card = next((card for card in cards if card.id == fact.id), None)
    if card is None:
        n = 1 + max((card.n for card in cards), default=0)
        card = evidence_of(draft, Candidate("fact", owner, fact.id, 0.0, draft.lang), n)
    if card not in draft.evidence:
        draft.evidence.append(card)
    return card


def _care(text: str, cards: Iterable[Evidence]) -> Sentence:
    return Sentence(text=text, evidence=[card.n for card in cards], role=SentenceRole.CARE)

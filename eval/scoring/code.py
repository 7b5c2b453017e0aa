"""Scorer 1: what code can decide about an answer, alone and for certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.domain import Answer, Evidence, Sentence, SentenceRole
from bot.replies import PROMPTS, reply_names, yaml_of
from eval.cases import Case, says
from eval.log import Entry, Facts
from eval.scoring.marks import Mark, passed
from retrieval.figures import missing_figures
from retrieval.text import is_traditional, to_simplified, to_traditional

RULES = Path(__file__).parent.parent / "data" / "rules.yaml"
NEEDS_EVIDENCE = (SentenceRole.ANSWER, SentenceRole.NEARBY)
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_SPACES = re.compile(r"\s+")
MOST_FOREIGN = 4
"""So many words of the other language are names and terms; a sentence with more of them than of its own is in it."""


def score(entry: Entry, facts: Facts) -> list[Mark]:
    """Status, language, citations, figures, forbidden strings, length. Needs an answer."""
    answer, case = entry.answer, entry.case
    assert answer is not None
    checks = {
        "status": _status(answer, case),
        "language": _language(answer, case),
        "citation_exists": _citations(answer, facts),
        "sentence_has_evidence": _evidence(answer),
        "quote_verbatim": _quotes(answer, facts),
        "figures_exact": _figures(answer, case),
        "forbidden": _forbidden(answer, case),
        "length": _length(answer, case),
    }
    if answer.composer == "extractive":
        checks["supported"] = _supported(answer)
    return [passed(measure, faults) for measure, faults in checks.items()]


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """The data file."""
    data: dict[str, Any] = yaml_of(RULES)
    return data


def language_due(case: Case) -> str:
    """The language of a right answer: the question's, or English for one that Tongxing does not write."""
    return case.lang if case.lang in ("zh", "en") else "en"


def _status(answer: Answer, case: Case) -> Iterator[str]:
    if answer.status is not case.expected_status:
        yield f"{answer.status.value} instead of {case.expected_status.value}"


# -- language --------------------------------------------------------------------------------------------


def _language(answer: Answer, case: Case) -> Iterator[str]:
    due = language_due(case)
    if answer.language != due:
        yield f"says it is in {answer.language}, the question is in {case.lang}"
    cards = _cards(answer)
    for sentence in answer.sentences:
        if _foreign(sentence.text, due) and not _only_foreign_quotes(sentence, cards, due):
            yield f"not in {due}: {sentence.text[:60]}"
    if not answer.sentences and _foreign(answer.text, due):
        yield f"the text is not in {due}: {answer.text[:60]}"
    if (
        due == "zh"
        and is_traditional(case.question)
        and not (answer.script == "Hant" and is_traditional(answer.text))
    ):
        yield "the question is in traditional characters, the answer is not"


def _foreign(text: str, due: str) -> bool:
    """Whether a text is in the other language, names and terms aside."""
    han, latin = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    # Two Han characters are about a word.
    return han < latin and latin > MOST_FOREIGN if due == "zh" else han > 2 * max(latin, MOST_FOREIGN)


def _only_foreign_quotes(sentence: Sentence, cards: dict[int, Evidence], due: str) -> bool:
    """Whether its evidence exists in the other language only: the quote then keeps its language."""
    quotes = [cards[n].quote for n in sentence.evidence if n in cards]
    return bool(quotes) and all((quote.zh if due == "zh" else quote.en) is None for quote in quotes)


# -- citations -------------------------------------------------------------------------------------------


def _cards(answer: Answer) -> dict[int, Evidence]:
    return {card.n: card for card in [*answer.evidence, *answer.nearby]}


def _citations(answer: Answer, facts: Facts) -> Iterator[str]:
    cards = _cards(answer)
    if len(cards) < len(answer.evidence) + len(answer.nearby):
        yield "two cards have one number"
    for number in dict.fromkeys(int(found) for found in _NUMBER.findall(answer.text)):
        if number not in cards:
            yield f"[{number}] is in the text and nowhere else"
    for sentence in answer.sentences:
        for number in sentence.evidence:
            if number not in cards:
                yield f"[{number}] has no evidence: {sentence.text[:60]}"
    for card in cards.values():
        if card.kind == "fact" and facts.get(card.id) is None:
            yield f"{card.id} is not in the knowledge base"


def _evidence(answer: Answer) -> Iterator[str]:
    for sentence in answer.sentences:
        if sentence.role in NEEDS_EVIDENCE and not sentence.evidence:
            yield f"no evidence: {sentence.text[:60]}"


def _quotes(answer: Answer, facts: Facts) -> Iterator[str]:
    for card in _cards(answer).values():
        fact = facts.get(card.id)
        if card.kind != "fact" or fact is None:
            continue
        for lang, quote in (("zh", card.quote.zh), ("en", card.quote.en)):
            if quote is not None and quote != fact.text(lang):
                yield f"the {lang} quote of {card.id} is not what the fact says"
        if card.quote.zh is None and card.quote.en is None:
            yield f"{card.id} has no quote"


def _supported(answer: Answer) -> Iterator[str]:
    cards = _cards(answer)
    for sentence in answer.sentences:
        if (
            sentence.role in NEEDS_EVIDENCE
            and sentence.evidence
            and not _stands(sentence.text, _quoted(sentence, cards))
        ):
            yield f"not in its evidence: {sentence.text[:60]}"


def _quoted(sentence: Sentence, cards: dict[int, Evidence]) -> list[str]:
    cited = [cards[n] for n in sentence.evidence if n in cards]
    return [quote for card in cited for quote in (card.quote.zh, card.quote.en) if quote]


def _stands(text: str, quotes: list[str]) -> bool:
    """Whether the text stands in one of the quotes, whichever the script and the spaces.

    Words change with the script (家具 is 傢俱, and back it would be 家俱), so each quote is looked at in both.
    """
    wanted = _plain(text)
    return any(wanted in _plain(quote) or wanted in _plain(_traditional(quote)) for quote in quotes)


@lru_cache(maxsize=4096)
def _traditional(text: str) -> str:
    return to_traditional(text)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return _SPACES.sub("", to_simplified(text))


# -- figures ---------------------------------------------------------------------------------------------


def _figures(answer: Answer, case: Case) -> Iterator[str]:
    """Sentence by sentence against the evidence cited there, then what the text says around the sentences."""
    cards = _cards(answer)
    lang = answer.language
    asked = [case.question, *(turn.question for turn in case.history)]
    around = to_simplified(answer.text)
    for sentence in sorted(answer.sentences, key=lambda one: -len(one.text)):
        around = around.replace(to_simplified(sentence.text), "\n")
        quotes = _quoted(sentence, cards)
        if sentence.role not in NEEDS_EVIDENCE or _stands(sentence.text, quotes):
            continue
        for figure in missing_figures(sentence.text, [*quotes, *asked], lang):
            yield f"{figure.text} is not in the evidence: {sentence.text[:60]}"
    allowed = [*asked, *_replies(), *(text for card in cards.values() for text in _said_of(card))]
    allowed += [f"{contact.name} {contact.url or ''}" for contact in answer.contacts]
    for figure in missing_figures(around, allowed, lang):
        yield f"{figure.text} has no source: …{around[max(0, figure.start - 20) : figure.end + 20]}…"


def _said_of(card: Evidence) -> Iterator[str]:
    for text in (
        card.quote.zh,
        card.quote.en,
        card.label,
        card.title,
        card.dated,
        card.checked,
        card.confirm,
    ):
        if text:
            yield text
    for source in card.sources:
        yield f"{source.title} {source.url or ''} {source.dated or ''}"


@lru_cache(maxsize=1)
def _replies() -> tuple[str, ...]:
    """Canned replies hold numbers of help lines; they are as good as evidence."""
    names = [name for name in reply_names() if name.startswith("replies/")]
    files = [yaml_of(PROMPTS / f"{name}.yaml") for name in names]
    return tuple(text for texts in files for text in texts.values() if isinstance(text, str))


# -- the rest --------------------------------------------------------------------------------------------


def _forbidden(answer: Answer, case: Case) -> Iterator[str]:
    for text in case.must_not_contain:
        if says(answer.text, text):
            yield f"says {text!r}, which the case rules out"
    for pattern in rules()["forbidden"]:
        found = re.search(pattern, answer.text)
        # What the asker wrote may be said back to them.
        if found and found[0] not in case.question:
            yield f"{found[0]!r} is no text for a reader"


def _length(answer: Answer, case: Case) -> Iterator[str]:
    limits = rules()["length"][answer.language]
    limit = limits["base"] + limits["part"] * max(0, len(case.gold) - 1)
    if not answer.text.strip():
        yield "the text is empty"
    elif len(answer.text) > limit:
        yield f"{len(answer.text)} characters; {limit} are readable"

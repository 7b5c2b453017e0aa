"""Ground: drop every sentence that its evidence does not carry, whichever composer wrote it."""

from __future__ import annotations

from bot.answering.draft import Draft
from bot.domain import Evidence, Sentence, SentenceRole
from retrieval.figures import missing_figures

NEEDS_EVIDENCE = (SentenceRole.ANSWER, SentenceRole.NEARBY)


def ground(draft: Draft) -> None:
    """Keep only grounded sentences, and only evidence that a sentence still uses.

    A sentence of substance needs evidence; every number, date and code in it must stand in that evidence, in a
    quote of either language, or in the question.
    """
    cards = {card.n: card for card in [*draft.evidence, *draft.nearby]}
    draft.sentences = [s for s in draft.sentences if is_grounded(s, cards, draft.text, draft.lang)]
    used = {n for sentence in draft.sentences for n in sentence.evidence}
    draft.evidence = [card for card in draft.evidence if card.n in used]
    draft.nearby = [card for card in draft.nearby if card.n in used]


def is_grounded(sentence: Sentence, cards: dict[int, Evidence], question: str, lang: str) -> bool:
    """Whether the sentence rests on its evidence."""
    if sentence.role not in NEEDS_EVIDENCE:
        return True
    cited = [cards[n] for n in sentence.evidence if n in cards]
    if not cited or len(cited) < len(sentence.evidence):
        return False
    quotes = [quote for card in cited for quote in (card.quote.zh, card.quote.en) if quote]
    if any(sentence.text in quote for quote in quotes):
        return True
    return not missing_figures(sentence.text, [*quotes, question], lang)

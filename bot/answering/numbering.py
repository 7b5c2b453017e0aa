"""Numbers evidence in the order of reading: [1] is what the reader meets first."""

from __future__ import annotations

from bot.answering.draft import Draft


def number_in_order(draft: Draft) -> None:
    """Give evidence, nearby cards and sentences numbers from 1 in the order in which sentences cite them."""
    order = dict.fromkeys(n for sentence in draft.sentences for n in sentence.evidence)
    fresh = {old: new for new, old in enumerate(order, start=1)}
    draft.sentences = [
        sentence.model_copy(update={"evidence": [fresh[n] for n in sentence.evidence]})
        for sentence in draft.sentences
    ]
    for name in ("evidence", "nearby"):
        cards = [card.model_copy(update={"n": fresh[card.n]}) for card in getattr(draft, name)]
        setattr(draft, name, sorted(cards, key=lambda card: card.n))

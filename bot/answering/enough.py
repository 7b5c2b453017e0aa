"""Is the evidence enough? A fitted model over measured signals; its numbers and curve are in `data/enough.json`.

No single similarity can tell (PARTS: area under the curve .71 to .83); margins between ranks, the known gaps of
the question-type matrix and what the fact lacks of the question's rare words carry most. The model is logistic,
standardised, fitted by `tongxing eval fit` on the development cases. Length and language are no signals: they told the
cases apart (area under the curve +.015) by how they were written, and made short questions look unknown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.answering.aspects import asked_aspects, aspects, told_aspects
from bot.answering.draft import Draft, Part
from retrieval.corpus import Fact
from retrieval.entries import words_of
from retrieval.search import SIGNALS, FactTable, top
from retrieval.text import words

DATA = Path(__file__).parent / "data" / "enough.json"
CLOSE = 1.0
"""Facts within this of the best score (natural-log odds) could as well be meant."""
SPREAD = 0.05
"""About the spread of similarities between neighbouring questions."""
RARE = 5.5
"""Inverse document frequency from which a word is rare: in about four facts of a thousand."""


@lru_cache(maxsize=1)
def model() -> dict[str, Any]:
    """The data file: `settings` (thresholds), `features` (name → mean, scale, weight), `bias`, `curve`."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def settings() -> dict[str, float]:
    """Thresholds of gathering, by name."""
    numbers: dict[str, float] = model()["settings"]
    return numbers


def certainty(draft: Draft, part: Part) -> float:
    """Probability that the knowledge base answers this part, 0 to 1."""
    first = part.candidates[0]
    if first.kind == "passage":
        return float(1 / (1 + np.exp(-first.score)))
    values = features(draft, part)
    if values["lacks_contact"]:
        # Who asks for a telephone number is not answered by a text that has none, however close it comes.
        return 0.0
    odds = model()["bias"]
    for name, numbers in model()["features"].items():
        # A signal that the numbers do not know yet, or no more, says nothing: `tongxing eval fit` runs on it.
        value = values.get(name, numbers["mean"])
        odds += numbers["weight"] * (value - numbers["mean"]) / numbers["scale"]
    return float(1 / (1 + np.exp(-odds)))


def features(draft: Draft, part: Part) -> dict[str, float]:
    """The signals of the decision, by name. Needs `part.table` and a fact among the candidates."""
    table = part.table
    assert table is not None
    facts = draft.snapshot.facts
    wrong = table.column("country_wrong") > 0
    order = top(np.where(wrong, -np.inf, table.scores), 6)
    best = int(order[0])
    fact = facts[best]
    values = {
        f"best_{name}": float(table.signals[best, column])
        for column, name in enumerate(SIGNALS)
        # That the area is called by its name says where to look, not whether anything is there.
        if name != "area"
    }
    scores = table.scores[order]
    values |= {
        "score": float(scores[0]),
        "margin_2": float(scores[0] - scores[min(1, len(scores) - 1)]),
        "margin_5": float(scores[0] - scores[min(4, len(scores) - 1)]),
        "close": float((scores > scores[0] - CLOSE).sum() - 1),
        "elsewhere": _elsewhere(table, wrong, best, "bare_own"),
        "elsewhere_other": _elsewhere(table, wrong, best, "bare_other"),
        "uncovered": float(bool(part.query.countries) and not draft.searcher.covers(part.query.countries)),
        "agreement": _agreement(table, best),
        "standing": _standing(table, best),
        "max_ask_own": float(table.column("ask_own").max()),
        "max_bare_own": float(table.column("bare_own").max()),
        "max_text_own": float(table.column("text_own").max()),
    }
    values |= _gap_features(table, wrong, best)
    values |= _type_features(draft, part, fact)
    values |= _word_features(draft, part, fact)
    return values


def _elsewhere(table: FactTable, wrong: npt.NDArray[np.bool_], best: int, name: str) -> float:
    """How much better the country-free question fits a fact about another country: what is asked exists there."""
    column = table.column(name)
    return float(max(column[wrong].max(initial=-1) - column[best], 0)) if wrong.any() else 0.0


def _agreement(table: FactTable, best: int) -> float:
    """Share of the six similarity signals on which the best fact is among the first three."""
    channels = table.signals[:, :6]
    return float(np.mean([(channels[:, c] > channels[best, c]).sum() < 3 for c in range(6)]))


def _standing(table: FactTable, best: int) -> float:
    """How many standard deviations the best fact's nearest question stands above its country's facts."""
    named = table.column("country_named") > 0
    pool = table.column("ask_own")[named] if named.sum() >= 5 else table.column("ask_own")
    return float((table.signals[best, 0] - pool.mean()) / (pool.std() + 1e-6))


def _gap_features(table: FactTable, wrong: npt.NDArray[np.bool_], best: int) -> dict[str, float]:
    """How near the question comes to what people ask here and no fact answers, against what is answered."""
    gaps = np.where(wrong, -1, table.gaps)
    asks = np.where(wrong, -1, np.maximum(table.column("bare_own"), table.column("bare_other")))
    if gaps.max(initial=-1) <= -1:
        return {"gap_best": 0.0, "gap_over": 0.0, "gap_of_best": 0.0, "gap_share": 0.0}
    unanswered, answered = (float(np.exp(near / SPREAD).sum()) for near in (gaps, asks))
    return {
        "gap_best": float(gaps.max()),
        "gap_over": float(gaps.max() - asks.max()),
        "gap_of_best": float(gaps[best] - asks[best]) if gaps[best] > -1 else 0.0,
        "gap_share": unanswered / (unanswered + answered),
    }


def _type_features(draft: Draft, part: Part, fact: Fact) -> dict[str, float]:
    """What the matrix of question types and countries says of the type that the question resembles."""
    table = part.table
    assert table is not None
    if not len(table.types):
        return {"type_best": 0.0, "type_margin": 0.0, "cell_answered": 0.0, "cell_partly": 0.0, "cell_gap": 0.0,
                "fact_answers_type": 0.0, "fact_partly_type": 0.0}  # fmt: skip
    order = top(table.types, 2)
    best_type = draft.snapshot.types[int(order[0])].id
    countries = part.query.countries
    state = draft.searcher.coverage.best_state(best_type, countries) if countries else "open"
    weight = float(table.types[int(order[0])])
    return {
        "type_best": weight,
        "type_margin": float(table.types[int(order[0])] - table.types[int(order[-1])]),
        "cell_answered": float(state == "answered"),
        "cell_partly": float(state == "partly"),
        "cell_gap": max(0.0, weight - 0.3) if state == "gap" else 0.0,
        "fact_answers_type": float(best_type in fact.answers),
        "fact_partly_type": float(best_type in fact.partly),
    }


def _word_features(draft: Draft, part: Part, fact: Fact) -> dict[str, float]:
    """Words, codes and aspects of the question that the fact and its questions lack."""
    lang = part.query.lang if part.query.lang in ("zh", "en") else "en"
    index = draft.snapshot.lexical[lang]
    asked = list(dict.fromkeys(words(part.query.bare, lang)))
    rarity = {word: index.rarity(word) for word in asked}
    known = part.query.lang in ("zh", "en")
    text = f"{fact.label.get(lang)} {fact.text(lang)}"
    rare = [word for word in asked if rarity[word] > RARE]
    told = set(words(text, lang))
    lacking = asked_aspects(part.query.text, lang) - told_aspects(text, lang) if known else frozenset()
    return {
        "covered": coverage(asked, fact, lang, rarity) if known else 0.5,
        "rare_missing": sum(word not in told for word in rare) / (1 + len(asked)),
        "unknown_words": sum(not index.knows(word) for word in asked if len(word) > 1) / (1 + len(asked)),
        "codes_missing": float(bool(part.query.codes)) * (1 - values_codes(part)),
        "aspects_missing": float(len(lacking)),
        **{f"lacks_{name}": float(name in lacking) for name in aspects()},
    }


def values_codes(part: Part) -> float:
    """Highest share of the question's codes that any fact carries."""
    assert part.table is not None
    return float(part.table.column("codes").max(initial=0))


def coverage(question_words: Sequence[str], fact: Fact, lang: str, rarity: dict[str, float]) -> float:
    """Share (by rarity) of the question's words that stand in the fact or its questions, 0 to 1."""
    have = set(words(words_of(fact, lang), lang))
    total = sum(rarity[word] for word in question_words)
    return sum(rarity[word] for word in question_words if word in have) / total if total else 1.0

"""Facts that share a country and a question type and give different figures: shown to a person, never blended.

A type is wide ("minimum capital") and a fact has many figures, so only figures of one kind are compared, and only
where their clauses speak of the same thing. Thresholds are in `data/corpus_check.yaml`.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from retrieval.corpus import Bilingual, Corpus, Fact
from retrieval.figure_reading.terms import Reading, terms
from retrieval.figures import figures, normalise
from retrieval.text import words

RULES = Path(__file__).parent / "data" / "corpus_check.yaml"
_FEW = 20
"""Fewer facts say nothing about how rare a word is."""
_CLAUSE = re.compile(r"[.;:,](?=\s)|\b(?:and|but|while)\b|[()]")


class Conflict(BaseModel):
    """Two facts and the figures in which they may contradict each other."""

    model_config = ConfigDict(frozen=True)

    ids: tuple[str, str]
    countries: list[str]
    types: list[str]
    """Ids of the question types that both are about."""
    about: Bilingual
    """Names of those types."""
    figures: tuple[Bilingual, Bilingual]
    """The differing figures of each fact, as its texts say them."""

    def line(self, lang: str) -> str:
        """Both ids with their figures in one line, for a reader of `lang` ("zh", or anything else for English)."""
        one, other = (f"{name} {said.get(lang)}" for name, said in zip(self.ids, self.figures, strict=True))
        places = ("、" if lang == "zh" else ", ").join(self.countries)
        return (
            f"{places} · {self.about.get(lang)}：{one} ⇄ {other}"
            if lang == "zh"
            else (f"{places} · {self.about.get(lang)}: {one} ⇄ {other}")
        )


class _Claim:
    """A figure of a fact with the words of its clause."""

    def __init__(self, readings: frozenset[Reading], clause: frozenset[str]) -> None:
        self.readings = readings
        self.units = frozenset(unit for _, unit in readings)
        self.clause = clause


def find_conflicts(corpus: Corpus) -> list[Conflict]:
    """Pairs of facts that may contradict each other, in the order of the corpus; each pair once."""
    rules = check_rules()["conflicts"]
    groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for located in corpus.facts:
        for country in located.fact.all_countries:
            for type_id in {*located.fact.answers, *located.fact.partly}:
                groups[country, type_id].append(located.fact)
    shared: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    answered: set[tuple[str, str]] = set()
    facts = {located.fact.id: located.fact for located in corpus.facts}
    for (country, type_id), group in groups.items():
        for one, other in combinations(group, 2):
            answers = (type_id in one.answers) + (type_id in other.answers)
            if answers:
                shared[one.id, other.id].add((country, type_id))
            if answers == 2:
                answered.add((one.id, other.id))
    reader = _Reader([facts[fact_id] for fact_id in {fact_id for pair in shared for fact_id in pair}])
    found = []
    for pair, cells in shared.items():
        least = rules["both_answer"] if pair in answered else rules["one_partly"]
        one, other = (facts[fact_id] for fact_id in pair)
        if differing := reader.differing(one, other, least):
            types = [type_id for type_id in corpus.question_types if any(type_id == t for _, t in cells)]
            names = [corpus.question_types[type_id].name for type_id in types]
            found.append(
                Conflict(
                    ids=pair,
                    countries=sorted({country for country, _ in cells}),
                    types=types,
                    about=Bilingual(zh="、".join(n.zh for n in names), en="; ".join(n.en for n in names)),
                    figures=(_said(one, [a for a, _ in differing]), _said(other, [b for _, b in differing])),
                )
            )
    order = {fact_id: place for place, fact_id in enumerate(facts)}
    return sorted(found, key=lambda conflict: [order[fact_id] for fact_id in conflict.ids])


class _Reader:
    """Reads the claims of facts once and weighs words by how few facts have them."""

    def __init__(self, facts: list[Fact]) -> None:
        counts = Counter(word for fact in facts for word in set(words(fact.en, "en")))
        whole = max(len(facts), _FEW)
        self._weights = {word: math.log(whole / count) for word, count in counts.items()}
        self._claims: dict[str, list[_Claim]] = {}
        currencies = {code for codes in terms().prefixes.values() for code in codes}
        self._kinds = {"%", *currencies, *check_rules()["conflicts"]["durations"]}

    def differing(self, one: Fact, other: Fact, least: float) -> list[tuple[_Claim, _Claim]]:
        """Pairs of claims of one kind, about the same thing, of which neither fact has the other's figure."""
        mine, theirs = self._read(one), self._read(other)
        my_values = frozenset().union(*(claim.readings for claim in mine))
        their_values = frozenset().union(*(claim.readings for claim in theirs))
        return [
            (a, b)
            for a in mine
            for b in theirs
            if not a.units.isdisjoint(b.units)
            and a.readings.isdisjoint(their_values)
            and b.readings.isdisjoint(my_values)
            and self._likeness(a.clause, b.clause) >= least
        ]

    def _likeness(self, one: frozenset[str], other: frozenset[str]) -> float:
        whole = sum(self._weights.get(word, 0.0) for word in one | other)
        return sum(self._weights.get(word, 0.0) for word in one & other) / whole if whole else 0.0

    def _read(self, fact: Fact) -> list[_Claim]:
        if fact.id not in self._claims:
            self._claims[fact.id] = list(self._claims_of(fact.en))
        return self._claims[fact.id]

    def _claims_of(self, text: str) -> Iterable[_Claim]:
        clean = normalise(text)
        cuts = [0, *(match.start() for match in _CLAUSE.finditer(clean)), len(clean)]
        for figure in figures(text, "en"):
            readings = frozenset(reading for reading in figure.readings if reading[1] in self._kinds)
            if not figure.firm or not readings:
                continue
            start = max(cut for cut in cuts if cut <= figure.start)
            end = min(cut for cut in cuts if cut >= figure.end)
            clause = f"{clean[start : figure.start]} {clean[figure.end : end]}"
            yield _Claim(readings, frozenset(words(clause, "en")))


def _said(fact: Fact, claims: list[_Claim]) -> Bilingual:
    """The claims' figures as each language of the fact says them."""
    values = frozenset().union(*(claim.readings for claim in claims))
    said = {
        lang: list(
            dict.fromkeys(
                figure.text
                for figure in figures(fact.text(lang), lang)
                if figure.firm and not figure.readings.isdisjoint(values)
            )
        )
        for lang in ("zh", "en")
    }
    return Bilingual(zh="、".join(said["zh"] or said["en"]), en=", ".join(said["en"]))


@lru_cache(maxsize=1)
def check_rules() -> dict[str, Any]:
    """The data file of the corpus check."""
    rules: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return rules

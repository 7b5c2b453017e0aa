"""Ranks facts and passages for one question (or one part of one).

Every fact gets a row of signals: how near its questions, its country-free questions and its text are in the
asker's language and in the other one, the words and codes it shares, whether it answers the question's type,
whether it is about the country named. A linear model (`data/ranker.json`, made by `tongxing eval fit`) turns a row
into one score; passages of documents are scored beside them on the same scale.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from retrieval.codes import find_codes
from retrieval.coverage import Coverage
from retrieval.documents import Passage
from retrieval.embedding import Embedder, Floats
from retrieval.entries import Kind
from retrieval.index import Snapshot
from retrieval.message_search import MessageSearch
from retrieval.text import words

RANKER = Path(__file__).parent / "data" / "ranker.json"

AT_HOME = 0.1
"""How much closer a fact without a country has to come where a country is named."""
CROSS_LANGUAGE = 0.1
"""What a question in a language without facts loses in similarity (PARTS: .33 against .45 for the right text)."""

SIGNALS = (
    "ask_own",
    "ask_other",
    "bare_own",
    "bare_other",
    "text_own",
    "text_other",
    "ask_own_gap",
    "ask_other_gap",
    "bare_own_gap",
    "text_own_gap",
    "words",
    "words_gap",
    "codes",
    "type",
    "country_named",
    "country_wrong",
    "country_free",
    "country_unasked",
    "area",
)
"""Columns of the signal table, in order. `own` is the asker's language, `other` the other corpus language,
`gap` the distance below the best fact on that signal (0 for the best)."""


@dataclass(frozen=True)
class Query:
    """What to search: a whole question, or one part of it. `lang` is the language it is written in."""

    text: str
    lang: str
    bare: str
    """The text with its countries replaced by "this country" or 该国."""
    countries: tuple[str, ...] = ()
    """Countries to prefer, ISO 3166-1 alpha-2; facts about others are pushed down."""
    codes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Question types that somebody chose; else those that the question resembles."""
    region: tuple[str, ...] = ()
    """Members of a region that is named instead of a country: facts that several of them share are preferred."""


@dataclass(frozen=True)
class Hit:
    """One fact or passage found. `score` is the natural-log odds that it answers the question."""

    kind: Literal["fact", "passage"]
    owner: int
    """Position in `Snapshot.facts` or `Snapshot.passages`."""
    id: str
    lang: str
    """The language of the entry that matched best."""
    score: float
    text: str
    also: tuple[str, ...] = ()


class Near(NamedTuple):
    """A fact and how near it is (centred cosine)."""

    owner: int
    similarity: float


@dataclass(frozen=True)
class FactTable:
    """Signals and scores of every fact for one query."""

    signals: Floats
    """Shape (facts, len(SIGNALS))."""
    scores: Floats
    """Shape (facts,), natural-log odds."""
    types: Floats
    """Shape (question types,): similarity of the country-free question to each type."""
    gaps: Floats
    """Shape (facts,): similarity of the country-free question to what each fact looks as if it answered; -1 for none."""

    def column(self, name: str) -> Floats:
        """One signal of every fact."""
        column: Floats = self.signals[:, SIGNALS.index(name)]
        return column


@dataclass
class Searcher:
    """Searches one snapshot. Safe to share between threads."""

    snapshot: Snapshot
    embedder: Embedder
    coverage: Coverage = field(init=False)
    """Which question types are answered where."""
    messages: MessageSearch = field(init=False)
    """Messages that are no question to the corpus."""
    _type_matrix: Floats = field(init=False)
    _country_of: dict[str, npt.NDArray[np.bool_]] = field(init=False)
    _has_country: npt.NDArray[np.bool_] = field(init=False)
    _shared: npt.NDArray[np.bool_] = field(init=False)
    """Facts about several countries."""
    _areas: npt.NDArray[np.str_] = field(init=False)

    def __post_init__(self) -> None:
        facts = self.snapshot.facts
        self.coverage = Coverage(facts)
        self.messages = MessageSearch(self.snapshot)
        self._type_matrix = _type_matrix(self.snapshot)
        self._has_country = np.array([bool(fact.all_countries) for fact in facts], dtype=bool)
        self._shared = np.array([len(fact.all_countries) > 1 for fact in facts], dtype=bool)
        self._areas = np.array([fact.area for fact in facts], dtype="U32")
        self._country_of = {
            code: np.array([code in fact.all_countries for fact in facts], dtype=bool)
            for code in sorted({code for fact in facts for code in fact.all_countries})
        }

    # -- one query -------------------------------------------------------------------------------------

    def search(self, query: Query, k: int = 10) -> list[Hit]:
        """The `k` best facts and passages, best first, each id once."""
        vectors = self.vectors([query])[0]
        return self.rank(query, vectors, self.table(query, vectors), k)

    def vectors(self, queries: Sequence[Query]) -> list[tuple[Floats, Floats]]:
        """Vectors of each query as written and without its countries, not centred; one pass of the embedder."""
        texts = list(dict.fromkeys(text for query in queries for text in (query.text, query.bare)))
        rows = dict(zip(texts, self.embedder.encode(texts, "query"), strict=True)) if texts else {}
        return [(rows[query.text], rows[query.bare]) for query in queries]

    def rank(self, query: Query, vectors: tuple[Floats, Floats], table: FactTable, k: int) -> list[Hit]:
        """Facts of `table` and passages together, best first, each id once."""
        hits = [self._fact_hit(int(i), table, query.lang) for i in top(table.scores, k)]
        hits += self._passages(query, vectors[0], k)
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        unique: dict[str, Hit] = {}
        for hit in hits:
            unique.setdefault(hit.id, hit)
        return list(unique.values())[:k]

    def table(self, query: Query, vectors: tuple[Floats, Floats]) -> FactTable:
        """Signals and scores of every fact."""
        facts = len(self.snapshot.facts)
        own = query.lang if query.lang in ("zh", "en") else "en"
        other = "en" if own == "zh" else "zh"
        full, bare = (
            self.snapshot.centred(query.lang, vectors[0]),
            self.snapshot.in_metric(query.lang, vectors[1]),
        )
        dense, matrix = self.snapshot.dense, self.snapshot.matrix
        ask_own = dense.best((own, Kind.ASK), full, facts)
        ask_other = dense.best((other, Kind.ASK), full, facts)
        bare_own = matrix.best((own, Kind.BARE), bare, facts)
        bare_other = matrix.best((other, Kind.BARE), bare, facts)
        text_own = dense.best((own, Kind.TEXT), full, facts)
        text_other = dense.best((other, Kind.TEXT), full, facts)
        shared = self._words(query, facts)
        types = self._types(own, other, bare)
        named, wrong = self._places(query)
        asked = bool(query.countries or query.region)
        columns = [
            ask_own,
            ask_other,
            bare_own,
            bare_other,
            text_own,
            text_other,
            ask_own - ask_own.max(initial=-1),
            ask_other - ask_other.max(initial=-1),
            bare_own - bare_own.max(initial=-1),
            text_own - text_own.max(initial=-1),
            shared,
            shared - shared.max(initial=0),
            self._code_match(query.codes),
            self._type_match(types, query.types),
            named,
            wrong,
            ~self._has_country & asked,
            self._has_country & (not asked),
            np.isin(self._areas, query.areas) if query.areas else np.zeros(facts),
        ]
        signals = np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)
        weights, bias = ranker()
        gaps = np.maximum(
            matrix.best((own, Kind.GAP), bare, facts), matrix.best((other, Kind.GAP), bare, facts)
        )
        return FactTable(signals, signals @ weights + bias, types, gaps)

    def types(self, lang: str, vector: Floats) -> Floats:
        """Similarity of a country-free question's vector (not centred) to each question type."""
        own = lang if lang in ("zh", "en") else "en"
        return self._types(own, "en" if own == "zh" else "zh", self.snapshot.in_metric(lang, vector))

    def nearest_ask(self, lang: str, vector: Floats) -> float:
        """Highest similarity of a question's vector (not centred) to any question of the corpus; -1 without."""
        full, count = self.snapshot.centred(lang, vector), len(self.snapshot.facts)
        near = [
            self.snapshot.dense.best((own, Kind.ASK), full, count).max(initial=-1) for own in ("zh", "en")
        ]
        return float(max(near))

    def nearest(
        self, lang: str, vectors: Sequence[Floats], countries: Sequence[Sequence[str]]
    ) -> list[Near | None]:
        """For each country-free question's vector (not centred) the fact whose country-free questions come closest;
        facts about other countries than its `countries` are left out. None where there are no facts."""
        count = len(self.snapshot.facts)
        if not count or not vectors:
            return [None for _ in vectors]
        bare = np.stack([self.snapshot.in_metric(lang, vector) for vector in vectors])
        best = self.snapshot.matrix.best_of_each
        near = np.maximum(best(("zh", Kind.BARE), bare, count), best(("en", Kind.BARE), bare, count))
        if lang not in ("zh", "en"):
            near = near + CROSS_LANGUAGE
        found: list[Near | None] = []
        for row, codes in zip(near, countries, strict=True):
            _, wrong = self._places(Query("", lang, "", tuple(codes)))
            # Of a country's own matter its own facts speak; what is said of no country has to come closer.
            fair = row - AT_HOME * ~self._has_country if codes else row
            owner = int(np.where(wrong, -1, fair).argmax())
            found.append(Near(owner, float(row[owner])))
        return found

    def covers(self, countries: Sequence[str]) -> bool:
        """Whether facts are kept on any of the countries (ISO 3166-1 alpha-2)."""
        return any(code in self._country_of for code in countries)

    # -- parts -----------------------------------------------------------------------------------------

    def _places(self, query: Query) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which facts are about the place that is named, and which about another."""
        nowhere = np.zeros(len(self.snapshot.facts), dtype=bool)
        if not query.countries and not query.region:
            return nowhere, nowhere
        named = nowhere.copy()
        for code in query.countries:
            named |= self._country_of.get(code, nowhere)
        if query.countries:
            return named, self._has_country & ~named
        inside = nowhere.copy()
        for code in query.region:
            inside |= self._country_of.get(code, nowhere)
        return inside & self._shared, self._has_country & ~inside

    @cached_property
    def _codes(self) -> list[frozenset[str]]:
        """The codes in each fact. Found when a code is first asked for: it takes most of a second."""
        facts = self.snapshot.facts
        return [frozenset(find_codes(f"{f.zh}\n{f.en}\n{f.label.zh}\n{f.label.en}")) for f in facts]

    def _code_match(self, codes: Sequence[str]) -> Floats:
        """The share of `codes` that each fact has, 0 to 1."""
        if not codes:
            return np.zeros(len(self.snapshot.facts), dtype=np.float32)
        shared = [len(own.intersection(codes)) / len(codes) for own in self._codes]
        return np.asarray(shared, dtype=np.float32)

    def _words(self, query: Query, facts: int) -> Floats:
        """BM25 of each fact over the most the question's words could give: about 0 to 1."""
        index = self.snapshot.lexical.get(query.lang)
        if index is None or query.lang not in ("zh", "en") or not facts:
            return np.zeros(facts, dtype=np.float32)
        most = sum(index.rarity(word) for word in dict.fromkeys(words(query.text, query.lang)))
        shares = index.scores(query.text, query.lang)[:facts] / max(most, 1e-6)
        return np.asarray(shares, dtype=np.float32)

    def _types(self, own: str, other: str, bare: Floats) -> Floats:
        count = len(self.snapshot.types)
        best = self.snapshot.matrix.best
        near: Floats = np.maximum(
            best((own, Kind.TYPE), bare, count), best((other, Kind.TYPE), bare, count) - 0.05
        )
        return near

    def _type_match(self, types: Floats, chosen: Sequence[str]) -> Floats:
        """How well each fact answers the types that were chosen or that the question resembles, 0 to 1."""
        if not len(types):
            return np.zeros(len(self.snapshot.facts), dtype=np.float32)
        if chosen:
            picked = np.array([one.id in chosen for one in self.snapshot.types])
            return np.asarray(self._type_matrix[:, picked].max(axis=1, initial=0), dtype=np.float32)
        # A softmax over types; 0.05 is about the spread of similarities between neighbouring types.
        odds = np.exp((types - types.max()) / 0.05)
        match: Floats = self._type_matrix @ (odds / odds.max())
        return np.asarray(np.minimum(match, 1), dtype=np.float32)

    def _passages(self, query: Query, vector: Floats, k: int) -> list[Hit]:
        snapshot = self.snapshot
        if not snapshot.passages:
            return []
        scores = np.full(len(snapshot.passages), -np.inf, dtype=np.float32)
        full = self.snapshot.centred(query.lang, vector)
        model = _model()["passages"]
        for lang in snapshot.languages:
            positions = snapshot.passage_positions[lang]
            if not len(positions):
                continue
            near = snapshot.dense.best((lang, Kind.PASSAGE), full, len(snapshot.passages))[positions]
            score = model["near"] * near + model["bias"]
            if lang == query.lang:
                index = snapshot.lexical[lang]
                most = sum(index.rarity(word) for word in dict.fromkeys(words(query.text, lang)))
                score = score + model["words"] * index.scores(query.text, lang)[-len(positions) :] / max(
                    most, 1e-6
                )
            else:
                score = score + model["other_language"]
            scores[positions] = score
        return [
            self._passage_hit(int(i), float(scores[i])) for i in top(scores, 3 * k) if np.isfinite(scores[i])
        ]

    def _fact_hit(self, owner: int, table: FactTable, lang: str) -> Hit:
        fact = self.snapshot.facts[owner]
        own = lang if lang in ("zh", "en") else "en"
        other = "en" if own == "zh" else "zh"
        nearer = table.signals[owner, 0] >= table.signals[owner, 1]
        best = own if nearer else other
        return Hit(
            "fact", owner, fact.id, best, float(table.scores[owner]), fact.text(best), tuple(fact.also)
        )

    def _passage_hit(self, owner: int, score: float) -> Hit:
        passage: Passage = self.snapshot.passages[owner]
        return Hit("passage", owner, passage.cite_id, passage.lang, score, passage.text)


def top(scores: Floats, k: int) -> npt.NDArray[np.intp]:
    """Positions of the `k` highest scores, highest first; equal ones in their order."""
    if k < len(scores):
        reach = np.argpartition(-scores, k)[: k + 1]
        reach = np.flatnonzero(scores >= scores[reach].min())
    else:
        reach = np.arange(len(scores))
    return reach[np.argsort(-scores[reach], kind="stable")][:k]


def _type_matrix(snapshot: Snapshot) -> Floats:
    position = {question_type.id: i for i, question_type in enumerate(snapshot.types)}
    matrix = np.zeros((len(snapshot.facts), len(snapshot.types)), dtype=np.float32)
    for row, fact in enumerate(snapshot.facts):
        for names, weight in ((fact.partly, 0.5), (fact.answers, 1.0)):
            for name in names:
                if name in position:
                    matrix[row, position[name]] = weight
    return matrix


@lru_cache(maxsize=1)
def _model() -> dict[str, dict[str, float]]:
    model: dict[str, dict[str, float]] = json.loads(RANKER.read_text(encoding="utf-8"))
    return model


@lru_cache(maxsize=1)
def ranker() -> tuple[Floats, float]:
    """Weights in the order of SIGNALS, and the bias."""
    facts = _model()["facts"]
    return np.array([facts[name] for name in SIGNALS], dtype=np.float32), facts["bias"]


def forget_ranker() -> None:
    """Read the weights anew: they were fitted again."""
    _model.cache_clear()
    ranker.cache_clear()

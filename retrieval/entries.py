"""What is indexed: every fact, question type and passage as short texts, each with its form and owner.

A fact is three things to search (PARTS: what won): the questions it answers, the same questions without their
country, and its text; and one to know its limits by: the questions that it looks as if it answered. A question type
is its questions. A passage is itself under its title and headings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from retrieval.corpus import Asks, Fact, MessageKind, QuestionType
from retrieval.documents import Passage
from retrieval.embedding import Form

CORPUS_LANGUAGES = ("zh", "en")


class Kind(IntEnum):
    """What an entry is."""

    ASK = 0
    """A question that a fact answers, as written."""
    BARE = 1
    """The same question with its country replaced by "this country" or 该国."""
    TEXT = 2
    """A fact's label and statement."""
    TYPE = 3
    """A country-free question of a question type."""
    PASSAGE = 4
    """A passage of an ingested document."""
    MESSAGE = 5
    """An example of a kind of message that is no question to the corpus."""
    GAP = 6
    """A question that is asked where a fact stands and that no fact answers, without its country."""


def form_of(kind: Kind) -> Form:
    """Questions are embedded as queries, statements and passages as passages."""
    return "passage" if kind in (Kind.TEXT, Kind.PASSAGE) else "query"


@dataclass(frozen=True, slots=True)
class Entry:
    """One text to embed. `owner` counts facts, question types or passages, in the order of their list."""

    kind: Kind
    owner: int
    lang: str
    text: str

    @property
    def form(self) -> Form:
        """The form it is embedded in."""
        return form_of(self.kind)


def make_entries(
    facts: Sequence[Fact],
    types: Sequence[QuestionType],
    messages: Sequence[MessageKind],
    passages: Sequence[Passage],
    without_countries: Callable[[str, str], str],
) -> list[Entry]:
    """All entries, in an order that depends on nothing but the arguments."""
    entries: list[Entry] = []
    for owner, fact in enumerate(facts):
        for lang in CORPUS_LANGUAGES:
            for ask in _asks(fact.asks, lang):
                entries.append(Entry(Kind.ASK, owner, lang, ask))
                entries.append(Entry(Kind.BARE, owner, lang, without_countries(ask, lang)))
            for gap in _asks(fact.gaps, lang):
                entries.append(Entry(Kind.GAP, owner, lang, without_countries(gap, lang)))
            entries.append(Entry(Kind.TEXT, owner, lang, statement(fact, lang)))
    askers: list[tuple[Kind, Sequence[QuestionType | MessageKind]]] = [
        (Kind.TYPE, types),
        (Kind.MESSAGE, messages),
    ]
    for kind, holders in askers:
        for owner, holder in enumerate(holders):
            for lang in CORPUS_LANGUAGES:
                entries.extend(Entry(kind, owner, lang, ask) for ask in _asks(holder.asks, lang))
    for owner, passage in enumerate(passages):
        entries.append(Entry(Kind.PASSAGE, owner, passage.lang, f"{passage.context}\n{passage.text}"))
    return entries


def statement(fact: Fact, lang: str) -> str:
    """Label and text of a fact in one line."""
    return f"{fact.label.get(lang)}：{fact.text(lang)}" if lang == "zh" else f"{fact.label.en}: {fact.en}"


def words_of(fact: Fact, lang: str) -> str:
    """Everything of a fact that words are searched in: label, text and its questions."""
    return "\n".join([fact.label.get(lang), fact.text(lang), *_asks(fact.asks, lang)])


def _asks(asks: Asks, lang: str) -> list[str]:
    return asks.zh if lang == "zh" else asks.en

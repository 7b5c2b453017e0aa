"""A fact is indexed by its questions, its questions without their country, and its text; in both languages."""

from __future__ import annotations

from pathlib import Path

from retrieval.corpus import Corpus, load_corpus
from retrieval.documents import Passage
from retrieval.entities import Entities
from retrieval.entries import CORPUS_LANGUAGES, Entry, Kind, make_entries, words_of


def entries_of(corpus: Corpus, passages: list[Passage]) -> list[Entry]:
    facts = [located.fact for located in corpus.facts]
    entities = Entities(corpus.areas, corpus.countries)
    types, messages = list(corpus.question_types.values()), list(corpus.message_kinds.values())
    return make_entries(facts, types, messages, passages, entities.without_countries)


def test_every_question_stands_as_written_and_without_its_country(small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    entries = entries_of(corpus, [])
    for owner, located in enumerate(corpus.facts):
        for lang in CORPUS_LANGUAGES:
            mine = [entry for entry in entries if entry.owner == owner and entry.lang == lang]
            asks = [entry.text for entry in mine if entry.kind is Kind.ASK]
            bare = [entry.text for entry in mine if entry.kind is Kind.BARE]
            assert asks == (located.fact.asks.zh if lang == "zh" else located.fact.asks.en)
            assert len(bare) == len(asks)
            (text,) = [entry.text for entry in mine if entry.kind is Kind.TEXT]
            assert located.fact.text(lang) in text
            assert located.fact.label.get(lang) in text
            assert all(ask in words_of(located.fact, lang) for ask in asks)
    bare_texts = " ".join(entry.text for entry in entries if entry.kind is Kind.BARE)
    assert "该国" in bare_texts
    assert "this country" in bare_texts
    assert "肯尼亚" not in bare_texts
    assert "Kenya" not in bare_texts


def test_a_gap_stands_without_its_country_and_is_no_word_of_the_fact(small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    entries = entries_of(corpus, [])
    for owner, located in enumerate(corpus.facts):
        for lang in CORPUS_LANGUAGES:
            gaps = [e.text for e in entries if (e.kind, e.owner, e.lang) == (Kind.GAP, owner, lang)]
            kept = located.fact.gaps.zh if lang == "zh" else located.fact.gaps.en
            assert len(gaps) == len(kept) > 0
            assert not any(gap in words_of(located.fact, lang) for gap in kept)
    assert not any("Kenya" in e.text or "肯尼亚" in e.text for e in entries if e.kind is Kind.GAP)


def test_questions_are_queries_and_statements_are_passages(small_corpus: Path) -> None:
    forms = {entry.kind: entry.form for entry in entries_of(load_corpus(small_corpus), [passage()])}
    assert forms == {
        Kind.ASK: "query",
        Kind.BARE: "query",
        Kind.TYPE: "query",
        Kind.MESSAGE: "query",
        Kind.GAP: "query",
        Kind.TEXT: "passage",
        Kind.PASSAGE: "passage",
    }


def test_a_passage_is_indexed_under_title_and_nearest_headings_in_its_own_language(
    small_corpus: Path,
) -> None:
    entry = entries_of(load_corpus(small_corpus), [passage()])[-1]
    assert (entry.kind, entry.lang, entry.owner) == (Kind.PASSAGE, "fr", 0)
    assert entry.text == "Guide › Normes › Kenya\nLe marquage KEBS est obligatoire."


def passage() -> Passage:
    return Passage(
        id="doc-1#1",
        document_id="doc-1",
        title="Guide",
        lang="fr",
        heading=["Afrique", "Normes", "Kenya"],
        text="Le marquage KEBS est obligatoire.",
        added="2026-11-25",
    )

"""What others would build: three plain ways to search the same facts, and the plain answer they give.

`bm25`: words alone. `chroma`: LangChain's Chroma, `similarity_search` with our embedder and no more.
`ensemble`: LangChain's EnsembleRetriever over the two. All see each fact as one text a language, label and statement.
Their answer is what an assistant without judgement gives: the first three facts, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.domain import Answer, Completeness, Evidence, Quote, Sentence, SourceCard, Status
from eval.cases import Case
from eval.log import Entry, EvalError, Facts, Ranked
from retrieval.corpus import Fact
from retrieval.embedding import Embedder
from retrieval.entries import CORPUS_LANGUAGES, statement
from retrieval.lexical import LexicalIndex
from retrieval.search import top
from retrieval.text import sentences

REACH = 20
"""Texts looked at: a fact has one in each language, and ten facts are wanted."""
KEPT = 10
ANSWERS_WITH = 3

Baseline = Callable[[str, str], list[str]]
"""(question, language) → ids of the first ten facts, best first."""

BASELINES = ("bm25", "chroma", "ensemble")


def open_baselines(facts: Iterable[Fact], embedder: Embedder) -> dict[str, Baseline]:
    """The baselines over `facts`, by name. Raises `EvalError` where LangChain's parts are not installed."""
    try:
        from langchain_chroma import Chroma
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_core.documents import Document
        from langchain_core.retrievers import BaseRetriever
    except ImportError as exc:
        raise missing_part(exc) from exc
    facts = list(facts)
    words = {
        lang: LexicalIndex.build([statement(fact, lang) for fact in facts], lang) for lang in CORPUS_LANGUAGES
    }

    def bm25(question: str, lang: str) -> list[str]:
        own = lang if lang in CORPUS_LANGUAGES else "en"
        scores = words[own].scores(question, own)
        return [facts[int(i)].id for i in top(scores, KEPT) if scores[i] > 0]

    class Words(BaseRetriever):
        """`bm25` as a retriever of LangChain."""

        lang: str

        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            return [
                Document(id=name, page_content=name, metadata={"fact": name})
                for name in bm25(query, self.lang)
            ]

    store = Chroma(
        collection_name="baseline",
        embedding_function=embedder,
        # One thread and a reach over everything: the same question gives the same ranking every time.
        collection_configuration={
            "hnsw": {"space": "cosine", "num_threads": 1, "ef_search": 4 * len(facts), "ef_construction": 200}
        },
    )
    if facts:
        store.add_texts(
            [statement(fact, lang) for fact in facts for lang in CORPUS_LANGUAGES],
            metadatas=[{"fact": fact.id} for fact in facts for _ in CORPUS_LANGUAGES],
            ids=[f"{fact.id}/{lang}" for fact in facts for lang in CORPUS_LANGUAGES],
        )

    def chroma(question: str, lang: str) -> list[str]:
        return _ids(store.similarity_search(question, k=REACH))

    near = store.as_retriever(search_kwargs={"k": REACH})
    ensembles = {
        lang: EnsembleRetriever(retrievers=[Words(lang=lang), near], weights=[0.5, 0.5], id_key="fact")
        for lang in CORPUS_LANGUAGES
    }

    def ensemble(question: str, lang: str) -> list[str]:
        return _ids(ensembles[lang if lang in CORPUS_LANGUAGES else "en"].invoke(question))

    return {"bm25": bm25, "chroma": chroma, "ensemble": ensemble}


def as_entries(entry: Entry, facts: Facts) -> dict[str, Entry]:
    """For each baseline of an entry, the entry as it would be had the baseline answered."""
    found = {}
    for name, ids in entry.baselines.items():
        ranking = [Ranked(id=fact_id, lang=entry.case.lang, score=-float(n)) for n, fact_id in enumerate(ids)]
        answer = _plain_answer(entry.case, ids[:ANSWERS_WITH], facts)
        found[name] = entry.model_copy(update={"answer": answer, "ranking": ranking})
    return found


def missing_part(exc: ImportError) -> EvalError:
    """The error for a library that only development needs."""
    return EvalError(
        zh=f"评测需要的部件没有安装（{exc.name}）：请运行 make setup，或安装 tongxing[dev]。",
        en=f"A part that the evaluation needs is not installed ({exc.name}): run `make setup`, or install tongxing[dev].",
    )


def _ids(documents: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(document.metadata["fact"]) for document in documents))[:KEPT]


def _plain_answer(case: Case, ids: list[str], facts: Facts) -> Answer:
    lang = "zh" if case.lang == "zh" else "en"
    cards, told = [], []
    for n, fact_id in enumerate(ids, start=1):
        fact = facts.get(fact_id)
        if fact is None:
            continue
        source = SourceCard(title=fact.id, authority="media")
        cards.append(
            Evidence(
                n=n,
                id=fact.id,
                kind="fact",
                title=source.title,
                url=None,
                issuer=None,
                authority=source.authority,
                dated=None,
                checked=None,
                stale=False,
                confirm=None,
                sources=[source],
                country=None,
                countries=fact.countries,
                area=fact.area,
                quote=Quote(zh=fact.zh, en=fact.en),
            )
        )
        told += [Sentence(text=text, evidence=[n]) for text in sentences(fact.text(lang), lang)]
    return Answer(
        id="",
        status=Status.ANSWERED,
        completeness=Completeness.COMPLETE,
        language="zh" if lang == "zh" else "en",
        text="\n".join(sentence.text for sentence in told),
        sentences=told,
        evidence=cards,
    )

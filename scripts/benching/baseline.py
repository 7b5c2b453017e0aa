"""The baseline: LangChain's plain Chroma retriever over the facts' texts, with our embedder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from retrieval.corpus import SHIPPED_CORPUS, load_corpus
from retrieval.dense import chroma_client
from retrieval.embedding import Form, open_embedder
from retrieval.entries import CORPUS_LANGUAGES, statement
from retrieval.vector_cache import VectorCache
from scripts.benching.figure import Figure, of_times
from scripts.benching.questions import singles

SAMPLE = 200


@dataclass
class Plain:
    """What plain retrieval does: milliseconds a search, and searches a second by eight threads."""

    figure: Figure
    rate: float


def plain_chroma(data: Path) -> Plain:
    """Index every fact in both languages and retrieve ten for each question."""
    from langchain_chroma import Chroma

    embedder = open_embedder()
    corpus = load_corpus(SHIPPED_CORPUS)
    texts = [statement(located.fact, lang) for located in corpus.facts for lang in CORPUS_LANGUAGES]
    cache = VectorCache(data / "baseline.sqlite", embedder, SHIPPED_CORPUS)
    form: Form = "passage"
    vectors = cache.vectors([(form, text) for text in texts]).floats()
    cache.close()
    client = chroma_client(str(data / "baseline-chroma"))
    store = Chroma(client=client, collection_name="plain", embedding_function=embedder)
    # Vectors are handed over as they are: what is timed is retrieval, not indexing.
    store._collection.upsert(
        ids=[str(i) for i in range(len(texts))], documents=texts, embeddings=vectors.tolist()
    )
    retriever = store.as_retriever(search_kwargs={"k": 10})
    questions = singles()[:SAMPLE]
    retriever.invoke(questions[0])
    seconds = []
    for question in questions:
        started = time.perf_counter()
        retriever.invoke(question)
        seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(retriever.invoke, questions))
    rate = len(questions) / (time.perf_counter() - started)
    return Plain(of_times("baseline: plain Chroma retriever, one at a time", seconds), rate)

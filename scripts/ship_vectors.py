"""Writes `corpus/vectors/`: every text of the corpus embedded once, so that a first build embeds nothing.

`--check N` embeds N of them again and compares: CI runs it, so that shipped vectors cannot drift from the
embedder or from the corpus.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np

from retrieval.corpus import SHIPPED_CORPUS, load_corpus
from retrieval.embedding import Form, open_embedder
from retrieval.entities import Entities
from retrieval.entries import make_entries
from retrieval.index import sample_questions
from retrieval.vector_cache import ShippedVectors, VectorCache, ship_vectors, text_key

CLOSE = 0.999
"""Cosine similarity above which a shipped vector is the embedder's own: 8 bits cost up to 0.0005."""


def corpus_texts() -> list[tuple[Form, str]]:
    """Every text that an index of the shipped corpus embeds, each once."""
    corpus = load_corpus(SHIPPED_CORPUS)
    entities = Entities(corpus.areas, corpus.countries)
    facts = [located.fact for located in corpus.facts]
    entries = make_entries(
        facts,
        list(corpus.question_types.values()),
        list(corpus.message_kinds.values()),
        [],
        entities.without_countries,
    )
    texts: list[tuple[Form, str]] = [(entry.form, entry.text) for entry in entries]
    for samples in sample_questions().values():
        for text in samples:
            texts += [("query", text), ("passage", text)]
    return list(dict.fromkeys(texts))


def ship() -> None:
    """Embed what is missing and write the file."""
    embedder = open_embedder()
    texts = corpus_texts()
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder) / "vectors.sqlite", embedder, SHIPPED_CORPUS)
        vectors = cache.vectors(texts, lambda done, total: print(f"\r{done}/{total}", end="", flush=True))
        cache.close()
    path = ship_vectors(SHIPPED_CORPUS, embedder.name, [text_key(*text) for text in texts], vectors)
    print(f"\n{path.name}: {len(texts)} vectors, {path.stat().st_size / 1e6:.1f} MB")


def check(sample: int, seed: int = 0) -> list[str]:
    """What is wrong with the shipped vectors: texts without one, and sampled ones that the embedder gives otherwise."""
    embedder = open_embedder()
    shipped = ShippedVectors(SHIPPED_CORPUS, embedder.name)
    texts = corpus_texts()
    faults = [f"no vector for {text!r}" for form, text in texts if text_key(form, text) not in shipped.rows]
    known = [item for item in texts if text_key(*item) in shipped.rows]
    for form, text in random.Random(seed).sample(known, min(sample, len(known))):
        row = shipped.rows[text_key(form, text)]
        stored = shipped.vectors.values[row].astype(np.float32)
        fresh = embedder.encode([text], form)[0]
        similarity = float(stored @ fresh / np.linalg.norm(stored))
        if similarity < CLOSE:
            faults.append(f"vector of {text!r} is off ({similarity:.4f})")
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=int, metavar="N")
    arguments = parser.parse_args()
    if arguments.check is None:
        ship()
    else:
        found = check(arguments.check)
        print("\n".join(found[:20]) or "shipped vectors are sound")
        raise SystemExit(1 if found else 0)

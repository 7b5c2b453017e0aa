"""Writes `corpus/vectors/`: every text of the corpus embedded once, so that a first build embeds nothing.

Only texts that the file lacks are embedded, so running it after an edit takes seconds. `--check N` embeds N of them
again and compares, and looks for texts without a vector and vectors without a text: CI runs it, so that shipped
vectors cannot drift from the embedder or from the corpus.
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

FORMS: tuple[Form, ...] = ("query", "passage")
CLOSE = 0.999
"""Cosine similarity above which a shipped vector is the embedder's own: 8 bits cost up to 0.0005."""


def corpus_texts() -> dict[bytes, tuple[Form, str]]:
    """Every text that an index of the shipped corpus embeds, each once, by its cache key."""
    corpus = load_corpus(SHIPPED_CORPUS)
    entries = make_entries(
        [located.fact for located in corpus.facts],
        list(corpus.question_types.values()),
        list(corpus.message_kinds.values()),
        [],
        Entities(corpus.areas, corpus.countries).without_countries,
    )
    texts: list[tuple[Form, str]] = [(entry.form, entry.text) for entry in entries]
    for samples in sample_questions().values():
        for text in samples:
            texts += [("query", text), ("passage", text)]
    return {text_key(*text): text for text in texts}


def ship() -> None:
    """Embed what is missing and write the file."""
    embedder = open_embedder()
    texts = corpus_texts()
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder) / "vectors.sqlite", embedder, SHIPPED_CORPUS)
        vectors = cache.vectors(list(texts.values()), lambda done, total: print(f"\r{done}/{total}", end=""))
        cache.close()
    path = ship_vectors(SHIPPED_CORPUS, embedder.name, list(texts), vectors)
    print(f"\n{path.name}: {len(texts)} vectors, {path.stat().st_size / 1e6:.1f} MB")


def check(sample: int, seed: int = 0) -> list[str]:
    """What is wrong: texts and vectors without each other, and sampled vectors that the embedder gives otherwise."""
    embedder = open_embedder()
    shipped = ShippedVectors(SHIPPED_CORPUS, embedder.name)
    if not shipped.rows:
        return [f"no vectors of {embedder.name} are shipped: run `python -m scripts.ship_vectors`"]
    texts = corpus_texts()
    faults = [f"no vector for {text!r}" for key, (_, text) in texts.items() if key not in shipped.rows]
    extra = len(shipped.rows.keys() - texts.keys())
    if extra:
        faults.append(f"{extra} vectors belong to no text")
    known = sorted(texts.keys() & shipped.rows.keys())
    chosen = random.Random(seed).sample(known, min(sample, len(known)))
    for form in FORMS:
        keys = [key for key in chosen if texts[key][0] == form]
        fresh = embedder.encode([texts[key][1] for key in keys], form)
        stored = shipped.vectors.rows([shipped.rows[key] for key in keys]).floats()
        near = (fresh * stored).sum(axis=1) / np.maximum(np.linalg.norm(stored, axis=1), 1e-9)
        for key, similarity in zip(keys, near, strict=True):
            if similarity < CLOSE:
                faults.append(f"vector of {texts[key][1]!r} is off ({similarity:.4f})")
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", type=int, metavar="N", help="Check N of the shipped vectors; write nothing."
    )
    arguments = parser.parse_args()
    if arguments.check is None:
        ship()
    else:
        found = check(arguments.check)
        rest = [f"… and {len(found) - 20} more"] if len(found) > 20 else []
        print("\n".join(found[:20] + rest) or "shipped vectors are sound")
        raise SystemExit(1 if found else 0)

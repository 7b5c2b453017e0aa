"""From an edit of one fact to the server answering from it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx

from retrieval.corpus import SHIPPED_CORPUS
from scripts.benching.figure import Figure, of_times
from scripts.benching.server import Server

QUESTION = "How much paid-up capital does a foreign-owned company need in Indonesia?"
FACT_FILE = "countries/indonesia.yaml"
BEFORE, AFTER = (
    "In Indonesia a foreign-owned company must be a PT PMA",
    "In Indonesia edit {n} a foreign firm is a PT PMA",
)
ROUNDS = 3


def edited_fact(folder: Path) -> list[Figure]:
    """Seconds until an answer carries the edit, the corpus being watched by a running server."""
    corpus, data = folder / "corpus", folder / "edited-data"
    shutil.copytree(SHIPPED_CORPUS, corpus)
    path = corpus / FACT_FILE
    seconds = []
    with (
        Server(data, environment={"TONGXING_CORPUS_DIR": str(corpus)}) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        standing = BEFORE
        for n in range(ROUNDS):
            fresh = AFTER.format(n=n)
            text = path.read_text(encoding="utf-8")
            if standing not in text:
                raise RuntimeError(f"{FACT_FILE} no longer says {standing!r}")
            path.write_text(text.replace(standing, fresh), encoding="utf-8")
            standing = fresh
            started = time.perf_counter()
            while time.perf_counter() - started < 120:
                answer = client.post("/api/v1/questions", json={"question": QUESTION}).json()
                if fresh in answer["text"]:
                    break
                time.sleep(0.1)
            seconds.append(time.perf_counter() - started)
    return [of_times("rebuild after one edited fact, until answered from", seconds, "s", target=10)]

"""Parts for tests of the index: an embedder that costs nothing, stores over small folders, commands to run apart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retrieval.embedding import Embedder, Floats, Form
from retrieval.search import Query, Searcher
from retrieval.snapshots import SnapshotStore

ROOT = Path(__file__).resolve().parents[2]
QUERIES = [
    Query("肯尼亚注册公司要什么？", "zh", "该国注册公司要什么？", ("KE",)),
    Query("What standards apply in Kenya?", "en", "What standards apply in this country?", ("KE",)),
    Query("斋月期间怎么开会？", "zh", "斋月期间怎么开会？"),
    Query("Is Lagos safe at night?", "en", "Is Lagos safe at night?", ("NG",)),
    Query("Minimum capital in Indonesia", "en", "Minimum capital in this country", ("ID",)),
    Query("塞尔维亚有限公司", "zh", "该国有限公司", ("RS",)),
]


class BigramEmbedder(Embedder):
    """Counts letter pairs into a vector: the same text, the same vector, on every machine. Notes what it embeds."""

    def __init__(self, name: str = "bigrams-1", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.embedded: list[str] = []

    def _encode(self, texts: list[str], form: Form) -> Floats:
        self.embedded += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for pair in zip(text, text[1:] + " ", strict=True):
                vectors[row, zlib.crc32("".join(pair).encode()) % self.dimension] += 1
        return vectors


def copy_of(corpus: Path, folder: Path) -> Path:
    """A copy that may be edited."""
    return Path(shutil.copytree(corpus, folder))


def store(data: Path, corpus: Path, embedder: Embedder | None = None, **settings: str) -> SnapshotStore:
    """A store with the cheap embedder unless another is given."""
    return SnapshotStore(data, corpus, embedder or BigramEmbedder(), **settings)


def ranking(searcher: Searcher, k: int = 5) -> list[list[tuple[str, float]]]:
    """Ids and scores of every one of `QUERIES`."""
    return [[(hit.id, round(hit.score, 4)) for hit in searcher.search(query, k)] for query in QUERIES]


def replace_in(folder: Path, old: str, new: str) -> None:
    """Edit the one corpus file that holds `old`, in place."""
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, new), encoding="utf-8")
            return
    raise AssertionError(f"no corpus file holds {old!r}")


def script(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Run Python code in a process of its own, with the project and the tests at hand."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def files_holding(folder: Path, needles: Sequence[bytes]) -> list[str]:
    """Every file below `folder` in whose bytes, or unpacked bytes, one of `needles` is found."""
    import zipfile

    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        if any(needle in content for needle in needles for content in contents):
            found.append(str(path.relative_to(folder)))
    return found


__all__ = [
    "QUERIES",
    "BigramEmbedder",
    "copy_of",
    "files_holding",
    "ranking",
    "replace_in",
    "script",
    "store",
]

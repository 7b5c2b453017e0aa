"""An index is an immutable snapshot: a folder that is a pure function of corpus, documents, embedder and schema.

`build` writes one into an empty folder, `open_snapshot` reads one back and refuses it when a byte is wrong.
Where snapshots are kept, and how one becomes the current one, is `retrieval.snapshots`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from retrieval.corpus import (
    AreaInfo,
    Corpus,
    CountryInfo,
    Fact,
    MessageKind,
    QuestionType,
    corpus_hash,
    load_corpus,
)
from retrieval.dense import (
    MATRIX_LIMIT,
    ChromaPlace,
    ChromaSearch,
    DenseSearch,
    Group,
    MatrixSearch,
    fill_chroma,
)
from retrieval.documents import Passage
from retrieval.embedding import Floats, Form, Quantised, centre, plain_url
from retrieval.entities import Entities
from retrieval.entries import CORPUS_LANGUAGES, Entry, Kind, form_of, make_entries, words_of
from retrieval.errors import TongxingError
from retrieval.lexical import LexicalIndex
from retrieval.message_classes import MessageClasses, classes_of
from retrieval.metric import Metric, metric_of
from retrieval.snapshot_files import (
    CHROMA,
    ORIGIN,
    VECTORS,
    SnapshotError,
    groups_in,
    read_group,
    read_manifest,
    read_means,
    read_models,
    write_group,
    write_keys,
    write_manifest,
    write_means,
    write_models,
)
from retrieval.vector_cache import VectorCache, text_key

LAYOUT = 3
"""Counts up when the files of a snapshot change their form."""
HERE = Path(__file__).parent
CLASSES = "classes.npz"
SAMPLE_QUESTIONS = HERE / "data" / "sample_questions.yaml"
SHAPED_BY = (
    "aligned.py",
    "embedding.py",
    "entities.py",
    "entries.py",
    "gazetteer.py",
    "index.py",
    "inflection.py",
    "lexical.py",
    "message_classes.py",
    "text.py",
    "data/entities.yaml",
    "data/sample_questions.yaml",
    "data/text.yaml",
)
"""Code and rules by which the same corpus becomes another index when they change."""
LIBRARIES = ("babel", "bm25s", "opencc-python-reimplemented", "scikit-learn", "snowballstemmer")
"""Likewise: names of countries, words and their stems, and classes of messages come from these."""

ENOUGH_FOR_MEAN = 50
"""From so many texts of a language on, their own mean is taken; below, the sample questions' mean."""
IN_CHROMA = (Kind.ASK, Kind.TEXT, Kind.PASSAGE)
"""The other kinds grow with the corpus only, never with documents, and stay in the matrix."""
IN_METRIC = (Kind.BARE, Kind.TYPE, Kind.GAP, Kind.MESSAGE)
"""What is compared without its country, in the learned metric."""

Progress = Callable[[str, int, int], None]
"""Called as (step, done, total) while building."""


@cache
def schema() -> str:
    """What an index owes to this version of Tongxing. Nobody has to remember to count anything up."""
    digest = hashlib.sha256()
    for name in SHAPED_BY:
        digest.update(hashlib.sha256((HERE / name).read_bytes()).digest())
    digest.update(" ".join(version(name) for name in LIBRARIES).encode())
    return f"{LAYOUT}-{digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class Recipe:
    """All that a snapshot is a function of."""

    corpus_dir: Path
    corpus: str
    """Hash of the corpus files."""
    documents: str
    """Fingerprint of the ingested documents."""
    embedder: str
    vectors: str
    """The setting: auto, matrix or chroma."""
    chroma_url: str | None = None

    @classmethod
    def of(
        cls, corpus_dir: Path, documents: str, embedder: str, vectors: str, chroma_url: str | None = None
    ) -> Recipe:
        """The recipe of a corpus folder as it is now. Raises OSError when a file cannot be read."""
        return cls(corpus_dir, corpus_hash(corpus_dir), documents, embedder, vectors, chroma_url)

    def manifest(self) -> dict[str, Any]:
        """The part of the manifest that the key is the hash of."""
        return {
            "schema": schema(),
            "corpus": self.corpus,
            "documents": self.documents,
            "embedder": self.embedder,
            "vectors": self.vectors,
            "chroma_url": self.chroma_url and plain_url(self.chroma_url),
        }

    def key(self) -> str:
        """SHA-256 (hex) of the recipe: the name of the snapshot."""
        return hashlib.sha256(json.dumps(self.manifest(), sort_keys=True).encode()).hexdigest()

    def origin(self) -> str:
        """The corpus folder by its full path."""
        return str(self.corpus_dir.resolve())


@dataclass(frozen=True)
class Snapshot:
    """An opened index. Nothing in it changes."""

    key: str
    facts: list[Fact]
    passages: list[Passage]
    types: list[QuestionType]
    messages: list[MessageKind]
    areas: dict[str, AreaInfo]
    countries: dict[str, CountryInfo]
    entities: Entities
    dense: DenseSearch
    """Vectors of facts and passages."""
    matrix: MatrixSearch
    """Vectors of every kind that is not in Chroma; the same object as `dense` where all is in the matrix."""
    lexical: dict[str, LexicalIndex]
    passage_positions: dict[str, npt.NDArray[np.int32]]
    """By language: which passages follow the facts in the lexical index of that language."""
    languages: list[str]
    """Languages that the index holds texts of, zh and en first."""
    means: dict[tuple[str, Form], Floats]
    metric: Metric
    """What questions without their country are compared in."""
    classes: MessageClasses
    """Tells questions from other messages."""
    manifest: dict[str, Any]
    origin: str
    """The corpus folder it was made from."""

    def centred(self, lang: str, vector: Floats) -> Floats:
        """A question's vector (dimension,) without what the questions of its language share; English stands in."""
        mean = self.means.get((lang, "query"))
        row: Floats = centre(vector[None, :], self.means["en", "query"] if mean is None else mean)[0]
        return row

    def in_metric(self, lang: str, vector: Floats) -> Floats:
        """`centred`, in the learned metric: for country-free questions."""
        return self.metric.apply(self.centred(lang, vector))


def build(
    recipe: Recipe,
    passages: Sequence[Passage],
    cache: VectorCache,
    folder: Path,
    progress: Progress | None = None,
    place: ChromaPlace | None = None,
) -> dict[str, Any]:
    """Write the snapshot of `recipe` into `folder` (new and empty) and return its manifest.

    Raises `CorpusError` when the corpus is unusable, `EmbeddingError` when texts cannot be embedded,
    `ChromaError`, and OSError when the folder cannot be written.
    """
    report = progress or (lambda step, done, total: None)
    place = place or ChromaPlace(recipe.chroma_url)
    corpus = load_corpus(recipe.corpus_dir)
    facts = [located.fact for located in corpus.facts]
    entries = make_entries(
        facts,
        list(corpus.question_types.values()),
        list(corpus.message_kinds.values()),
        passages,
        Entities(corpus.areas, corpus.countries).without_countries,
    )
    entries.sort(key=lambda entry: (entry.lang, entry.kind, entry.owner))
    samples = sample_questions()
    texts: list[tuple[Form, str]] = [(entry.form, entry.text) for entry in entries]
    texts += [(form, text) for rows in samples.values() for text in rows for form in ("query", "passage")]
    vectors = cache.vectors(texts, lambda done, total: report("embed", done, total))
    means = _means(entries, samples, vectors)
    rows_of: dict[Group, list[int]] = {}
    for row, entry in enumerate(entries):
        rows_of.setdefault((entry.lang, entry.kind), []).append(row)

    (folder / VECTORS).mkdir(parents=True, exist_ok=True)
    _write_values(folder, corpus, facts, passages)
    write_means(folder, means)
    keys = [text_key(*text) for text in texts]
    write_keys(folder, keys)
    for group, rows in rows_of.items():
        write_group(folder, group, [entries[row].owner for row in rows], vectors.rows(rows))
    classes_of(list(corpus.message_kinds.values()), entries, rows_of, vectors, means).save(folder / CLASSES)
    report("words", 0, 1)
    for lang in _languages(entry.lang for entry in entries):
        LexicalIndex.build(_lexical_texts(facts, passages, lang), lang).save(folder / "lexical" / lang)
    in_chroma = use_chroma(recipe.vectors, len(entries))
    if in_chroma:
        client = place.client(folder / CHROMA)
        filled = [group for group in sorted(rows_of) if group[1] in IN_CHROMA]
        for done, group in enumerate(filled):
            report("chroma", done, len(filled))
            rows = rows_of[group]
            metadata = [_metadata(entries[row], facts, passages) for row in rows]
            centred = centre(vectors.rows(rows).floats(), means[group[0], form_of(group[1])])
            fill_chroma(client, place.collection(recipe.key(), group), centred, metadata, place.url)
        client.close()
    (folder / ORIGIN).write_text(json.dumps(recipe.origin()), encoding="utf-8")
    manifest = write_manifest(
        folder,
        {
            **recipe.manifest(),
            "key": recipe.key(),
            "dimension": int(vectors.values.shape[1]),
            "chroma": in_chroma,
            "counts": {
                "facts": len(facts),
                "passages": len(passages),
                "entries": len(entries),
                **{
                    f"{lang}.{kind.name.lower()}": len(rows) for (lang, kind), rows in sorted(rows_of.items())
                },
            },
        },
    )
    cache.prune(keys)
    return manifest


def use_chroma(setting: str, entries: int) -> bool:
    """Whether vectors are searched in Chroma: when told to, or when there are too many for the matrix."""
    return setting == "chroma" or (setting == "auto" and entries > MATRIX_LIMIT)


def open_snapshot(folder: Path, place: ChromaPlace | None = None) -> Snapshot:
    """Read a snapshot. Raises `SnapshotError` when anything is missing or differs from its manifest.

    Raises `ChromaError` when it needs a Chroma server that does not answer: then nothing is wrong with it.
    """
    try:
        manifest = read_manifest(folder)
        if manifest["schema"] != schema():
            raise SnapshotError("made by another version of Tongxing")
        return _open(folder, manifest, place or ChromaPlace())
    except (SnapshotError, TongxingError):
        raise
    except Exception as exc:  # damaged files fail in as many ways as there are readers
        raise SnapshotError(f"{folder.name[:12]}: {type(exc).__name__}: {exc}") from exc


def _open(folder: Path, manifest: dict[str, Any], place: ChromaPlace) -> Snapshot:
    facts = read_models(folder / "facts.jsonl", Fact)
    passages = read_models(folder / "passages.jsonl", Passage)
    areas = {area.id: area for area in read_models(folder / "areas.jsonl", AreaInfo)}
    countries = {country.code: country for country in read_models(folder / "countries.jsonl", CountryInfo)}
    means = read_means(folder)
    groups = groups_in(folder)
    languages = _languages(lang for lang, _ in groups)
    here = [group for group in groups if not (manifest["chroma"] and group[1] in IN_CHROMA)]
    metric = metric_of(manifest["embedder"])
    matrix = MatrixSearch({group: _read_group(folder, group, means, metric) for group in here})
    dense: DenseSearch = matrix
    if manifest["chroma"]:
        sizes = {
            group: manifest["counts"][f"{group[0]}.{group[1].name.lower()}"]
            for group in groups
            if group[1] in IN_CHROMA
        }
        names = {group: place.collection(manifest["key"], group) for group in sizes}
        searched = ChromaSearch(place.client(folder / CHROMA), names, sizes, place)
        searched.warm(means["en", "query"])
        dense = searched
    return Snapshot(
        key=manifest["key"],
        facts=facts,
        passages=passages,
        types=read_models(folder / "types.jsonl", QuestionType),
        messages=read_models(folder / "messages.jsonl", MessageKind),
        areas=areas,
        countries=countries,
        entities=Entities(areas, countries),
        dense=dense,
        matrix=matrix,
        lexical={
            lang: LexicalIndex.load(folder / "lexical" / lang, _lexical_size(facts, passages, lang))
            for lang in languages
        },
        passage_positions={
            lang: np.array([i for i, passage in enumerate(passages) if passage.lang == lang], dtype=np.int32)
            for lang in languages
        },
        languages=languages,
        means=means,
        metric=metric,
        classes=MessageClasses.load(folder / CLASSES),
        manifest=manifest,
        origin=json.loads((folder / ORIGIN).read_text(encoding="utf-8")),
    )


def sample_questions() -> dict[str, list[str]]:
    """About twenty everyday questions in each language people ask in; they say where a language's mean lies."""
    data: dict[str, list[str]] = yaml.safe_load(SAMPLE_QUESTIONS.read_text(encoding="utf-8"))
    return data


def _languages(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*CORPUS_LANGUAGES, *sorted(set(found))]))


def _read_group(
    folder: Path, group: Group, means: Mapping[tuple[str, Form], Floats], metric: Metric
) -> tuple[Floats, npt.NDArray[np.int32]]:
    vectors, owners = read_group(folder, group)
    centred = centre(vectors.floats(), means[group[0], form_of(group[1])])
    return (metric.apply(centred) if group[1] in IN_METRIC else centred), owners


def _means(
    entries: Sequence[Entry], samples: dict[str, list[str]], vectors: Quantised
) -> dict[tuple[str, Form], Floats]:
    """The mean vector of each language and form, taken anew in every build: it costs milliseconds."""
    means: dict[tuple[str, Form], Floats] = {}
    row = len(entries)
    for lang, texts in samples.items():
        floats = vectors.rows(range(row, row + 2 * len(texts))).floats()
        means[lang, "query"] = floats[0::2].mean(axis=0)
        means[lang, "passage"] = floats[1::2].mean(axis=0)
        row += 2 * len(texts)
    members: dict[tuple[str, Form], list[int]] = {}
    for i, entry in enumerate(entries):
        # Bare questions and types would count the same words twice.
        if entry.kind in IN_CHROMA:
            members.setdefault((entry.lang, entry.form), []).append(i)
    for place, positions in members.items():
        if len(positions) >= ENOUGH_FOR_MEAN or place not in means:
            means[place] = vectors.rows(positions).floats().mean(axis=0)
    return means


def _lexical_texts(facts: Sequence[Fact], passages: Sequence[Passage], lang: str) -> list[str]:
    texts = [words_of(fact, lang) for fact in facts] if lang in CORPUS_LANGUAGES else []
    return texts + [f"{p.context}\n{p.text}" for p in passages if p.lang == lang]


def _lexical_size(facts: Sequence[Fact], passages: Sequence[Passage], lang: str) -> int:
    return (len(facts) if lang in CORPUS_LANGUAGES else 0) + sum(p.lang == lang for p in passages)


def _write_values(folder: Path, corpus: Corpus, facts: Sequence[Fact], passages: Sequence[Passage]) -> None:
    write_models(folder / "facts.jsonl", facts)
    write_models(folder / "passages.jsonl", passages)
    write_models(folder / "types.jsonl", corpus.question_types.values())
    write_models(folder / "messages.jsonl", corpus.message_kinds.values())
    write_models(folder / "areas.jsonl", corpus.areas.values())
    write_models(folder / "countries.jsonl", corpus.countries.values())


def _metadata(entry: Entry, facts: Sequence[Fact], passages: Sequence[Passage]) -> dict[str, str | int]:
    if entry.kind is Kind.PASSAGE:
        passage = passages[entry.owner]
        return {"owner": entry.owner, "id": passage.cite_id, "lang": entry.lang, "kind": "passage"}
    fact = facts[entry.owner]
    return {
        "owner": entry.owner,
        "id": fact.id,
        "lang": entry.lang,
        "kind": entry.kind.name.lower(),
        "country": ",".join(fact.all_countries),
        "area": fact.area,
        "authority": fact.sources[0].authority,
        "dated": fact.sources[0].dated or "",
        "checked": fact.checked,
    }

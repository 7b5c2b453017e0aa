"""The files inside a snapshot folder: how each is written and read, and how damage is noticed.

manifest.json     what the snapshot was made from, counts, a hash of every other file, and a seal over itself
facts.jsonl …     the values, a line each
vectors/          8-bit vectors of each language and kind, `zh.ask.npz`, with the owner of each row
means.npz         the mean vector of each language and form
keys.npy          cache keys of every text that was embedded
lexical/zh/ …     a bm25s index of each language
chroma/           embedded Chroma, when it is used; not hashed, because Chroma's files change by being opened
origin.json       which corpus folder it was made from; not hashed, because it says nothing of the content
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from retrieval.dense import Group
from retrieval.embedding import Floats, Form, Quantised
from retrieval.entries import Kind

MANIFEST = "manifest.json"
ORIGIN = "origin.json"
CHROMA = "chroma"
VECTORS = "vectors"
Model = TypeVar("Model", bound=BaseModel)


class SnapshotError(Exception):
    """A snapshot is missing, damaged or made for something else. Callers rebuild."""


def write_manifest(folder: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Hash what is in `folder`, write the manifest with it, and return it."""
    files = {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in (CHROMA, ORIGIN, MANIFEST)
    }
    manifest = {**values, "files": files}
    manifest["seal"] = _seal(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, after every file was held against it. Raises `SnapshotError`, and what reading raises."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest.get("seal") != _seal(manifest):
        raise SnapshotError("the manifest was changed")
    if manifest["key"] != folder.name:
        raise SnapshotError("the manifest belongs to another snapshot")
    for name, digest in manifest["files"].items():
        if file_hash(folder / name) != digest:
            raise SnapshotError(f"{name} differs from the manifest")
    return manifest


def write_models(path: Path, models: Iterable[BaseModel]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for model in models:
            out.write(model.model_dump_json(by_alias=True) + "\n")


def read_models(path: Path, model: type[Model]) -> list[Model]:
    """What `write_models` wrote."""
    with path.open("rb") as lines:
        return [model.model_validate_json(line) for line in lines]


def write_group(folder: Path, group: Group, owners: Sequence[int], vectors: Quantised) -> None:
    """Vectors of one language and kind with their owners."""
    # Not compressed: 8-bit vectors gain nothing by it, and a start would wait for it.
    np.savez(
        _group_path(folder, group),
        owners=np.array(owners, np.int32),
        values=vectors.values,
        scales=vectors.scales,
    )


def read_group(folder: Path, group: Group) -> tuple[Quantised, npt.NDArray[np.int32]]:
    """What `write_group` wrote."""
    with np.load(_group_path(folder, group)) as data:
        return Quantised(data["values"], data["scales"]), data["owners"]


def groups_in(folder: Path) -> list[Group]:
    """The languages and kinds that have vectors, sorted."""
    names = [path.stem.rpartition(".") for path in (folder / VECTORS).iterdir()]
    return sorted((lang, Kind[kind.upper()]) for lang, _, kind in names)


def _group_path(folder: Path, group: Group) -> Path:
    return folder / VECTORS / f"{group[0]}.{group[1].name.lower()}.npz"


def write_means(folder: Path, means: Mapping[tuple[str, Form], Floats]) -> None:
    """The mean vector of each language and form."""
    named: dict[str, Any] = {f"{lang}.{form}": mean for (lang, form), mean in sorted(means.items())}
    np.savez(folder / "means.npz", **named)


def read_means(folder: Path) -> dict[tuple[str, Form], Floats]:
    """What `write_means` wrote."""
    with np.load(folder / "means.npz") as data:
        return {
            (name.rpartition(".")[0], "query" if name.endswith(".query") else "passage"): data[name]
            for name in data
        }


def write_keys(folder: Path, keys: Iterable[bytes]) -> None:
    """Cache keys, sorted, each once."""
    rows = [np.frombuffer(key, dtype=np.uint8) for key in sorted(set(keys))]
    np.save(folder / "keys.npy", np.array(rows, dtype=np.uint8))


def read_keys(folder: Path) -> list[bytes]:
    """What `write_keys` wrote."""
    return [row.tobytes() for row in np.load(folder / "keys.npy")]


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _seal(manifest: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in manifest.items() if name != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

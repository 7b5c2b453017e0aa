"""Fixtures that several suites share: a small corpus of real facts, and an assistant over its index."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.assembly import assistant_of
from bot.settings import Settings
from retrieval.corpus import REFERENCE_FILES, SHIPPED_CORPUS, corpus_files

if TYPE_CHECKING:
    from bot.answering.assistant import Assistant

EXAMPLES = 4
SMALL = Path(__file__).parent / "small_corpus.yaml"


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus folder of a few real facts, whose index is built in seconds. Do not write into it.

    `tests/small_corpus.yaml` names the facts and the entries of the reference files that they need. Facts are
    copied as they stand in the shipped corpus, so that no test leans on an invented one; reference entries keep
    their first few examples, because each has to be embedded.
    """
    folder = tmp_path_factory.mktemp("corpus")
    wanted = yaml.safe_load(SMALL.read_text(encoding="utf-8"))
    for path in corpus_files(SHIPPED_CORPUS):
        if path.name in REFERENCE_FILES:
            continue
        kept = [entry for entry in _entries(path) if entry["id"] in wanted["facts"]]
        if kept:
            _write(folder / path.parent.name / path.name, kept)
            for entry in kept:
                wanted["question_types.yaml"] += [*entry.get("answers", []), *entry.get("partly", [])]
    for name in REFERENCE_FILES:
        if name in wanted:
            few = [entry for entry in _entries(SHIPPED_CORPUS / name) if entry["id"] in wanted[name]]
            _write(folder / name, [_shortened(entry) for entry in few])
        else:
            shutil.copy(SHIPPED_CORPUS / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def settings_of(small_corpus: Path) -> Callable[..., Settings]:
    """Settings of a data folder over the small corpus; more settings by name. The environment has no say."""

    def settings(data_dir: Path, **changes: Any) -> Settings:
        values: dict[str, Any] = {"corpus_dir": small_corpus, "today": "2026-11-25"} | changes
        return Settings(_env_file=None, data_dir=data_dir, **values)

    return settings


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory, settings_of: Callable[..., Settings]) -> Path:
    """A data folder that holds the index of the small corpus. Copy it before changing anything in it."""
    folder = tmp_path_factory.mktemp("data")
    assistant_of(settings_of(folder))
    return folder


@pytest.fixture(scope="session")
def assistant(small_data: Path, settings_of: Callable[..., Settings]) -> Assistant:
    """An assistant over the small corpus."""
    return assistant_of(settings_of(small_data))


def _entries(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
    return entries


def _shortened(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"asks": {lang: asks[:EXAMPLES] for lang, asks in entry["asks"].items()}}


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False), encoding="utf-8")

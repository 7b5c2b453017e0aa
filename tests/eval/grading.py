"""Runs to draw from and workbooks to fill in, for the tests of people's grading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl

from eval.log import Entry, Hashes
from eval.rubric import GRADERS, rubric
from eval.sampling import key_of
from eval.scored import ScoredRun
from eval.workbook import FIRST_LABEL
from tests.eval.runs import info, scored, sound_entries

MODEL = "embedder-of-the-run"
SOUND = {"verdict": "对 right", "support": "都有依据 all of it", "act": "能 yes"}
Fill = Callable[[str, str], dict[str, str] | None]
"""What a grader (A, B) puts beside the case of this id: text by question."""


def named(name: str, folder: Path, entries: list[Entry] | None = None) -> ScoredRun:
    """A run whose answers have a fingerprint of their own."""
    hashes = info().hashes.model_copy(update={"answers": f"answers-of-{name}"})
    assert isinstance(hashes, Hashes)
    entries = sound_entries() if entries is None else entries
    return scored(entries, folder, name=name, hashes=hashes, models={"embedder": MODEL}, cases=len(entries))


def fill(path: Path, run: ScoredRun, said: Fill) -> None:
    """Fill both sheets in, as a person would: only cells of labels."""
    seed = run.info.seed
    ids = {key_of(run.info, seed, entry.case.id): entry.case.id for entry in run.log.entries}
    book = openpyxl.load_workbook(path)
    for grader in GRADERS:
        for row in rows_of(book[grader]):
            for name, text in (said(grader, ids[row[0].value]) or {}).items():
                row[FIRST_LABEL - 1 + list(rubric().questions).index(name)].value = text
    book.save(path)


def rows_of(sheet: Any) -> Iterator[Any]:
    """The first row of each answer."""
    return (row for row in sheet.iter_rows(min_row=2) if row[0].value)


def change(path: Path, edit: Callable[[Any], object]) -> Path:
    """Do something to a workbook."""
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    return path


def contents(path: Path) -> dict[str, list[list[Any]]]:
    """Everything in the cells of a workbook."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def dev(case: Any) -> Any:
    """The case under a pair of the dev split."""
    for number in range(100):
        moved = case.model_copy(update={"pair_id": f"p-{number}"})
        if moved.split == "dev":
            return moved
    raise AssertionError


def dev_entries(count: int) -> list[Entry]:
    """So many single cases of dev, each of a pair of its own."""
    found = [entry for entry in sound_entries(8 * count)[::2] if entry.case.split == "dev"]
    return [entry for entry in found if entry.case.kind == "single"][:count]


def table(counts: list[list[int]]) -> list[tuple[int, int]]:
    """Verdicts of two graders from a table of how often each pair of verdicts was given."""
    return [(a, b) for a, row in enumerate(counts) for b, number in enumerate(row) for _ in range(number)]

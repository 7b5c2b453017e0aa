"""Files of cases as people edit them: each case with its line, faults gathered, and hashes written back."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases import Case, CaseError
from retrieval.yaml_entries import Fault

Trouble = tuple[str, str]
"""What is wrong: in Chinese, in English."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A case and where it stands."""

    case: Case
    file: str
    line: int

    def fault(self, trouble: Trouble) -> Fault:
        """`trouble` at this place."""
        return Fault(file=self.file, line=self.line, id=self.case.id, zh=trouble[0], en=trouble[1])


def read_placed(folder: Path, leave_out: Collection[str] = ()) -> tuple[list[Placed], list[Fault]]:
    """Every case of the `*.jsonl` in `folder` that can be read, and a fault for each line that cannot.

    `leave_out` names files (without suffix) that do not hold cases. Raises `CaseError` where there is no such folder.
    """
    if not folder.is_dir():
        raise CaseError(zh=f"找不到用例文件夹 {folder}。", en=f"No folder of cases at {folder}.")
    placed: list[Placed] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem in leave_out:
            continue
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError:
            faults.append(Fault(file=path.name, line=1, id="", zh="不是 UTF-8 文本", en="it is not UTF-8"))
            continue
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    placed.append(Placed(Case.model_validate_json(line), path.name, number))
                except ValueError as exc:
                    faults.append(_unreadable(exc, line, path.name, number))
    return placed, faults


def _unreadable(exc: ValueError, line: str, file: str, number: int) -> Fault:
    """The first fault of the line, without the words that stand in it."""
    errors = getattr(exc, "errors", None)
    first = errors()[0] if callable(errors) else {"loc": (), "msg": "cannot be read"}
    place = ".".join(str(part) for part in first["loc"])
    named = re.search(r'"id":\s*"([^"]*)"', line)
    said = f"{place}: {first['msg']}" if place else str(first["msg"])
    return Fault(file=file, line=number, id=named[1] if named else "", zh=said, en=said)


def write_hashes(path: Path, hashes: Mapping[int, str | None]) -> None:
    """Put the hash beside the gold on the given lines (from 1); None takes it away. Other lines stay as they are."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, value in hashes.items():
        entry: dict[str, Any] = json.loads(lines[number - 1])
        entry.pop("gold_hash", None)
        fresh: dict[str, Any] = {}
        for key, field in entry.items():
            fresh[key] = field
            if key == "gold" and value:
                fresh["gold_hash"] = value
        lines[number - 1] = json.dumps(fresh, ensure_ascii=False)
    beside = path.with_suffix(".tmp")
    beside.write_text("\n".join(lines), encoding="utf-8")
    beside.replace(path)

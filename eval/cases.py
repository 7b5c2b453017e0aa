"""Cases of the harness: questions with what a right answer is, and the split that keeps half of them unseen."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain import Status, Turn
from retrieval.errors import TongxingError

DATASETS = Path(__file__).parent / "datasets"
DEV_SHARE = 60
"""Percent of pairs that may be tuned on; the rest is only ever counted."""

Split = Literal["dev", "test"]


class CaseError(TongxingError):
    """A dataset file is wrong."""

    code = "case"


class Case(BaseModel):
    """One question. The two languages of a pair ask for the same thing and were written apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    pair_id: str
    lang: str
    persona: Literal["founder", "expatriate", "secretariat"]
    kind: str
    question: str
    history: list[Turn] = []
    expected_status: Status
    gold: list[list[str]] = []
    """Groups of fact ids: each group is one thing the answer needs, and any id in it will do."""
    must_contain: list[list[str]] = []
    """Each a list of accepted variants, of which the text has to have one."""
    must_not_contain: list[str] = []
    countries: list[str] = []
    areas: list[str] = []
    source_version: str
    author: str
    valid_until: str | None = None
    notes: str = ""

    @property
    def split(self) -> Split:
        """`dev` or `test`: by a hash of the pair, so that it never changes and both languages stay together."""
        number = int.from_bytes(hashlib.sha256(self.pair_id.encode()).digest()[:4], "big")
        return "dev" if number % 100 < DEV_SHARE else "test"


def load_cases(*names: str, folder: Path = DATASETS) -> list[Case]:
    """Cases of `<name>.jsonl` for each name. Raises `CaseError` with file and line of the first fault."""
    cases: list[Case] = []
    for name in names:
        path = folder / f"{name}.jsonl"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                cases.append(Case.model_validate_json(line))
            except ValidationError as exc:
                first = exc.errors()[0]
                place = ".".join(str(part) for part in first["loc"])
                raise CaseError(
                    zh=f"{path.name} 第 {number} 行：{place} {first['msg']}。",
                    en=f"{path.name}, line {number}: {place}: {first['msg']}.",
                ) from exc
    return cases

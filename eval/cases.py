"""Cases of the harness: questions with what a right answer is, and the split that keeps half of them unseen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain import Status, Turn
from retrieval.corpus import Day, Fact
from retrieval.errors import TongxingError
from retrieval.text import fold

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
    gold_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    """`gold_hash` of the gold facts as they were when somebody last held the case against them."""
    must_contain: list[list[str]] = []
    """Each a list of accepted variants, of which the text has to have one."""
    must_not_contain: list[str] = []
    countries: list[str] = []
    areas: list[str] = []
    source_version: Day
    """The day of the corpus that the case was written from."""
    author: str
    valid_until: Day | None = None
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


def gold_hash(case: Case, facts: Mapping[str, Fact]) -> str | None:
    """First 16 hex digits of SHA-256 over ids and texts of the gold facts, whatever their order in the case.

    `facts` is `Corpus.by_id()`. None where the case has no gold, or a gold fact is not in the corpus.
    """
    wanted = {fact_id for group in case.gold for fact_id in group}
    if not wanted or not wanted <= facts.keys():
        return None
    texts = sorted({(facts[fact_id].id, facts[fact_id].zh, facts[fact_id].en) for fact_id in wanted})
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()[:16]


_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def says(text: str, variant: str) -> bool:
    """Whether `text` says `variant`: folded, without thousands separators, and never a piece of a longer number.

    "2%" is not said by "12%" or "2.2%", nor "1亿" by "11亿"; "1,700" is said by "1700".
    """
    wanted = _THOUSANDS.sub("", fold(variant)).strip()
    if not wanted:
        return False
    before = r"(?<!\d)(?<!\d[.,])" if wanted[0].isdigit() else ""
    after = r"(?![.,]?\d)" if wanted[-1].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, _THOUSANDS.sub("", fold(text))) is not None

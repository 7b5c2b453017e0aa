"""The measures by name: what they are called, which way is better, and how their interval is made."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from bot.domain import Value
from retrieval.corpus import Bilingual

DATA = Path(__file__).parent / "data" / "measures.yaml"


class Measure(Value):
    """One thing that is measured of a case, or (`ratio`) of many."""

    name: str
    scorer: Literal["code", "retrieval", "coverage", "judge"]
    title: Bilingual
    about: Bilingual
    """What it says, for a reader of the report."""
    better: Literal["higher", "lower"] = "higher"
    form: Literal["share", "mean", "ratio"] = "share"
    """`share`: each mark is 0 or 1 (Wilson); `mean`: marks between (bootstrap); `ratio`: not a mean of marks
    (bootstrap)."""

    def is_better(self, new: float, old: float) -> bool:
        """Whether `new` is better than `old`."""
        return new > old if self.better == "higher" else new < old


@lru_cache(maxsize=1)
def measures() -> dict[str, Measure]:
    """All measures, in the order of reading."""
    entries = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return {entry["name"]: Measure.model_validate(entry) for entry in entries}

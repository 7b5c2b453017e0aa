"""What graders are asked and may answer, in Chinese and English: `data/rubric.yaml`, typed."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from bot.domain import Value
from bot.replies import yaml_of
from retrieval.corpus import Bilingual

RUBRIC = Path(__file__).parent / "data" / "rubric.yaml"
GRADERS = ("A", "B")
"""Names of the graders and of their sheets."""


class Option(Value):
    """One thing that a grader may choose."""

    label: Bilingual
    meaning: Bilingual | None = None
    example: Bilingual | None = None
    skip: bool = False
    """It is no verdict: "cannot say", "nothing cited"."""

    @property
    def shown(self) -> str:
        """As it stands in the list of a cell, in both languages."""
        return both(self.label)


class Asked(Value):
    """One column for graders to fill in."""

    title: Bilingual
    ask: Bilingual
    width: float
    """Of the column, in characters."""
    optional: bool = False
    options: dict[str, Option] = Field(default_factory=dict)
    """By the name that stands in `labels.json`, best first. Empty: free text."""

    @property
    def scale(self) -> list[str]:
        """Names of the options that are verdicts, best first."""
        return [name for name, option in self.options.items() if not option.skip]

    def chosen(self, said: str) -> str | None:
        """The name of the option that a cell says: both languages as in the list, or either. None: none of them."""
        wanted = _folded(said)
        for name, option in self.options.items():
            if wanted in {_folded(text) for text in (option.shown, option.label.zh, option.label.en)}:
                return name
        return None


class Column(Value):
    """One column that graders read."""

    zh: str
    en: str
    width: float

    @property
    def shown(self) -> str:
        """Its heading."""
        return f"{self.zh}\n{self.en}"


class Section(Value):
    """A part of the guide."""

    heading: Bilingual
    lines: list[Bilingual]


class Rubric(Value):
    """Everything that the workbook says."""

    sheets: dict[str, str]
    guide: list[Section]
    columns: dict[str, Column]
    texts: dict[str, Bilingual]
    questions: dict[str, Asked]

    @property
    def required(self) -> list[str]:
        """Names of the questions that every answer needs a label for."""
        return [name for name, asked in self.questions.items() if not asked.optional]


@lru_cache(maxsize=1)
def rubric() -> Rubric:
    """The rubric, read once."""
    return Rubric.model_validate(yaml_of(RUBRIC))


def both(text: Bilingual) -> str:
    """Both languages on one line."""
    return f"{text.zh} {text.en}"


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

"""Limits, passage sizes and messages from `retrieval/data/documents.yaml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from retrieval.errors import DocumentError
from retrieval.readers.blocks import Notice

RULES_FILE = Path(__file__).resolve().parent.parent / "data" / "documents.yaml"


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Rules):
    """What a file may cost. Units are in the names; the reasons stand in the data file."""

    library_passages: int
    seconds: float
    memory_mb: int
    zip_total_mb: int
    zip_ratio: int
    zip_ratio_from_mb: int
    zip_entries: int
    listed_lines: int
    cells: int
    lock_seconds: float


class PassageSizes(_Rules):
    """Sizes of passages, in Han characters; a narrow character counts `narrow`."""

    narrow: float
    target: int
    least: int
    most: int
    fragment: int
    page_end: int
    heading: int


class Message(_Rules):
    """One line for people, with `{names}` to fill in."""

    zh: str
    en: str


class Rules(_Rules):
    """The whole data file."""

    limits: Limits
    passages: PassageSizes
    messages: dict[str, Message]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules as shipped."""
    return Rules.model_validate(yaml.safe_load(RULES_FILE.read_text(encoding="utf-8")))


def refusal(key: str, **values: object) -> DocumentError:
    """The error to raise for message `key`, filled in with `values`."""
    notice_ = notice(key, **values)
    return DocumentError(zh=notice_.zh, en=notice_.en)


def notice(key: str, **values: object) -> Notice:
    """Message `key` filled in with `values`, each kept to one printable line."""
    message = rules().messages[key]
    shown = {name: _one_line(value) for name, value in values.items()}
    return Notice(zh=message.zh.format(**shown), en=message.en.format(**shown))


def _one_line(value: object) -> str:
    # Names and reasons come from files: they must not break the line or drive the terminal.
    text = "".join(c if c.isprintable() else "�" for c in str(value))
    return text if len(text) <= 300 else f"{text[:150]}…{text[-149:]}"

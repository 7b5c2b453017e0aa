"""Which aspects a question asks for (the fee, the deadline, the authority …) and which a text tells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from retrieval.text import fold

RULES = Path(__file__).parent / "data" / "aspects.yaml"


def aspects() -> list[str]:
    """Ids of all aspects, in the order of the file."""
    return [row["id"] for row in _rules()]


def asked_aspects(question: str, lang: str) -> frozenset[str]:
    """Aspects that a question in `lang` ("zh" or "en") asks for."""
    return _found(question, lang, "asked")


def told_aspects(text: str, lang: str) -> frozenset[str]:
    """Aspects that a text in `lang` ("zh" or "en") can tell."""
    return _found(text, lang, "told")


def _found(text: str, lang: str, side: str) -> frozenset[str]:
    folded = fold(text)
    return frozenset(name for name, pattern in _patterns(lang, side) if pattern.search(folded))


@cache
def _patterns(lang: str, side: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["id"], re.compile(row[side][lang])) for row in _rules())


@cache
def _rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return rules

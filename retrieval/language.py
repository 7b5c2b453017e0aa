"""Tells the language of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from retrieval.text import HAN, is_traditional


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is ISO 639-1. `certain` is False where the fallback was taken."""

    code: str
    script: Literal["Hans", "Hant"] | None = None
    certain: bool = True


def tell_language(text: str, fallback: str = "en") -> Language:
    """The language of `text`."""
    if re.search(f"[{HAN}]", text):
        return Language("zh", "Hant" if is_traditional(text) else "Hans")
    return Language("en", None, bool(re.search("[a-z]", text)))

"""Names of countries for readers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from babel import Locale


@cache
def _territories(lang: str) -> dict[str, str]:
    return {
        code: str(name) for code, name in Locale.parse("zh" if lang == "zh" else "en").territories.items()
    }


def territory(code: str, lang: str) -> str:
    """The name of an ISO 3166-1 country for a reader of `lang` ("zh", or anything else for English)."""
    return _territories("zh" if lang == "zh" else "en").get(code, code)


def join_names(names: Sequence[str], lang: str) -> str:
    """Names in a row: 甲、乙 or "A; B"."""
    return ("、" if lang == "zh" else "; ").join(names)

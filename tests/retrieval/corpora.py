"""Small corpora for tests, written as files like the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

INTERVIEW = "中华工商时报“民企会客厅”专访 (Interview)"


def fact(fact_id: str = "id-entry_route-90", **changes: Any) -> dict[str, Any]:
    """A sound fact about Indonesia with the given changes; None takes a key away."""
    entry: dict[str, Any] = {
        "id": fact_id,
        "country": "ID",
        "area": "entry_route",
        "label": {"zh": "印尼最低资本", "en": "Indonesia: minimum capital"},
        "zh": "自2025年10月2日起，印尼外资公司最低实缴资本为25亿印尼盾。",
        "en": "Since 2 October 2025 a foreign-owned company in Indonesia needs IDR 2.5 billion paid-up capital.",
        "asks": {"zh": ["印尼最低资本多少？"], "en": ["Minimum capital in Indonesia?"]},
        "answers": ["entry_route.min_capital"],
        "sources": [source()],
        "checked": "2026-11-22",
    }
    return {key: value for key, value in (entry | changes).items() if value is not None}


def source(**changes: Any) -> dict[str, Any]:
    """A sound source with the given changes."""
    sound = {
        "title": "Investment rules",
        "url": "https://example.org/rules",
        "dated": "2025-10",
        "authority": "official",
    }
    return sound | changes


def write(folder: Path, *facts: dict[str, Any], file: str = "countries/indonesia.yaml") -> Path:
    """Write the facts to a file of the corpus in `folder`; the folder."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(list(facts), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder

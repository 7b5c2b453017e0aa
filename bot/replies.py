"""Canned replies and prompts: one file each in `prompts/`, Chinese and English side by side.

No text that a person or a model reads stands in Python; code names a file and gives it values.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PROMPTS = Path(__file__).resolve().parent.parent / "prompts"


@lru_cache(maxsize=256)
def _texts(name: str) -> dict[str, str]:
    data: dict[str, str] = yaml_of(PROMPTS / f"{name}.yaml")
    return data


def yaml_of(path: Path) -> Any:
    """Whatever a YAML file holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def reply(name: str, lang: str, **values: object) -> str:
    """The text of `prompts/<name>.yaml` in `lang` ("zh", or anything else for English), its {places} filled.

    Values are put in as they are: braces in them mean nothing. Raises KeyError for a place without a value.
    """
    text = _texts(name)["zh" if lang == "zh" else "en"].strip()
    return text.format_map({key: str(value) for key, value in values.items()})


def line_in(name: str, code: str) -> str:
    """The line of `prompts/<name>.yaml` in the language `code`, or in English where it is not there."""
    texts = _texts(name)
    return texts.get(code, texts["en"]).strip()


def reply_names() -> list[str]:
    """Every reply there is, by file name without ending; a folder is part of the name."""
    return sorted(str(path.relative_to(PROMPTS).with_suffix("")) for path in PROMPTS.rglob("*.yaml"))

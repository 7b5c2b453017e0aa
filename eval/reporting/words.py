"""The words of the report, from `data/report.yaml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.answering.names import territory
from bot.replies import yaml_of
from eval.statistics import Interval
from eval.summary import SMALL
from retrieval.corpus import SHIPPED_CORPUS

DATA = Path(__file__).parents[1] / "data" / "report.yaml"
Both = dict[str, str]
"""A text by language: `zh` and `en`."""


@lru_cache(maxsize=1)
def data() -> dict[str, Any]:
    """The data file."""
    found: dict[str, Any] = yaml_of(DATA)
    return found


@lru_cache(maxsize=1)
def area_names() -> dict[str, Both]:
    """Names of the areas, in the order in which a company meets them."""
    return {area["id"]: area["name"] for area in yaml_of(SHIPPED_CORPUS / "areas.yaml")}


class Words:
    """The words of the page in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, name: str, **values: object) -> str:
        """A line of `words:`, its {places} filled. Raises KeyError for a word or a place that is not there."""
        return self.fill(data()["words"][name], **values)

    def fill(self, both: Both, **values: object) -> str:
        """One of the two texts, its {places} filled."""
        return both[self.lang].format_map({key: str(value) for key, value in values.items()})

    def of(self, section: str, name: str, **values: object) -> str:
        """A line of another section: `kinds`, `statuses`, `sorts`, `reasons`. An unknown name stands for itself."""
        both = data()[section].get(name)
        return self.fill(both, **values) if both else name

    def area(self, name: str) -> str:
        """The name of an area."""
        both = area_names().get(name)
        return both[self.lang] if both else name

    def country(self, code: str) -> str:
        """The name of a country."""
        return territory(code, self.lang)

    def percent(self, share: float) -> str:
        """`87.4 %`, without a needless `.0`."""
        return self("percent", value=short(100 * share))

    def of_hundred(self, found: Interval) -> str:
        """So many of a hundred; between what and what where there are few cases. All is said only of all."""
        if found.n < SMALL:
            return self("between", low=round(100 * found.low), high=round(100 * found.high))
        return whole(found.value)


def short(number: float) -> str:
    """One decimal, none where it is zero."""
    return f"{number:.1f}".removesuffix(".0")


def whole(share: float) -> str:
    """A share as so many of a hundred. 99.9 % is never said to be 100, nor 0.1 % nothing."""
    number = round(100 * share)
    exact = number not in (0, 100) or share in (0.0, 1.0)
    return str(number) if exact else f"{100 * share:.1f}"

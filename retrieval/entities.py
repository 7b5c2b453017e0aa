"""Resolves what a text names: countries, regions, codes, areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.corpus import AreaInfo, CountryInfo


@dataclass(frozen=True, slots=True)
class Mention:
    """One country named in a text."""

    code: str
    surface: str
    start: int
    end: int
    how: str
    covered: bool
    home: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A group of countries named in a text."""

    code: str
    surface: str
    start: int
    end: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a text names."""

    countries: tuple[Mention, ...] = ()
    regions: tuple[Region, ...] = ()
    codes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


class Entities:
    """Resolver built from the corpus's reference files."""

    def __init__(self, areas: Mapping[str, AreaInfo], countries: Mapping[str, CountryInfo]) -> None:
        self._countries = countries

    def resolve(self, text: str) -> Mentions:
        """What `text` names."""
        return Mentions()

    def without_countries(self, text: str, lang: str) -> str:
        """`text` with each country replaced by "this country" or 该国."""
        return text

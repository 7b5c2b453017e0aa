"""A figure as a value: what it may mean, and when two figures are the same."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from retrieval.figure_reading.terms import Reading


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said. At least the month is known: a year alone is a plain figure."""

    year: int | None
    month: int
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, a date or a code, as one text says it."""

    text: str
    """As it stands in the text (normalised: half-width, simplified)."""
    start: int
    end: int
    readings: frozenset[Reading] = frozenset()
    """Every way to read it; empty for a date."""
    date: Day | None = None
    tags: frozenset[str] = frozenset()
    """Letters that belong to a number: `ISO` in ISO 9001, `G` in 5G."""
    firm: bool = True
    """False for words such as "first", "a year" or 一: they can answer a figure but ask for none."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one or several texts, ready to be looked up."""

    items: tuple[Figure, ...]
    years: frozenset[int]
    """Years that the texts name: a date without a year may stand in any of them."""

    def hold(self, figure: Figure) -> bool:
        """Whether one of these figures is `figure` in other words."""
        return any(same(figure, other, self.years) for other in self.items)

    def carry(self, figure: Figure) -> bool:
        """Whether one of these figures says `figure`, or a date within it: 2 October 2025 says October 2025."""
        return self.hold(figure) or any(_within(other, figure) for other in self.items)


def same(one: Figure, other: Figure, years: frozenset[int]) -> bool:
    """Whether both mean the same; `years`: those that a yearless date of `other` may belong to."""
    if one.date is not None or other.date is not None:
        if one.date is None or other.date is None:
            return False
        if (one.date.month, one.date.day) != (other.date.month, other.date.day):
            return False
        if one.date.year is None or other.date.year == one.date.year:
            return True
        return other.date.year is None and (not years or one.date.year in years)
    if one.readings.isdisjoint(other.readings):
        return False
    return not (one.tags and other.tags) or not one.tags.isdisjoint(other.tags)


def _within(fine: Figure, coarse: Figure) -> bool:
    if fine.date is None:
        return False
    if coarse.date is None:
        return year_of(coarse) == fine.date.year is not None
    return (
        coarse.date.day is None
        and coarse.date.month == fine.date.month
        and coarse.date.year == fine.date.year
    )


def is_year(figure: Figure) -> bool:
    """Whether a figure is, or may be, a year alone."""
    return figure.date is None and year_of(figure) is not None


def year_of(figure: Figure) -> int | None:
    """The year that a figure names, alone or within a date."""
    if figure.date is not None:
        return figure.date.year
    for value, unit in figure.readings:
        if unit == "date" and isinstance(value, Decimal):
            return int(value)
    return None

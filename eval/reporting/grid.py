"""The grid of coverage: country by area, how many cases, and how many of them are strictly right.

Verdicts of `test` cases are only told in sums that nobody can read a single case off: a cell or total with verdicts
of fewer than `LEAST_TEST_PAIRS` pairs of `test` counts them and leaves them out of the share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from eval.reporting.words import area_names
from eval.scored import OURS, CaseScore, ScoredRun

LEAST_TEST_PAIRS = 5
NONE, ELSEWHERE = "none", "elsewhere"
"""Rows for cases that name no country, and for countries on which no facts are kept."""
HIGH, MIDDLE = 0.9, 0.6
REGION = 8
"""A fact about more countries than this is about a region; it does not make each of them a country with facts."""


@dataclass
class Cell:
    """The cases of one country and area, or of a whole row or column."""

    scores: list[CaseScore] = field(default_factory=list)
    facts: int = 0
    """Facts kept on it."""

    @property
    def count(self) -> int:
        """How many cases there are."""
        return len(self.scores)

    @property
    def told(self) -> list[CaseScore]:
        """The cases whose verdict may be told in a sum."""
        test_pairs = {one.pair_id for one in self.scores if one.split == "test"}
        if len(test_pairs) >= LEAST_TEST_PAIRS:
            return self.scores
        return [one for one in self.scores if one.split == "dev"]

    @property
    def seen(self) -> int:
        """How many of them are told."""
        return len(self.told)

    @property
    def right(self) -> int:
        """How many of those are strictly right."""
        return sum(one.mark(OURS, "strict") == 1 for one in self.told)

    @property
    def share(self) -> float:
        """The share of right ones; 0 where none is told."""
        return self.right / self.seen if self.seen else 0.0

    @property
    def level(self) -> str:
        """How it looks: `high`, `middle`, `low`, `counted` (cases, no verdict told), `gap` (facts), `nothing`."""
        if not self.count:
            return "gap" if self.facts else "nothing"
        if not self.seen:
            return "counted"
        return "high" if self.share >= HIGH else "middle" if self.share >= MIDDLE else "low"


@dataclass(frozen=True)
class Row:
    """A country with its cells, in the order of the areas."""

    code: str
    total: Cell
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """Countries by areas."""

    areas: list[str]
    rows: list[Row]
    totals: list[Cell]
    """By area; a case about two countries counts once."""


def grid_of(run: ScoredRun) -> Grid:
    """The grid of a run: every area, and every country on which facts are kept, the weakest first, the rest after."""
    scored = [score for score in run.scores if score.status is not None]
    own = {fact.id: fact.countries if len(fact.countries) <= REGION else [] for fact in run.log.known}
    covered = sorted({code for codes in own.values() for code in codes})
    areas = list(area_names())
    areas += sorted({area for score in scored for area in score.areas} - set(areas))
    cells: dict[tuple[str, str], Cell] = defaultdict(Cell)
    for score in scored:
        for place in {*_places(score, covered), ""}:
            for area in {*score.areas, ""}:
                cells[place, area].scores.append(score)
    for fact in run.log.known:
        for place in own[fact.id] or [NONE]:
            cells[place, fact.area].facts += 1
    rows = sorted((_row(code, cells, areas) for code in covered), key=lambda row: row.total.share)
    rows += [row for code in (ELSEWHERE, NONE) if (row := _row(code, cells, areas)).total.count]
    return Grid(areas, rows, [cells["", area] for area in areas])


def _places(score: CaseScore, covered: Iterable[str]) -> set[str]:
    known = set(covered)
    return {code if code in known else ELSEWHERE for code in score.countries} or {NONE}


def _row(code: str, cells: dict[tuple[str, str], Cell], areas: list[str]) -> Row:
    return Row(code, cells[code, ""], [cells[code, area] for area in areas])

"""What is in the corpus: facts by country and area, how many are stale or to be confirmed, and the coverage matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from babel import Locale
from pydantic import BaseModel

from retrieval.corpus import Bilingual, Corpus
from retrieval.coverage import SYMBOLS, Coverage, State
from retrieval.freshness import is_stale

SEVERAL = "several"
"""Row of facts that list several countries."""
NONE = "none"
"""Row of facts without a country: schemes, the China side, programmes, adaptation."""
_GROUP = 5


class Cell(BaseModel):
    """Counts of facts. A fact may be both stale and to be confirmed."""

    facts: int = 0
    stale: int = 0
    confirm: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            facts=self.facts + other.facts,
            stale=self.stale + other.stale,
            confirm=self.confirm + other.confirm,
        )

    def text(self, stale: str, confirm: str) -> str:
        """`5 s2 c1` with the marks given; empty for no fact."""
        marks = ((stale, self.stale), (confirm, self.confirm))
        return " ".join([str(self.facts), *(f"{mark}{n}" for mark, n in marks if n)]) if self.facts else ""


class MatrixRow(BaseModel):
    """A question type, or the heading of an area (without cells), with its counts of countries by state."""

    name: str
    cells: str
    """One symbol a country, in fives, in the order of `CorpusStats.covered`."""
    answered: int
    partly: int
    gap: int
    heading: bool = False

    @property
    def texts(self) -> list[str]:
        """The row as texts."""
        return [self.name, self.cells, str(self.answered), str(self.partly), str(self.gap)]


class CorpusStats(BaseModel):
    """Counts of one corpus on one day."""

    today: date
    cells: dict[str, dict[str, Cell]]
    """Country code, `several` or `none` → area → counts; each fact counts once."""
    areas: dict[str, Bilingual]
    covered: list[str]
    """Codes of the countries that facts are about, in order."""
    types: dict[str, dict[str, State]]
    """Question type → country → state."""
    type_names: dict[str, Bilingual]
    type_areas: dict[str, str]

    @property
    def total(self) -> Cell:
        """All facts."""
        return sum((self.row_total(row) for row in self.cells), Cell())

    def row_total(self, row: str) -> Cell:
        """All facts of a country, or of `several` or `none`."""
        return sum(self.cells[row].values(), Cell())

    def area_total(self, area: str) -> Cell:
        """All facts of an area."""
        return sum((cells.get(area, Cell()) for cells in self.cells.values()), Cell())

    def country_area_rows(self, lang: str, words: dict[str, str]) -> list[list[str]]:
        """A header, one row for each country, then `several`, `none` and the total; the second column is the row's total.

        `words`: texts for `country`, `several`, `none`, `sum`, and the marks `stale` and `confirm`.
        """
        marks = words["stale"], words["confirm"]
        rows = [[words["country"], words["sum"], *(name.get(lang) for name in self.areas.values())]]
        for row, cells in self.cells.items():
            name = words[row] if row in (SEVERAL, NONE) else f"{row} {country_name(row, lang)}"
            counts = [cells.get(area, Cell()).text(*marks) for area in self.areas]
            rows.append([name, self.row_total(row).text(*marks), *counts])
        totals = [self.area_total(area).text(*marks) or "0" for area in self.areas]
        rows.append([words["sum"], self.total.text(*marks) or "0", *totals])
        return rows

    def country_codes(self) -> str:
        """The codes of `covered` written downwards over the cells of a row: two lines."""
        return "\n".join(_in_fives("".join(code[place] for code in self.covered)) for place in (0, 1))

    def type_rows(self, lang: str) -> list[MatrixRow]:
        """The question types under headings of their areas, each with one symbol a country and its counts."""
        rows = []
        for area in dict.fromkeys(self.type_areas.values()):
            types = [type_id for type_id, of in self.type_areas.items() if of == area]
            name = self.areas[area].get(lang) if area in self.areas else area
            rows.append(MatrixRow(name=name, cells="", heading=True, **self.state_counts(types)))
            for type_id in types:
                symbols = "".join(SYMBOLS[self.types[type_id][code]] for code in self.covered)
                counts = self.state_counts([type_id])
                rows.append(
                    MatrixRow(name=self.type_names[type_id].get(lang), cells=_in_fives(symbols), **counts)
                )
        return rows

    def state_counts(self, types: list[str] | None = None) -> dict[State, int]:
        """How many cells of these types (all, where None) are answered, partly answered and gaps."""
        counts = Counter(
            state
            for type_id in (self.types if types is None else types)
            for state in self.types[type_id].values()
        )
        return {state: counts[state] for state in SYMBOLS}

    def to_json(self) -> dict[str, Any]:
        """Everything counted, for programs: totals, `countries`, `several` and `none` by area, `areas`, `types`."""
        cells = {
            row: {"total": self.row_total(row).model_dump()}
            | {area: cell.model_dump() for area, cell in by_area.items()}
            for row, by_area in self.cells.items()
        }
        return {
            "today": self.today.isoformat(),
            "total": self.total.model_dump(),
            "countries": {code: cells[code] for code in self.covered},
            "several": cells.get(SEVERAL, {}),
            "none": cells.get(NONE, {}),
            "areas": {area: self.area_total(area).model_dump() for area in self.areas},
            "states": self.state_counts(),
            "types": self.types,
        }


def corpus_stats(corpus: Corpus, today: date) -> CorpusStats:
    """Count `corpus` as it stands on `today`."""
    facts = [located.fact for located in corpus.facts]
    covered = sorted({code for fact in facts for code in fact.all_countries})
    cells: dict[str, dict[str, Cell]] = {row: {} for row in (*covered, SEVERAL, NONE)}
    for fact in facts:
        places = fact.all_countries
        row = SEVERAL if len(places) > 1 else places[0] if places else NONE
        area = corpus.areas.get(fact.area)
        stale = area is not None and is_stale(fact, area, today)
        cell = Cell(facts=1, stale=stale, confirm=fact.confirm is not None)
        cells[row][fact.area] = cells[row].get(fact.area, Cell()) + cell
    coverage = Coverage(facts)
    return CorpusStats(
        today=today,
        cells=cells,
        areas={area.id: area.name for area in corpus.areas.values()},
        covered=covered,
        types={
            type_id: {code: coverage.state(type_id, code) for code in covered}
            for type_id in corpus.question_types
        },
        type_names={kind.id: kind.name for kind in corpus.question_types.values()},
        type_areas={kind.id: kind.area for kind in corpus.question_types.values()},
    )


def country_name(code: str, lang: str) -> str:
    """What CLDR calls the country; the code itself where it knows none."""
    return str(_territories("zh" if lang == "zh" else "en").get(code, code))


@cache
def _territories(lang: str) -> dict[str, str]:
    return dict(Locale(lang).territories)


def _in_fives(symbols: str) -> str:
    return " ".join(_fives(symbols))


def _fives(symbols: str) -> Iterator[str]:
    for start in range(0, len(symbols), _GROUP):
        yield symbols[start : start + _GROUP]

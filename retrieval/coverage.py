"""Which question types are answered for which country: the matrix whose empty cells are known gaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from retrieval.corpus import Fact

State = Literal["answered", "partly", "gap"]
"""`answered`: a fact answers the type for the country; `partly`: one touches it; `gap`: none does."""
SYMBOLS: dict[State, str] = {"answered": "#", "partly": "+", "gap": "."}
"""One narrow character in any font and terminal, Chinese ones included."""


class Coverage:
    """The matrix of question types × countries. A regional fact counts for each country that it lists."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._answered: set[tuple[str, str]] = set()
        self._partly: set[tuple[str, str]] = set()
        for fact in facts:
            for code in fact.all_countries:
                self._answered.update((type_id, code) for type_id in fact.answers)
                self._partly.update((type_id, code) for type_id in fact.partly)

    def state(self, type_id: str, country: str) -> State:
        """The cell of one type and one country (ISO 3166-1 alpha-2)."""
        if (type_id, country) in self._answered:
            return "answered"
        return "partly" if (type_id, country) in self._partly else "gap"

    def best_state(self, type_id: str, countries: Iterable[str]) -> State:
        """The best state among several countries; `gap` for none of them."""
        states = {self.state(type_id, country) for country in countries}
        return "answered" if "answered" in states else "partly" if "partly" in states else "gap"

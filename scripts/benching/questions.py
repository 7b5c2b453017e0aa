"""Questions for the bench: those of the datasets, Chinese and English, each once."""

from __future__ import annotations

from functools import cache

from eval.cases import load_cases


@cache
def singles() -> list[str]:
    """Questions that ask one thing, answerable or not, languages in turn."""
    cases = load_cases("singles_asia", "singles_world", "near_misses_asia", "near_misses_world")
    return [case.question for case in cases]


@cache
def four_parts() -> list[str]:
    """Questions that ask four things."""
    return [case.question for case in load_cases("several") if case.kind == "several_4"]

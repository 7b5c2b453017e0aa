"""How old a fact may be: its `checked` and its sources' dates against what its area allows."""

from __future__ import annotations

from datetime import date

from retrieval.corpus import AreaInfo, Fact
from retrieval.days import latest_day


def newest_source(fact: Fact) -> str | None:
    """The newest date that a source of the fact shows, as written; None when none shows one."""
    dates = [source.dated for source in fact.sources if source.dated]
    return max(dates, key=latest_day, default=None)


def is_stale(fact: Fact, area: AreaInfo, today: date) -> bool:
    """Whether the fact was checked, or its newest source was dated, longer ago than its area allows.

    An undated source is not thereby old: it is said to be undated instead.
    """
    newest = newest_source(fact)
    marks = [date.fromisoformat(fact.checked)] + ([latest_day(newest)] if newest else [])
    return any((today - mark).days > area.stale_after_days for mark in marks)

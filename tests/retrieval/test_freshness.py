"""A fact is stale when its check or its newest source is older than its area allows, counted in its favour."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from retrieval.corpus import AreaInfo, Fact
from retrieval.days import first_day, latest_day
from retrieval.freshness import is_stale, newest_source
from tests.retrieval.corpora import fact, source

TODAY = date(2026, 11, 25)


def area(days: int) -> AreaInfo:
    return AreaInfo.model_validate(
        {
            "id": "tax",
            "name": {"zh": "税", "en": "Tax"},
            "scope": {"zh": "税", "en": "Tax"},
            "stale_after_days": days,
        }
    )


def a_fact(*dated: str | None, **changes: Any) -> Fact:
    return Fact.model_validate(fact(sources=[source(dated=one) for one in dated], **changes))


@pytest.mark.parametrize(
    ("dated", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-10-02", date(2025, 10, 2), date(2025, 10, 2)),
    ],
)
def test_a_date_means_a_stretch_of_days(dated: str, first: date, last: date) -> None:
    assert (first_day(dated), latest_day(dated)) == (first, last)


@pytest.mark.parametrize(
    "dated",
    [
        "",
        "25",
        "2025-1",
        "2025-13",
        "2025-00",
        "2025-02-30",
        "2025-10-02T00:00",
        "0000",
        "２０２５",
        "20251002",
    ],
)
def test_anything_else_is_no_date(dated: str) -> None:
    for read in (first_day, latest_day):
        with pytest.raises(ValueError):
            read(dated)


@pytest.mark.parametrize(
    ("dated", "stale"),
    [
        ("2026-05-29", False),
        ("2026-05-28", True),
        ("2026-05", False),
        ("2026-04", True),
        ("2026", False),
        ("2025", True),
    ],
)
def test_the_newest_day_that_a_source_can_mean_decides(dated: str, stale: bool) -> None:
    assert is_stale(a_fact(dated), area(180), TODAY) is stale


def test_one_new_source_keeps_a_fact_fresh() -> None:
    assert not is_stale(a_fact("2010", "2026-10", None), area(180), TODAY)
    assert newest_source(a_fact("2026-10-30", "2026-10")) == "2026-10"


def test_an_undated_source_is_not_stale_by_itself() -> None:
    assert newest_source(a_fact(None)) is None
    assert not is_stale(a_fact(None), area(180), TODAY)


def test_a_check_long_ago_makes_a_fact_stale_whatever_its_sources() -> None:
    assert is_stale(a_fact(None, checked="2026-05-28"), area(180), TODAY)
    assert not is_stale(a_fact(None, checked="2026-05-29"), area(180), TODAY)

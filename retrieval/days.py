"""Dates as sources show them: a year, a month or a day."""

from __future__ import annotations

import calendar
import re
from datetime import date

_DATED = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def first_day(dated: str) -> date:
    """The first day that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` can mean. Raises ValueError for anything else."""
    year, month, day = _parts(dated)
    return date(year, month or 1, day or 1)


def latest_day(dated: str) -> date:
    """The last day that it can mean: a source is never called older than it may be. Raises ValueError likewise."""
    year, month, day = _parts(dated)
    month = month or 12
    if not 1 <= month <= 12:
        raise ValueError(f"no such month: {dated}")
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _parts(dated: str) -> tuple[int, int | None, int | None]:
    match = _DATED.fullmatch(dated)
    if match is None:
        raise ValueError(f"not YYYY, YYYY-MM or YYYY-MM-DD: {dated}")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if 0 in (year, month, day):
        raise ValueError(f"no such day: {dated}")
    return year, month, day

"""A mark: what one scorer says of one case."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import Value


class Mark(Value):
    """One measure of one case, with the reasons why it is not the best."""

    measure: str
    value: float
    reasons: tuple[str, ...] = ()


def passed(measure: str, faults: Iterable[str]) -> Mark:
    """1 without faults, else 0 with the faults as reasons."""
    reasons = tuple(faults)
    return Mark(measure=measure, value=float(not reasons), reasons=reasons)

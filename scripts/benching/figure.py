"""One measured figure beside its target and its baseline."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Figure:
    """`median` and `p95` in `unit`. `ratio` is baseline over median where lower is better, else the inverse."""

    what: str
    median: float
    unit: str
    p95: float | None = None
    more: str = ""
    target: float | None = None
    higher_is_better: bool = False
    target_p95: float | None = None
    baseline: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the targets are met; None without one."""
        if self.target is None and self.target_p95 is None:
            return None
        good = True
        if self.target is not None:
            good = self.median >= self.target if self.higher_is_better else self.median <= self.target
        if self.target_p95 is not None:
            good = good and self.p95 is not None and self.p95 <= self.target_p95
        return good

    def row(self) -> tuple[str, ...]:
        """Cells of the printed table."""
        ratio = ""
        if self.baseline:
            share = self.median / self.baseline if self.higher_is_better else self.baseline / self.median
            ratio = f"{share:.2f}×"
        sign = "≥" if self.higher_is_better else "≤"
        targets = [f"{sign} {self.target:g}"] if self.target is not None else []
        targets += [f"p95 ≤ {self.target_p95:g}"] if self.target_p95 is not None else []
        return (
            self.what,
            f"{self.median:.1f} {self.unit}",
            f"{self.p95:.1f}" if self.p95 is not None else "",
            self.more,
            ", ".join(targets),
            f"{self.baseline:.1f}" if self.baseline else "",
            ratio,
            {True: "yes", False: "NO", None: ""}[self.met],
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie, by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def of_times(what: str, seconds: Sequence[float], unit: str = "ms", **more: object) -> Figure:
    """A figure of repeated times given in seconds."""
    factor = 1000 if unit == "ms" else 1
    values = [second * factor for second in seconds]
    return Figure(
        what,
        statistics.median(values),
        unit,
        percentile(values, 0.95),
        f"n={len(values)}",
        **more,  # type: ignore[arg-type]
    )

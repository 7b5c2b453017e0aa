"""The report that a secretary-general reads: one HTML file from a scored run. Not written yet.

What it is given: `ScoredRun` (`eval.scored`): `.info`, `.summary` (`figure(measure, scope, slice, system)`, `.gaps`,
`.slices("area:")`), `.scores` for the grid of countries and areas, and `.shown()` for the worst cases, which leaves
out those of `test`. `eval.gate.judge_run` gives the verdict of each promise, `eval.comparing.compare` what changed.
"""

from __future__ import annotations

from pathlib import Path

from eval.log import EvalError
from eval.scored import ScoredRun


def write_report(run: ScoredRun, out: Path, against: ScoredRun | None = None) -> None:
    """Write the report of `run` to `out`, compared with `against` where it is given."""
    raise EvalError(zh="报告功能尚未完成。", en="The report is not written yet.")

"""The report that a secretary-general reads in two minutes: one HTML file, Chinese and English, no network needed.

Verdict and promises come first, in plain words; charts, targets, coverage, worst cases and the gate's rules unfold
below. Cases of `test` are in its sums only: what is shown of single cases comes from `ScoredRun.shown()`.
"""

from __future__ import annotations

from pathlib import Path

from eval.gate import Thresholds, judge_run, load_baseline
from eval.log import EvalError
from eval.reporting.page import write
from eval.scored import ScoredRun


def write_report(run: ScoredRun, out: Path, against: ScoredRun | None = None) -> None:
    """Write the report of `run` to `out`, compared with `against` where it is given.

    Raises `EvalError` when `out` cannot be written.
    """
    thresholds = Thresholds.load()
    page = write(run, against, judge_run(run, load_baseline(), thresholds), thresholds)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8", errors="replace")
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise EvalError(
            zh=f"写不了报告 {out}（{why}）：请用 --out 换一个可写的位置。",
            en=f"The report cannot be written to {out} ({why}): name another place with --out.",
        ) from exc

"""People's judgement: answers drawn for two graders, and their labels read back. Not written yet.

What it is given: `ScoredRun` (`eval.scored`). Draw from `.shown()` where cases of `test` must not be seen; `labels`
are rows of case id, grader and verdict; the judge's own verdicts are in `CaseScore.marks["judged"]`.
"""

from __future__ import annotations

from pathlib import Path

from bot.domain import Value
from eval.log import EvalError
from eval.scored import ScoredRun


class Agreement(Value):
    """How far two graders, and the judge model, agree."""

    labels: int
    alpha: float
    """Krippendorff's alpha of the people."""
    kappa: float
    """Cohen's kappa of the people."""
    judge_kappa: float | None = None
    """Cohen's kappa of the judge with the people."""

    @property
    def judge_trusted(self) -> bool:
        """Whether the judge may decide: otherwise it is for triage only."""
        return self.judge_kappa is not None and self.judge_kappa >= max(0.70, self.kappa - 0.05)


def write_sample(run: ScoredRun, count: int, out: Path) -> None:
    """Draw `count` answers for two graders into an Excel file."""
    raise EvalError(zh="抽样功能尚未完成。", en="Drawing a sample is not written yet.")


def read_labels(run: ScoredRun, path: Path) -> Agreement:
    """Read the graders' labels back."""
    raise EvalError(zh="读取评分的功能尚未完成。", en="Reading labels is not written yet.")

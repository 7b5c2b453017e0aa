"""Scorer 5: people. Answers are drawn for two graders, and their labels read back into the run.

<run>/labels.json   `Labels`: how far graders and judge agree, and every label. Importing again replaces it.

Graders read questions and answers, and no case of `test` may be shown, so only `dev` is drawn from. The judge model
is held against the graders where they answer what it answers: whether the evidence bears the whole answer out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from bot.domain import Value
from eval.agreement import Agreed, Judged, agreed, judged
from eval.filled import Filled, Row, read_workbook
from eval.log import RUN, EvalError, RunInfo, read_info, read_one, write_one
from eval.rubric import GRADERS, rubric
from eval.sampling import draw, gradable, key_of, seal_of
from eval.scored import CaseScore, ScoredRun
from eval.workbook import write_workbook

LABELS = "labels.json"
VERDICT, SUPPORT = "verdict", "support"
"""Questions of the rubric: what the answer is worth; whether its evidence bears it out, which the judge says too."""
JUDGED = "judged"
"""The judge's mark of a case: the share of its sentences that it upholds."""


V = TypeVar("V")


class Label(Value):
    """What one grader said of one answer."""

    id: str
    grader: str
    said: dict[str, str]
    """By question of `data/rubric.yaml`: the name of the option, or the words of a comment."""


class Returned(Value):
    """What came back from one grader. The four add up to the answers drawn."""

    grader: str
    complete: int = 0
    partial: int = 0
    """Half-filled: what is there counts, question by question."""
    blank: int = 0
    """Not filled in, or the row is gone."""
    changed: int = 0
    """Question, answer or evidence no longer read as they were drawn; not counted."""


class Agreement(Value):
    """How far two graders, and the judge model, agree."""

    drawn: int
    """Answers in the sample."""
    returned: list[Returned]
    given: dict[str, dict[str, int]]
    """By question with a list and option: how often a grader chose it, both graders together."""
    questions: list[Agreed]
    """By question of the rubric and slice (`all`, then languages); only slices that both graders answered."""
    judge: str | None = None
    """The judge model; None where the run was scored without."""
    judged: list[Judged] = Field(default_factory=list)
    """By slice, `all` first; empty without a judge."""

    @property
    def labels(self) -> int:
        """How often a grader gave a verdict on everything that is asked of an answer."""
        return sum(one.complete for one in self.returned)

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha of the graders' verdicts over all answers."""
        found = self.of(VERDICT)
        return found.alpha.value if found and found.alpha else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of the same."""
        found = self.of(VERDICT)
        return found.kappa.value if found and found.kappa else None

    @property
    def judge_kappa(self) -> float | None:
        """Cohen's kappa of the judge with people."""
        judge = self.judged[0].judge if self.judged else None
        return judge.value if judge else None

    @property
    def judge_trusted(self) -> bool:
        """Whether the judge may decide (`Judged.trusted`, over all answers): otherwise it is for triage only."""
        return bool(self.judged) and self.judged[0].trusted

    def of(self, question: str, part: str = "all") -> Agreed | None:
        """The graders on one question over one slice."""
        return next((one for one in self.questions if (one.question, one.slice) == (question, part)), None)


class Labels(Value):
    """The labels of a run."""

    sample: str
    """The seal of the workbook."""
    agreement: Agreement
    labels: list[Label]


def write_sample(run: ScoredRun, count: int, out: Path, seed: int | None = None) -> int:
    """Draw `count` answers for two graders into a new Excel file; returns how many there were to draw.

    The same run, count and seed (by default that of the run) draw the same answers in the same order. Nothing in the
    file names the run, its composer, code or model, the case, or what was expected. Raises `EvalError` for a void
    run, when nothing may be drawn, and when `out` exists or cannot be written.
    """
    if run.info.void:
        raise EvalError(
            zh=f"{run.folder} 已作废，请人评它没有意义：请重新评测。",
            en=f"{run.folder} is void, so grading it would be wasted work: make the run again.",
        )
    seed = run.info.seed if seed is None else seed
    items = draw(run, count, seed)
    write_workbook(items, seal_of(run.info, seed), seed, out)
    return len(items)


def read_labels(run: ScoredRun, *paths: Path) -> Agreement:
    """Read the labels of one workbook, or of the graders' copies of it, into the run's `labels.json`.

    Raises `EvalError`, and changes nothing, when a file is none of this run's samples, a cell says what is not on its
    list, copies contradict each other, or nothing is filled in.
    """
    books = [read_workbook(path) for path in paths]
    seal = books[0].seal
    for book in books:
        if (
            book.seal.seal != seal_of(run.info, book.seal.seed)
            or book.seal.digests.keys() != seal.digests.keys()
        ):
            raise EvalError(
                zh=f"{book.path} 不是从 {run.folder} 抽的样：请用 --run 指明抽样的那次评测。",
                en=f"{book.path} was not drawn from {run.folder}: name its run with --run.",
            )
    scores = {key_of(run.info, seal.seed, score.id): score for _, score in gradable(run)}
    if not seal.digests.keys() <= scores.keys():
        raise EvalError(
            zh=f"{run.folder} 里找不到 {paths[0]} 中的回答：日志后来变了，请重新抽样。",
            en=f"{run.folder} lacks answers of {paths[0]}: its log has changed; draw a new sample.",
        )
    rows, returned = _merged(books)
    labels = [
        Label(id=scores[row.key].id, grader=row.grader, said=row.said)
        for row in sorted(rows, key=lambda row: (scores[row.key].id, row.grader))
    ]
    if not labels:
        raise EvalError(
            zh=f"{paths[0]} 里没有可计入的评分（未填，或文字被改动）：请在原文件的“A”表和“B”表中填写。",
            en=f"{paths[0]} has no label that counts (nothing filled in, or the texts were changed): fill in sheets A and B of the sample.",
        )
    agreement = Agreement(
        drawn=len(seal.digests),
        returned=returned,
        given=_given(labels),
        questions=_questions(labels, run),
        judge=run.summary.judge,
        judged=_judged(labels, run),
    )
    beside = run.folder / f".{LABELS}.tmp"
    write_one(beside, Labels(sample=seal.seal, agreement=agreement, labels=labels))
    beside.replace(run.folder / LABELS)
    return agreement


def load_labels(folder: Path) -> Labels | None:
    """What people said of a run; None where nobody was asked. Raises `EvalError` for a file that cannot be read."""
    return read_one(folder / LABELS, Labels) if (folder / LABELS).is_file() else None


def run_of(path: Path, runs: Path) -> Path:
    """The newest run in the folder `runs` that a workbook was drawn from. Raises `EvalError` when there is none."""
    seal = read_workbook(path).seal
    folders = [file.parent for file in runs.glob(f"*/{RUN}")]
    folders.sort(key=lambda folder: (folder / RUN).stat().st_mtime, reverse=True)
    for folder in folders:
        info = _info(folder)
        if info and seal_of(info, seal.seed) == seal.seal:
            return folder
    raise EvalError(
        zh=f"{runs} 里没有 {path} 所抽样的评测：请用 --run 指明它的文件夹。",
        en=f"No run in {runs} is the one that {path} was drawn from: name its folder with --run.",
    )


def _info(folder: Path) -> RunInfo | None:
    try:
        return read_info(folder)
    except EvalError:
        return None


def _merged(books: Sequence[Filled]) -> tuple[list[Row], list[Returned]]:
    """Each grader's rows that say something, over all copies; and what came back from each grader."""
    digests = books[0].seal.digests
    found: dict[tuple[str, str], Row] = {}
    changed: set[tuple[str, str]] = set()
    for book in books:
        for row in book.rows:
            place = (row.grader, row.key)
            if row.said and not row.intact:
                changed.add(place)
            elif row.said:
                before = found.get(place)
                found[place] = _joined(before, row, book.path) if before else row
    returned = []
    for grader in GRADERS:
        edited = {key for name, key in changed if name == grader and (name, key) not in found}
        said = [found[grader, key].said for key in digests if (grader, key) in found]
        complete = sum(all(name in one for name in rubric().required) for one in said)
        blank = len(digests) - len(said) - len(edited)
        parts = {
            "complete": complete,
            "partial": len(said) - complete,
            "blank": blank,
            "changed": len(edited),
        }
        returned.append(Returned(grader=grader, **parts))
    return list(found.values()), returned


def _joined(one: Row, other: Row, path: Path) -> Row:
    clash = next((name for name in one.said if other.said.get(name, one.said[name]) != one.said[name]), None)
    if clash:
        title = rubric().questions[clash].title
        raise EvalError(
            zh=f"{path} 的“{other.grader}”表第 {other.row} 行“{title.zh}”与另一份文件不同：每位评分人只交一份。",
            en=f"Sheet {other.grader}, row {other.row}, “{title.en}” in {path} contradicts the other file: give one file for each grader.",
        )
    return one.model_copy(update={"said": one.said | other.said})


def _given(labels: Iterable[Label]) -> dict[str, dict[str, int]]:
    said = [label.said for label in labels]
    return {
        name: {option: sum(one.get(name) == option for one in said) for option in asked.options}
        for name, asked in rubric().questions.items()
        if asked.options
    }


def _questions(labels: Iterable[Label], run: ScoredRun) -> list[Agreed]:
    said = {(label.grader, label.id): label.said for label in labels}
    found = []
    for name in rubric().required:
        scale = rubric().questions[name].scale

        def verdict(score: CaseScore, name: str = name, scale: list[str] = scale) -> tuple[int, int] | None:
            both = [said.get((grader, score.id), {}).get(name) for grader in GRADERS]
            places = [scale.index(one) for one in both if one in scale]
            return (places[0], places[1]) if len(places) == len(GRADERS) else None

        for part, scores, verdicts in _sliced(run, verdict):
            pairs = [score.pair_id for score in scores]
            found.append(agreed(name, part, verdicts, pairs, len(scale), run.info.seed))
    return found


def _judged(labels: Iterable[Label], run: ScoredRun) -> list[Judged]:
    """The judge upholds an answer when it upholds every sentence of it, and so does a grader who says `full`."""
    if run.summary.judge is None:
        return []
    asked = rubric().questions[SUPPORT]
    best = asked.scale[0]
    said = {(label.grader, label.id): label.said.get(SUPPORT) for label in labels}

    def verdict(score: CaseScore) -> tuple[bool, bool, bool] | None:
        first, second = (said.get((grader, score.id)) for grader in GRADERS)
        mark = score.marks.get(JUDGED)
        if first not in asked.scale or second not in asked.scale or mark is None:
            return None
        return first == best, second == best, mark == 1

    sliced = _sliced(run, verdict)
    found = [
        judged(part, verdicts, [score.pair_id for score in scores], run.info.seed)
        for part, scores, verdicts in sliced
    ]
    return found or [judged("all", [], [], run.info.seed)]


def _sliced(
    run: ScoredRun, verdict: Callable[[CaseScore], V | None]
) -> list[tuple[str, list[CaseScore], list[V]]]:
    """All answers with a verdict, then those of each language; slices without any are left out."""
    found = [(score, made) for _, score in gradable(run) if (made := verdict(score)) is not None]
    parts = [("all", found)]
    parts += [(group, [one for one in found if one[0].group == group]) for group in ("zh", "en", "other")]
    return [(part, [score for score, _ in some], [made for _, made in some]) for part, some in parts if some]

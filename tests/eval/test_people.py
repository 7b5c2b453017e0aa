"""What comes back from two graders, and what is made of it."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from eval.log import EvalError, write_info, write_lines
from eval.people import LABELS, load_labels, read_labels, run_of, write_sample
from eval.rubric import GRADERS
from eval.sampling import gradable, key_of
from eval.scored import CaseScore, ScoredRun, save_scores
from eval.workbook import ANSWER, EVIDENCE, FIRST_LABEL, QUESTION, SEALED
from tests.eval.answers import facts
from tests.eval.grading import SOUND, change, dev_entries, fill, named, rows_of, table
from tests.eval.test_eval_cli import tongxing_eval


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ScoredRun:
    """A scored run of 120 cases; some 70 of them are of dev."""
    return named("run-of-march", tmp_path_factory.mktemp("run"))


@pytest.fixture
def sample(run: ScoredRun, tmp_path: Path) -> Path:
    """Forty answers, not filled in."""
    path = tmp_path / "sample.xlsx"
    assert write_sample(run, 40, path) == 40
    return path


def test_two_graders_come_back_with_the_textbooks_kappa(tmp_path: Path) -> None:
    run = named("book", tmp_path, dev_entries(50))
    path = tmp_path / "s.xlsx"
    write_sample(run, 50, path)
    ids = sorted(entry.case.id for entry in run.log.entries)
    verdicts = dict(zip(ids, table([[20, 5], [10, 15]]), strict=True))
    # As the list says it, or either language, or typed by hand.
    words = {("A", 0): "对 right", ("A", 1): "错", ("B", 0): " RIGHT ", ("B", 1): "错 wrong"}
    fill(path, run, lambda grader, id_: SOUND | {"verdict": words[grader, verdicts[id_][grader == "B"]]})

    found = read_labels(run, path)
    assert found.kappa == pytest.approx(0.4)
    assert found.labels == 100
    assert found.given["verdict"] == {"right": 55, "partly": 0, "wrong": 45, "unsure": 0}
    kept = load_labels(tmp_path)
    assert kept is not None
    assert kept.agreement == found
    said = {(one.id, one.grader): one.said["verdict"] for one in kept.labels}
    assert said == {
        (id_, grader): ("right", "wrong")[verdict[place]]
        for id_, verdict in verdicts.items()
        for place, grader in enumerate(GRADERS)
    }


def test_two_graders_come_back_with_krippendorffs_alpha(tmp_path: Path) -> None:
    run = named("ten", tmp_path, dev_entries(10))
    path = tmp_path / "s.xlsx"
    write_sample(run, 10, path)
    ids = sorted(entry.case.id for entry in run.log.entries)
    given = {"A": dict(zip(ids, "0100000010", strict=True)), "B": dict(zip(ids, "1110010000", strict=True))}
    fill(
        path, run, lambda grader, id_: SOUND | {"verdict": "wrong" if given[grader][id_] == "1" else "right"}
    )

    assert read_labels(run, path).alpha == pytest.approx(0.095, abs=5e-4)


def test_agreement_is_told_by_language(run: ScoredRun, sample: Path) -> None:
    def said(grader: str, id_: str) -> dict[str, str]:
        doubted = id_.endswith("en") and grader == "B"
        wrong = int(id_[2:5]) % 2 == 0
        return SOUND | {"verdict": "wrong" if wrong and not doubted else "right"}

    fill(sample, run, said)
    found = read_labels(run, sample)
    zh, en, both = (found.of("verdict", part) for part in ("zh", "en", "all"))
    assert zh is not None
    assert en is not None
    assert both is not None
    assert zh.n + en.n == both.n == 40
    assert zh.kappa is not None
    assert zh.kappa.value == 1
    assert en.kappa is not None
    assert en.kappa.value == 0
    assert found.of("verdict", "other") is None


def test_what_was_left_empty_is_counted_and_the_rest_counts(run: ScoredRun, sample: Path) -> None:
    book = openpyxl.load_workbook(sample)
    keys = [row[0].value for row in rows_of(book["B"])]
    ids = {key_of(run.info, run.info.seed, entry.case.id): entry.case.id for entry in run.log.entries}
    place = {ids[key]: number for number, key in enumerate(keys)}

    def said(grader: str, id_: str) -> dict[str, str] | None:
        if grader == "A" or place[id_] < 20:
            return SOUND
        return {"verdict": "right"} if place[id_] < 23 else {"comment": "later"} if place[id_] < 24 else None

    fill(sample, run, said)
    found = read_labels(run, sample)
    a, b = found.returned
    assert (a.complete, a.partial, a.blank, a.changed) == (40, 0, 0, 0)
    assert (b.complete, b.partial, b.blank, b.changed) == (20, 4, 16, 0)
    assert found.labels == 60
    verdicts, acts = found.of("verdict"), found.of("act")
    assert verdicts is not None
    assert acts is not None
    assert (verdicts.n, acts.n) == (23, 20)


def test_one_grader_alone_gives_no_agreement_and_no_trust(run: ScoredRun, sample: Path) -> None:
    fill(sample, run, lambda grader, id_: SOUND if grader == "A" else None)
    found = read_labels(judging(run, lambda score: 1.0), sample)

    assert found.labels == 40
    assert found.kappa is None
    assert found.questions == []
    assert not found.judge_trusted


def test_cannot_say_is_no_verdict(run: ScoredRun, sample: Path) -> None:
    fill(sample, run, lambda grader, id_: SOUND | ({"verdict": "无法判断"} if grader == "B" else {}))
    found = read_labels(run, sample)

    assert found.labels == 80
    assert found.of("verdict") is None
    assert found.of("act") is not None


def judging(run: ScoredRun, mark: Callable[[CaseScore], float | None]) -> ScoredRun:
    """The run as scored by a judge that gives each case this mark."""
    scores = []
    for score in run.scores:
        value = mark(score)
        marks = score.marks if value is None else score.marks | {"judged": value}
        scores.append(score.model_copy(update={"marks": marks}))
    summary = run.summary.model_copy(update={"judge": "judge-model"})
    return run.model_copy(update={"scores": scores, "summary": summary})


def doubtful(id_: str) -> bool:
    """Whether the answer's evidence is said not to bear it out."""
    return int(id_[2:5]) % 3 == 0


def test_a_judge_that_sees_what_people_see_is_trusted_and_another_is_not(
    run: ScoredRun, sample: Path
) -> None:
    fill(sample, run, lambda g, id_: SOUND | ({"support": "部分有依据"} if doubtful(id_) else {}))

    same = read_labels(judging(run, lambda score: 0.5 if doubtful(score.id) else 1.0), sample)
    assert same.judge_kappa == pytest.approx(1)
    assert same.judge_trusted
    assert {one.slice for one in same.judged} == {"all", "zh", "en"}

    # It upholds everything: the same on two answers in three, and worth nothing.
    easy = read_labels(judging(run, lambda score: 1.0), sample)
    assert easy.judge_kappa == pytest.approx(0)
    assert not easy.judge_trusted

    assert read_labels(judging(run, lambda score: None), sample).judge_kappa is None
    absent = read_labels(run, sample)
    assert (absent.judge, absent.judged, absent.judge_trusted) == (None, [], False)


def test_people_and_judge_are_compared_on_the_same_answers(run: ScoredRun, sample: Path) -> None:
    fill(sample, run, lambda g, id_: SOUND | ({"support": "未引用"} if doubtful(id_) else {}))
    drawn = {
        entry.case.id
        for entry, _ in gradable(run)
        if key_of(run.info, run.info.seed, entry.case.id)
        in {row[0].value for row in rows_of(openpyxl.load_workbook(sample)["A"])}
    }
    half = {id_ for id_ in drawn if id_.endswith("zh")}
    found = read_labels(judging(run, lambda score: 1.0 if score.id in half else None), sample)

    assert found.judged[0].n == sum(not doubtful(id_) for id_ in half)


def test_a_copy_from_each_grader_is_read_as_one(run: ScoredRun, sample: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.xlsx"
    shutil.copy(sample, other)
    fill(sample, run, lambda grader, id_: SOUND if grader == "A" else None)
    fill(other, run, lambda grader, id_: SOUND if grader == "B" else None)
    change(sample, lambda book: book.remove(book["B"]))

    assert read_labels(run, sample, other).labels == 80

    fill(other, run, lambda grader, id_: SOUND | {"act": "no"} if grader == "A" else SOUND)
    with pytest.raises(EvalError, match="contradicts"):
        read_labels(run, sample, other)


def test_a_row_whose_text_was_changed_does_not_count(run: ScoredRun, sample: Path) -> None:
    fill(sample, run, lambda grader, id_: SOUND)

    def edit(book: Any) -> None:
        rows = list(rows_of(book["A"]))
        rows[0][QUESTION - 1].value = "Something else?"
        rows[1][ANSWER - 1].value += " And more."
        rows[2][EVIDENCE - 1].value = "[1] Another quote."
        # What spreadsheets do by themselves when they save.
        rows[3][ANSWER - 1].value = rows[3][ANSWER - 1].value.replace("\n", "\r\n") + " "
        for row in list(rows_of(book["B"]))[:2]:
            for cell in row:
                cell.value = None

    found = read_labels(run, change(sample, edit))
    a, b = found.returned
    assert (a.complete, a.changed, a.blank) == (37, 3, 0)
    assert (b.complete, b.changed, b.blank) == (38, 0, 2)
    assert not any(label.said["verdict"] != "right" for label in load_labels(run.folder).labels)  # type: ignore[union-attr]


def unlisted(book: Any) -> None:
    next(rows_of(book["B"]))[FIRST_LABEL - 1].value = "great"


def strange_key(book: Any) -> None:
    next(rows_of(book["A"]))[0].value = "0" * 16


def added_row(book: Any) -> None:
    book["A"].cell(book["A"].max_row + 2, FIRST_LABEL).value = "right"


def doubled_row(book: Any) -> None:
    rows = list(rows_of(book["A"]))
    for source, target in zip(rows[0], rows[1], strict=True):
        if not isinstance(target, openpyxl.cell.cell.MergedCell):
            target.value = source.value


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (unlisted, "“great” is not listed"),
        (strange_key, "is not of the sample"),
        (added_row, "is not of the sample"),
        (doubled_row, "row stands twice"),
        (lambda book: book["A"].delete_cols(QUESTION), "columns"),
        (lambda book: book.remove(book[SEALED]), "hidden sheet"),
        (lambda book: [book.remove(book[grader]) for grader in GRADERS], "neither sheet"),
    ],
)
def test_a_workbook_that_was_tampered_with_is_refused_and_nothing_is_kept(
    edit: Callable[[Any], object], said: str, run: ScoredRun, sample: Path
) -> None:
    (run.folder / LABELS).unlink(missing_ok=True)
    fill(sample, run, lambda grader, id_: SOUND)

    with pytest.raises(EvalError, match=said) as refused:
        read_labels(run, change(sample, edit))
    for line in (refused.value.zh, refused.value.en):
        assert "\n" not in line
        assert str(sample) in line
    assert not (run.folder / LABELS).exists()


def test_faults_name_their_cells_and_the_rest_are_counted(run: ScoredRun, sample: Path) -> None:
    fill(sample, run, lambda grader, id_: SOUND | {"verdict": "ok"})
    with pytest.raises(EvalError, match=r"A!F2 “ok” is not listed.* and 77 more"):
        read_labels(run, sample)


def test_an_empty_workbook_is_said_to_be_empty(run: ScoredRun, sample: Path) -> None:
    with pytest.raises(EvalError, match="nothing filled in"):
        read_labels(run, sample)


def test_what_is_no_sample_is_refused(run: ScoredRun, tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(plain)
    text = tmp_path / "text.xlsx"
    text.write_text("id,verdict\n", encoding="utf-8")
    archive = tmp_path / "archive.xlsx"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "x")
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(plain.read_bytes()[:-200])
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0")
    for path in (plain, text, archive, cut, old, tmp_path, tmp_path / "absent.xlsx"):
        with pytest.raises(EvalError, match=re.escape(str(path))):
            read_labels(run, path)


def test_labels_of_another_run_are_refused_and_their_run_is_found(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    runs = {name: named(name, tmp_path / name) for name in ("one", "two")}
    for name, made in runs.items():
        write_info(tmp_path / name, made.info)
        write_sample(made, 10, tmp_path / f"{name}.xlsx")
    (tmp_path / "three" / "run.json").write_text("{", encoding="utf-8")

    with pytest.raises(EvalError, match="was not drawn from"):
        read_labels(runs["two"], tmp_path / "one.xlsx")
    assert run_of(tmp_path / "one.xlsx", tmp_path) == tmp_path / "one"
    assert run_of(tmp_path / "two.xlsx", tmp_path) == tmp_path / "two"
    shutil.rmtree(tmp_path / "one")
    with pytest.raises(EvalError, match="--run"):
        run_of(tmp_path / "one.xlsx", tmp_path)


def test_the_commands_draw_and_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "eval" / "a"
    folder.mkdir(parents=True)
    run = judging(named("a", folder), lambda score: 0.0 if doubtful(score.id) else 1.0)
    write_lines(folder / "log.jsonl", run.log.entries)
    write_lines(folder / "facts.jsonl", facts().all)
    write_info(folder, run.info)
    save_scores(run)

    path = tmp_path / "s.xlsx"
    drawn = tongxing_eval("sample", "--n", "30", "--out", str(path), data=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert "Drew 30 of" in drawn.stdout
    again = tongxing_eval("sample", "--n", "30", "--out", str(path), data=tmp_path)
    assert again.returncode == 2
    assert len(again.stderr.strip().splitlines()) == 1

    fill(path, run, lambda g, id_: SOUND | ({"support": "none of it"} if doubtful(id_) else {}))
    read = tongxing_eval("labels", "import", str(path), data=tmp_path)
    assert read.returncode == 0, read.stderr
    assert "A: 30 complete, 0 half-filled" in read.stdout
    assert "The judge judge-model may be trusted" in read.stdout
    assert (folder / LABELS).is_file()

    told = json.loads(tongxing_eval("labels", "import", str(path), "--json", data=tmp_path).stdout)
    assert told["judge_trusted"] is True
    assert told["labels"] == 60

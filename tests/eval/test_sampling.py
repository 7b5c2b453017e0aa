"""What two graders get: which answers are drawn, and what they see of them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bot.domain import Turn
from eval.log import Entry, EvalError
from eval.people import read_labels, write_sample
from eval.rubric import GRADERS, rubric
from eval.sampling import draw, key_of, shares
from eval.scored import ScoredRun
from eval.workbook import ANSWER, EVIDENCE, FIRST_LABEL, QUESTION, SEALED, cleaned
from tests.eval.answers import CAPITAL, OFFICE, answer
from tests.eval.grading import MODEL, SOUND, contents, dev, fill, named, rows_of
from tests.eval.runs import scored, sound_entries


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


def test_every_language_and_kind_gets_its_share_and_at_least_one() -> None:
    sizes = {("zh", "single"): 600, ("en", "single"): 300, ("zh", "unsafe"): 6, ("other", "single"): 94}

    assert shares(sizes, 50) == {
        ("zh", "single"): 30,
        ("en", "single"): 15,
        ("other", "single"): 4,
        ("zh", "unsafe"): 1,
    }
    assert sorted(shares(sizes, 2).items(), key=lambda item: -item[1])[:2] == [
        (("zh", "single"), 1),
        (("en", "single"), 1),
    ]
    assert shares(sizes, 5000) == sizes


def test_only_answers_of_dev_are_drawn(run: ScoredRun) -> None:
    splits = {key_of(run.info, 7, e.case.id): e.case.split for e in run.log.entries}

    items = draw(run, 1000, 7)
    assert len(items) == sum(split == "dev" for split in splits.values()) < len(splits)
    assert {splits[item.key] for item in items} == {"dev"}

    unseen = named("unseen", run.folder, [e for e in run.log.entries if e.case.split == "test"])
    with pytest.raises(EvalError, match="--split dev"):
        draw(unseen, 5, 7)


def test_the_two_languages_of_a_pair_are_not_both_drawn_while_others_are_left(tmp_path: Path) -> None:
    singles = [e for e in sound_entries(60) if e.case.kind == "single" and e.case.split == "dev"]
    run = named("singles", tmp_path, singles)
    pairs = {key_of(run.info, 7, e.case.id): e.case.pair_id for e in singles}
    drawn = [pairs[item.key] for item in draw(run, len(singles) // 2, 7)]

    assert len(set(drawn)) == len(drawn) > 10


def test_the_same_seed_draws_the_same_file_and_another_seed_another(run: ScoredRun, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xlsx" for number in range(3)]
    for path, seed in zip(paths, (None, run.info.seed, 99), strict=True):
        write_sample(run, 20, path, seed)

    first, again, other = (contents(path) for path in paths)
    assert first == again
    assert {row[QUESTION - 1] for row in first["A"]} != {row[QUESTION - 1] for row in other["A"]}


def test_unscored_cases_are_not_drawn_and_a_void_run_is_not_graded(tmp_path: Path) -> None:
    broken = [e.model_copy(update={"answer": None}) for e in sound_entries(10)]
    sound = sound_entries(20)[20:]
    run = named("some", tmp_path, broken + sound)
    assert len(draw(run, 1000, 1)) == sum(entry.case.split == "dev" for entry in sound)

    with pytest.raises(EvalError, match="void"):
        write_sample(scored(broken + sound, tmp_path), 5, tmp_path / "s.xlsx")
    assert not list(tmp_path.iterdir())


def test_nothing_in_the_file_names_the_run_the_case_or_what_was_expected(
    run: ScoredRun, sample: Path
) -> None:
    with zipfile.ZipFile(sample) as archive:
        inside = "\n".join(archive.read(name).decode() for name in archive.namelist())
    told = [
        run.info.name,
        run.info.composer,
        MODEL,
        run.info.hashes.answers,
        str(run.folder),
        CAPITAL,
        OFFICE,
    ]
    told += [entry.case.id for entry in run.log.entries] + [entry.case.pair_id for entry in run.log.entries]
    told += ["unanswerable_no_evidence", "refused_unsafe", "signposted"]
    told += ["near_miss", "several_2", "bm25", "gold", "expected", "strict"]

    assert "Jakarta" in inside
    assert [word for word in told if word in inside] == []


def test_a_grader_sees_conversation_answer_and_dated_evidence_card_by_card(tmp_path: Path) -> None:
    asked = sound_entries(40)[0].case.model_copy(
        update={"history": [Turn(question="印尼怎么开公司？", answer="先选实体。")]}
    )
    whole = answer(CAPITAL, OFFICE, lang="zh")
    run = named("one", tmp_path, [Entry(case=dev(asked), answer=whole)])
    write_sample(run, 5, tmp_path / "s.xlsx")

    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["A"]
    first, second = list(sheet.iter_rows(min_row=2))
    assert first[QUESTION - 1].value == f"（此前）印尼怎么开公司？\n（此前）先选实体。\n{asked.question}"
    assert first[ANSWER - 1].value == whole.text
    for row, card in zip((first, second), whole.evidence, strict=True):
        text = row[EVIDENCE - 1].value
        assert text.startswith(f"[{card.n}] {card.quote.zh}")
        assert "A source · 官方机构 · 出处未注明日期 · 核对于 2026-11-22" in text
    assert second[0].value is None, "two rows of one answer have one key"


def test_the_sheets_can_be_filled_in_and_nothing_else(sample: Path) -> None:
    book = openpyxl.load_workbook(sample)
    assert book.sheetnames[:3] == [rubric().sheets["guide"], *GRADERS]
    assert book[SEALED].sheet_state == "veryHidden"
    orders = []
    for grader in GRADERS:
        sheet = book[grader]
        assert sheet.freeze_panes == "C2"
        assert sheet.column_dimensions["A"].hidden
        assert sheet.protection.sheet
        lists = {
            next(iter(check.sqref.ranges)).min_col: check for check in sheet.data_validations.dataValidation
        }
        for column, asked in enumerate(rubric().questions.values(), start=FIRST_LABEL):
            assert not sheet.cell(2, column).protection.locked
            if asked.options:
                assert len(lists[column].prompt) <= 255
                named_cells = lists[column].formula1.partition("!")[2].replace("$", "")
                offered = [cell.value for row in book[SEALED][named_cells] for cell in row]
                assert offered == [option.shown for option in asked.options.values()]
                assert all(
                    str(cell.coordinate) in lists[column].sqref for (cell,) in labels_in(sheet, column)
                )
        for row in sheet.iter_rows(min_row=2):
            assert all(cell.protection.locked for cell in row[: FIRST_LABEL - 1])
            assert 0 < sheet.row_dimensions[row[0].row].height <= 409
            assert row[EVIDENCE - 1].alignment.wrap_text or not row[EVIDENCE - 1].value
        orders.append([row[0].value for row in rows_of(sheet)])
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


def labels_in(sheet: Any, column: int) -> list[tuple[Any]]:
    """The cells of a column that ask for a label."""
    return [(row[column - 1],) for row in rows_of(sheet)]


def test_the_guide_explains_every_option_in_both_languages(sample: Path) -> None:
    text = "\n".join(str(cell) for row in contents(sample)[rubric().sheets["guide"]] for cell in row)
    for asked in rubric().questions.values():
        assert asked.ask.zh in text
        assert asked.ask.en in text
        for option in asked.options.values():
            assert option.shown in text
            if asked.optional:
                continue
            assert option.meaning is not None
            assert option.meaning.zh in text
            assert option.meaning.en in text


@pytest.mark.parametrize(
    "hostile", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "=1", "#N/A", "\t=1", "'=1"]
)
def test_a_question_is_never_run_as_a_formula(hostile: str, tmp_path: Path) -> None:
    case = dev(sound_entries(1)[0].case).model_copy(update={"question": hostile})
    run = named("hostile", tmp_path, [Entry(case=case, answer=answer().model_copy(update={"text": hostile}))])
    write_sample(run, 1, tmp_path / "s.xlsx")

    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["A"]
    for column in (QUESTION, ANSWER):
        cell = sheet.cell(2, column)
        assert (cell.value, cell.data_type) == (hostile, "s")
        assert cell.quotePrefix or hostile == "#N/A"
    with zipfile.ZipFile(tmp_path / "s.xlsx") as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets/sheet" in n]
    assert not any(re.search(r"<f[ >]", sheet) for sheet in sheets)


def test_what_a_cell_cannot_hold_is_cleaned_and_long_texts_are_cut_and_said_to_be() -> None:
    assert cleaned("a\x00b\x0bc\ud800d\uffff\r\ne\rf") == "a�b�c�d�\ne\nf"
    assert cleaned("𠮷\t好") == "𠮷\t好"

    long = cleaned("𠮷" * 20_000)
    assert len(long.encode("utf-16-le")) // 2 <= 32_767
    assert "4000 more characters" in long


def test_control_characters_and_long_answers_come_through_a_file(tmp_path: Path) -> None:
    text = "\x00\x1f" + "长" * 40_000
    case = dev(sound_entries(1)[0].case)
    run = named("long", tmp_path, [Entry(case=case, answer=answer().model_copy(update={"text": text}))])
    path = tmp_path / "s.xlsx"
    write_sample(run, 1, path)
    fill(path, run, lambda grader, case_id: SOUND)

    assert [one.complete for one in read_labels(run, path).returned] == [1, 1]


def test_a_file_that_is_there_is_not_overwritten(run: ScoredRun, tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsx"
    path.write_bytes(b"labels of somebody")
    for out in (path, tmp_path / "sample.csv", tmp_path / "nowhere" / "s.xlsx"):
        with pytest.raises(EvalError):
            write_sample(run, 5, out)
    assert path.read_bytes() == b"labels of somebody"
    assert list(tmp_path.iterdir()) == [path]

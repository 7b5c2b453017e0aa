"""Reads a workbook of `eval.workbook` back as graders left it. What it cannot tell apart from a mistake, it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from bot.domain import Value
from eval.log import EvalError
from eval.rubric import GRADERS, rubric
from eval.sampling import Item
from eval.workbook import ANSWER, EVIDENCE, FIRST_LABEL, LAYOUT, QUESTION, SEALED, heading

NAMED = 3
"""So many faulty cells are named; the rest are counted."""


class Seal(Value):
    """What ties a workbook to its run."""

    seal: str
    seed: int
    digests: dict[str, str]
    """By key of an answer, of its text as it was written."""


class Row(Value):
    """One answer on one grader's sheet, as it came back."""

    grader: str
    row: int
    """Where it stands, as Excel counts."""
    key: str
    said: dict[str, str]
    """By question of the rubric: the name of the option, or the text; what was left empty is not in it."""
    intact: bool
    """Whether question, answer and evidence still read as they were written."""


class Filled(Value):
    """A workbook, read back."""

    path: Path
    seal: Seal
    rows: list[Row]


def read_workbook(path: Path) -> Filled:
    """Read a workbook. Raises `EvalError` when it is none of ours, or when a cell says what is not on its list."""
    book = _open(path)
    seal = _seal(book, path)
    sheets = [grader for grader in GRADERS if grader in book.sheetnames]
    if not sheets:
        raise EvalError(
            zh=f"{path} 里没有“A”表和“B”表：请不要改表名，或重新取一份抽样文件。",
            en=f"{path} has neither sheet A nor sheet B: keep their names, or start from the sample again.",
        )
    rows: list[Row] = []
    faults: list[tuple[str, str]] = []
    for grader in sheets:
        sheet = book[grader]
        _check_headings(sheet, path)
        for row in _rows(sheet, grader, seal, faults):
            if any(row.key == other.key and grader == other.grader for other in rows):
                _fault(faults, sheet, row.row, 2, "行重复", "row stands twice")
            rows.append(row)
    if faults:
        more = len(faults) - NAMED
        zh = "、".join(fault[0] for fault in faults[:NAMED]) + (f" 等 {len(faults)} 处" if more > 0 else "")
        en = ", ".join(fault[1] for fault in faults[:NAMED]) + (f" and {more} more" if more > 0 else "")
        raise EvalError(
            zh=f"{path} 有填错的格子：{zh}。请从下拉列表中选择，不要增加或改动行，再导入一次。",
            en=f"{path} has cells that are not right: {en}. Choose from the lists, leave the rows as they are, and import it again.",
        )
    return Filled(path=path, seal=seal, rows=rows)


def _open(path: Path) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(path, data_only=True)
    except FileNotFoundError as exc:
        raise EvalError(
            zh=f"没有 {path} 这个文件：请检查文件名。", en=f"There is no file {path}: check its name."
        ) from exc
    except (InvalidFileException, BadZipFile, OSError, KeyError, ValueError, SyntaxError) as exc:
        # SyntaxError is what a broken XML part raises (ParseError).
        raise EvalError(
            zh=f"{path} 不是能读的 .xlsx：请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入。",
            en=f"{path} is no readable .xlsx: open it in a spreadsheet program, save it as .xlsx, and import that.",
        ) from exc


def _seal(book: Any, path: Path) -> Seal:
    cells = [[_text(cell) for cell in row[:2]] for row in book[SEALED].iter_rows()] if SEALED in book else []
    if len(cells) > 3 and cells[0][0] == LAYOUT and cells[2][0].isdecimal():
        digests = {key: digest for key, digest in cells[3:] if key}
        return Seal(seal=cells[1][0], seed=int(cells[2][0]), digests=digests)
    raise EvalError(
        zh=f"{path} 不是 tongxing eval sample 生成的文件，或缺少其中的隐藏表：请导入在原文件上填写的那一份。",
        en=f"{path} was not written by `tongxing eval sample`, or lost its hidden sheet: import the file that was filled in.",
    )


def _check_headings(sheet: Any, path: Path) -> None:
    wanted = ["", *(column.shown for column in rubric().columns.values())]
    wanted += [heading(asked) for asked in rubric().questions.values()]
    found = [_text(cell) for cell in sheet[1][: len(wanted)]]
    if [text.split() for text in found] != [text.split() for text in wanted]:
        raise EvalError(
            zh=f"{path} “{sheet.title}”表的列与抽样时不同：请不要增删或移动列。",
            en=f"The columns of sheet {sheet.title} in {path} are not those of the sample: do not add, remove or move any.",
        )


def _rows(sheet: Any, grader: str, seal: Seal, faults: list[tuple[str, str]]) -> Iterator[Row]:
    """The answers of a sheet; what is wrong goes to `faults` as (zh, en) with the cell."""
    for block in _blocks(sheet):
        number = block[0][0].row
        key = _text(block[0][0])
        cells = {name: block[0][FIRST_LABEL - 1 + place] for place, name in enumerate(rubric().questions)}
        texts = {name: _text(cell) for name, cell in cells.items() if _text(cell)}
        if key not in seal.digests:
            if key or texts:
                _fault(faults, sheet, number, FIRST_LABEL, "不在抽样之内", "is not of the sample")
            continue
        said = {}
        for name, text in texts.items():
            asked = rubric().questions[name]
            option = asked.chosen(text) if asked.options else text
            if option is None:
                shown = text if len(text) <= 20 else text[:19] + "…"
                _fault(
                    faults,
                    sheet,
                    number,
                    cells[name].column,
                    f"“{shown}”不在列表中",
                    f"“{shown}” is not listed",
                )
            else:
                said[name] = option
        item = Item(
            key=key,
            question=_text(block[0][QUESTION - 1]),
            answer=_text(block[0][ANSWER - 1]),
            evidence=[_text(row[EVIDENCE - 1]) for row in block],
        )
        intact = item.digest == seal.digests[key]
        yield Row(grader=grader, row=number, key=key, said=said, intact=intact)


def _blocks(sheet: Any) -> Iterator[list[Sequence[Any]]]:
    """The rows below the heading, a group for each key; a row of its own where labels stand outside any."""
    width = FIRST_LABEL - 1 + len(rubric().questions)
    block: list[Sequence[Any]] = []
    for row in sheet.iter_rows(min_row=2, max_col=width):
        stray = any(_text(cell) for cell in row[FIRST_LABEL - 1 :])
        if (_text(row[0]) or stray) and block:
            yield block
            block = []
        block.append(row)
    if block:
        yield block


def _fault(faults: list[tuple[str, str]], sheet: Any, row: int, column: int, zh: str, en: str) -> None:
    place = f"{sheet.title}!{sheet.cell(row, column).coordinate}"
    faults.append((f"{place} {zh}", f"{place} {en}"))


def _text(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value).strip()

"""The Excel file that graders fill in, written from items. `eval.filled` reads it back.

Sheets: a guide; one for each grader, in an order of its own; and a hidden one that says which answers were drawn.
An answer takes a row for each piece of its evidence, because Excel shows no row higher than 409 points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from bot.wrapping import wrap
from eval.log import EvalError
from eval.rubric import GRADERS, Asked, both, rubric
from eval.sampling import Item
from retrieval.corpus import Bilingual

LAYOUT = "tongxing-sample-1"
SEALED = "key"
"""The hidden sheet: the layout, the seal, the seed, then each key with the digest of its text; from column D the lists."""

QUESTION, ANSWER, EVIDENCE, FIRST_LABEL = 3, 4, 5, 6
"""Columns of a grader's sheet, from 1; the first is hidden and holds the key, the second the number."""

_FONT = "Microsoft YaHei"
_LINE = 16.5
"""Points that a line of that font takes at size 10."""
_HIGHEST = 400.0
"""Points; Excel allows 409."""
_LONGEST = 32_000
"""UTF-16 units in a cell; Excel allows 32,767."""
_PROMPT, _PROMPT_TITLE = 255, 32
_FIRST_LISTED = 4
_INK, _JADE, _PALE, _LINES = "FF1F2A2E", "FF1E6F5C", "FFFFF6DC", "FFC9D2CF"
# XML 1.0 cannot say these: control characters, lone surrogates, U+FFFE and U+FFFF.
_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_workbook(items: Sequence[Item], seal: str, seed: int, out: Path) -> None:
    """Write the file whole or not at all. Raises `EvalError` when `out` exists, is no .xlsx, or cannot be written.

    A file that is there may hold somebody's labels, so it is never overwritten.
    """
    if out.suffix.lower() != ".xlsx":
        raise EvalError(
            zh=f"{out} 不是 .xlsx：请给出以 .xlsx 结尾的文件名。",
            en=f"{out} is no .xlsx: name a file that ends in .xlsx.",
        )
    if out.exists():
        raise EvalError(
            zh=f"{out} 已经存在，里面可能有人填过：请换一个文件名。",
            en=f"{out} is there already and may hold somebody's labels: choose another name.",
        )
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator = "Tongxing"
    guide = book.active
    guide.title = rubric().sheets["guide"]
    _write_guide(guide)
    lists = _write_sealed(book.create_sheet(SEALED), items, seal, seed)
    for grader in GRADERS:
        order = list(items)
        Random(f"{seed}/{grader}").shuffle(order)
        _write_grader(book.create_sheet(grader), order, lists)
    book.move_sheet(SEALED, len(GRADERS))
    beside = out.with_name(f".{out.stem}-new.xlsx")
    try:
        book.save(beside)
        beside.replace(out)
    except OSError as exc:
        raise EvalError(
            zh=f"写不了 {out}（{exc.strerror}）：请换一个位置。",
            en=f"{out} cannot be written ({exc.strerror}): choose another place.",
        ) from exc


def cleaned(text: str) -> str:
    """The text as a cell can hold it: what XML cannot say becomes U+FFFD, and what is too long is cut and said to be."""
    text = _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _LONGEST:
        return text
    kept = units[: 2 * _LONGEST].decode("utf-16-le", "ignore")
    cut = both(rubric().texts["cut"])
    return kept + "\n" + cut.format(count=len(text) - len(kept))


def _put(cell: Any, text: str, **font: Any) -> None:
    """Text, wrapped, and never more than text: what begins with = + - @ is no formula, now or when it is edited."""
    from openpyxl.styles import Alignment, Font

    if text:
        cell.value = cleaned(text)
        cell.data_type = "s"
    cell.quotePrefix = text[:1] in {"=", "+", "-", "@", "'", "\t"}
    cell.font = Font(**{"name": _FONT, "size": 10, "color": _INK} | font)
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _height(texts: Iterable[tuple[str, float]]) -> float:
    """Points that the tallest of these texts needs, each in a column of so many characters."""
    return max(_LINE * _lines(text, width) + 4 for text, width in texts)


def _lines(text: str, width: float) -> int:
    # Two characters of margin, and a tenth because fonts differ.
    room = max(int(0.9 * (width - 2)), 1)
    return sum(max(len(wrap(line, room)), 1) for line in cleaned(text).split("\n"))


def _write_guide(sheet: Any) -> None:
    widths = (20.0, 64.0, 64.0)
    for column, width in zip("ABC", widths, strict=True):
        sheet.column_dimensions[column].width = width
    row = 0

    def line(texts: Sequence[str], **font: Any) -> None:
        nonlocal row
        row += 1
        for column, text in enumerate(texts, start=1):
            _put(sheet.cell(row, column), text, **font)
        sheet.row_dimensions[row].height = _height(zip(texts, widths, strict=True))

    for section in rubric().guide:
        line(("", section.heading.zh, section.heading.en), bold=True, size=12, color=_JADE)
        for said in section.lines:
            line(("", said.zh, said.en))
        line(("", "", ""))
    for asked in rubric().questions.values():
        line((both(asked.title), asked.ask.zh, asked.ask.en), bold=True, color=_JADE)
        for option in asked.options.values():
            line((option.shown, *(_explained(option.meaning, option.example, lang) for lang in ("zh", "en"))))
        line(("", "", ""))
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True
    _printed(sheet)


def _explained(meaning: Bilingual | None, example: Bilingual | None, lang: str) -> str:
    colon = "：" if lang == "zh" else ": "
    said = [meaning.get(lang)] if meaning else []
    if example:
        said.append(rubric().texts["example"].get(lang) + colon + example.get(lang))
    return "\n".join(said)


def _write_sealed(sheet: Any, items: Sequence[Item], seal: str, seed: int) -> dict[str, str]:
    """The hidden sheet. Returns where the list of each question stands, as a reference."""
    from openpyxl.utils import get_column_letter

    for row, text in enumerate((LAYOUT, seal, str(seed)), start=1):
        _put(sheet.cell(row, 1), text)
    for row, item in enumerate(sorted(items, key=lambda item: item.key), start=1 + 3):
        _put(sheet.cell(row, 1), item.key)
        _put(sheet.cell(row, 2), as_shown(item).digest)
    lists = {}
    for column, (name, asked) in enumerate(_listed().items(), start=_FIRST_LISTED):
        for row, option in enumerate(asked.options.values(), start=1):
            _put(sheet.cell(row, column), option.shown)
        letter = get_column_letter(column)
        lists[name] = f"{SEALED}!${letter}$1:${letter}${len(asked.options)}"
    sheet.sheet_state = "veryHidden"
    return lists


def _write_grader(sheet: Any, items: Sequence[Item], lists: Mapping[str, str]) -> None:
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    _write_headings(sheet)
    choices = {}
    for name, asked in _listed().items():
        choice = DataValidation("list", formula1=lists[name], allow_blank=True, showErrorMessage=True)
        choice.error = both(rubric().texts["pick"])
        choice.promptTitle = both(asked.title)[:_PROMPT_TITLE]
        choice.prompt = f"{asked.ask.zh}\n{asked.ask.en}"[:_PROMPT]
        choice.showInputMessage = True
        choices[name] = choice
        sheet.add_data_validation(choice)
    row = 2
    for number, item in enumerate(items, start=1):
        row = _write_answer(sheet, row, number, item, choices)
    empty = PatternFill(bgColor=_PALE, fill_type="solid")
    for column, asked in enumerate(rubric().questions.values(), start=FIRST_LABEL):
        letter = get_column_letter(column)
        if not asked.optional:
            # Only rows with a key ask for something; below them, the cells of an answer are merged.
            rule = FormulaRule(formula=[f'AND($A2<>"",LEN({letter}2)=0)'], fill=empty)
            sheet.conditional_formatting.add(f"{letter}2:{letter}{row - 1}", rule)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    _printed(sheet)


def _write_answer(sheet: Any, row: int, number: int, item: Item, choices: Mapping[str, Any]) -> int:
    """An answer from `row` on; what is not evidence is one cell over all its rows. Returns the row below it."""
    from openpyxl.styles import Border, Protection, Side

    heights = _heights(item)
    end = row + len(heights) - 1
    for offset, height in enumerate(heights):
        sheet.row_dimensions[row + offset].height = height
    for column, text in enumerate((item.key, str(number), item.question, item.answer), start=1):
        _put(sheet.cell(row, column), text)
    sheet.cell(row, 2).value = number
    for offset, card in enumerate(item.evidence):
        _put(sheet.cell(row + offset, EVIDENCE), card)
    for column, name in enumerate(rubric().questions, start=FIRST_LABEL):
        _put(sheet.cell(row, column), "")
        sheet.cell(row, column).number_format = "@"
        if name in choices:
            choices[name].add(sheet.cell(row, column))
    side = Side(style="thin", color=_LINES)
    for column in range(1, FIRST_LABEL + len(rubric().questions)):
        for each in range(row, end + 1):
            border = Border(top=side if each == row else None, left=side, right=side)
            sheet.cell(each, column).border = border
        if column != EVIDENCE and end > row:
            sheet.merge_cells(start_row=row, end_row=end, start_column=column, end_column=column)
        for each in range(row, end + 1):
            sheet.cell(each, column).protection = Protection(locked=column < FIRST_LABEL)
    return end + 1


def _write_headings(sheet: Any) -> None:
    from openpyxl.styles import PatternFill

    shown = [("", 2.0), *((column.shown, column.width) for column in rubric().columns.values())]
    shown += [(heading(asked), asked.width) for asked in rubric().questions.values()]
    for number, (text, width) in enumerate(shown, start=1):
        cell = sheet.cell(1, number)
        _put(cell, text, bold=True, color="FFFFFFFF")
        cell.fill = PatternFill(fgColor=_JADE, fill_type="solid")
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.column_dimensions["A"].hidden = True
    sheet.row_dimensions[1].height = _height(shown[1:])
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.sheet_view.zoomScale = 90


def _heights(item: Item) -> list[float]:
    """Points of the rows of an item: each holds its piece of evidence, and all together question and answer."""
    widths = [rubric().columns[name].width for name in ("question", "answer", "evidence")]
    rows = [min(_height([(card, widths[2])]), _HIGHEST) for card in item.evidence]
    short = _height(zip((item.question, item.answer), widths, strict=False)) - sum(rows)
    if short > 0:
        extra = math.ceil(max(0.0, sum(rows) + short - _HIGHEST * len(rows)) / _HIGHEST)
        rows += [_LINE] * extra
        short -= _LINE * extra
        room = [_HIGHEST - height for height in rows]
        rows = [
            height + short * free / sum(room) if sum(room) else height
            for height, free in zip(rows, room, strict=True)
        ]
    return [round(min(height, _HIGHEST), 1) for height in rows]


def _printed(sheet: Any) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def heading(asked: Asked) -> str:
    """What stands above a column to fill in."""
    return f"{asked.title.zh}\n{asked.title.en}"


def _listed() -> dict[str, Asked]:
    return {name: asked for name, asked in rubric().questions.items() if asked.options}


def as_shown(item: Item) -> Item:
    """The item as its cells hold it."""
    return item.model_copy(
        update={
            "question": cleaned(item.question),
            "answer": cleaned(item.answer),
            "evidence": [cleaned(card) for card in item.evidence],
        }
    )

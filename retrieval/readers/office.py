"""DOCX, PPTX and XLSX become blocks. The archive is checked before anything in it is unpacked."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from retrieval.readers.blocks import Block, Heading, Paragraph, Reading, Table, one_line
from retrieval.readers.rules import notice, refusal, rules

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old Office files begin, and password-protected new ones."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def check_archive(path: Path, shown: str, kind: str) -> None:
    """Refuse what is no sound archive, is encrypted, or would unpack to too much; nothing is unpacked.

    Sizes in the directory of an archive may lie, but `zipfile` never unpacks more than they say.
    """
    limits = rules().limits
    with path.open("rb") as file:
        head = file.read(8)
        if head == _OLE:
            encrypted = "EncryptedPackage".encode("utf-16-le") in head + file.read()
            raise refusal("encrypted" if encrypted else "old_office", path=shown)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise refusal("corrupt", path=shown, type=kind) from exc
    if any(entry.flag_bits & 1 for entry in entries):
        raise refusal("encrypted", path=shown)
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(path.stat().st_size, 1)
    megabytes = unpacked / 1e6
    if (
        megabytes > limits.zip_total_mb
        or len(entries) > limits.zip_entries
        or (ratio > limits.zip_ratio and megabytes > limits.zip_ratio_from_mb)
    ):
        raise refusal("zip_bomb", path=shown, size=round(megabytes), ratio=round(ratio))


def read_docx(path: Path, shown: str) -> Reading:
    """Blocks of a Word document. Pages are not stored in one: `page` is None."""
    import docx

    check_archive(path, shown, "DOCX")
    document = docx.Document(str(path))
    levels = _style_levels(document)
    blocks = list(_docx_blocks(document.element.body, levels))
    title = one_line(document.core_properties.title or "")
    return Reading(blocks, title=title or next((b.text for b in blocks if isinstance(b, Heading)), None))


def _style_levels(document: Any) -> dict[str, int]:
    """Heading level by style id, from the style's own outline level, its name, or the style it is based on."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(f"{_W}style"):
        chain, level = style, None
        for _ in range(10):
            outline = chain.find(f"{_W}pPr/{_W}outlineLvl")
            name = chain.find(f"{_W}name")
            named = (
                re.match(r"(?:heading|标题)\s*([1-9])$", name.get(f"{_W}val", "").lower())
                if name is not None
                else None
            )
            if outline is not None and outline.get(f"{_W}val", "9").isdigit():
                level = int(outline.get(f"{_W}val")) + 1
            elif named:
                level = int(named.group(1))
            elif name is not None and name.get(f"{_W}val", "").lower() == "title":
                level = 1
            parent = chain.find(f"{_W}basedOn")
            if level is not None or parent is None:
                break
            found = document.styles.element.get_by_id(parent.get(f"{_W}val"))
            if found is None:
                break
            chain = found
        if level is not None and level <= 9:
            levels[style.get(f"{_W}styleId")] = level
    return levels


def _docx_blocks(parent: Any, levels: dict[str, int]) -> Iterator[Block]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield from _docx_paragraph(child, levels)
        elif child.tag == f"{_W}tbl":
            yield from _docx_table(child, levels)
        elif child.tag == f"{_W}sdt":
            gallery = child.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
            content = child.find(f"{_W}sdtContent")
            if content is not None and not (
                gallery is not None and "Contents" in gallery.get(f"{_W}val", "")
            ):
                yield from _docx_blocks(content, levels)


def _docx_paragraph(paragraph: Any, levels: dict[str, int]) -> Iterator[Block]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    style_id = style.get(f"{_W}val", "") if style is not None else ""
    if style_id.upper().startswith("TOC"):
        return
    outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
    level = int(outline.get(f"{_W}val", "9")) + 1 if outline is not None else levels.get(style_id, 10)
    for line in _docx_text(paragraph).split("\n"):
        text = one_line(line)
        if text:
            yield Heading(text, level) if level <= 9 else Paragraph(text)


def _docx_text(element: Any) -> str:
    """Text as it stands when changes are accepted; text boxes once, not again in their fall-back."""
    parts: list[str] = []
    stack = list(reversed(element))
    while stack:
        node = stack.pop()
        if node is None:
            parts.append("\n")
        elif node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag == f"{_W}tab":
            parts.append(" ")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif node.tag != _FALLBACK:
            if node.tag == f"{_W}p":
                stack.append(None)  # the end of an inner paragraph
            stack.extend(reversed(node))
    return "".join(parts)


def _docx_table(table: Any, levels: dict[str, int]) -> Iterator[Block]:
    rows: list[tuple[bool, list[str]]] = []
    above: dict[int, str] = {}
    for row in table.iterchildren(f"{_W}tr"):
        cells: list[str] = []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr"), None) is not row:
                continue  # a cell of a table inside a cell: its text is part of that cell
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            text = one_line(_docx_text(cell).replace("\n", " "))
            if merge is not None and merge.get(f"{_W}val") != "restart":
                text = above.get(len(cells), "")
            above[len(cells)] = text
            width = span.get(f"{_W}val", "1") if span is not None else "1"
            cells.extend([text] + [""] * (min(int(width), 100) - 1 if width.isdigit() else 0))
        if any(cells):
            rows.append((row.find(f"{_W}trPr/{_W}tblHeader") is not None, cells))
    if rows and max(len(cells) for _, cells in rows) == 1:
        for cell in table.iter(f"{_W}tc"):  # a frame around text
            yield from _docx_blocks(cell, levels)
        return
    yield from table_of([cells for _, cells in rows], header_marked=bool(rows) and rows[0][0])


def read_pptx(path: Path, shown: str) -> Reading:
    """Blocks of a presentation; `page` is the number of the slide. Hidden slides are left out and told of."""
    import pptx

    check_archive(path, shown, "PPTX")
    presentation = pptx.Presentation(str(path))
    blocks: list[Block] = []
    hidden: list[str] = []
    for number, slide in enumerate(presentation.slides, 1):
        if slide.element.get("show") == "0":
            hidden.append(str(number))
            continue
        title = slide.shapes.title
        if title is not None and (text := one_line(title.text_frame.text)):
            blocks.append(Heading(text, 1, number))
        title_id = title.shape_id if title is not None else None
        blocks.extend(_shapes(slide.shapes, title_id, number))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            blocks.extend(_lines(slide.notes_slide.notes_text_frame, number))
    notices = [notice("hidden_parts", path=shown, names=", ".join(hidden[:20]))] if hidden else []
    title_text = one_line(presentation.core_properties.title or "")
    if title_text.lower() in ("", "powerpoint presentation", "powerpoint 演示文稿"):
        title_text = next((b.text for b in blocks if isinstance(b, Heading)), "")
    return Reading(blocks, title=title_text or None, notices=notices)


def _shapes(shapes: Any, title_id: int | None, number: int, depth: int = 0) -> Iterator[Block]:
    """Shapes from top to bottom, left to right, as a slide is read."""
    for shape in sorted(shapes, key=lambda s: (s.top or 0, s.left or 0)):
        if shape.shape_id == title_id and depth == 0:
            continue
        if hasattr(shape, "shapes"):
            if depth < 10:
                yield from _shapes(shape.shapes, title_id, number, depth + 1)
        elif shape.has_text_frame:
            yield from _lines(shape.text_frame, number)
        elif getattr(shape, "has_table", False):
            rows = [[one_line(cell.text_frame.text) for cell in row.cells] for row in shape.table.rows]
            yield from table_of(rows, header_marked=bool(shape.table.first_row), page=number)


def _lines(frame: Any, number: int) -> Iterator[Block]:
    for paragraph in frame.paragraphs:
        if text := one_line(paragraph.text):
            yield Paragraph(text, number)


def read_xlsx(path: Path, shown: str) -> Reading:
    """Blocks of a workbook: each sheet a heading, each run of rows a table; values as last calculated."""
    import openpyxl

    check_archive(path, shown, "XLSX")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    blocks: list[Block] = []
    hidden: list[str] = []
    cells_left = rules().limits.cells
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                continue
            sheet.reset_dimensions()  # a file may claim a million rows
            blocks.append(Heading(one_line(sheet.title), 1))
            rows: list[list[str]] = []
            for row in sheet.iter_rows():
                cells_left -= len(row)
                if cells_left < 0:
                    raise refusal("too_many_cells", path=shown, limit=rules().limits.cells)
                texts = [_cell_text(cell) for cell in row]
                if any(texts):
                    rows.append(texts)
                else:
                    blocks.extend(_sheet_rows(rows))
                    rows = []
            blocks.extend(_sheet_rows(rows))
        title = one_line(book.properties.title or "")
    finally:
        book.close()
    notices = [notice("hidden_parts", path=shown, names=", ".join(hidden[:20]))] if hidden else []
    return Reading(blocks, title=title or None, notices=notices)


def _cell_text(cell: Any) -> str:
    """The value as a reader of the sheet sees it, as far as that matters: percent, dates, whole numbers."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{round(value * 100, 6):g}%"
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    return one_line(str(value))


def _sheet_rows(rows: list[list[str]]) -> Iterator[Block]:
    """Lines of one cell before a table are text; the rest is a table. Empty columns are dropped."""
    start = 0
    while start < len(rows) and sum(map(bool, rows[start])) == 1:
        yield Paragraph(next(filter(None, rows[start])))
        start += 1
    body = rows[start:]
    width = max((len(row) for row in body), default=0)
    kept = [column for column in range(width) if any(column < len(row) and row[column] for row in body)]
    yield from table_of([[row[c] if c < len(row) else "" for c in kept] for row in body])


def table_of(
    rows: Sequence[Sequence[str]], header_marked: bool = False, page: int | None = None
) -> Iterator[Block]:
    """A table whose first row is its header when it is marked so or reads so: names, each once, no figures."""
    if not rows:
        return
    first = rows[0]
    reads_so = (
        len(first) >= 3
        and all(first)
        and len(set(first)) == len(first)
        and not any(re.search(r"\d", c) for c in first)
    )
    header = tuple(first) if len(rows) > 1 and (header_marked or reads_so) else ()
    body = rows[1:] if header else rows
    yield Table(header, tuple(tuple(row) for row in body), page)

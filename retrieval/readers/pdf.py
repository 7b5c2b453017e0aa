"""PDF becomes blocks page by page, with PDFium: lines are joined to paragraphs, headings told by outline and size.

PDFium was chosen because it gives sizes and places of lines at 4 ms a page; pdfminer takes 36 ms, and markitdown
125 ms and drops headings (30 pages of 3,000 characters, 2 cores).
Columns are read in the order of the file; a table of a PDF is its lines, as PDF does not mark tables.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any

from retrieval.readers.blocks import (
    WIDE,
    Block,
    Heading,
    Notice,
    Paragraph,
    Reading,
    chapter_level,
    ends_sentence,
    one_line,
)
from retrieval.readers.rules import notice, refusal

LARGER = 1.15
"""A line this many times as large as the body text is a heading; between the steps of usual style sheets."""
HEADING_LEVELS = 3
REPEATED = 0.5
"""A line at the edge of this share of all pages is a running head or foot."""
GAP = 1.35
"""Lines this many times further apart than usual begin a new paragraph."""

_PAGE_NUMBER = re.compile(
    r"^[\s\-–—·|/]*(第?\s*\d{1,5}\s*页?|[Pp]age\s+\d{1,5}|[ivxlc]{1,7})([\s/,，|]*(of|共)?\s*\d{1,5}\s*页?)?[\s\-–—·|/]*$"
)
_STARTS_ITEM = re.compile(
    r"^(\d{1,3}[.、)）]|[(（][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百\d]{1,6}条|[•●▪◦\-–*]\s)"
)
_SENTENCE_ENDS = re.compile(r"(?<=[。！？])|(?<=[.!?;])(?:\s+|$)")
_WIDE_CHAR = re.compile(f"[{WIDE}]")
_GENERIC_TITLE = re.compile(
    r"^(untitled.*|microsoft word.*|document\d*|.*\.(docx?|pdf|indd|tex|wps|pptx?|xlsx?))$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: its text, size in points, left and right edge and height on the page in points."""

    text: str
    size: float
    left: float
    right: float
    bottom: float
    page: int


def read_pdf(path: Path, shown: str) -> Reading:
    """Blocks with page numbers. `shown` names the file in messages.

    Raises `DocumentError` for an encrypted or damaged file and for one without text.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as exc:
        key = "encrypted" if "password" in str(exc).lower() else "corrupt"
        raise refusal(key, path=shown, type="PDF") from exc
    with document:
        pages: list[list[_Line]] = []
        for index in range(len(document)):
            try:
                page = document[index]
                pages.append(_lines(page, index + 1))
                page.close()
            except pypdfium2.PdfiumError:
                pages.append([])
        if not any(line.text for page in pages for line in page):
            raise refusal("scan" if pages else "corrupt", path=shown, type="PDF")
        outline = _outline(document)
        title = one_line(document.get_metadata_value("Title") or "")
    notices = _pages_without_text(pages, shown)
    lines = [line for page in _without_running_lines(pages) for line in page]
    blocks = list(_blocks(lines, outline))
    if _GENERIC_TITLE.match(title) or len(title) < 2:
        title = ""
    return Reading(blocks, title=title or _first_heading(blocks), notices=notices)


def _lines(page: Any, number: int) -> list[_Line]:
    """Lines of a page as PDFium orders them. Reads characters one by one: line ends are PDFium's own."""
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    handle = text_page.raw
    lines: list[_Line] = []
    units: list[int] = []
    first = -1
    last = -1

    def finish() -> None:
        text = _decoded(units)
        if text:
            lines.append(_measured(handle, text, first, last, number))

    for index in range(pdfium.FPDFText_CountChars(handle)):
        unit = pdfium.FPDFText_GetUnicode(handle, index)
        if unit in (0x0A, 0x0D):
            finish()
            units, first = [], -1
            continue
        units.append(unit)
        if unit > 0x20:
            first = index if first < 0 else first
            last = index
    finish()
    text_page.close()
    return lines


def _decoded(units: Sequence[int]) -> str:
    """Text of PDFium's characters (UTF-16 units or code points); a hyphen it put in a line end becomes U+00AD."""
    text = "".join(
        "\u00ad" if unit in (0x02, 0xFFFE) else chr(unit) for unit in units if unit and unit < 0x110000
    )
    whole = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return one_line(whole)


def _measured(handle: Any, text: str, first: int, last: int, page: int) -> _Line:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(handle, first, matrix)
    scale = hypot(matrix.c, matrix.d) or 1.0
    size = pdfium.FPDFText_GetFontSize(handle, first) * scale
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(handle, last, left, right, bottom, top)
    end = right.value
    pdfium.FPDFText_GetCharBox(handle, first, left, right, bottom, top)
    origin_x, origin_y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(handle, first, origin_x, origin_y)
    return _Line(text, round(size, 1), left.value, end, origin_y.value, page)


def _outline(document: Any) -> dict[tuple[int, str], int]:
    """Level by page (from 1) and squeezed title of every bookmark."""
    import pypdfium2

    levels: dict[tuple[int, str], int] = {}
    try:
        for bookmark in document.get_toc(max_depth=6):
            dest = bookmark.get_dest()
            index = dest.get_index() if dest else None
            key = _squeezed(bookmark.get_title() or "")
            if index is not None and key:
                levels[index + 1, key] = bookmark.level + 1
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        return levels
    return levels


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _pages_without_text(pages: list[list[_Line]], shown: str) -> list[Notice]:
    missing = [str(number) for number, lines in enumerate(pages, 1) if not lines]
    if not missing:
        return []
    listed = ", ".join(missing[:20]) + (" …" if len(missing) > 20 else "")
    return [notice("pages_without_text", path=shown, count=len(missing), pages=listed)]


def _without_running_lines(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Pages without page numbers and without the heads and feet that stand on most pages, never larger than text."""
    body = _body_size([line for lines in pages for line in lines])

    def key(line: _Line) -> str:
        return re.sub(r"\d+", "#", line.text)

    def edges(lines: list[_Line]) -> list[_Line]:
        return lines if len(lines) <= 4 else [*lines[:2], *lines[-2:]]

    seen = Counter(name for lines in pages for name in {key(line) for line in edges(lines)})
    filled = sum(1 for lines in pages if lines)
    running = {name for name, count in seen.items() if count >= 3 and count >= REPEATED * filled}
    kept = []
    for lines in pages:
        edge = {id(line) for line in edges(lines)}
        kept.append(
            [
                line
                for line in lines
                if id(line) not in edge
                or line.size >= LARGER * body
                or not (key(line) in running or _PAGE_NUMBER.match(line.text))
            ]
        )
    return kept


def _blocks(lines: list[_Line], outline: dict[tuple[int, str], int]) -> Iterator[Block]:
    body = _body_size(lines)
    larger = sorted({line.size for line in lines if line.size >= LARGER * body}, reverse=True)
    by_size = {size: min(rank, HEADING_LEVELS) for rank, size in enumerate(_stepped(larger), 1)}
    spacing = _usual_spacing(lines)
    edges = _right_edges([line for line in lines if line.size < LARGER * body])
    paragraph: list[_Line] = []
    heading: list[_Line] = []
    heading_level = 0
    for line in lines:
        level = (
            outline.get((line.page, _squeezed(line.text)))
            or _level_by_size(line, by_size)
            or chapter_level(line.text)
        )
        if level is not None and heading and (heading_level != level or not _follows(heading[-1], line)):
            yield _heading(heading, heading_level)
            heading = []
        if level is not None:
            if paragraph:
                yield _paragraph(paragraph)
                paragraph = []
            heading.append(line)
            heading_level = level
            continue
        if heading:
            yield _heading(heading, heading_level)
            heading = []
        runs_on = paragraph and paragraph[0].page != paragraph[-1].page != line.page
        if paragraph and (
            runs_on or _new_paragraph(paragraph[-1], line, spacing, edges.get(_column(paragraph[-1]), 0.0))
        ):
            yield _paragraph(paragraph)
            paragraph = []
        elif paragraph and paragraph[0].page != line.page and (end := _SENTENCE_ENDS.search(line.text)):
            # Only the sentence that runs over belongs to the page before.
            yield _paragraph([*paragraph, replace(line, text=line.text[: end.start()])])
            paragraph = []
            line = replace(line, text=line.text[end.end() :])  # noqa: PLW2901
        if line.text:
            paragraph.append(line)
    if heading:
        yield _heading(heading, heading_level)
    if paragraph:
        yield _paragraph(paragraph)


def _body_size(lines: list[_Line]) -> float:
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _stepped(sizes: list[float]) -> list[float]:
    """Every size, but sizes within 5 % of the one before repeat it, so that ranks count visible steps only."""
    stepped: list[float] = []
    for size in sizes:
        if not stepped or size < 0.95 * stepped[-1]:
            stepped.append(size)
    return stepped


def _level_by_size(line: _Line, by_size: dict[float, int]) -> int | None:
    if not by_size or len(line.text) > 120 or not re.search(r"[^\W\d_]", line.text):
        return None
    for size, level in by_size.items():  # largest first
        if line.size >= 0.95 * size:
            return level
    return None


def _usual_spacing(lines: list[_Line]) -> float:
    gaps = [
        round(above.bottom - below.bottom, 1)
        for above, below in pairwise(lines)
        if above.page == below.page and 0 < above.bottom - below.bottom < 4 * max(above.size, 1)
    ]
    return Counter(gaps).most_common(1)[0][0] if gaps else 0.0


def _right_edges(lines: list[_Line]) -> dict[tuple[int, int], float]:
    """Where full lines of each column of a page end: the ninth decile of the right edges there."""
    edges: dict[tuple[int, int], list[float]] = {}
    for line in lines:
        edges.setdefault(_column(line), []).append(line.right)
    return {column: sorted(found)[int(0.9 * (len(found) - 1))] for column, found in edges.items()}


def _column(line: _Line) -> tuple[int, int]:
    """Page and column of a line, told by where it begins, in steps of 100 points."""
    return line.page, int(line.left // 100)


def _follows(above: _Line, below: _Line) -> bool:
    """Whether a heading goes on in the next line."""
    return above.page == below.page and 0 < above.bottom - below.bottom < 2 * above.size


def _new_paragraph(above: _Line, below: _Line, spacing: float, right: float) -> bool:
    if _STARTS_ITEM.match(below.text) or abs(above.size - below.size) > 0.1 * above.size:
        return True
    ends = ends_sentence(above.text)
    short = above.right < right - 3 * max(above.size, 1)
    gap = above.bottom - below.bottom
    if above.page != below.page or gap < -spacing:  # a new page or column: the sentence may run on
        return ends
    if spacing and gap > GAP * spacing:
        return ends or short
    indented = below.left > above.left + 1.2 * max(below.size, 1)
    much_shorter = above.right - above.left < 0.6 * (right - above.left)
    return (ends and (short or indented)) or much_shorter


def _joined(lines: list[_Line]) -> str:
    """Lines as running text: no space between Han, words cut by a hyphen made whole."""
    parts = [lines[0].text]
    for line in lines[1:]:
        end = parts[-1][-2:]
        if end.endswith("\u00ad") or (re.fullmatch(r"[a-z]-", end) and line.text[0].islower()):
            parts[-1] = parts[-1][:-1]
        elif not (_WIDE_CHAR.match(end[-1]) and _WIDE_CHAR.match(line.text[0])):
            parts.append(" ")
        parts.append(line.text)
    return "".join(parts).replace("\u00ad", "")


def _paragraph(lines: list[_Line]) -> Paragraph:
    return Paragraph(_joined(lines), lines[0].page)


def _heading(lines: list[_Line], level: int) -> Heading:
    return Heading(_joined(lines), level, lines[0].page)


def _first_heading(blocks: list[Block]) -> str | None:
    """The first heading of the first page: where the title stands when the metadata lack it."""
    first = next((block for block in blocks if isinstance(block, Heading)), None)
    return first.text if first is not None and first.page == 1 and first.level == 1 else None

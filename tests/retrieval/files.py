"""Makes the files that the tests of reading documents read (sound, broken and hostile ones), and reads them."""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from retrieval.errors import DocumentError
from retrieval.readers.blocks import Block, Reading, Table
from retrieval.readers.files import read_file

ZH = "外商投资企业在印度尼西亚设立有限责任公司，最低实缴资本为一百亿印尼盾，由投资协调机构审查。"
EN = "A foreign investor in Indonesia sets up a limited liability company with ten billion rupiah of paid-up capital."


def make_pdf(
    path: Path,
    pages: Sequence[Sequence[tuple[float, str]]],
    *,
    outline: Sequence[tuple[str, int]] = (),
    encrypted: bool = False,
    title: str = "",
) -> Path:
    """A PDF of `pages`, each a list of (size in points, line); Chinese works. `outline`: (title, page from 0).

    An encrypted one only claims to be: no password opens it.
    """
    objects: list[bytes] = [b"", b""]  # catalog and page tree, known last

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    cid = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo"
        b" << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor << /Type /FontDescriptor"
        b" /FontName /STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120"
        b" /CapHeight 700 /StemV 90 >> >>"
    )
    han = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [%d 0 R] >>"
        % cid
    )
    latin = add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    page_numbers = []
    for lines in pages:
        drawn, y = [], 800.0
        for size, line in lines:
            y -= size * 1.5
            is_latin = all(ord(character) < 256 for character in line)
            if is_latin:
                text = b"(" + line.encode("latin-1").replace(b"(", rb"\(").replace(b")", rb"\)") + b")"
            else:
                text = b"<" + line.encode("utf-16-be").hex().encode() + b">"
            font = b"F1" if is_latin else b"F2"
            drawn.append(b"BT /%s %g Tf 72 %g Td %s Tj ET" % (font, size, y, text))
        stream = zlib.compress(b"\n".join(drawn))
        content = add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream))
        page_numbers.append(
            add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
                b" /Resources << /Font << /F1 %d 0 R /F2 %d 0 R >> >> >>" % (content, latin, han)
            )
        )
    kids = b" ".join(b"%d 0 R" % number for number in page_numbers)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(page_numbers))
    catalog = b"<< /Type /Catalog /Pages 2 0 R"
    if outline:
        root = len(objects) + 1
        objects.append(b"")
        items = []
        for place, (name, page) in enumerate(outline):
            following = b" /Next %d 0 R" % (root + place + 2) if place + 1 < len(outline) else b""
            items.append(
                add(
                    b"<< /Title <feff%s> /Parent %d 0 R /Dest [%d 0 R /Fit]%s >>"
                    % (name.encode("utf-16-be").hex().encode(), root, page_numbers[page], following)
                )
            )
        objects[root - 1] = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (
            items[0],
            items[-1],
            len(items),
        )
        catalog += b" /Outlines %d 0 R" % root
    objects[0] = catalog + b" >>"
    trailer = b"/Root 1 0 R"
    if title:
        trailer += b" /Info %d 0 R" % add(b"<< /Title <feff%s> >>" % title.encode("utf-16-be").hex().encode())
    if encrypted:
        key = b"00" * 32
        trailer += b" /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (
            key,
            key,
        )
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    path.write_bytes(out)
    return path


def make_text_pdf(path: Path, pages: int) -> Path:
    """A PDF of running English text, some 3,000 characters a page, with a running head and page numbers."""
    line = "The licence is issued online and it is valid for a year unless it is withdrawn before"
    return make_pdf(
        path,
        [
            [(9, "Handbook of going abroad")]
            + [(18, f"Chapter {number} of the book")]
            + [(10, f"{line} {number}-{row}{'.' if row % 4 == 3 else ''}") for row in range(35)]
            + [(9, str(number))]
            for number in range(1, pages + 1)
        ],
    )


def make_scan_pdf(path: Path) -> Path:
    """A PDF whose only page draws a grey square."""
    make_pdf(path, [[]])
    return path


def make_docx(path: Path, content: Iterable[tuple[str, str] | list[list[str]]], title: str = "") -> Path:
    """A DOCX of (style, text) paragraphs and tables (rows of cells)."""
    import docx

    document = docx.Document()
    document.core_properties.title = title
    for item in content:
        if isinstance(item, list):
            table = document.add_table(rows=len(item), cols=len(item[0]))
            for row, texts in zip(table.rows, item, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(item[1], style=item[0])
    document.save(str(path))
    return path


def make_pptx(
    path: Path, slides: Sequence[tuple[str, str]], hidden: Sequence[int] = (), notes: str = ""
) -> Path:
    """A PPTX of (title, body) slides; `hidden` counts from 1; `notes` stand under the first slide."""
    import pptx

    presentation = pptx.Presentation()
    for number, (title, body) in enumerate(slides, 1):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        if number in hidden:
            slide._element.set("show", "0")
        if notes and number == 1:
            slide.notes_slide.notes_text_frame.text = notes
    presentation.save(str(path))
    return path


def make_xlsx(path: Path, sheets: dict[str, list[list[object]]], hidden: Sequence[str] = ()) -> Path:
    """An XLSX of sheets with rows of values. A value `("16%", 0.16)` is 0.16 shown as a percentage."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([value[1] if isinstance(value, tuple) else value for value in row])
            for cell, value in zip(sheet[sheet.max_row], row, strict=False):
                if isinstance(value, tuple):
                    cell.number_format = "0%"
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def make_zip_bomb(path: Path, megabytes: int = 600) -> Path:
    """A sound archive of office parts whose one part unpacks to `megabytes` of zeros; under a megabyte itself."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(bytes(1_000_000))
    return path


def make_lying_zip(path: Path, source: Path, part: str, claimed: int) -> Path:
    """`source` with the unpacked size of `part` given as `claimed` bytes in its directory and local header."""
    data = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as archive:
        info = archive.getinfo(part)
    struct.pack_into("<I", data, info.header_offset + 22, claimed)
    central = data.rindex(part.encode()) - 46
    struct.pack_into("<I", data, central + 24, claimed)
    path.write_bytes(data)
    return path


def replace_part(path: Path, source: Path, part: str, content: bytes) -> Path:
    """`source` with one part of its archive put in place of the old."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == part else old.read(info.filename))
    return path


def make_jsonl(path: Path, lines: Iterable[object]) -> Path:
    """JSON Lines; a line given as bytes is written as it is."""
    with path.open("wb") as out:
        for line in lines:
            out.write(line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode())
            out.write(b"\n")
    return path


def records(count: int) -> list[dict[str, str]]:
    """Records of some 120 Han or 200 Latin characters, by turns."""
    return [
        {
            "id": f"rec-{number:05}",
            "title": f"条目 {number}" if number % 2 else f"Entry {number}",
            "text": (ZH * 3 if number % 2 else f"{EN} {EN}") + str(number),
        }
        for number in range(count)
    ]


def read(path: Path) -> Reading:
    """What a file is read as, in this process."""
    return read_file(path, path.name)


def texts(blocks: list[Block]) -> list[str]:
    """Texts of headings and paragraphs."""
    return [block.text for block in blocks if not isinstance(block, Table)]


def refused(action: Callable[[], object]) -> DocumentError:
    """The error of `action`: one line in both languages, never a traceback."""
    with pytest.raises(DocumentError) as caught:
        action()
    error = caught.value
    for line in (error.zh, error.en):
        assert line and "\n" not in line and "Traceback" not in line
    assert re.search("[\u4e00-\u9fff]", error.zh)
    return error

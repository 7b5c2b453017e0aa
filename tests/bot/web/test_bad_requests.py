"""What a request can do wrong: one clear line in the asker's language, and the server stays up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

QUESTIONS = "/api/v1/questions"
JSON = {"Content-Type": "application/json"}
ZH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def stays_up(client: httpx.Client) -> Iterator[None]:
    """Whatever was sent, the next one is answered."""
    yield
    assert client.get("/readyz").status_code == 200


def problem(response: httpx.Response, status: int) -> str:
    """The line of a problem document, which must be sound."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == f"urn:tongxing:problem:{body['title']}"
    assert "\n" not in body["detail"]
    assert "{" not in body["detail"].replace('{"question"', "")
    detail: str = body["detail"]
    return detail


def is_chinese(line: str) -> bool:
    return bool(HAN.search(line))


@pytest.mark.parametrize("question", ["", "   \n\t", "\u0000\u0000", "\u202e\u2066", "\U000e0041", "？？！"])
def test_a_question_that_says_nothing_is_told_so_in_the_language_of_the_browser(
    client: httpx.Client, question: str
) -> None:
    response = client.post(QUESTIONS, json={"question": question})
    assert "question" in problem(response, 422)
    assert response.json()["title"] == "question"
    assert is_chinese(problem(client.post(QUESTIONS, json={"question": question}, headers=ZH), 422))


def test_a_lone_surrogate_is_an_empty_question(client: httpx.Client) -> None:
    response = client.post(QUESTIONS, content=rb'{"question": "\ud800"}', headers=JSON)
    assert "question" in problem(response, 422)
    assert response.json()["title"] == "question"


@pytest.mark.parametrize("length", [4001, 100_000])
def test_too_long_a_question_is_told_its_length_in_its_own_language(
    client: httpx.Client, length: int
) -> None:
    english = problem(
        client.post(QUESTIONS, json={"question": "long " * (length // 5) + "l" * (length % 5)}, headers=ZH),
        422,
    )
    assert f"{length:,}" in english or str(length) in english
    assert not is_chinese(english)
    # Escaped as \uXXXX: six bytes a character
    chinese = problem(
        client.post(QUESTIONS, content=json.dumps({"question": "长" * length}), headers=JSON), 422
    )
    assert is_chinese(chinese)


def test_too_large_a_body_is_refused_with_its_length_declared_or_not(client: httpx.Client) -> None:
    body = b'{"question": "' + b"a" * 2_000_000 + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    assert "1,000,000" in problem(client.post(QUESTIONS, content=body, headers=JSON), 413)
    assert is_chinese(problem(client.post(QUESTIONS, content=pieces(), headers=JSON | ZH), 413))
    assert "1,000,000" in problem(client.post("/answer", content=pieces()), 413)


def test_a_chunked_body_within_the_limit_is_read(client: httpx.Client) -> None:
    pieces = iter([b'{"question": ', b'"hello"}'])
    assert client.post(QUESTIONS, content=pieces, headers=JSON).json()["status"] == "greeting"


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{", b'{"question": "\xc3\x28"}', b"{", b"{'question': 1}", b"[" * 50_000]
)
def test_a_body_that_is_no_json_in_utf8_is_told_so(client: httpx.Client, body: bytes) -> None:
    assert "UTF-8" in problem(client.post(QUESTIONS, content=body, headers=JSON), 400)
    assert is_chinese(problem(client.post(QUESTIONS, content=body, headers=JSON | ZH), 400))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "question"),
        ({"question": 5}, "question"),
        ({"question": None}, "question"),
        ({"question": ["a"]}, "question"),
        ({"question": "tax in Kenya", "lang": "fr"}, "lang"),
        ({"question": "tax in Kenya", "colour": 1}, "colour"),
        ({"question": "tax in Kenya", "filters": []}, "filters"),
        ({"question": "tax in Kenya", "filters": {"country": "KE"}}, "filters.country"),
        ({"question": "tax in Kenya", "filters": {"countries": "KE"}}, "filters.countries"),
        ({"question": "tax in Kenya", "filters": {"countries": ["kenya"]}}, "filters.countries"),
        ({"question": "tax in Kenya", "filters": {"areas": ["taxes"]}}, "filters.areas"),
        ({"question": "tax in Kenya", "filters": {"types": ["tax.none"]}}, "filters.types"),
        ({"question": "tax in Kenya", "filters": {"codes": ["x" * 100]}}, "filters.codes"),
        ({"question": "tax in Kenya", "filters": {"codes": ["HS 1"] * 50}}, "filters.codes"),
        ({"question": "tax in Kenya", "conversation_id": "c" * 101}, "conversation_id"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, body: Any, place: str) -> None:
    line = problem(client.post(QUESTIONS, json=body), 422)
    assert place in line
    assert not is_chinese(line)


def test_a_wrong_field_is_named_in_the_language_of_the_question(client: httpx.Client) -> None:
    for wrong in ({"colour": 1}, {"lang": "fr"}, {"filters": {"countries": ["肯尼亚"]}}):
        assert is_chinese(problem(client.post(QUESTIONS, json={"question": "肯尼亚的税率？"} | wrong), 422))
        line = problem(
            client.post(QUESTIONS, json={"question": "tax rates in Kenya"} | wrong, headers=ZH), 422
        )
        assert not is_chinese(line.replace("肯尼亚", ""))


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_json_that_is_no_object_is_told_so(client: httpx.Client, body: Any) -> None:
    problem(client.post(QUESTIONS, json=body), 422)


def test_no_body_at_all_is_told_so(client: httpx.Client) -> None:
    problem(client.post(QUESTIONS), 422)


def test_a_form_where_json_is_wanted_is_told_so(client: httpx.Client) -> None:
    assert "Content-Type" in problem(client.post(QUESTIONS, data={"question": "tax"}), 415)


def test_an_address_that_is_not_there_and_a_method_that_is_not_taken(client: httpx.Client) -> None:
    assert "/api/v1/nothing" in problem(client.get("/api/v1/nothing"), 404)
    assert is_chinese(problem(client.get("/nothing", headers=ZH), 404))
    response = client.get(QUESTIONS)
    assert "GET" in problem(response, 405)
    assert response.headers["allow"] == "POST"
    assert "text/html" in client.get("/nothing", headers={"Accept": "text/html"}).headers["content-type"]


def test_what_the_sender_wrote_is_not_repeated_at_length(client: httpx.Client) -> None:
    line = problem(client.post(QUESTIONS, json={"question": "tax", "x" * 5000: 1}), 422)
    assert len(line) < 300


@pytest.mark.parametrize(
    ("header", "chinese"),
    [
        ("zh-CN", True),
        ("en;q=0.4, zh;q=0.8", True),
        ("zh;q=0.2,en", False),
        ("fr,de", False),
        ("", False),
        ("zh;q=x", True),
    ],
)
def test_the_browser_says_which_language_is_read(client: httpx.Client, header: str, chinese: bool) -> None:
    assert is_chinese(problem(client.get("/nothing", headers={"Accept-Language": header}), 404)) is chinese

"""The REST API over HTTP, against a running server."""

from __future__ import annotations

import json
from typing import Any

import httpx

from bot.domain import Answer
from bot.replies import reply
from bot.web.api import QuestionIn, examples

CAPITAL = "Minimum capital for a company in Indonesia?"
QUESTIONS = "/api/v1/questions"


def ask(client: httpx.Client, question: str, **more: Any) -> Answer:
    response = client.post(QUESTIONS, json={"question": question, **more})
    assert response.status_code == 200, response.text
    return Answer.model_validate_json(response.content)


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_question_is_answered_with_a_whole_answer(client: httpx.Client) -> None:
    answer = ask(client, CAPITAL)
    assert (answer.status, answer.language) == ("answered", "en")
    assert answer.understood.countries == ["ID"]
    assert "id-entry_route-01" in [card.id for card in answer.evidence]
    assert answer.conversation_id


def test_the_language_of_the_answer_is_that_of_the_question_unless_chosen(client: httpx.Client) -> None:
    assert ask(client, "印尼公司最低注册资本是多少？").language == "zh"
    assert ask(client, "印尼公司最低注册资本是多少？", lang="en").language == "en"


def test_a_stream_gives_status_then_every_sentence_then_the_answer(client: httpx.Client) -> None:
    response = client.post(QUESTIONS, json={"question": CAPITAL}, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    answer = Answer.model_validate(found[-1][1])
    assert [name for name, _ in found] == ["status", *["sentence"] * len(answer.sentences), "answer"]
    assert answer.sentences
    assert found[0][1] == {"status": "answered", "completeness": "complete", "language": "en"}
    assert [data["text"] for name, data in found if name == "sentence"] == [s.text for s in answer.sentences]


def test_filters_override_what_the_question_names(client: httpx.Client) -> None:
    answer = ask(client, CAPITAL, filters={"countries": ["RS"]})
    assert answer.understood.countries == ["RS"]
    cards = [*answer.evidence, *answer.nearby]
    assert cards
    assert all("RS" in card.countries for card in cards)


def test_a_follow_up_leans_on_its_conversation_and_on_no_other(client: httpx.Client) -> None:
    office = "Can a representative office issue invoices?"
    first = ask(client, CAPITAL)
    followed = ask(client, office, conversation_id=first.conversation_id)
    assert followed.conversation_id == first.conversation_id
    assert followed.understood.countries == ["ID"]
    alone = ask(client, office)
    assert alone.conversation_id not in (None, first.conversation_id)
    assert alone.understood.countries == []


def test_an_empty_conversation_id_begins_a_new_conversation(client: httpx.Client) -> None:
    assert ask(client, CAPITAL, conversation_id="").conversation_id


def test_markup_and_sql_in_a_question_are_only_text(client: httpx.Client) -> None:
    asked = "Minimum capital in Indonesia? <script>alert(1)</script>'; DROP TABLE vectors; --"
    answer = ask(client, asked)
    assert answer.status != "error"
    assert ask(client, CAPITAL).status == "answered"


def test_characters_that_say_nothing_do_not_stand_in_the_way(client: httpx.Client) -> None:
    hidden = "\u202eMinimum\u0000 capital\u200b for a company\U000e0041 in Indonesia?\u2066"
    assert ask(client, hidden).understood.countries == ["ID"]
    body = rb'{"question": "Minimum capital for a company in Indonesia? \ud800"}'
    response = client.post(QUESTIONS, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    assert response.json()["status"] == "answered"


def test_the_api_description_has_examples_that_hold(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()
    operation = description["paths"][QUESTIONS]["post"]
    shown = operation["requestBody"]["content"]["application/json"]["examples"]
    assert len(shown) >= 2
    for example in shown.values():
        QuestionIn.model_validate(example["value"])
    replies = operation["responses"]["200"]["content"]
    assert replies["application/json"]["example"]["text"] == examples()["answer"]["text"]
    assert "event: sentence" in replies["text/event-stream"]["example"]
    assert "application/problem+json" in operation["responses"]["422"]["content"]


def test_the_example_answer_says_what_the_corpus_says(client: httpx.Client) -> None:
    example = Answer.model_validate(examples()["answer"])
    told = ask(client, CAPITAL).text
    assert all(sentence.text in told for sentence in example.sentences)


def test_the_description_for_people_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    for lang in ("zh", "en"):
        page = client.get(f"/docs?ui={lang}").text
        assert "/api/v1/questions" in page
        assert "src=" not in page
        assert page.count("<link") == page.count('<link rel="stylesheet" href="/static') + 1


def test_health_says_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["status"] == "ready"
    assert client.head("/readyz").status_code == 200


def test_greeting_has_its_words_from_the_reply_files(client: httpx.Client) -> None:
    assert ask(client, "hello").text == reply("replies/greeting", "en")

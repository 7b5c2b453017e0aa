"""`POST /api/v1/questions`: an Answer as JSON, or piece by piece as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sse_starlette import EventSourceResponse

from bot.domain import Answer, AnswerLanguage, Question, Understood
from bot.replies import yaml_of
from bot.web.desk import Desk
from bot.web.problems import PROBLEM, asker_language, problem_of
from retrieval.errors import TongxingError

EXAMPLES = Path(__file__).parent / "data" / "openapi.yaml"
EVENTS = "text/event-stream"


def _without_surrogates(value: Any) -> Any:
    r"""`"\ud800"` is JSON and yet no text; half a character says nothing, so it is left out."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_without_surrogates)]


class QuestionIn(BaseModel):
    """The body of `POST /api/v1/questions`."""

    model_config = ConfigDict(extra="forbid")

    question: Text = Field(description="What to answer, in any language.")
    conversation_id: Text | None = Field(
        None, max_length=100, description="Given back by an earlier answer, to ask on from it."
    )
    lang: AnswerLanguage | None = Field(
        None, description="Language of the answer; unset: that of the question."
    )
    filters: Understood | None = Field(
        None, description="Overrides what the question was understood to be about."
    )


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(description="`urn:tongxing:problem:` and the code.")
    title: str = Field(description="The code: stable, made for programs.")
    status: int
    detail: str = Field(description="One line for people: what, where, how to mend it.")
    where: str | None = Field(None, description="The field that is wrong.")


@lru_cache(maxsize=1)
def examples() -> dict[str, Any]:
    """The examples of the API description: `requests`, `answer`, `events`, `problem`."""
    data: dict[str, Any] = yaml_of(EXAMPLES)
    return data


def problem_response(description: str) -> dict[str, Any]:
    """How a problem is described in OpenAPI."""
    content = {"schema": Problem.model_json_schema(), "example": examples()["problem"]}
    return {"description": description, "content": {PROBLEM: content}}


def install(app: FastAPI, desk: Desk) -> None:
    """Add the endpoint."""

    @app.post(
        "/api/v1/questions",
        response_model=Answer,
        responses={
            200: {
                "description": "The Answer; with `Accept: text/event-stream` as events.",
                "content": {
                    "application/json": {"example": examples()["answer"]},
                    EVENTS: {"schema": {"type": "string"}, "example": examples()["events"]},
                },
            },
            413: problem_response("The request is too large."),
            422: problem_response("The question cannot be taken as it is."),
            503: problem_response("The index is not open yet."),
        },
        summary="Answer a question",
    )
    async def questions(
        request: Request, body: Annotated[QuestionIn, Body(openapi_examples=examples()["requests"])]
    ) -> Any:
        """One Answer as JSON; with `Accept: text/event-stream` as events `status`, `sentence` …, `answer`."""
        asked = Question(
            text=body.question,
            conversation_id=body.conversation_id or None,
            lang=body.lang,
            filters=body.filters,
        )
        try:
            answer = await desk.answer(asked)
        except TongxingError as exc:
            return problem_of(exc, asker_language(request, body.question, body.lang))
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        if EVENTS in request.headers.get("accept", ""):
            return EventSourceResponse(_events(answer), headers=headers)
        return Response(answer.model_dump_json(), media_type="application/json", headers=headers)


async def _events(answer: Answer) -> AsyncIterator[dict[str, str]]:
    """The answer as server-sent events: what kind it is, each sentence, then the whole."""
    head = {"status": answer.status, "completeness": answer.completeness, "language": answer.language}
    yield _event("status", json.dumps(head, ensure_ascii=False))
    for sentence in answer.sentences:
        yield _event("sentence", sentence.model_dump_json())
    yield _event("answer", answer.model_dump_json())


def _event(name: Literal["status", "sentence", "answer"], data: str) -> dict[str, str]:
    return {"event": name, "data": data}

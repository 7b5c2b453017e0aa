"""The web application: the REST API of DESIGN section 7, and the page at `/`."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from bot.answering.intake import QuestionError, accept, language_of
from bot.domain import Answer, AnswerLanguage, Question, Understood
from bot.live import LiveAssistant
from bot.replies import reply
from bot.settings import Settings
from bot.web import page, problems
from bot.web.conversations import Conversations

MAX_BODY = 100_000
"""Bytes of a request: the longest question four times over, and filters."""
ANSWERING_THREADS = 4
"""The embedder serves one at a time; more threads than this only wait and hold memory."""

EXAMPLES = {
    "founder": {
        "summary": "A founder, in Chinese",
        "value": {"question": "我们做智能水表，想进肯尼亚，要什么认证？"},
    },
    "capital": {
        "summary": "A founder, in English, continuing a conversation",
        "value": {"question": "Minimum capital for a company in Indonesia?", "conversation_id": "c-1"},
    },
    "filtered": {
        "summary": "With the country set by a chip",
        "value": {"question": "最低注册资本是多少？", "filters": {"countries": ["ID"]}},
    },
}


class QuestionIn(BaseModel):
    """The body of `POST /api/v1/questions`."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="What to answer, in any language.")
    conversation_id: str | None = Field(None, max_length=100, description="Given back by an earlier answer.")
    lang: AnswerLanguage | None = Field(
        None, description="Language of the answer; unset: that of the question."
    )
    filters: Understood | None = Field(
        None, description="Overrides what the question was understood to be about."
    )


def create_app(settings: Settings, live: LiveAssistant) -> FastAPI:
    """The application. `live` is started and stopped with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        live.start()
        yield
        live.stop()

    app = FastAPI(
        title="Tongxing 通行",
        version="1",
        description="Cited, dated answers for small companies going abroad, in Chinese and English.",
        lifespan=lifespan,
    )
    conversations = Conversations()
    limiter = CapacityLimiter(ANSWERING_THREADS)
    problems.install(app)

    @app.middleware("http")
    async def limit_body(request: Request, call_next: Any) -> Response:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY:
            detail = reply("problems/too_large", problems.asker_language(request), limit=MAX_BODY)
            return problems.problem(413, "too_large", detail)
        response: Response = await call_next(request)
        return response

    async def answered(asked: Question, request: Request) -> Answer | JSONResponse:
        try:
            accept(asked, settings.question_max_chars)
        except QuestionError as exc:
            has_text = any(char.isalnum() for char in asked.text)
            lang = language_of(asked) if has_text or asked.lang else problems.asker_language(request)
            return problems.problem(exc.http_status, exc.code, exc.line(lang))
        assistant = live.assistant
        if assistant is None:
            detail = reply("problems/not_ready", problems.asker_language(request))
            if live.problem is not None:
                detail = live.problem.line(problems.asker_language(request))
            return problems.problem(503, "not_ready", detail)
        conversation_id = asked.conversation_id or uuid.uuid4().hex
        full = asked.model_copy(
            update={"conversation_id": conversation_id, "history": conversations.history(conversation_id)}
        )
        answer = await to_thread.run_sync(assistant.answer, full, limiter=limiter)
        conversations.add(conversation_id, asked.text, answer)
        return answer

    @app.post(
        "/api/v1/questions",
        response_model=Answer,
        responses={422: {"description": "The question cannot be taken as it is (problem document)."}},
        summary="Answer a question",
    )
    async def questions(
        request: Request, body: Annotated[QuestionIn, Body(openapi_examples=EXAMPLES)]
    ) -> Any:
        """One Answer as JSON; with `Accept: text/event-stream` as events `status`, `sentence` …, `answer`."""
        asked = Question(
            text=body.question, conversation_id=body.conversation_id, lang=body.lang, filters=body.filters
        )
        result = await answered(asked, request)
        if isinstance(result, JSONResponse):
            return result
        if "text/event-stream" in request.headers.get("accept", ""):
            return EventSourceResponse(_events(result))
        return Response(result.model_dump_json(), media_type="application/json")

    @app.get("/healthz", summary="Is the process alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", summary="Can questions be answered")
    async def readyz(request: Request) -> Response:
        if not live.ready:
            return problems.problem(
                503, "not_ready", reply("problems/not_ready", problems.asker_language(request))
            )
        assistant = live.assistant
        assert assistant is not None
        return JSONResponse({"status": "ready", "index": assistant.searcher.snapshot.key[:12]})

    page.install(app, answered, live)
    return app


async def _events(answer: Answer) -> AsyncIterator[dict[str, str]]:
    """The answer as server-sent events: what kind it is, each sentence, then the whole."""
    head = {"status": answer.status, "completeness": answer.completeness, "language": answer.language}
    yield {"event": "status", "data": json.dumps(head, ensure_ascii=False)}
    for sentence in answer.sentences:
        yield {"event": "sentence", "data": sentence.model_dump_json()}
    yield {"event": "answer", "data": answer.model_dump_json()}

"""The page at `/`: ask, see the answer arrive, see every source with its date. Server-rendered, no build step.

Without JavaScript the form is a plain GET; with it, the same HTML arrives piece by piece from `/answer`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from sse_starlette import EventSourceResponse
from starlette.datastructures import ImmutableMultiDict

from bot.domain import Answer, Question, Understood
from bot.web.api import QuestionIn, examples
from bot.web.desk import Desk
from bot.web.problems import accepted_language, asker_language
from bot.web.view import NO_COUNTRY, Link, render
from retrieval.errors import TongxingError

HERE = Path(__file__).parent
LONGEST_CONVERSATION_ID = 100


@dataclass(frozen=True)
class Asking:
    """What a form or a link of the page says. Nothing in it is an error: what makes no sense is left out."""

    question: str
    lang: str
    conversation_id: str | None
    countries: list[str]
    """Set by the chips: codes, or `NO_COUNTRY` alone."""

    @property
    def link(self) -> Link:
        """For links that ask on from here."""
        return Link(self.lang, self.conversation_id)


def read_asking(values: ImmutableMultiDict[str, Any], request: Request) -> Asking:
    """The fields `q`, `ui`, `c` and `country` of a query or form."""

    def text(name: str) -> str:
        value = values.get(name)
        return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else ""

    ui = text("ui")
    conversation_id = text("c")[:LONGEST_CONVERSATION_ID] or None
    lang = ui if ui in ("zh", "en") else accepted_language(request.headers.get("accept-language", ""))
    countries = [code for code in values.getlist("country") if isinstance(code, str) and code]
    return Asking(text("q"), lang, conversation_id, countries)


def install(app: FastAPI, desk: Desk) -> None:
    """Add the page, its answer stream, the description of the API and the static files."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")

    @app.api_route("/", methods=["GET", "HEAD"], response_class=HTMLResponse, include_in_schema=False)
    async def home(request: Request) -> Response:
        asking = read_asking(request.query_params, request)
        answer = problem = None
        status = 200
        if asking.question.strip():
            try:
                answer = await desk.answer(_question(asking, desk))
            except TongxingError as exc:
                problem = exc.line(asker_language(request, asking.question))
                status = exc.http_status
        return _page(asking, answer, problem, status)

    @app.post("/answer", include_in_schema=False)
    async def answer_stream(request: Request) -> Response:
        async with request.form() as form:
            asking = read_asking(form, request)
        try:
            pieces = _pieces(await desk.answer(_question(asking, desk)), asking)
        except TongxingError as exc:
            pieces = _problem(exc.line(asker_language(request, asking.question)))
        return EventSourceResponse(pieces)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs(request: Request) -> Response:
        asking = read_asking(request.query_params, request)
        fields = QuestionIn.model_json_schema()["properties"]
        html = render("docs.html", asking.lang, fields=fields, examples=examples(), link=asking.link)
        return HTMLResponse(html, headers={"Vary": "Accept-Language"})


def problem_page(request: Request, line: str, status: int) -> Response:
    """The start page with what went wrong."""
    return _page(read_asking(ImmutableMultiDict[str, Any](), request), None, line, status)


def _question(asking: Asking, desk: Desk) -> Question:
    if asking.countries == [NO_COUNTRY]:
        # Filters can name other countries but not none; and the conversation would bring the old one back.
        return Question(text=desk.without_countries(asking.question))
    filters = Understood(countries=asking.countries) if asking.countries else None
    return Question(text=asking.question, conversation_id=asking.conversation_id, filters=filters)


def _page(asking: Asking, answer: Answer | None, problem: str | None, status: int) -> Response:
    conversation_id = answer.conversation_id if answer else asking.conversation_id
    html = render(
        "page.html",
        asking.lang,
        answer=answer,
        problem=problem,
        question=asking.question,
        link=Link(asking.lang, conversation_id),
    )
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(html, status_code=status, headers=headers)


async def _pieces(answer: Answer, asking: Asking) -> AsyncIterator[dict[str, str]]:
    for sentence in answer.sentences:
        yield {"event": "sentence", "data": str(Markup("<p>{}</p>").format(sentence.text))}
    yield {"event": "conversation", "data": answer.conversation_id or ""}
    html = render(
        "answer.html",
        asking.lang,
        answer=answer,
        question=asking.question,
        link=Link(asking.lang, answer.conversation_id),
    )
    yield {"event": "answer", "data": html}


async def _problem(line: str) -> AsyncIterator[dict[str, str]]:
    yield {"event": "problem", "data": line}

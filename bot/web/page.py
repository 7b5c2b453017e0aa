"""The page at `/`: ask, see the answer arrive, see every source with its date. Server-rendered, no build step.

Without JavaScript the form is a plain GET; with it, the same HTML arrives piece by piece from `/answer`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from babel import Locale
from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sse_starlette import EventSourceResponse

from bot.domain import Answer, Evidence, Question, Sentence
from bot.live import LiveAssistant
from bot.replies import PROMPTS, reply, yaml_of
from bot.web.problems import asker_language

HERE = Path(__file__).parent
Answered = Callable[[Question, Request], Awaitable[Answer | JSONResponse]]
CITATION = re.compile(r"\[(\d{1,3})\]")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def install(app: FastAPI, answered: Answered, live: LiveAssistant) -> None:
    """Add the page, its answer stream and its static files."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def home(
        request: Request,
        q: Annotated[str, Query(max_length=25000)] = "",
        ui: Annotated[str, Query(pattern="^(zh|en|)$")] = "",
    ) -> Response:
        lang = ui or asker_language(request)
        answer = problem = None
        if q.strip():
            result = await answered(Question(text=q), request)
            answer, problem = _sorted_out(result)
        html = render("page.html", lang, answer=answer, problem=problem, question=q, live=live)
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, "Vary": "Accept-Language"})

    @app.post("/answer", include_in_schema=False)
    async def answer_stream(
        request: Request,
        q: Annotated[str, Form(max_length=25000)] = "",
        ui: Annotated[str, Form(pattern="^(zh|en|)$")] = "",
        conversation_id: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        lang = ui or asker_language(request)
        result = await answered(Question(text=q, conversation_id=conversation_id or None), request)
        return EventSourceResponse(_pieces(*_sorted_out(result), lang))


async def _pieces(answer: Answer | None, problem: str | None, lang: str) -> AsyncIterator[dict[str, str]]:
    if answer is None:
        yield {"event": "problem", "data": problem or ""}
        return
    for sentence in answer.sentences:
        yield {"event": "sentence", "data": str(Markup("<p>{}</p>").format(_sentence(sentence)))}
    yield {"event": "conversation", "data": answer.conversation_id or ""}
    yield {"event": "answer", "data": render("answer.html", lang, answer=answer)}


def _sorted_out(result: Answer | JSONResponse) -> tuple[Answer | None, str | None]:
    if isinstance(result, Answer):
        return result, None
    import json

    return None, json.loads(bytes(result.body))["detail"]


def render(template: str, lang: str, **values: Any) -> str:
    """A template in the language of the page. The answer inside keeps its own language."""
    return _environment().get_template(template).render(t=words(lang), lang=lang, **values)


@lru_cache(maxsize=2)
def words(lang: str) -> dict[str, str]:
    """The words of the page."""
    data: dict[str, dict[str, str]] = yaml_of(PROMPTS / "page.yaml")
    return data["zh" if lang == "zh" else "en"]


@lru_cache(maxsize=2)
def examples(lang: str) -> list[str]:
    """Questions that the start page offers; each has an answer."""
    data: dict[str, list[str]] = yaml_of(PROMPTS / "examples.yaml")
    return data["zh" if lang == "zh" else "en"]


def text_blocks(answer: Answer) -> list[Markup]:
    """The text of an answer as paragraphs, its numbers as links to the source cards."""
    return [_linked(block) for block in answer.text.split("\n\n") if block.strip()]


def _linked(block: str) -> Markup:
    lines = []
    for line in block.split("\n"):
        pieces = CITATION.split(line)
        html = Markup("")
        for i, piece in enumerate(pieces):
            html += (
                Markup('<a class="cite" href="#source-{}">{}</a>').format(piece, piece)
                if i % 2
                else escape(piece)
            )
        lines.append(html)
    return Markup("<br>").join(lines)


def _sentence(sentence: Sentence) -> Markup:
    return escape(sentence.text)


def country_names(answer: Answer, lang: str) -> list[str]:
    """The countries an answer was understood to be about, by name."""
    territories = Locale.parse(lang).territories
    return [str(territories.get(code, code)) for code in answer.understood.countries]


def safe_url(url: str | None) -> str | None:
    """The address when it is a web address; anything else is no link."""
    return url if url and re.match(r"https?://", url) else None


def marks(card: Evidence) -> list[str]:
    """What is unsure about a card: `stale`, `confirm`."""
    return [name for name, on in (("stale", card.stale), ("confirm", card.confirm is not None)) if on]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(
        blocks=text_blocks,
        examples=examples,
        country_names=country_names,
        safe_url=safe_url,
        marks=marks,
        reply=reply,
    )
    return environment

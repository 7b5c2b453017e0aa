"""Errors over HTTP: RFC 9457 problem documents with one line in the asker's language, or a page for a browser."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.replies import reply, reply_names
from retrieval.errors import TongxingError
from retrieval.language import tell_language
from retrieval.text import clean

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
LONGEST_PLACE = 80
"""Characters of a field's name that are repeated to the sender."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Security headers of every reply: nothing is loaded from, framed by or told to another site."""

# What the framework calls it, by HTTP status → the reply that says it.
_BY_STATUS = {400: "unreadable", 404: "not_found", 405: "method_not_allowed", 415: "media_type"}
_RETRY_SECONDS = "5"

Page = Callable[[Request, str, int], Response]
"""Shows a line as a web page: (request, line, HTTP status)."""


class WebError(TongxingError):
    """A request that cannot be served; the line is `prompts/problems/<code>.yaml`."""

    def __init__(self, code: str, http_status: int, **values: object) -> None:
        super().__init__(
            zh=reply(f"problems/{code}", "zh", **values), en=reply(f"problems/{code}", "en", **values)
        )
        self.code = code
        self.http_status = http_status


def asker_language(request: Request, text: object = None, lang: object = None) -> str:
    """The language to tell a person about a problem in: "zh" or "en".

    The one they chose, else that of their question where it can be told, else what their browser prefers.
    """
    if lang in ("zh", "en"):
        return str(lang)
    if isinstance(text, str):
        told = tell_language(clean(text[:500]), "")
        if told.certain:
            return "zh" if told.code == "zh" else "en"
    return accepted_language(request.headers.get("accept-language", ""))


def accepted_language(header: str) -> str:
    """What an Accept-Language header prefers of "zh" and "en"; "en" when it names neither."""
    weights: dict[str, float] = {}
    for entry in header[:1000].lower().split(","):
        tag, _, weight = entry.partition(";")
        primary = tag.strip().split("-")[0]
        found = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", weight)
        if primary in ("zh", "en"):
            weights[primary] = max(weights.get(primary, 0.0), float(found[1]) if found else 1.0)
    # Of two that weigh the same the first is meant.
    return max(weights, key=lambda lang: weights[lang]) if any(weights.values()) else "en"


def problem(status: int, code: str, detail: str, **extra: Any) -> JSONResponse:
    """A problem document. `code` is stable and made for programs, `detail` is one line made for people."""
    body = {
        "type": f"urn:tongxing:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        **extra,
    }
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else None
    return JSONResponse(body, status_code=status, media_type=PROBLEM, headers=headers)


def problem_of(exc: TongxingError, lang: str) -> JSONResponse:
    """The problem document of an error."""
    return problem(exc.http_status, exc.code, exc.line(lang))


def install(app: FastAPI, page: Page) -> None:
    """Turn every error into a problem document; for a browser that opens an address, into a page."""

    def respond(request: Request, exc: TongxingError, lang: str, headers: Any = None) -> Response:
        browsing = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
            "/api/"
        )
        line = exc.line(lang)
        response = page(request, line, exc.http_status) if browsing else problem_of(exc, lang)
        response.headers.update(headers or {})
        return response

    @app.exception_handler(TongxingError)
    async def _known(request: Request, exc: TongxingError) -> Response:
        return respond(request, exc, asker_language(request))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, exc: RequestValidationError) -> Response:
        return _invalid_body(request, exc)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, exc: HTTPException) -> Response:
        code = _BY_STATUS.get(exc.status_code, "unreadable" if exc.status_code < 500 else "internal")
        values = {"method": request.method, "path": _shown(request.url.path)}
        error = WebError(code, exc.status_code, **values)
        return respond(request, error, asker_language(request), exc.headers)

    @app.exception_handler(Exception)
    async def _unknown(request: Request, exc: Exception) -> Response:
        # Sent from outside the middleware, which therefore cannot add its headers.
        return respond(request, WebError("internal", 500), asker_language(request), HEADERS)


def _invalid_body(request: Request, exc: RequestValidationError) -> JSONResponse:
    """What is wrong first, where, and how to mend it."""
    content_type = request.headers.get("content-type", "")
    body = exc.body if isinstance(exc.body, dict) else {}
    lang = asker_language(request, body.get("question"), body.get("lang"))
    if exc.body and "json" not in content_type:
        return problem_of(WebError("media_type", 415), lang)
    first = exc.errors()[0]
    if first["type"] == "json_invalid":
        return problem_of(WebError("unreadable", 400), lang)
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    name = f"problems/fault_{first['type']}"
    fault = reply(name if name in reply_names() else "problems/fault_other", lang)
    if not place:
        return problem(422, "invalid", reply("problems/not_object", lang))
    place = _shown(place)
    return problem(422, "invalid", reply("problems/invalid", lang, place=place, fault=fault), where=place)


def _shown(text: str) -> str:
    """A name that the sender chose, fit to be repeated: printable, short."""
    return "".join(char for char in text if char.isprintable())[:LONGEST_PLACE]

"""Stands before the application: bounds what a request may bring, and puts security headers on every reply."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.problems import HEADERS, WebError, asker_language, problem_of

MAX_BODY = 1_000_000
"""Bytes of a request. Room for 100,000 characters however escaped, so that too long a question is told so."""
DRAIN = 16_000_000
"""Bytes of too large a body that are read and dropped, so that the sender gets to read the reply."""
BODY_SECONDS = 30.0
"""In which a body has to arrive: an open connection costs memory."""


class BodyTooLargeError(Exception):
    """More bytes than allowed, declared or sent."""


class Guard:
    """ASGI middleware. Reads the whole body, bounded in bytes and time, before the application sees the request."""

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.max_body = max_body
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send_guarded)
            return
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._body(Headers(scope=scope), receive)
        except BodyTooLargeError:
            await _refuse(scope, send_guarded, "too_large", 413, limit=f"{self.max_body:,}")
            return
        except TimeoutError:
            await _refuse(scope, send_guarded, "too_slow", 408, seconds=round(self.seconds))
            return
        if body is None:
            return
        await self.app(scope, _replay(body, receive), send_guarded)

    async def _body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body; None when the sender left. Raises `BodyTooLargeError`."""
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > DRAIN:
            raise BodyTooLargeError
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size <= self.max_body:
                pieces.append(piece)
            else:
                pieces.clear()
            if size > DRAIN or (size > self.max_body and not message.get("more_body")):
                raise BodyTooLargeError
            if not message.get("more_body"):
                return b"".join(pieces)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _refuse(scope: Scope, send: Send, code: str, status: int, **values: object) -> None:
    response = problem_of(WebError(code, status, **values), asker_language(Request(scope)))
    # What is still on its way would be taken for the next request.
    response.headers["Connection"] = "close"

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await response(scope, nothing, send)

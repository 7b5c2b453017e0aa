"""The web application: the REST API of DESIGN section 7, and the page at `/`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from bot.live import LiveAssistant
from bot.settings import Settings
from bot.web import api, page, problems
from bot.web.desk import Desk
from bot.web.guard import Guard


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
        # The ready-made pages load their scripts from elsewhere; ours is at /docs.
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Guard)
    desk = Desk(settings, live)
    problems.install(app, page.problem_page)
    api.install(app, desk)
    page.install(app, desk)

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", summary="Is the process alive")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.head("/readyz", include_in_schema=False)
    @app.get(
        "/readyz",
        summary="Can questions be answered",
        responses={503: api.problem_response("The index is not open yet, or the data folder is gone.")},
    )
    async def readyz(request: Request) -> Response:
        assistant = live.assistant
        if assistant is None or not live.ready:
            return problems.problem_of(desk.not_ready(), problems.asker_language(request))
        return JSONResponse({"status": "ready", "index": assistant.searcher.snapshot.key[:12]})

    return app

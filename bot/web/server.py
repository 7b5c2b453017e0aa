"""Runs the web application with uvicorn."""

from __future__ import annotations

import uvicorn

from bot.live import LiveAssistant
from bot.settings import Settings
from bot.web.app import create_app


def run(settings: Settings) -> None:
    """Serve until stopped. Raises nothing for a taken port: uvicorn says so and exits."""
    app = create_app(settings, LiveAssistant(settings))
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning", access_log=False)

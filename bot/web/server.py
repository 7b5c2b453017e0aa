"""Runs the web application with uvicorn."""

from __future__ import annotations

import socket

import uvicorn

from bot.live import LiveAssistant
from bot.replies import reply
from bot.settings import Settings
from bot.web.app import create_app
from retrieval.errors import TongxingError

BACKLOG = 2048


class ServeError(TongxingError):
    """The address cannot be listened on."""

    code = "serve"


def run(settings: Settings) -> None:
    """Serve until stopped. Raises `ServeError` when the address is taken, forbidden or unknown."""
    listener = listen(settings.host, settings.port)
    app = create_app(settings, LiveAssistant(settings))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        # An answer stream that somebody keeps open must not keep the process from ending.
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything heavy is loaded. Raises `ServeError`."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # Two processes may bind, but only one may listen.
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener
    except (OSError, UnicodeError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise ServeError(
            zh=reply("problems/cannot_listen", "zh", host=host, port=port, reason=reason),
            en=reply("problems/cannot_listen", "en", host=host, port=port, reason=reason),
        ) from exc

"""A real server over the small corpus, on a free port, for the tests of the web."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from bot.live import LiveAssistant
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.server import listen

READY_SECONDS = 60


@contextmanager
def serving(settings: Settings, live: LiveAssistant | None = None) -> Iterator[str]:
    """The address of a server that runs until the block ends."""
    listener = listen("127.0.0.1", 0)
    app = create_app(settings, live or LiveAssistant(settings))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        listener.close()


def wait_until_ready(address: str) -> None:
    """Return once questions can be answered."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if httpx.get(f"{address}/readyz").status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("the server did not become ready")


@pytest.fixture(scope="session")
def address(
    small_data: Path, settings_of: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A ready server that the tests share."""
    data = tmp_path_factory.mktemp("served")
    shutil.copytree(small_data, data, dirs_exist_ok=True)
    with serving(settings_of(data)) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """An HTTP client of the shared server."""
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client

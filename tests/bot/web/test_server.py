"""Starting, being ready, and what happens when the ground goes away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bot.live import LiveAssistant
from bot.settings import Settings
from bot.web.guard import Guard
from bot.web.server import ServeError, listen
from tests.bot.web.conftest import serving, wait_until_ready

QUESTION = {"question": "Minimum capital for a company in Indonesia?"}


class SlowToOpen(LiveAssistant):
    """A live assistant that has not opened its index yet."""

    def start(self) -> None:
        """Nothing: the index stays closed."""

    def stop(self) -> None:
        """Nothing to stop."""


def test_before_the_index_is_open_the_server_lives_and_says_it_is_not_ready(
    settings_of: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    with serving(settings, SlowToOpen(settings)) as address, httpx.Client(base_url=address) as client:
        assert client.get("/healthz").status_code == 200
        for response in (client.get("/readyz"), client.post("/api/v1/questions", json=QUESTION)):
            assert response.status_code == 503
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["retry-after"]
        page = client.get("/", params={"q": "印尼最低资本？", "ui": "en"})
        assert page.status_code == 503
        assert "索引还在准备" in page.text


def test_when_the_data_folder_vanishes_the_server_says_so_and_goes_on_answering(
    settings_of: Callable[..., Settings], small_data: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(small_data, data)
    with serving(settings_of(data)) as address, httpx.Client(base_url=address, timeout=30) as client:
        wait_until_ready(address)
        shutil.move(data, tmp_path / "gone")
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "TONGXING_DATA_DIR" in response.json()["detail"]
        assert client.get("/healthz").status_code == 200
        assert client.post("/api/v1/questions", json=QUESTION).json()["status"] == "answered"
        shutil.move(tmp_path / "gone", data)
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("lang", "words"), [("zh_CN.UTF-8", "占用"), ("en_GB.UTF-8", "in use")])
def test_a_taken_port_is_one_clear_line_and_exit_code_2(tmp_path: Path, lang: str, words: str) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        env = os.environ | {"TONGXING_DATA_DIR": str(tmp_path), "LC_ALL": lang, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "serve", "--port", str(port)],
            capture_output=True, text=True, env=env, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert str(port) in line
    assert words in line
    assert "--port" in line


def test_an_address_that_is_not_ours_is_told_so() -> None:
    for host in ("192.0.2.1", "no-such-host.invalid", "a" * 300):
        with pytest.raises(ServeError) as caught:
            listen(host, 0)
        assert "--host" in caught.value.en


def test_a_body_that_does_not_arrive_is_given_up(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /api/v1/questions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        # The sender leaves in the middle: nothing is answered, nothing breaks.
    time.sleep(0.2)
    assert httpx.get(f"{address}/healthz").status_code == 200


def test_a_slow_body_ends_in_a_problem() -> None:
    import asyncio

    sent: list[dict[str, object]] = []

    async def app(*_: object) -> None:
        raise AssertionError("the application must not see it")

    async def receive() -> dict[str, object]:
        await asyncio.sleep(5)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/answer", "headers": [(b"accept-language", b"zh")]}
    asyncio.run(Guard(app, seconds=0.05)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408
    assert "秒" in bytes(sent[1]["body"]).decode()  # type: ignore[call-overload]

"""Nothing is downloaded at run time: with every connection but loopback denied, indexing and answering work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "在肯尼亚卖产品要什么认证？"
DENY = '''
import socket

_connect, _connect_ex, _look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
ALLOWED = ("127.0.0.1", "::1", "localhost")


class Denied(BaseException):
    """Not an Exception, so that nothing can swallow it."""


def check(address):
    if isinstance(address, tuple) and address[0] not in ALLOWED:
        raise Denied(f"network: {address}")


def connect(self, address):
    check(address)
    return _connect(self, address)


def connect_ex(self, address):
    check(address)
    return _connect_ex(self, address)


def look_up(host, *rest, **more):
    check((host,))
    return _look_up(host, *rest, **more)


socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect_ex, look_up
socket.gethostbyname = lambda host: check((host,)) or host
'''


def tongxing(data: Path, corpus: Path, guard: Path, *arguments: str, before: tuple[str, ...] = ()) -> str:
    """Standard output of the command, run where `guard` denies the network."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TONGXING_")}
    done = subprocess.run(
        [*before, sys.executable, "-m", "bot.cli", *arguments],
        cwd=ROOT,
        env={
            **plain,
            "PYTHONPATH": f"{guard}{os.pathsep}{ROOT}",
            "TONGXING_DATA_DIR": str(data),
            "TONGXING_CORPUS_DIR": str(corpus),
            "TONGXING_VECTORS": "chroma",
            "TONGXING_TODAY": "2026-11-25",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    """A folder that makes every Python below it deny the network."""
    folder = tmp_path / "guard"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DENY)
    return folder


@pytest.fixture
def data(small_data: Path, tmp_path: Path) -> Path:
    """The cache of the small corpus without its index, so that building one is part of the test."""
    folder = Path(shutil.copytree(small_data, tmp_path / "data"))
    (folder / "index" / "CURRENT").unlink()
    shutil.rmtree(folder / "index" / "snapshots")
    return folder


def test_the_guard_denies(guard: Path) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(guard)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Denied: network" in done.stderr


def test_indexing_and_answering_need_no_network(data: Path, small_corpus: Path, guard: Path) -> None:
    tongxing(data, small_corpus, guard, "index")
    assert (data / "index" / "CURRENT").exists()
    answer = json.loads(tongxing(data, small_corpus, guard, "ask", QUESTION, "--json"))
    cited = [item["id"] for item in (*answer["evidence"], *answer["nearby"])]
    assert any(name.startswith("kenya-") for name in cited)


def test_an_empty_network_namespace_is_enough(data: Path, small_corpus: Path, guard: Path) -> None:
    before = ("unshare", "--net", "--map-root-user")
    try:
        possible = subprocess.run([*before, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this system makes no network namespaces")
    tongxing(data, small_corpus, guard, "index", before=before)
    answer = json.loads(tongxing(data, small_corpus, guard, "ask", QUESTION, "--json", before=before))
    assert answer["status"] != "error"


def test_telemetry_of_chroma_is_off(tmp_path: Path) -> None:
    from retrieval.dense import chroma_client

    client = chroma_client(str(tmp_path))
    assert client.get_settings().anonymized_telemetry is False
    client.close()

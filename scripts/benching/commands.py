"""Whole commands: a fresh clone, an index build, `--help`, `ask` in a cold process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.benching.figure import Figure, of_times
from scripts.benching.server import Server

ROUNDS = 7


def tongxing(*arguments: str, data: Path) -> float:
    """Seconds that one run of the command takes. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        env={**os.environ, "TONGXING_DATA_DIR": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return time.perf_counter() - started


def index_build(data: Path) -> list[Figure]:
    """The first index of the shipped corpus, from nothing."""
    return [of_times("index build from nothing", [tongxing("index", data=data)], "s", target=60)]


def cold(data: Path) -> list[Figure]:
    """A new process for each command, with the index present."""
    helps = [tongxing("--help", data=data) for _ in range(ROUNDS)]
    asks = [tongxing("ask", "Minimum capital for a company in Indonesia?", data=data) for _ in range(ROUNDS)]
    starts = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with Server(data):
            starts.append(time.perf_counter() - started)
    return [
        of_times("tongxing --help, cold", helps, "s", target=0.5),
        of_times("tongxing ask, cold", asks, "s", target=3),
        of_times("start with an index, to /readyz", starts, "s", target=4),
    ]


def fresh_clone(root: Path, clone: Path) -> list[Figure]:
    """Clone, set up, build and serve, with packages downloaded (but for what the machine's caches hold)."""
    started = time.perf_counter()
    subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TONGXING_")}
    subprocess.run(["make", "--silent", "setup"], cwd=clone, env=environment, check=True)
    with Server(clone / "data", python=str(clone / ".venv/bin/python"), folder=clone):
        seconds = time.perf_counter() - started
    return [Figure("fresh clone to serving", seconds, "s", target=240)]

"""The running server: one question at a time, eight at once, and its memory after a thousand."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from scripts.benching.baseline import Plain
from scripts.benching.figure import Figure, of_times
from scripts.benching.questions import four_parts, singles
from scripts.benching.server import Server

AT_ONCE = 8
THOUSAND = 1000


def served(data: Path, plain: Plain) -> list[Figure]:
    """All figures of one server process."""
    questions = singles()
    with Server(data) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        _ask(client, questions[0])
        process = psutil.Process(server.process.pid)
        inside, around = [], []
        for question in questions[1:201]:
            started = time.perf_counter()
            answer = _ask(client, question)
            around.append(time.perf_counter() - started)
            inside.append(answer["timings_ms"]["all"] / 1000)
        figures = [
            of_times(
                "ask inside the server, one at a time",
                inside,
                target=60,
                target_p95=120,
                baseline=plain.figure.median,
            ),
            of_times("the same over HTTP", around, baseline=plain.figure.median),
            _together("8 at once over HTTP, single questions", server, questions[201:601], 25, 600, plain),
            _together("8 at once over HTTP, four-part questions", server, four_parts() * 4, 8, None, plain),
        ]
        asked = 601 + 4 * len(four_parts())
        early = process.memory_info().rss / 1e6
        while asked < THOUSAND:
            _ask(client, questions[asked % len(questions)])
            asked += 1
        late = process.memory_info().rss / 1e6
        figures.append(
            Figure(
                "memory of the server after 1,000 questions",
                late,
                "MB",
                more=f"{early:.0f} MB after {601 + 4 * len(four_parts())}",
                target=600,
            )
        )
    return figures


def _together(
    what: str, server: Server, questions: Sequence[str], target: float, p95: float | None, plain: Plain
) -> Figure:
    """Answers a second with eight askers; `p95` in milliseconds of one answer."""
    seconds: list[float] = []
    with httpx.Client(base_url=server.url, timeout=60) as client, ThreadPoolExecutor(AT_ONCE) as pool:

        def one(question: str) -> None:
            started = time.perf_counter()
            _ask(client, question)
            seconds.append(time.perf_counter() - started)

        started = time.perf_counter()
        list(pool.map(one, questions))
        rate = len(questions) / (time.perf_counter() - started)
    times = of_times(what, seconds)
    return Figure(
        what,
        rate,
        "/s",
        times.p95,
        f"median {times.median:.0f} ms, n={len(questions)}",
        target,
        higher_is_better=True,
        target_p95=p95,
        baseline=plain.rate,
    )


def _ask(client: httpx.Client, question: str) -> dict[str, dict[str, float]]:
    response = client.post("/api/v1/questions", json={"question": question})
    response.raise_for_status()
    answer: dict[str, dict[str, float]] = response.json()
    return answer

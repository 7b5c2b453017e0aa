"""Runs the real `tongxing` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Tongxing:
    """The command over one data folder and the small corpus."""

    data: Path
    corpus: Path

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the command; what the developer has set says nothing."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("TONGXING_", "LC_"))}
        for name in ("COLUMNS", "LANGUAGE"):
            own.pop(name, None)
        own |= {
            "TONGXING_DATA_DIR": str(self.data),
            "TONGXING_CORPUS_DIR": str(self.corpus),
            "TONGXING_TODAY": "2026-11-25",
            "LANG": "en_US.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        return own | more

    def __call__(
        self, *words: str | Path | bytes, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end."""
        options = {"capture_output": True, "stdin": subprocess.DEVNULL, "timeout": 120} | options
        if "input" in options:
            options.pop("stdin")
        if "stdout" in options:
            options.pop("capture_output")
            options["stderr"] = subprocess.PIPE
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *words],
            env=self.environment(**(env or {})),
            check=False,
            **options,
        )


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a command that a person can mend says: a single line, and exit code 2."""
    text = done.stderr.decode("utf-8")
    assert done.returncode == 2, text
    assert text.endswith("\n")
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text.strip()

"""The pages of docs/ that come from code are what the code says."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.domain import Status
from bot.settings import PREFIX, Settings
from scripts.generate_docs import PAGES, ROOT, commands_page, settings_page, statuses_page


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_the_settings_page_lists_every_setting() -> None:
    page = settings_page()
    assert all(f"`{PREFIX}{name.upper()}`" in page for name in Settings.model_fields)
    assert str(Path.home()) not in page


def test_the_commands_page_has_every_command_of_the_contract() -> None:
    page = commands_page()
    for command in ("ask", "search", "ingest", "documents list", "documents remove", "index", "corpus check",
                    "corpus stats", "serve"):  # fmt: skip
        assert f"## tongxing {command}\n" in page
    assert "--batch" in page


def test_the_commands_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = commands_page()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert commands_page() == before


def test_the_statuses_page_has_every_status_in_both_languages() -> None:
    rows = [line for line in statuses_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(Status)


def test_checking_is_quick() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "scripts.generate_docs", "--check"], cwd=ROOT, check=True)
    assert time.perf_counter() - started < 5

"""Writes the parts of the docs that come from code: settings, commands, statuses, and the table of measured quality
in the README, from the committed baseline of the harness. `--check` only compares."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import typer.main

from bot.cli import app
from bot.domain import Status
from bot.replies import reply
from bot.settings import PREFIX, Settings
from eval.gate import load_baseline
from eval.tables import readme_table

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BETWEEN = re.compile(r"(<!-- quality -->\n).*?(<!-- /quality -->)", re.DOTALL)
WIDTH = "100"


def settings_page() -> str:
    """docs/settings.md"""
    rows = ["| variable | default | may be | meaning |", "|---|---|---|---|"]
    for name, info in Settings.model_fields.items():
        default = info.default
        shown = (
            "the shipped corpus" if name == "corpus_dir" else "unset" if default is None else f"`{default}`"
        )
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {_allowed(name)} | {info.description} |")
    head = (
        "# Settings\n\nGenerated from `bot/settings.py` by `make docs`. Set them in the environment or in `.env`; "
        "a `TONGXING_*` variable that is not listed here is reported, not ignored.\n\n"
    )
    return head + "\n".join(rows) + "\n"


def _allowed(name: str) -> str:
    info = Settings.model_fields[name]
    choices = [f"`{choice}`" for choice in get_args(info.annotation) if isinstance(choice, str)]
    if choices:
        return ", ".join(choices)
    bounds = [getattr(item, key) for key in ("ge", "le") for item in info.metadata if hasattr(item, key)]
    if len(bounds) == 2:
        return f"{bounds[0]} to {bounds[1]}"
    return {"data_dir": "folder", "corpus_dir": "folder", "today": "a day, YYYY-MM-DD"}.get(name, "text")


def commands_page() -> str:
    """docs/commands.md: what `--help` prints for every command, gathered in this process."""
    command = typer.main.get_command(app)
    blocks = ["# Commands\n\nGenerated from the help texts by `make docs`.\n"]
    # Help breaks its lines at the width of the terminal that asks for it.
    with patch.dict(os.environ, {"COLUMNS": WIDTH, "TERM": "dumb", "LINES": "50"}):
        for path in _paths(command):
            shown = StringIO()
            with redirect_stdout(shown):
                command.main([*path, "--help"], prog_name="tongxing", standalone_mode=False)
            text = "\n".join(line.rstrip() for line in shown.getvalue().strip().splitlines())
            blocks.append(f"## {' '.join(['tongxing', *path])}\n\n```\n{text}\n```\n")
    return "\n".join(blocks)


def _paths(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Words of the command and of all commands below it, in the order of its help."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from _paths(below, (*path, name))


def statuses_page() -> str:
    """docs/statuses.md"""
    rows = ["| status | 中文 | English |", "|---|---|---|"]
    for status in Status:
        rows.append(
            f"| `{status.value}` | {reply(f'status/{status.value}', 'zh')} | {reply(f'status/{status.value}', 'en')} |"
        )
    return (
        "# Statuses of an answer\n\nGenerated from `bot/domain.py` and `prompts/status/` by `make docs`.\n\n"
        + "\n".join(rows)
        + "\n"
    )


def quality_block() -> str:
    """The README's table: the figures of the run that the gate compares with."""
    baseline = load_baseline()
    if baseline is None:
        return "No baseline is committed yet: `make eval`, then `tongxing eval gate --accept`.\n"
    day, cases = baseline.info.started[:10], baseline.info.cases
    return (
        f"Measured on {day} with {cases:,} cases, each with its 95 % interval; `test` cases were never looked at "
        f"while tuning.\n\n{readme_table(baseline.summary, 'en')}\n"
        f"{day} 测得，共 {cases:,} 个案例，括号内为 95% 置信区间；test 部分在调试时从不查看。\n\n"
        f"{readme_table(baseline.summary, 'zh')}"
    )


def with_blocks(readme: str) -> str:
    """The README with its generated block written anew."""
    return BETWEEN.sub(lambda match: f"{match[1]}\n{quality_block()}\n{match[2]}", readme)


PAGES = {"settings.md": settings_page, "commands.md": commands_page, "statuses.md": statuses_page}


def main() -> int:
    """Write the pages, or with `--check` say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, make in PAGES.items():
        path = ROOT / "docs" / name
        text = make()
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    if with_blocks(readme) != readme:
        if check:
            stale.append("README.md")
        else:
            README.write_text(with_blocks(readme), encoding="utf-8")
    if stale:
        print(f"docs out of date: {', '.join(stale)}; run `make docs`.")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())

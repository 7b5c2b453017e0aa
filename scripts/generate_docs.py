"""Writes the parts of the docs that come from code: settings, commands, statuses. `--check` only compares."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bot.domain import Status
from bot.replies import reply
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
COMMANDS: tuple[list[str], ...] = (
    [],
    ["ask"],
    ["search"],
    ["ingest"],
    ["documents", "list"],
    ["documents", "remove"],
    ["index"],
    ["corpus", "check"],
    ["corpus", "stats"],
    ["serve"],
)


def settings_page() -> str:
    """docs/settings.md"""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, info in Settings.model_fields.items():
        default = info.default
        shown = (
            "the shipped corpus" if name == "corpus_dir" else "unset" if default is None else f"`{default}`"
        )
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {info.description} |")
    head = (
        "# Settings\n\nGenerated from `bot/settings.py` by `make docs`. Set them in the environment or in `.env`; "
        "a `TONGXING_*` variable that is not listed here is reported, not ignored.\n\n"
    )
    return head + "\n".join(rows) + "\n"


def commands_page() -> str:
    """docs/commands.md"""
    blocks = ["# Commands\n\nGenerated from the help texts by `make docs`.\n"]
    for command in COMMANDS:
        shown = subprocess.run(
            [sys.executable, "-m", "bot.cli", *command, "--help"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "100", "TERM": "dumb", "LANG": "C.UTF-8"},
        ).stdout
        text = "\n".join(
            line.rstrip() for line in shown.replace("python -m bot.cli", "tongxing").strip().splitlines()
        )
        blocks.append(f"## {' '.join(['tongxing', *command])}\n\n```\n{text}\n```\n")
    return "\n".join(blocks)


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
    if stale:
        print(f"docs out of date: {', '.join(stale)}; run `make docs`.")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())

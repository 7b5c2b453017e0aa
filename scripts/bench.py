"""`make bench`: the figures of docs/figures.md, measured on this machine now.

Every figure of search and answering stands beside LangChain's plain Chroma retriever with the same embedder,
measured in the same run. Questions are those of the datasets, each asked once, so that no cache answers.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benching import baseline, commands, edits, serving
from scripts.benching.figure import Figure

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure, print, and with `--out` write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="also write the figures as JSON")
    parser.add_argument(
        "--fresh", action="store_true", help="also clone, set up and serve from nothing (minutes)"
    )
    arguments = parser.parse_args()
    console = Console()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="tongxing-bench-") as name:
        folder = Path(name)
        if arguments.fresh:
            figures += commands.fresh_clone(ROOT, folder / "clone")
        data = folder / "data"
        figures += commands.index_build(data)
        figures += commands.cold(data)
        plain = baseline.plain_chroma(data)
        figures.append(plain.figure)
        figures += serving.served(data, plain)
        figures += edits.edited_fact(folder)
    table = Table(title=f"Tongxing on {platform.machine()}, {_cores()} cores, {datetime.now(UTC):%Y-%m-%d}")
    for column in ("what", "median", "p95", "more", "target", "baseline", "ratio", "met"):
        table.add_column(column)
    for figure in figures:
        table.add_row(*figure.row())
    console.print(table)
    if arguments.out:
        rows = [figure.__dict__ for figure in figures]
        arguments.out.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _cores() -> int:
    import os

    return os.cpu_count() or 1


if __name__ == "__main__":
    main()

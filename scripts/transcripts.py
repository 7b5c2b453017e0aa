"""Writes the four transcripts of the README from the product itself: `make docs`. `--check` only compares.

They are made on a fixed day, so that they change when an answer changes and at no other time.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.replies import PROMPTS, yaml_of

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BETWEEN = re.compile(r"(<!-- transcripts -->\n).*?(<!-- /transcripts -->)", re.DOTALL)
DAY = "2026-11-25"


def transcripts(data: Path) -> str:
    """The questions of `prompts/transcripts.yaml` with what `tongxing ask` prints for each."""
    blocks = []
    for entry in yaml_of(PROMPTS / "transcripts.yaml"):
        shown = subprocess.run(
            [sys.executable, "-m", "bot.cli", "ask", entry["question"]],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("TONGXING_")},
                "TONGXING_DATA_DIR": str(data),
                "TONGXING_TODAY": DAY,
                "COLUMNS": "100",
                "TERM": "dumb",
                "LANG": "C.UTF-8",
            },
        ).stdout
        text = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        blocks.append(f'**{entry["who"]}**\n\n```\n$ tongxing ask "{entry["question"]}"\n{text}\n```\n')
    return "\n".join(blocks)


def main() -> int:
    """Write the transcripts, or with `--check` say that they are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    readme = README.read_text(encoding="utf-8")
    data = os.environ.get("TONGXING_DATA_DIR")
    if data:
        made = transcripts(Path(data))
    else:
        with tempfile.TemporaryDirectory() as folder:
            made = transcripts(Path(folder))
    fresh = BETWEEN.sub(lambda match: f"{match[1]}\n{made}\n{match[2]}", readme)
    if check:
        if fresh != readme:
            print("The transcripts of README.md are out of date; run `make docs`.")
        return int(fresh != readme)
    README.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The commands, as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.gate import VERDICTS
from eval.log import write_info, write_lines
from tests.eval.answers import facts
from tests.eval.runs import scored, sound_entries

ROOT = Path(__file__).parents[2]


def tongxing_eval(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """`tongxing eval …` with its own data folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TONGXING_")}
    environment |= {"TONGXING_DATA_DIR": str(data), "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"}
    command = [sys.executable, "-m", "eval.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one finished run, not scored."""
    data = tmp_path_factory.mktemp("data")
    folder = data / "eval" / "a"
    folder.mkdir(parents=True)
    run = scored(sound_entries(24), folder, name="a")
    write_lines(folder / "log.jsonl", run.log.entries)
    write_lines(folder / "facts.jsonl", facts().all)
    write_info(folder, run.info)
    return data


def test_the_newest_run_is_scored_and_held_against_the_gate(data: Path) -> None:
    done = tongxing_eval("score", data=data)
    assert done.returncode == 0, done.stderr
    assert "Strict accuracy" in done.stdout
    assert "Beside baselines" in done.stdout

    gate = tongxing_eval("gate", "--json", data=data)
    verdict = json.loads(gate.stdout)
    assert gate.returncode == (1 if any(f["red"] for f in verdict["findings"]) else 0)
    assert not any(
        f["red"] for f in verdict["findings"] if f["rule"] in ("critical", "critical_kind", "scored")
    )

    folder = str(data / "eval" / "a")
    compared = tongxing_eval("compare", folder, folder, data=data)
    assert compared.returncode == 0, compared.stderr
    assert "48 shared cases" in compared.stdout


def test_without_a_run_the_line_says_how_to_make_one(tmp_path: Path) -> None:
    done = tongxing_eval("score", data=tmp_path)

    assert done.returncode == 2
    assert "tongxing eval run" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_run_that_is_not_scored_is_said_to_be(tmp_path: Path) -> None:
    folder = tmp_path / "eval" / "b"
    folder.mkdir(parents=True)
    run = scored(sound_entries(2), folder)
    write_lines(folder / "log.jsonl", run.log.entries)
    write_lines(folder / "facts.jsonl", [])
    write_info(folder, run.info)

    done = tongxing_eval("gate", data=tmp_path)
    assert done.returncode == 2
    assert "tongxing eval score" in done.stderr


def test_a_run_of_part_of_the_cases_never_becomes_the_baseline(tmp_path: Path) -> None:
    folder = tmp_path / "eval" / "c"
    folder.mkdir(parents=True)
    run = scored(sound_entries(2), folder, limit=4)
    write_lines(folder / "log.jsonl", run.log.entries)
    write_lines(folder / "facts.jsonl", facts().all)
    write_info(folder, run.info)
    assert tongxing_eval("score", data=tmp_path).returncode == 0

    before = _baseline()
    done = tongxing_eval("gate", "--accept", data=tmp_path)
    assert done.returncode == 2
    assert "cannot be the baseline" in done.stderr
    assert _baseline() == before


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01"])
def test_a_day_that_is_none_is_refused(day: str, tmp_path: Path) -> None:
    done = tongxing_eval("run", "--today", day, data=tmp_path)

    assert done.returncode == 2
    assert "--today" in done.stderr


def test_help_is_quick_to_load_and_names_every_command() -> None:
    code = "import sys, eval.cli; print(sorted({'numpy', 'chromadb', 'langchain_core', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"

    listed = tongxing_eval("--help", data=ROOT)
    for command in ("run", "score", "compare", "gate", "report", "sample", "labels", "check"):
        assert command in listed.stdout


def _baseline() -> bytes | None:
    path = ROOT / "eval" / "baseline" / VERDICTS
    return path.read_bytes() if path.is_file() else None

"""The `tongxing` command for tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.bot.command_line import Tongxing


@pytest.fixture(scope="session")
def tongxing(small_data: Path, small_corpus: Path) -> Tongxing:
    """The command over the small corpus, its index built. Only for commands that change nothing."""
    return Tongxing(small_data, small_corpus)


@pytest.fixture
def own_tongxing(small_data: Path, small_corpus: Path, tmp_path: Path) -> Tongxing:
    """The command over a data folder of the test's own."""
    data = tmp_path / "data"
    shutil.copytree(small_data, data)
    return Tongxing(data, small_corpus)

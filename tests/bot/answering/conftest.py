"""An assistant over the whole shipped corpus, for what only a corpus of some size decides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.answering.assistant import Assistant
from bot.assembly import assistant_of
from bot.settings import Settings

SHIPPED_DATA = Path(__file__).parents[3] / "data"
"""Where `make setup` builds the index; a missing one is built by the first test that needs it, in half a minute."""


@pytest.fixture(scope="session")
def shipped() -> Assistant:
    """An assistant over the shipped corpus, on a fixed day. Opening its index takes about four seconds."""
    folder = Path(os.environ.get("TONGXING_DATA_DIR") or SHIPPED_DATA)
    return assistant_of(Settings(_env_file=None, data_dir=folder, today="2026-11-25"))

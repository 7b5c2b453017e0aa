"""The language of the person at this terminal."""

from __future__ import annotations

import os
from typing import Literal


def terminal_language() -> Literal["zh", "en"]:
    """The language of the person at this terminal, by their locale."""
    # LANGUAGE is a list of preferences and outweighs the rest, except where the locale is plain C (gettext's rule).
    locale = next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), ""
    )
    preferred = os.environ.get("LANGUAGE", "").split(":")[0]
    if preferred and locale.partition(".")[0] not in ("", "C", "POSIX"):
        locale = preferred
    return "zh" if locale.lower().startswith("zh") else "en"

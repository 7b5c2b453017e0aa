"""Lines for a terminal: Latin text breaks between words, Chinese between characters, never before 。or after 《."""

from __future__ import annotations

import re
import unicodedata

_WIDE = "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
_OPENING = "《〈「『（【〔“‘(\\["
_CLOSING = "。，、；：？！》〉」』）】〕”’…—,.;:?!)%％"
# A unit is what stays on one line: a wide character or a run of narrow ones, with the marks that lean on it and
# the numbers of its sources.
_UNIT = re.compile(
    rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}]+|$)[{_CLOSING}]*(?:\[\d+\])*|[{_OPENING}]+"
)


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def wrap(text: str, width: int | None, first: str = "", rest: str = "") -> list[str]:
    """`text` (one paragraph) in lines of at most `width` columns, begun with `first` and then `rest`.

    Without a width it stays one line. A unit wider than a line, such as an address, is not cut.
    """
    if width is None:
        return [first + text]
    lines: list[str] = []
    line, used = first, cells(first)
    empty = True
    for match in _UNIT.finditer(text):
        unit = match[0]
        if not unit:
            continue
        size = cells(unit.rstrip())
        if unit.isspace():
            if not empty:
                line, used = line + " ", used + 1
            continue
        if not empty and used + size > width:
            lines.append(line.rstrip())
            line, used = rest, cells(rest)
        line, used = line + unit, used + size
        empty = False
    lines.append(line.rstrip())
    return lines

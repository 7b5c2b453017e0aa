"""One file becomes a Reading: its type is told by its ending, its limits are checked before it is opened."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from retrieval.errors import DocumentError
from retrieval.readers.blocks import (
    Block,
    Heading,
    Paragraph,
    Reading,
    chapter_level,
    ends_sentence,
    one_line,
)
from retrieval.readers.decoding import decode_html, decode_text
from retrieval.readers.html import read_html, read_markdown
from retrieval.readers.office import read_docx, read_pptx, read_xlsx
from retrieval.readers.pdf import read_pdf
from retrieval.readers.rules import refusal

RECORD_ENDINGS = (".jsonl", ".ndjson")
OLD_OFFICE = (".doc", ".ppt", ".xls", ".wps", ".dps", ".et")
MIN_WRAPPED = 30
"""Shortest line, in characters, that a program may have wrapped; below it a line is one because somebody ended it."""
TYPES = "Markdown, TXT, HTML, PDF, DOCX, PPTX, XLSX, JSONL"


def _text(path: Path, shown: str) -> Reading:
    text, notices = decode_text(path.read_bytes(), shown)
    return Reading([_text_block(line) for line in _unwrapped(text)], notices=notices)


def _text_block(line: str) -> Block:
    level = chapter_level(line)
    return Heading(line, level) if level else Paragraph(line)


def _unwrapped(text: str) -> Iterator[str]:
    """Lines of plain text; a line that ends in mid-sentence near the right edge goes on in the next one."""
    for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line.strip() for line in part.split("\n") if line.strip()]
        longest = max(map(len, lines), default=0)
        held: list[str] = []
        for place, line in enumerate(lines, 1):
            held.append(line)
            if len(line) < max(0.8 * longest, MIN_WRAPPED) or ends_sentence(line) or place == len(lines):
                yield one_line("\n".join(held))
                held = []


def _markdown(path: Path, shown: str) -> Reading:
    text, notices = decode_text(path.read_bytes(), shown)
    reading = read_markdown(text.replace("\r\n", "\n"))
    reading.notices[:0] = notices
    return reading


def _html(path: Path, shown: str) -> Reading:
    text, notices = decode_html(path.read_bytes(), shown)
    reading = read_html(text)
    reading.notices[:0] = notices
    return reading


# The format libraries are imported inside these functions, when a file of the format is read.
_READERS: dict[str, Callable[[Path, str], Reading]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _text,
    ".text": _text,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".pptx": read_pptx,
    ".xlsx": read_xlsx,
}


def is_readable_type(path: Path) -> bool:
    """Whether the ending of `path` is one that can be read."""
    return path.suffix.lower() in _READERS or is_records(path)


def is_records(path: Path) -> bool:
    """Whether `path` is JSON Lines, each line a document of its own."""
    return path.suffix.lower() in RECORD_ENDINGS


def check_file(path: Path, shown: str, max_mb: int) -> None:
    """Refuse what need not be opened to know: not there, no file, of unknown type, empty or too large."""
    try:
        if not path.exists():
            raise refusal("missing", path=shown)
        if not path.is_file():
            raise refusal("not_regular", path=shown)
        bytes_ = path.stat().st_size
    except (OSError, ValueError) as exc:
        raise refusal("unreadable", path=shown, reason=getattr(exc, "strerror", None) or exc) from exc
    if path.suffix.lower() in OLD_OFFICE:
        raise refusal("old_office", path=shown)
    if not is_readable_type(path):
        raise refusal("unknown_type", path=shown, types=TYPES)
    if bytes_ == 0:
        raise refusal("empty", path=shown)
    if bytes_ > max_mb * 1_000_000:
        raise refusal("too_large", path=shown, size=f"{bytes_ / 1e6:.0f}", limit=max_mb)


def read_file(path: Path, shown: str) -> Reading:
    """Blocks of a file that `check_file` let through. `shown` names it in messages.

    Raises `DocumentError` with the reason for anything that cannot be read, whatever a library raised.
    """
    try:
        return _READERS[path.suffix.lower()](path, shown)
    except DocumentError:
        raise
    except MemoryError:
        raise
    except ImportError as exc:
        raise refusal("no_extra", path=shown, module=exc.name or exc) from exc
    except OSError as exc:
        raise refusal("unreadable", path=shown, reason=exc.strerror or type(exc).__name__) from exc
    except Exception as exc:
        # Libraries raise what they like on broken files: KeyError, AttributeError, lxml and zlib errors …
        raise refusal("corrupt", path=shown, type=path.suffix[1:].upper()) from exc


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""What every reader gives: the content of a document in reading order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. `level` counts from 1; `page` from 1, None where the format has no pages."""

    text: str
    level: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One or more whole sentences, or one item of a list."""

    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `header` names the columns; empty where the document does not name them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    page: int | None = None


Block = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person who adds a document should know, though it was added."""

    zh: str
    en: str

    def line(self, lang: str) -> str:
        """The one line for a reader of `lang` ("zh", or anything else for English)."""
        return self.zh if lang == "zh" else self.en


@dataclass(slots=True)
class Reading:
    """A document as read. `title`, `url` and `dated` only where the document itself shows them."""

    blocks: list[Block]
    title: str | None = None
    url: str | None = None
    dated: str | None = None
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a JSON Lines file. `id` is kept exactly as it stands there."""

    line: int
    """Where it stands in the file, from 1."""
    id: str
    title: str
    text: str
    lang: str | None = None
    url: str | None = None


WIDE = "\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
"""The inside of a regular expression class: characters of Chinese, Japanese and Korean, as wide as a Han."""
_BREAK = re.compile(rf"(?<=[{WIDE}])[ \t\r]*\n\s*(?=[{WIDE}])")


def one_line(text: str) -> str:
    """White space collapsed to single spaces; a line break between two Han characters leaves none."""
    return " ".join(_BREAK.sub("", text).split())


_CHAPTER = re.compile(
    r"第[一二三四五六七八九十百零〇\d]{1,6}(?P<han>[编章节篇])(?:[\s\u3000]*\S.{0,40})?"
    r"|(?:CHAPTER|PART|Chapter|Part)\s+(?:\d{1,3}|[IVXL]{1,7})\b.{0,80}"
)
_SENTENCE_END = re.compile(r"[。！？!?；;.:：][\"'”’」』)）\]】]*$")


def chapter_level(line: str) -> int | None:
    """Level of a line that numbering alone makes a heading (第二章 税务, Chapter 2 Tax); None for others."""
    found = _CHAPTER.fullmatch(line)
    if not found or ends_sentence(line) or "，" in line:
        return None
    return 2 if found.group("han") == "节" else 1


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a full stop or the like, also before a closing quote or bracket."""
    return bool(_SENTENCE_END.search(line))


_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?(?!\d)")


def date_shown(value: object) -> str | None:
    """The date at the start of a metadata value as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None if there is none."""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value or "")
    found = _DATE.match(text.strip())
    if not found:
        return None
    year, month, day = found.group(1), found.group(2), found.group(3)
    if month is None or not 1 <= int(month) <= 12:
        return year
    if day is None or not 1 <= int(day) <= 31:
        return f"{year}-{int(month):02}"
    return f"{year}-{int(month):02}-{int(day):02}"


def web_address(value: object) -> str | None:
    """`value` when it is an absolute http(s) address without spaces; None for anything else."""
    text = str(value or "").strip()
    seen = not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in text)
    return text if seen and re.fullmatch(r"https?://[^\s<>\"']{3,2000}", text) else None

"""Documents and passages: what a person ingested, as plain values that are searched and cited like facts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from pydantic import BaseModel, ConfigDict

from retrieval.readers.blocks import Block, Heading, Paragraph, Reading, Record, Table, web_address
from retrieval.readers.rules import rules
from retrieval.splitting import Piece, size, split

__all__ = ["Document", "Passage", "document_from_reading", "document_from_record"]

_UNSEEN = re.compile(
    # Controls but tab and line feed, bidi controls, zero-width and tag characters, lone surrogates: they hide or
    # turn text around, or stop it from being stored. Joiners stay: Persian and Hindi need them.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*)?")
_WORD = re.compile(r"[^\W_]")


class DocumentModel(BaseModel):
    """Immutable, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(DocumentModel):
    """A piece of a document, some 120 to 350 Han or 300 to 800 Latin characters."""

    id: str
    """`<document id>#<n>`, n from 1."""
    document_id: str
    title: str
    url: str | None = None
    lang: str
    """ISO 639 code of its own text, which may differ from its document's."""
    heading: list[str] = []
    """Headings above it, outermost first."""
    page: int | None = None
    """Page or slide it begins on, from 1; None where the format has none."""
    text: str
    dated: str | None = None
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD` as the document shows it; None: it shows none."""
    added: str
    """The day it was ingested, `YYYY-MM-DD`."""
    record: bool = False
    """A line of a JSON Lines file, known to people by the id it stands under there."""

    @property
    def cite_id(self) -> str:
        """The id in search results and answers: a record's own, for files the passage's."""
        return self.document_id if self.record else self.id

    @property
    def context(self) -> str:
        """Title and nearest headings in one line: what the text is about, to be indexed with it."""
        return " › ".join(dict.fromkeys([self.title, *self.heading[-2:]]))


class Document(DocumentModel):
    """A file, or one line of a JSON Lines file, with its passages in reading order."""

    id: str
    """`doc-` and 12 hex digits of the content's hash; for a line of JSON Lines the id given there."""
    title: str
    url: str | None = None
    lang: str
    file_name: str
    dated: str | None = None
    added: str
    sha256: str
    """Hash of the file's bytes."""
    passages: list[Passage]


def document_from_reading(reading: Reading, *, file_name: str, sha256: str, added: str) -> Document | None:
    """The document of a file. None when it holds no word. `added` is today, `YYYY-MM-DD`."""
    blocks = list(_clean_blocks(reading.blocks))
    title = clean(reading.title or "") or _first_heading(blocks) or PurePath(file_name).stem
    # A date that has not come yet is a mistake or a plan, not the day the page was written.
    dated = reading.dated if reading.dated and reading.dated <= added[: len(reading.dated)] else None
    pieces = split(blocks)
    if not any(_WORD.search(piece.text) for piece in pieces):
        return None
    return _document(
        f"doc-{sha256[:12]}",
        title=title[:300],
        url=reading.url,
        lang=None,
        pieces=pieces,
        file_name=file_name,
        dated=dated,
        added=added,
        sha256=sha256,
        record=False,
    )


def document_from_record(record: Record, *, file_name: str, sha256: str, added: str) -> Document | None:
    """The document of one line of JSON Lines, under its own id. None when its text holds no word."""
    text = clean(record.text)
    if not _WORD.search(text):
        return None
    lines = [line.strip() for line in text.split("\n")]
    code = _CODE.fullmatch((record.lang or "").strip())
    title = " ".join(clean(record.title).split())
    return _document(
        record.id,
        title=(title or lines[0])[:300],
        url=web_address(record.url),
        lang=code.group(1).lower() if code else None,
        pieces=split(Paragraph(line) for line in lines if line),
        file_name=file_name,
        dated=None,
        added=added,
        sha256=sha256,
        record=True,
    )


def _document(
    document_id: str,
    *,
    title: str,
    url: str | None,
    lang: str | None,
    pieces: Sequence[Piece],
    file_name: str,
    dated: str | None,
    added: str,
    sha256: str,
    record: bool,
) -> Document:
    lang = lang or tell_language(" ".join(piece.text for piece in pieces[:5]))
    if len(pieces) == 1 and size(pieces[0].text) < rules().passages.fragment and title not in pieces[0].text:
        # A fragment alone would be near to everything; its title says what it is about.
        pieces = [Piece(f"{title}\n{pieces[0].text}", pieces[0].heading, pieces[0].page)]
    passages = [
        Passage(
            id=f"{document_id}#{number}",
            document_id=document_id,
            title=title,
            url=url,
            lang=lang if record else _passage_language(piece.text, lang),
            heading=list(piece.heading),
            page=piece.page,
            text=piece.text,
            dated=dated,
            added=added,
            record=record,
        )
        for number, piece in enumerate(pieces, 1)
    ]
    return Document(
        id=document_id,
        title=title,
        url=url,
        lang=lang,
        file_name=file_name,
        dated=dated,
        added=added,
        sha256=sha256,
        passages=passages,
    )


def _passage_language(text: str, lang: str) -> str:
    """The document's language, told anew only where the script says otherwise (a bilingual document)."""
    han = len(_HAN.findall(text)) / max(len(text), 1)
    if (lang == "zh" and han < 0.05) or (lang not in ("zh", "ja") and han > 0.3):
        return tell_language(text)
    return lang


def tell_language(text: str) -> str:
    """ISO 639 code of the language of `text`."""
    try:
        from retrieval.language import tell_language as tell
    except ImportError:
        return "zh" if _HAN.search(text) else "en"
    return str(tell(text[:2000]).code)


def clean(text: str) -> str:
    """`text` in NFC without characters that are not seen."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _clean_blocks(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Table):
            rows = tuple(tuple(clean(cell) for cell in row) for row in block.rows)
            yield Table(tuple(clean(name) for name in block.header), rows, block.page)
        elif text := clean(block.text).strip():
            yield (
                Heading(text, block.level, block.page)
                if isinstance(block, Heading)
                else Paragraph(text, block.page)
            )


def _first_heading(blocks: Sequence[Block]) -> str:
    return next((block.text for block in blocks if isinstance(block, Heading)), "")

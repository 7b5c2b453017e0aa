"""JSON Lines: one document a line, `{"id", "title", "text", "lang"?, "url"?}`. A faulty line never stops the others."""

from __future__ import annotations

import codecs
import json
import unicodedata
from collections.abc import Iterator

from retrieval.errors import DocumentError
from retrieval.readers.blocks import Record
from retrieval.readers.decoding import decode_text, is_utf8, is_wide_encoding, mostly_utf8
from retrieval.readers.rules import refusal

ID_LENGTH = 200
"""Longest id, in characters: ids are shown in one line and kept in keys of the index."""


def read_records(data: bytes, shown: str) -> Iterator[Record | DocumentError]:
    """Records in the order of lines; a line that cannot be used gives its error instead. Blank lines are skipped.

    Raises `DocumentError` when the bytes are no text at all.
    """
    first_lines: dict[str, int] = {}
    for number, line in enumerate(_lines(data, shown), 1):
        if not line.strip():
            continue
        try:
            record = _record(line, number, shown)
            if record.id in first_lines:
                raise refusal(
                    "line_duplicate", path=shown, line=number, id=record.id, first=first_lines[record.id]
                )
        except DocumentError as error:
            yield error
            continue
        first_lines[record.id] = number
        yield record


def _lines(data: bytes, shown: str) -> list[bytes]:
    """Lines in UTF-8. Bytes that are UTF-8 for the most part stay as they are, so that only faulty lines fail."""
    if is_wide_encoding(data) or not (is_utf8(data) or mostly_utf8(data)):
        data = decode_text(data, shown)[0].encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8).split(b"\n")


def _record(line: bytes, number: int, shown: str) -> Record:
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise refusal("line_bad_utf8", path=shown, line=number) from exc
    except json.JSONDecodeError as exc:
        raise refusal(
            "line_bad_json", path=shown, line=number, reason=f"{exc.msg}, column {exc.colno}"
        ) from exc
    except (RecursionError, ValueError) as exc:  # nested or figures too long
        raise refusal("line_bad_json", path=shown, line=number, reason=type(exc).__name__) from exc
    if not isinstance(value, dict):
        raise refusal("line_not_object", path=shown, line=number)
    for column in ("id", "title", "text"):
        if value.get(column) is None:
            raise refusal("line_missing", path=shown, line=number, column=column)
    if type(value["id"]) is int:  # a figure is an id people read the same way
        value["id"] = str(value["id"])
    for column in ("id", "title", "text", "lang", "url"):
        if not isinstance(value.get(column) or "", str):
            raise refusal("line_wrong", path=shown, line=number, column=column)
    identifier = value["id"]
    if (
        not identifier.strip()
        or len(identifier) > ID_LENGTH
        or any(unicodedata.category(character) in ("Cc", "Cs") for character in identifier)
    ):
        raise refusal("line_bad_id", path=shown, line=number)
    return Record(
        line=number,
        id=identifier,
        title=value["title"],
        text=value["text"],
        lang=value.get("lang") or None,
        url=value.get("url") or None,
    )

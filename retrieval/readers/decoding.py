"""Bytes become text: the encoding is told from marks, then from the bytes themselves, never guessed silently."""

from __future__ import annotations

import codecs
import re

from retrieval.readers.blocks import Notice
from retrieval.readers.rules import notice, refusal

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABELS = {
    # What the names mean on the web (WHATWG Encoding): each is read as its superset.
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "tis-620": "cp874",
}
_CANDIDATES = [
    "gb18030",
    "big5hkscs",
    "cp932",
    "cp949",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1254",
    "cp1256",
    "cp874",
    "koi8_r",
]
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_\-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_\-]{2,40})""")


def decode_text(data: bytes, path: object) -> tuple[str, list[Notice]]:
    """Text of `data` and what to tell about it.

    A few broken bytes in UTF-8 are replaced and told of. Raises `DocumentError` when no encoding fits
    or the bytes are no text. `path` is for messages only.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _replace_broken(data[len(mark) :], encoding, path)
    if (utf16 := _unmarked_utf16(data)) is not None:
        return _replace_broken(data, utf16, path)
    if data.count(0) > len(data) // 1000:
        raise refusal("not_text", path=path)
    if is_utf8(data):
        return data.decode("utf-8"), []
    if mostly_utf8(data):
        return _replace_broken(data, "utf-8", path)
    told = _tell_encoding(data)
    if told is None:
        raise refusal("not_text", path=path)
    return data.decode(told), [] if told == "gb18030" else [notice("encoding_told", path=path, encoding=told)]


def decode_html(data: bytes, path: object) -> tuple[str, list[Notice]]:
    """Like `decode_text`, but what the page says about its own encoding goes first."""
    head = data[:4096]
    found = _META.search(head) or _XML.search(head)
    if found and not any(data.startswith(mark) for mark, _ in _MARKS):
        label = found.group(1).decode("ascii").lower()
        try:
            encoding = codecs.lookup(_LABELS.get(label, label)).name
            if not encoding.startswith("utf-16"):  # a page whose marks can be read as ASCII is not UTF-16
                return data.decode(encoding), []
        except (LookupError, UnicodeError):
            pass  # a wrong label: the bytes decide
    return decode_text(data, path)


def is_utf8(data: bytes) -> bool:
    """Whether every byte of `data` is part of valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_wide_encoding(data: bytes) -> bool:
    """Whether `data` is UTF-16 or UTF-32, by its mark or by its NULs."""
    marked = any(data.startswith(mark) for mark, encoding in _MARKS if encoding != "utf-8")
    return marked or _unmarked_utf16(data) is not None


def mostly_utf8(data: bytes) -> bool:
    """Whether non-ASCII characters of `data` are UTF-8 with few exceptions (at most one in twenty)."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    return whole > 0 and broken * 20 <= whole


def _replace_broken(data: bytes, encoding: str, path: object) -> tuple[str, list[Notice]]:
    text = data.decode(encoding, errors="replace")
    given = data.count("\ufffd".encode(encoding))
    broken = text.count("\ufffd") - given
    if broken <= 0:
        return text, []
    if broken * 10 > len(text):
        raise refusal("not_text", path=path)
    line = text.count("\n", 0, text.index("\ufffd")) + 1
    return text, [notice("replaced_bytes", path=path, count=broken, line=line)]


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark shows as NULs in every other place of its spaces, digits and line ends."""
    head = data[:4000]
    even, odd = head[0::2], head[1::2]
    if len(head) < 8 or not head.count(0):
        return None
    # Low bytes may be NUL too (一 is U+4E00), but rarely.
    if odd.count(0) > 0.03 * len(odd) and odd.count(0) > 2 * even.count(0):
        return "utf-16-le"
    if even.count(0) > 0.03 * len(even) and even.count(0) > 2 * odd.count(0):
        return "utf-16-be"
    return None


def _tell_encoding(data: bytes) -> str | None:
    """A legacy encoding that fits `data`, or None."""
    if _is_chinese_gb(data):
        return "gb18030"
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_CANDIDATES, preemptive_behaviour=False).best()
    return best.encoding if best else None


def _is_chinese_gb(data: bytes) -> bool:
    """Whether `data` reads as GB18030 and its two-byte characters are those that Chinese is written in.

    Level 1 of GB 2312 (rows 16 to 55: 3,755 characters, over 99 % of running text) and the punctuation and
    full-width rows 1 and 3. Other encodings read as GB18030 land all over the table; Korean lands in rows 16
    to 40 only, where no more than half of Chinese does.
    """
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = _PAIR.findall(data)
    common = sum(1 for pair in pairs if 0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3))
    late = sum(1 for pair in pairs if 0xC9 <= pair[0] <= 0xD7)
    return len(pairs) >= 2 and common >= 0.9 * len(pairs) and late >= 0.1 * len(pairs)


_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")

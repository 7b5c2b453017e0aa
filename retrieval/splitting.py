"""Blocks become passages: along paragraphs and sentences, each with its heading path, none too long or too short.

Sizes come from `retrieval/data/documents.yaml` and are counted in Han characters (`size`). LangChain's splitters
were not used: they know neither Han sentence ends nor tables, and they leave fragments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from retrieval.readers.blocks import WIDE, Block, Heading, Paragraph, Table
from retrieval.readers.rules import rules

_WIDE = re.compile(f"[{WIDE}]")
_CLAUSE_END = re.compile(r"(?<=[，、；：])\s*|\s+")


def sentences(text: str) -> list[str]:
    try:
        from retrieval.text import sentences as cut
    except ImportError:
        return [part for part in re.split(r"(?<=[。！？；])|(?<=[.!?])\s+|\n", text) if part]
    return list(cut(text))


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of a passage, the headings above it (outermost first) and the page it begins on."""

    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    """Text that stays together: a paragraph, a row of a table, or a part of a long one."""

    text: str
    page: int | None
    size: float
    goes_on: bool = False
    """The next unit is the rest of the same paragraph."""


def size(text: str) -> float:
    """Size of `text` in Han characters."""
    wide = len(_WIDE.findall(text))
    return wide + rules().passages.narrow * (len(text) - wide)


def split(blocks: Iterable[Block]) -> list[Piece]:
    """Passages of a document in reading order. Every word of every block is in exactly one of them."""
    pieces: list[Piece] = []
    for heading, units in _sections(blocks):
        pieces.extend(_pack(heading, units))
    return _without_fragments(pieces)


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str, ...], list[_Unit]]]:
    """Runs of units under the same headings. A heading that nothing stands under is itself the text."""
    path: list[Heading] = []
    units: list[_Unit] = []
    said = True  # whether something has been given under the innermost heading

    def section() -> tuple[tuple[str, ...], list[_Unit]]:
        if units or said or not path:
            return tuple(h.text for h in path), units
        return tuple(h.text for h in path[:-1]), list(_units(Paragraph(path[-1].text, path[-1].page)))

    for block in blocks:
        if isinstance(block, Heading) and size(block.text) <= rules().passages.heading:
            deeper = bool(path) and block.level > path[-1].level
            if units or not deeper:
                yield section()
            units = []
            while path and path[-1].level >= block.level:
                path.pop()
            path.append(block)
            said = False
        else:
            units.extend(_units(Paragraph(block.text, block.page) if isinstance(block, Heading) else block))
            said = said or bool(units)
    yield section()


def _units(block: Paragraph | Table) -> Iterator[_Unit]:
    if isinstance(block, Paragraph):
        yield from _parts(block.text, block.page)
        return
    for row in block.rows:
        yield from _parts(_row(block.header, row), block.page)


def _row(header: Sequence[str], row: Sequence[str]) -> str:
    """A row that can be read alone: each value with the name of its column, or two cells as name and value."""
    cells = [(header[place] if place < len(header) else "", text) for place, text in enumerate(row) if text]
    han = bool(_WIDE.search("".join(row) + "".join(header)))
    colon, stop = ("：", "；") if han else (": ", "; ")
    if not header and len(cells) == 2:
        return cells[0][1] + colon + cells[1][1]
    if not header:
        return " | ".join(text for _, text in cells)
    return stop.join(f"{name}{colon}{text}" if name and name != text else text for name, text in cells)


def _parts(text: str, page: int | None) -> Iterator[_Unit]:
    """The paragraph whole, or cut at sentences into parts of about equal size."""
    limits = rules().passages
    whole = size(text)
    if whole == 0:
        return
    if whole <= limits.most:
        yield _Unit(text, page, whole)
        return
    wanted = whole / ceil(whole / ((limits.target + limits.most) / 2))
    parts: list[str] = []
    current, current_size = "", 0.0
    for sentence in _short_sentences(text):
        sentence_size = size(sentence)
        if current and (current_size + sentence_size > limits.most or current_size >= wanted):
            parts.append(current)
            current, current_size = "", 0.0
        current += sentence
        current_size += sentence_size
    parts.append(current)
    for place, part in enumerate(parts):
        stripped = part.strip()
        if stripped:
            yield _Unit(stripped, page, size(stripped), goes_on=place < len(parts) - 1)


def _short_sentences(text: str) -> Iterator[str]:
    """Sentences with the white space after them; one that is longer than a passage is cut at clauses, then words."""
    start = 0
    for sentence in sentences(text):
        end = text.find(sentence, start)
        end = len(text) if end < 0 else end + len(sentence)
        while end < len(text) and text[end].isspace():
            end += 1
        yield from _cut(text[start:end])
        start = end
    if start < len(text):
        yield from _cut(text[start:])


def _cut(sentence: str) -> Iterator[str]:
    most = rules().passages.most
    if size(sentence) <= most:
        yield sentence
        return
    current, start = "", 0
    for end in [*(found.end() for found in _CLAUSE_END.finditer(sentence)), len(sentence)]:
        clause = sentence[start:end]
        if current and size(current) + size(clause) > most:
            yield current
            current = ""
        current += clause
        start = end
        if len(current) > most and size(current) > most:  # no place to cut for a whole passage
            places = range(0, len(current), most)
            yield from (current[place : place + most] for place in places[:-1])
            current = current[places[-1] :]
    if current:
        yield current


def _pack(heading: tuple[str, ...], units: Sequence[_Unit]) -> Iterator[Piece]:
    """Units together until a passage is full; a line that announces a list stays with what it announces."""
    limits = rules().passages
    held: list[_Unit] = []
    total = 0.0
    for unit in units:
        if held and (total + unit.size > limits.most or _parts_here(held[-1], unit, total)):
            yield _piece(heading, held)
            held, total = [], 0.0
        held.append(unit)
        total += unit.size
    if held:
        yield _piece(heading, held)


def _parts_here(before: _Unit, unit: _Unit, total: float) -> bool:
    """Whether a passage of size `total` ends with `before`: full, at the end of its page, or of its language."""
    limits = rules().passages
    if before.text.endswith((":", "：")):
        return False
    if total >= limits.target or (before.page != unit.page and total >= limits.page_end):
        return True
    either_is_short = min(before.size, unit.size) < limits.fragment
    return not either_is_short and _is_wide(before.text) != _is_wide(unit.text)


def _is_wide(text: str) -> bool:
    return len(_WIDE.findall(text)) > 0.3 * len(text)


def _piece(heading: tuple[str, ...], units: Sequence[_Unit]) -> Piece:
    text = ""
    for before, unit in zip([None, *units], units, strict=False):
        if before is not None:
            glued = " " if not _WIDE.match(unit.text) else ""
            text += glued if before.goes_on else "\n"
        text += unit.text
    return Piece(text, heading, units[0].page)


def _without_fragments(pieces: Sequence[Piece]) -> list[Piece]:
    """Every fragment joined to the neighbour it belongs to: one under its own heading, else the one before."""
    limits = rules().passages
    room = limits.most + limits.fragment
    out: list[Piece] = []
    for place, piece in enumerate(pieces):
        before = out[-1] if out else None
        after = pieces[place + 1] if place + 1 < len(pieces) else None
        if before is None or (size(before.text) >= limits.fragment and size(piece.text) >= limits.fragment):
            out.append(piece)
            continue
        merged = _merge(before, piece)
        forced = after is None or size(before.text) < limits.fragment
        if forced or (size(merged.text) <= room and not _belongs_to_next(before, piece, after)):
            out[-1] = merged
        else:
            out.append(piece)
    return out


def _belongs_to_next(before: Piece, piece: Piece, after: Piece | None) -> bool:
    """Whether a fragment waits for the next piece: it introduces that one, or opens another run of fragments."""
    limits = rules().passages
    if after is None:
        return False
    introduces = _under(after, piece.heading) and not _under(before, piece.heading)
    return introduces or (size(before.text) >= limits.least and size(after.text) < limits.fragment)


def _under(piece: Piece, heading: tuple[str, ...]) -> bool:
    return piece.heading[: len(heading)] == heading


def _merge(first: Piece, second: Piece) -> Piece:
    """One piece under the headings of the larger; what the other's headings add is said in its text."""
    limits = rules().passages
    if size(first.text) < limits.fragment and size(second.text) < limits.fragment:
        shared = 0
        for one, other in zip(first.heading, second.heading, strict=False):
            if one != other:
                break
            shared += 1
        heading = first.heading[:shared]
    else:
        heading = max(first, second, key=lambda piece: size(piece.text)).heading
    text = "\n".join(_with_heading(piece, heading) for piece in (first, second))
    return Piece(text, heading, first.page)


def _with_heading(piece: Piece, heading: tuple[str, ...]) -> str:
    if heading[: len(piece.heading)] == piece.heading:
        return piece.text
    shared = 0
    while shared < min(len(heading), len(piece.heading)) and heading[shared] == piece.heading[shared]:
        shared += 1
    return "\n".join([" › ".join(piece.heading[shared:]), piece.text])

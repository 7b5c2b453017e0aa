"""HTML and Markdown become blocks. Only text is kept: no script, style, navigation, hidden part or address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from retrieval.readers.blocks import (
    Block,
    Heading,
    Paragraph,
    Reading,
    Table,
    date_shown,
    one_line,
    web_address,
)

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# fmt: off
_DROPPED = frozenset({
    "script", "style", "noscript", "template", "svg", "math", "canvas", "iframe", "object", "embed",
    "audio", "video", "picture", "img", "map", "nav", "aside", "footer", "button", "select",
    "option", "datalist", "dialog", "menu", "head", "rp", "rt",
})
_BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "form", "header", "hr", "html", "li", "main", "ol", "p", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NOT_CONTENT = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"})
_DATES = (
    "article:published_time",
    "date",
    "pubdate",
    "publishdate",
    "dc.date",
    "dcterms.issued",
    "datepublished",
)
"""Names of meta elements that show the day of publication, surest first; `PubDate` is the usual one in China."""


def read_html(html: str) -> Reading:
    """Blocks, title, own address and date of publication of a page."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    metas = _metas(tree)
    title = tree.css_first("title")
    canonical = tree.css_first('link[rel="canonical"]')
    root = _content_root(tree)
    return Reading(
        blocks=list(_Walker().blocks(root)) if root is not None else [],
        title=one_line(title.text()) if title is not None else metas.get("og:title"),
        url=web_address(canonical.attributes.get("href") if canonical is not None else metas.get("og:url")),
        dated=next(filter(None, (date_shown(metas.get(name)) for name in _DATES)), None),
    )


def read_markdown(text: str) -> Reading:
    """Blocks of CommonMark with tables, by way of HTML; title, date and address from its front matter."""
    from markdown_it import MarkdownIt

    front, body = _front_matter(text)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    reading = read_html(html)
    shown = {
        key: value for key in ("title", "date", "url", "source") if (value := front.get(key)) is not None
    }
    reading.title = one_line(str(shown["title"])) if "title" in shown else reading.title
    reading.dated = date_shown(shown.get("date"))
    reading.url = web_address(shown.get("url")) or web_address(shown.get("source"))
    return reading


def _front_matter(text: str) -> tuple[Mapping[str, object], str]:
    import yaml

    found = re.match(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL)
    if not found:
        return {}, text
    try:
        front = yaml.safe_load(found.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(front, dict):
        return {}, text
    return {str(key).lower(): value for key, value in front.items()}, text[found.end() :]


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    metas: dict[str, str] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        content = attributes.get("content")
        if name and content:
            metas.setdefault(name.lower(), one_line(content))
    return metas


def _content_root(tree: LexborHTMLParser) -> LexborNode | None:
    """The one main part of the page where it names one, else its body."""
    for selector in ("main", '[role="main"]', "article"):
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text(strip=True)) >= 200:
            return found[0]
    return tree.body


class _Walker:
    """Walks the tree without recursion (pages may be nested thousands deep) and gathers lines into blocks."""

    def __init__(self) -> None:
        self._line: list[str] = []

    def blocks(self, root: LexborNode) -> Iterator[Block]:
        stack: list[LexborNode | str] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, str):  # the end of a block
                yield from self._flush()
                continue
            tag = node.tag or ""
            if tag == "-text":
                self._line.append(node.text_content or "")
            elif tag == "br":
                self._line.append("\0")
            elif tag.startswith("-") or _dropped(node, tag):
                continue
            elif tag in _HEADINGS:
                yield from self._flush()
                text = one_line(_text_of(node))
                if text:
                    yield Heading(text, _HEADINGS[tag])
            elif tag == "pre":
                yield from self._flush()
                text = _text_of(node).strip("\n")
                if text.strip():
                    yield Paragraph(text)
            elif tag == "table" and (table := _table(node)) is not None:
                yield from self._flush()
                yield from table
            else:
                if tag in _BLOCKS:
                    yield from self._flush()
                    stack.append("end")
                stack.extend(_children(node))
        yield from self._flush()

    def _flush(self) -> Iterator[Block]:
        lines = [one_line(line) for line in "".join(self._line).split("\0")]
        self._line.clear()
        for line in lines:
            if line:
                yield Paragraph(line)


def _children(node: LexborNode) -> list[LexborNode]:
    """Children, last first, as a stack wants them."""
    children: list[LexborNode] = []
    child = node.last_child
    while child is not None:
        children.append(child)
        child = child.prev
    return children


def _dropped(node: LexborNode, tag: str) -> bool:
    if tag in _DROPPED:
        return True
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if (attributes.get("role") or "") in _NOT_CONTENT:
        return True
    style = (attributes.get("style") or "").replace(" ", "").lower()
    if "display:none" in style or "visibility:hidden" in style:
        return True
    # The banner of a page says nothing of its own, unless the title stands there.
    return (
        tag == "header"
        and node.css_first("h1") is None
        and node.parent is not None
        and node.parent.tag == "body"
    )


def _text_of(node: LexborNode) -> str:
    parts: list[str] = []
    stack = _children(node)
    while stack:
        inner = stack.pop()
        tag = inner.tag or ""
        if tag == "-text":
            parts.append(inner.text_content or "")
        elif tag == "br":
            parts.append("\n")
        elif not tag.startswith("-") and not _dropped(inner, tag):
            if tag in _BLOCKS:
                parts.append(" ")
            stack.extend(_children(inner))
    return "".join(parts)


def _table(node: LexborNode) -> list[Block] | None:
    """The table with its caption before it; None when it only lays out a page."""
    if any(inner.mem_id != node.mem_id for inner in node.css("table, h1, h2, h3")):
        return None
    rows: list[tuple[bool, list[str]]] = []
    carried: dict[int, tuple[int, str]] = {}
    for row in node.css("tr"):
        cells, is_header = _cells(row, carried)
        if any(cells):
            rows.append((is_header, cells))
    if not rows or max(len(cells) for _, cells in rows) < 2:
        return None
    headers = [cells for is_header, cells in rows if is_header]
    caption = node.css_first("caption")
    title = one_line(_text_of(caption)) if caption is not None else ""
    body = tuple(tuple(cells) for is_header, cells in rows if not is_header)
    header = _merged(headers)
    table = Table(header, body) if body else Table((), tuple(tuple(cells) for _, cells in rows))
    return [Paragraph(title), table] if title else [table]


def _cells(row: LexborNode, carried: dict[int, tuple[int, str]]) -> tuple[list[str], bool]:
    """Cells of a row, with those that earlier rows stretch into it; whether it names the columns."""
    cells: list[str] = []
    own = [child for child in reversed(_children(row)) if child.tag in ("td", "th")]
    in_head = row.parent is not None and row.parent.tag == "thead"
    is_header = bool(own) and (in_head or all(cell.tag == "th" for cell in own))

    def fill() -> None:
        while len(cells) in carried:
            left, text = carried.pop(len(cells))
            if left > 1:
                carried[len(cells)] = (left - 1, text)
            cells.append(text)

    for cell in own:
        fill()
        text = one_line(_text_of(cell))
        down = _span(cell.attributes.get("rowspan"))
        for place in range(_span(cell.attributes.get("colspan"))):
            shown = text if place == 0 or is_header else ""
            if down > 1:
                carried[len(cells)] = (down - 1, shown)
            cells.append(shown)
    fill()
    return cells, is_header


def _span(value: str | None) -> int:
    """A span as written, 1 when it is nonsense; at most 100, as a page may claim billions."""
    return max(1, min(int(value), 100)) if value and value.isascii() and value.isdigit() else 1


def _merged(headers: list[list[str]]) -> tuple[str, ...]:
    """One name for each column from all header rows: "2025 › Rate"."""
    width = max((len(row) for row in headers), default=0)
    names = []
    for column in range(width):
        parts = dict.fromkeys(row[column] for row in headers if column < len(row) and row[column])
        names.append(" › ".join(parts))
    return tuple(names)

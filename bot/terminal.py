"""What the `tongxing` command shows: with rich in a terminal, as plain lines in a pipe. Texts: `prompts/terminal/`.

In a pipe lines are not wrapped, unless COLUMNS asks for a width.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from bot.domain import Answer, Evidence, SourceCard
from bot.locale import terminal_language
from bot.replies import reply
from bot.wrapping import cells, wrap
from retrieval.coverage import SYMBOLS, State

if TYPE_CHECKING:
    from rich.console import Console

    from retrieval.corpus_check import CheckReport
    from retrieval.corpus_stats import CorpusStats
    from retrieval.library import AddReport

MEASURE = 88
"""Columns of running text: longer lines are hard to read, however wide the terminal."""
LEAST_WIDTH = 20
SHOWN_HIT = 200
"""Characters of each hit that a ranking shows."""

_GAP = 2
"""Between two columns of a table."""
_COUNT_WIDTH = 3
_NAME_WIDTH = 40
"""What the name of a question type should have before the counts beside it are given up."""
_HEADING_WIDTH = 10
"""A heading without spaces (Chinese) breaks after so many columns."""
_CITATION = re.compile(r"\[\d+\]")
# A terminal obeys these wherever they come from, a document's title included.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def say(name: str, **values: object) -> None:
    """One line from `prompts/terminal/` on standard output."""
    _paragraph(reply(f"terminal/{name}", terminal_language(), **values))


def warn(name: str, **values: object) -> None:
    """One line from `prompts/terminal/` on standard error."""
    sys.stderr.write(reply(f"terminal/{name}", terminal_language(), **values) + "\n")


def warn_unknown_variables() -> None:
    """A line on standard error for each `TONGXING_*` variable that no setting reads."""
    from bot.settings import PREFIX, Settings, unknown_variables

    for variable in unknown_variables():
        from difflib import get_close_matches

        known = [PREFIX + name.upper() for name in Settings.model_fields]
        near = get_close_matches(variable.upper(), known, n=1, cutoff=0.75)
        if near:
            warn("settings_unknown_near", variable=variable, near=near[0])
        else:
            warn("settings_unknown", variable=variable)


def print_answer(answer: Answer) -> None:
    """The answer, then its sources with their dates and marks, whom to ask, and what to ask next."""
    lang = answer.language
    headings = {sentence.heading for sentence in answer.sentences if sentence.heading}
    for block in answer.text.split("\n\n"):
        notice = block in answer.notices
        marked = "yellow" if notice and _CITATION.search(block) else "dim" if notice else ""
        after_text = False
        for line in block.split("\n"):
            heading, item = line.strip("【】") in headings, line.startswith("· ")
            if after_text and not item:
                _blank()
            _paragraph(line, "bold" if heading else marked, rest="  " if item else "")
            after_text = not heading
        _blank()
    for name, cards in (("sources", answer.evidence), ("nearby_sources", answer.nearby)):
        if cards:
            _paragraph(reply(f"terminal/{name}", lang), "bold")
            for card in cards:
                _print_card(card, lang)
            _blank()
    if answer.contacts:
        _paragraph(reply("terminal/contacts", lang), "bold")
        for contact in answer.contacts:
            _paragraph(contact.name, first="→ ", rest="  ")
            _address(contact.url, "  ")
        _blank()
    if answer.follow_ups:
        _paragraph(reply("terminal/follow_ups", lang), "bold")
        for question in answer.follow_ups:
            _paragraph(question, first="· ", rest="  ")


def source_line(card: Evidence | SourceCard, lang: str) -> str:
    """Issuer, authority and dates of a card in words: "law firm · dated 2025-10 · checked 2026-11-22"."""
    authority = reply(f"authority/{card.authority}", lang)
    dated = reply("card/dated", lang, dated=card.dated) if card.dated else reply("card/undated", lang)
    day = card.checked if isinstance(card, Evidence) else None
    checked = reply("card/checked", lang, checked=day) if day else ""
    return " · ".join(part for part in (card.issuer, authority, dated, checked) if part)


def _print_card(card: Evidence, lang: str) -> None:
    place = " › ".join(card.heading)
    page = reply("card/page", lang, page=card.page) if card.page else ""
    number = f"[{card.n}] "
    indent = " " * len(number)
    _paragraph(" · ".join(part for part in (card.title, place, page) if part), first=number, rest=indent)
    _paragraph(source_line(card, lang), "dim", first=indent, rest=indent)
    _address(card.url, indent)
    if card.stale:
        _paragraph(reply("card/stale", lang), "yellow", first=indent, rest=indent)
    if card.confirm:
        _paragraph(reply("card/confirm", lang, confirm=card.confirm), "yellow", first=indent, rest=indent)
    for other in card.sources[1:]:
        seen = f"{reply('terminal/more_source', lang)}{'：' if lang == 'zh' else ': '}{other.title}"
        _paragraph(f"{seen} · {source_line(other, lang)}", "dim", first=indent, rest=indent + "  ")
        _address(other.url, indent + "  ")


def print_ranking(found: Sequence[Mapping[str, Any]]) -> None:
    """A ranking, best first."""
    for place, hit in enumerate(found, start=1):
        _paragraph(f"{place:>3}  {hit['score']:>8.3f}  {hit['id']}  ({hit['lang']})")
        text = " ".join(hit["text"].split())
        shown = text if len(text) <= SHOWN_HIT else text[:SHOWN_HIT].rstrip() + "…"
        _paragraph(shown, "dim", first=" " * 5, rest=" " * 5)


def print_added(report: AddReport) -> None:
    """What `ingest` did with each file: counts on standard output, what was left out on standard error."""
    lang = terminal_language()
    for name in ("added", "replaced", "unchanged"):
        count = len(getattr(report, name))
        if count:
            say(f"ingest_{name}", count=count)
    for _, notice in report.notices:
        sys.stderr.write(_plain(notice.zh if lang == "zh" else notice.en) + "\n")
    for _, error in report.refused:
        sys.stderr.write(_plain(error.line(lang)) + "\n")


def print_documents(documents: Sequence[Any]) -> None:
    """Ingested files, one a line; in a pipe with tabs between the columns and no heading."""
    if not documents:
        if sys.stdout.isatty():
            say("no_documents")
        return
    rows = [(d.id, d.file_name, d.title, str(d.documents), str(d.passages), d.added) for d in documents]
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(_plain(cell).replace("\t", " ") for cell in row) + "\n")
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("id", "file", "title", "documents", "passages", "added"):
        table.add_column(reply(f"terminal/column_{column}", terminal_language()), no_wrap=column == "id")
    for row in rows:
        table.add_row(*(escape(_plain(cell)) for cell in row))
    _console().print(table)


def print_check(report: CheckReport) -> None:
    """Problems with file and line, then conflicts, then the verdict."""
    from rich.markup import escape

    lang = terminal_language()
    console = _console()
    for problem in report.problems:
        console.print(escape(problem.message(lang)), soft_wrap=True)
    if report.conflicts:
        say("check_conflicts", count=len(report.conflicts))
        for conflict in report.conflicts:
            console.print(f"[dim]  {escape(conflict.line(lang))}[/dim]", soft_wrap=True)
    say(
        "check_bad" if report.problems else "check_good",
        count=len(report.problems),
        facts=report.facts,
        conflicts=len(report.conflicts),
    )


def print_stats(stats: CorpusStats, *, types: bool) -> None:
    """The country × area table, and on request the matrix of question types."""
    from rich import box
    from rich.table import Table

    lang = terminal_language()
    console = _console()
    total = stats.total
    say("stats_total", today=stats.today, facts=total.facts, stale=total.stale, confirm=total.confirm)
    names = ("country", "several", "none", "sum", "stale", "confirm")
    grid = stats.country_area_rows(lang, {name: reply(f"terminal/stats_{name}", lang) for name in names})
    for columns in _blocks(grid, console.width):
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for column in columns:
            table.add_column(
                grid[0][column], justify="right" if column else "left", no_wrap=not column, overflow="fold"
            )
        for row in grid[1:-1]:
            table.add_row(*(row[column] for column in columns))
        table.add_section()
        table.add_row(*(grid[-1][column] for column in columns), style="bold")
        console.print(table)
    say("stats_legend")
    states = stats.state_counts()
    say("stats_states", types=len(stats.types), countries=len(stats.covered), **_shares(states))
    if types:
        _print_matrix(console, stats, lang)
    else:
        say("stats_types_hint")


def _print_matrix(console: Console, stats: CorpusStats, lang: str) -> None:
    from rich import box
    from rich.cells import set_cell_size
    from rich.markup import escape
    from rich.table import Table

    console.print()
    matrix = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    codes = stats.country_codes()
    counts = sum(_COUNT_WIDTH + _GAP for _ in SYMBOLS)
    free = console.width - len(codes.splitlines()[0]) - 2 * _GAP if codes else console.width
    # The symbols are what one looks at: a narrow terminal gives up the counts, then ends of names.
    counted = free - counts >= _NAME_WIDTH
    width = max(free - (counts if counted else 0), 1)
    matrix.add_column(reply("terminal/types_title", lang), max_width=width)
    matrix.add_column(codes, no_wrap=True)
    for symbol in SYMBOLS.values() if counted else ():
        matrix.add_column(symbol, justify="right", no_wrap=True)
    for row in stats.type_rows(lang):
        if row.heading:
            matrix.add_section()
        name, *rest = row.texts if counted else row.texts[:2]
        name = set_cell_size(name, width - 1).rstrip() + "…" if cells(name) > width else name
        matrix.add_row(escape(name), *rest, style="bold" if row.heading else "")
    console.print(matrix)


def _shares(states: Mapping[State, int]) -> dict[str, str]:
    """Each state's cells and their share of all."""
    cells = max(sum(states.values()), 1)
    return {state: f"{count:,} ({count / cells:.0%})" for state, count in states.items()}


def _blocks(grid: list[list[str]], width: int) -> list[list[int]]:
    """Columns of a table in blocks that fit the width, each beginning with the first column."""

    def needed(column: int) -> int:
        heading = max(cells(word) for word in grid[0][column].split() or [""])
        return max([min(heading, _HEADING_WIDTH), *(cells(row[column]) for row in grid[1:])]) + _GAP

    blocks = [[0]]
    free = width - needed(0) - _GAP
    for column in range(1, len(grid[0])):
        if needed(column) > free and len(blocks[-1]) > 1:
            blocks.append([0])
            free = width - needed(0) - _GAP
        blocks[-1].append(column)
        free -= needed(column)
    return blocks


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A bar on standard error for (step, done, total)."""
    with _bar() as bar:
        tasks: dict[str, Any] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(reply(f"terminal/step_{step}", terminal_language()), total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield report


@contextmanager
def reading_bar() -> Iterator[Any]:
    """A bar on standard error for (done, total, file name); None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.markup import escape

    with _bar() as bar:
        task = bar.add_task(reply("terminal/step_read", terminal_language()), total=None)

        def report(done: int, total: int, name: str) -> None:
            what = f"{reply('terminal/step_read', terminal_language())} {_plain(name)[-40:]}"
            bar.update(task, completed=done, total=total, description=escape(what))

        yield report


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _paragraph(text: str, style: str = "", first: str = "", rest: str = "") -> None:
    """One paragraph in lines that fit; styled, with its numbers of sources in green, where that can be seen."""
    for line in wrap(_plain(text), _width(sys.stdout), first, rest):
        if not sys.stdout.isatty():
            sys.stdout.write(line + "\n")
            continue
        from rich.text import Text

        shown = Text(line, style)
        shown.highlight_regex(_CITATION, "green")
        _console().print(shown, soft_wrap=True)


def _address(url: str | None, indent: str) -> None:
    """An address stands on a line of its own and is never broken, so that it can be clicked and copied."""
    if url:
        _paragraph(url, "dim", first=indent)


def _blank() -> None:
    sys.stdout.write("\n")


def _plain(text: str) -> str:
    return _CONTROLS.sub("", text)


def _width(stream: TextIO) -> int | None:
    """Columns to wrap at; None in a pipe, where whatever reads the text wraps it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        width = int(columns)
    elif stream.isatty():
        width = _console().width
    else:
        return None
    return max(min(width, MEASURE), LEAST_WIDTH)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)

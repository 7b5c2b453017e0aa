"""What the `tongxing` command shows in a terminal, with rich. Texts are in `prompts/terminal/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.domain import Answer, Evidence
from bot.locale import terminal_language
from bot.replies import reply
from retrieval.coverage import SYMBOLS, State

if TYPE_CHECKING:
    from retrieval.corpus_check import CheckReport
    from retrieval.corpus_stats import CorpusStats
    from retrieval.library import AddReport

_GAP = 2
"""Between two columns of a table."""
_COUNT_WIDTH = 3
_NAME_WIDTH = 40
"""What the name of a question type should have before the counts beside it are given up."""
_HEADING_WIDTH = 10
"""A heading without spaces (Chinese) breaks after so many columns."""


def say(name: str, **values: object) -> None:
    """One line from `prompts/terminal/`."""
    _console().print(escape(reply(f"terminal/{name}", terminal_language(), **values)))


def print_answer(answer: Answer) -> None:
    """The answer, then its sources with their dates and marks."""
    console = _console()
    console.print(escape(answer.text))
    for name, cards in (("sources", answer.evidence), ("nearby_sources", answer.nearby)):
        if cards:
            console.print()
            console.print(f"[bold]{escape(reply(f'terminal/{name}', answer.language))}[/bold]")
            for card in cards:
                _print_card(console, card, answer.language)
    if answer.contacts:
        console.print()
        for contact in answer.contacts:
            console.print(escape(f"→ {contact.name}" + (f"  {contact.url}" if contact.url else "")))
    if answer.follow_ups:
        console.print()
        console.print(f"[dim]{escape(reply('terminal/follow_ups', answer.language))}[/dim]")
        for question in answer.follow_ups:
            console.print(f"[dim]· {escape(question)}[/dim]")


def source_line(card: Evidence, lang: str) -> str:
    """Authority and dates of a card in words: "law firm or adviser · dated 2025-10 · checked 2026-11-22"."""
    authority = reply(f"authority/{card.authority}", lang)
    dated = reply("card/dated", lang, dated=card.dated) if card.dated else reply("card/undated", lang)
    checked = reply("card/checked", lang, checked=card.checked) if card.checked else ""
    return " · ".join(part for part in (card.issuer, authority, dated, checked) if part)


def _print_card(console: Console, card: Evidence, lang: str) -> None:
    place = " › ".join(card.heading)
    page = reply("card/page", lang, page=card.page) if card.page else ""
    title = " · ".join(part for part in (card.title, place, page) if part)
    console.print(escape(f"[{card.n}] {title}"))
    console.print(f"    [dim]{escape(source_line(card, lang))}[/dim]")
    if card.url:
        console.print(f"    [dim]{escape(card.url)}[/dim]", soft_wrap=True)
    if card.stale:
        console.print(f"    [yellow]{escape(reply('card/stale', lang))}[/yellow]")
    if card.confirm:
        console.print(f"    [yellow]{escape(reply('card/confirm', lang, confirm=card.confirm))}[/yellow]")


def print_ranking(found: list[dict[str, Any]]) -> None:
    """A ranking, best first."""
    console = _console()
    for place, hit in enumerate(found, start=1):
        console.print(escape(f"{place:>3}  {hit['score']:>8.3f}  {hit['id']}  ({hit['lang']})"))
        console.print(f"     [dim]{escape(hit['text'][:200])}[/dim]")


def print_added(report: AddReport) -> None:
    """What `ingest` did with each file."""
    lang = terminal_language()
    for name in ("added", "replaced", "unchanged"):
        count = len(getattr(report, name))
        if count:
            say(f"ingest_{name}", count=count)
    errors = Console(stderr=True, highlight=False)
    for _, error in report.refused:
        errors.print(escape(error.line(lang)), soft_wrap=True)


def print_documents(documents: list[Any]) -> None:
    """Ingested documents, one a line."""
    if not documents:
        say("no_documents")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "title", "passages", "added"):
        table.add_column(reply(f"terminal/column_{column}", terminal_language()))
    for document in documents:
        table.add_row(document.id, escape(document.title), str(document.passages), document.added)
    _console().print(table)


def print_check(report: CheckReport) -> None:
    """Problems with file and line, then conflicts, then the verdict."""
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
        name = set_cell_size(name, width - 1).rstrip() + "…" if cell_len(name) > width else name
        matrix.add_row(escape(name), *rest, style="bold" if row.heading else "")
    console.print(matrix)


def _shares(states: Mapping[State, int]) -> dict[str, str]:
    """Each state's cells and their share of all."""
    cells = max(sum(states.values()), 1)
    return {state: f"{count:,} ({count / cells:.0%})" for state, count in states.items()}


def _blocks(grid: list[list[str]], width: int) -> list[list[int]]:
    """Columns of a table in blocks that fit the width, each beginning with the first column."""

    def needed(column: int) -> int:
        heading = max(cell_len(word) for word in grid[0][column].split() or [""])
        return max([min(heading, _HEADING_WIDTH), *(cell_len(row[column]) for row in grid[1:])]) + _GAP

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
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(reply(f"terminal/step_{step}", terminal_language()), total=total)
            bar.update(tasks[step], completed=done, total=total)

        yield report


def _console() -> Console:
    return Console(highlight=False)

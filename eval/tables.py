"""Figures as tables: for the terminal, and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.replies import yaml_of
from bot.wrapping import cells
from eval.measures import Measure, measures
from eval.scored import OURS, Scope, Summary
from eval.summary import figure_text

TEXTS = Path(__file__).parent / "data" / "texts.yaml"
README = ("strict", "answered", "false_refusal", "false_answer", "refusal_f1", "citation_precision", "recall_1", "recall_5", "figures_exact")  # fmt: skip
"""What the README shows."""
AGAINST = ("strict", "groups_cited", "citation_precision", "unasked", "false_refusal", "false_answer", "recall_1", "recall_5", "mrr", "ndcg_10")  # fmt: skip
"""What baselines have too."""

Rows = list[list[str]]
"""The first row is the heading."""


def text(name: str, lang: str, **values: object) -> str:
    """A line of `data/texts.yaml`."""
    line: str = yaml_of_texts()[name]["zh" if lang == "zh" else "en"]
    return line.format_map({key: str(value) for key, value in values.items()})


_texts: dict[str, dict[str, str]] = {}


def yaml_of_texts() -> dict[str, dict[str, str]]:
    """The texts, read once."""
    if not _texts:
        _texts.update(yaml_of(TEXTS))
    return _texts


def overview(summary: Summary, lang: str, scope: Scope = "all") -> Rows:
    """Every measure: over all cases, and by language with the gap."""
    columns = ["all", *(f"lang:{group}" for group in ("zh", "en", "other"))]
    present = [name for name in columns if summary.figure("status", scope, name)]
    gaps = {gap.measure: gap for gap in summary.gaps if gap.scope == scope}
    heading = [text("measure", lang), *(text(name.rpartition(":")[2], lang) for name in present)]
    rows: Rows = [[*heading, text("gap_column", lang)]]
    for measure in measures().values():
        if summary.figure(measure.name, scope) is None:
            continue
        row = [measure.title.get(lang)]
        row += [_cell(summary, measure, lang, scope, name) for name in present]
        gap = gaps.get(measure.name)
        row.append(change_text(gap.difference, gap.low, gap.high) if gap else "")
        rows.append(row)
    return rows


def by_slice(summary: Summary, lang: str, prefix: str, chosen: Sequence[str], scope: Scope = "all") -> Rows:
    """Some measures by kind (`kind:`), area (`area:`) or country (`country:`)."""
    named = [measures()[name] for name in chosen]
    rows: Rows = [[text("measure", lang), *(measure.title.get(lang) for measure in named)]]
    for name in summary.slices(prefix):
        cells_ = [_cell(summary, measure, lang, scope, name) for measure in named]
        if any(cells_):
            rows.append([name.removeprefix(prefix), *cells_])
    return rows


def beside_baselines(summary: Summary, lang: str, scope: Scope = "all") -> Rows:
    """Tongxing and the baselines over the same cases."""
    systems = [OURS, *sorted({f.system for f in summary.figures} - {OURS})]
    rows: Rows = [[text("measure", lang), *(text(system, lang) for system in systems)]]
    for name in AGAINST:
        row = [_cell(summary, measures()[name], lang, scope, "all", system) for system in systems]
        if any(row):
            rows.append([measures()[name].title.get(lang), *row])
    return rows


def readme_table(summary: Summary, lang: str) -> str:
    """The table of the README, as Markdown: the main figures over all cases, over `test`, and by language."""
    columns: list[tuple[Scope, str, str]] = [
        ("all", "all", "all"),
        ("test", "all", "test"),
        ("all", "lang:zh", "zh"),
        ("all", "lang:en", "en"),
    ]
    rows: Rows = [[text("measure", lang), *(text(name, lang) for _, _, name in columns)]]
    for name in README:
        measure = measures()[name]
        rows.append(
            [
                measure.title.get(lang),
                *(_cell(summary, measure, lang, scope, part) for scope, part, _ in columns),
            ]
        )
    return markdown(rows)


def change_text(difference: float, low: float, high: float) -> str:
    """A difference in percentage points with its interval: `-1.2 (-4.0 … +1.6)`."""
    return f"{100 * difference:+.1f} ({100 * low:+.1f} … {100 * high:+.1f})"


def markdown(rows: Rows) -> str:
    """A table in Markdown."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def plain(rows: Rows) -> str:
    """A table in columns, as wide as its texts."""
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "".join(line + "\n" for line in lines)


def _cell(summary: Summary, measure: Measure, lang: str, scope: Scope, name: str, system: str = OURS) -> str:
    figure = summary.figure(measure.name, scope, name, system)
    return figure_text(figure, lang) if figure else ""

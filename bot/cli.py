"""The `tongxing` command. Thin: it reads arguments, calls a part, prints what came back.

Imports of parts stand inside the commands, so that `--help` stays quick.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot import mishaps
from bot.mishaps import usage

if TYPE_CHECKING:
    from bot.settings import Settings

MOST_INPUT = 1_000_000
"""So many bytes of standard input are read as a question: more is over any limit anyway."""

app = typer.Typer(
    name="tongxing",
    help="Cited, dated answers for small companies going abroad along Belt and Road countries.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
corpus_app = typer.Typer(
    help="Check the corpus and count what is in it.", no_args_is_help=True, rich_markup_mode=None
)
documents_app = typer.Typer(
    help="List or remove ingested documents.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(corpus_app, name="corpus")
app.add_typer(documents_app, name="documents")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Batch = Annotated[Path | None, typer.Option(help="A file of JSON Lines to work through.")]
Out = Annotated[Path | None, typer.Option(help="Where the lines of a batch go.")]


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question, in any language; - or nothing: standard input.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the answer: zh or en.")] = None,
    as_json: Json = False,
    batch: Batch = None,
    out: Out = None,
) -> None:
    """Answer one question, or a batch of them."""
    settings = _settings()
    chosen = _language(lang)
    if batch is not None or out is not None:
        source, target = _batch_files(question, batch, out)
        from bot.assembly import assistant_of
        from bot.batch import ask_batch

        with building() as progress:
            assistant = assistant_of(settings, progress)
        _report_faults(ask_batch(assistant, source, target, settings.question_max_chars, chosen), target)
        return
    from bot.answering.intake import accept
    from bot.domain import Question
    from bot.terminal import print_answer

    asked = Question(text=_question(question), lang=chosen)
    accept(asked, settings.question_max_chars)
    from bot.assembly import assistant_of

    with building() as progress:
        assistant = assistant_of(settings, progress)
    answer = assistant.answer(asked)
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        print_answer(answer)


@app.command()
def search(
    question: Annotated[
        str | None, typer.Argument(help="The question, in any language; - or nothing: standard input.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="How many results.")] = 10,
    as_json: Json = False,
    batch: Batch = None,
    out: Out = None,
) -> None:
    """Show the ranking behind an answer."""
    settings = _settings()
    if batch is not None or out is not None:
        source, target = _batch_files(question, batch, out)
        from bot.assembly import searcher_of
        from bot.batch import search_batch

        with building() as progress:
            searcher = searcher_of(settings, progress)
        _report_faults(search_batch(searcher, source, target, k, settings.question_max_chars), target)
        return
    from bot.answering.intake import accept
    from bot.domain import Question
    from bot.terminal import print_ranking

    text = _question(question)
    accept(Question(text=text), settings.question_max_chars)
    from bot.assembly import searcher_of
    from bot.batch import ranking

    with building() as progress:
        searcher = searcher_of(settings, progress)
    found = ranking(searcher, text, k)
    if as_json:
        print_json(found)
    else:
        print_ranking(found)


@app.command()
def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or folders: PDF, DOCX, PPTX, XLSX, HTML, Markdown, text, JSON Lines."),
    ],
) -> None:
    """Add documents, to be searched and cited beside the corpus."""
    settings = _settings()
    from bot.assembly import library_of, store_of
    from bot.terminal import print_added, reading_bar

    with reading_bar() as reading:
        report = library_of(settings).add(paths, reading)
    print_added(report)
    if report.added or report.replaced or report.unchanged:
        # Unchanged ones too: an earlier run may have been stopped before it built the index.
        with building() as progress:
            store_of(settings).rebuild(progress)
    if report.refused:
        raise typer.Exit(mishaps.MENDABLE)


@documents_app.command("list")
def documents_list(as_json: Json = False) -> None:
    """List ingested documents."""
    settings = _settings()
    from bot.assembly import library_of
    from bot.terminal import print_documents

    documents = library_of(settings).list()
    if as_json:
        print_json([document.model_dump(mode="json") for document in documents])
    else:
        print_documents(documents)


@documents_app.command("remove")
def documents_remove(
    ids: Annotated[list[str], typer.Argument(help="Ids as `documents list` shows them.")],
) -> None:
    """Remove documents; their text is gone from every file when the command ends."""
    settings = _settings()
    from bot.assembly import library_of, store_of
    from bot.terminal import say

    removed = library_of(settings).remove(ids)
    with building() as progress:
        store_of(settings).rebuild(progress)
    say("removed", count=len(removed))


@app.command()
def index() -> None:
    """Build the index of the corpus and documents as they are now."""
    settings = _settings()
    from bot.assembly import store_of
    from bot.terminal import say

    with building() as progress:
        store = store_of(settings)
        fresh = store.rebuild(progress)
        snapshot = store.open_current()
    counts = snapshot.manifest["counts"]
    say(
        "indexed" if fresh else "index_current",
        key=snapshot.key[:12],
        facts=counts["facts"],
        passages=counts["passages"],
    )


@corpus_app.command("check")
def corpus_check(as_json: Json = False) -> None:
    """Refuse what is wrong in the corpus; list facts that differ in their figures."""
    settings = _settings()
    from bot.assembly import today_of
    from bot.terminal import print_check
    from retrieval.corpus_check import check_corpus

    report = check_corpus(settings.corpus_dir, today_of(settings)())
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_check(report)
    if report.problems:
        raise typer.Exit(mishaps.MENDABLE)


@corpus_app.command("stats")
def corpus_stats(
    as_json: Json = False,
    types: Annotated[bool, typer.Option("--types", help="Also the matrix of question types.")] = False,
) -> None:
    """Count facts by country and area: stale, to be confirmed, and which question types are known gaps."""
    settings = _settings()
    from bot.assembly import today_of
    from bot.terminal import print_stats
    from retrieval.corpus import load_corpus
    from retrieval.corpus_stats import corpus_stats as count

    stats = count(load_corpus(settings.corpus_dir), today_of(settings)())
    if as_json:
        print_json(stats.to_json())
    else:
        print_stats(stats, types=types)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Serve the REST API and the web page."""
    settings = _settings()
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update=given)
    _check_free(settings)
    mishaps.set_up_logging(whole=True)
    from bot.web.server import run

    run(settings)


@contextmanager
def building() -> Iterator[Any]:
    """A progress callback for an index build: a bar in a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from bot.terminal import progress_bar

    with progress_bar() as progress:
        yield progress


def print_json(value: Any) -> None:
    """One JSON document on standard output, Chinese as it is."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _settings() -> Settings:
    """Settings, after a line for every variable that none of them reads."""
    from bot.settings import load_settings
    from bot.terminal import warn_unknown_variables

    warn_unknown_variables()
    return load_settings()


def _language(lang: str | None) -> Literal["zh", "en"] | None:
    match lang:
        case None | "zh" | "en":
            return lang
    raise usage("lang", value=lang)


def _question(argument: str | None) -> str:
    if argument is not None and argument != "-":
        # Bytes that are no UTF-8 arrive as lone surrogates; they carry no meaning.
        return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if sys.stdin is None or sys.stdin.isatty():
        raise usage("no_question")
    return sys.stdin.buffer.read(MOST_INPUT).decode("utf-8-sig", "replace").strip()


def _batch_files(question: str | None, batch: Path | None, out: Path | None) -> tuple[Path, Path]:
    if batch is None or out is None:
        raise usage("batch_pair")
    if question is not None:
        raise usage("batch_alone")
    from bot.batch import check_files

    check_files(batch, out)
    return batch, out


def _report_faults(faults: int, out: Path) -> None:
    if faults:
        from bot.terminal import warn

        warn("batch_faults", count=faults, path=out)


def _check_free(settings: Settings) -> None:
    """Raise a line where nothing can listen; the server would log it in its own way, and too late."""
    import socket

    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as exc:
        why = mishaps.reason_of(exc)
        raise usage("port_taken", host=settings.host, port=settings.port, reason=why) from exc


def add_commands() -> None:
    """Add the commands of parts that `bot` may not import: entry points of the group `tongxing.commands`."""
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group="tongxing.commands"), key=lambda point: point.name):
        if all(group.name != point.name for group in app.registered_groups):
            app.add_typer(point.load(), name=point.name)


def main() -> None:
    """Run the command. What a person can mend ends in one line on standard error and exit code 2."""
    mishaps.set_up_logging(whole=False)
    mishaps.run(_run)


def _run() -> int | None:
    add_commands()
    code: int | None = app(prog_name="tongxing", standalone_mode=False)
    return code


if __name__ == "__main__":
    main()

"""The `tongxing` command. Thin: it reads arguments, calls a part, prints what came back.

Imports of parts stand inside the commands, so that `--help` stays quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.locale import terminal_language
from bot.settings import load_settings, unknown_variables
from retrieval.errors import TongxingError

app = typer.Typer(
    name="tongxing",
    help="Cited, dated answers for small companies going abroad along Belt and Road countries.",
    no_args_is_help=True,
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
    question: Annotated[str | None, typer.Argument(help="The question, in any language.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the answer: zh or en.")] = None,
    as_json: Json = False,
    batch: Batch = None,
    out: Out = None,
) -> None:
    """Answer one question, or a batch of them."""
    settings = load_settings()
    if lang not in (None, "zh", "en"):
        raise _usage(f"--lang 只能是 zh 或 en，不能是 {lang}。", f"--lang must be zh or en, not {lang}.")
    if batch is not None or out is not None:
        _need_both(batch, out)
        from bot.assembly import assistant_of
        from bot.batch import ask_batch

        assert batch is not None and out is not None
        with building() as progress:
            assistant = assistant_of(settings, progress)
        _report_faults(ask_batch(assistant, batch, out, settings.question_max_chars), out)
        return
    from bot.answering.intake import accept
    from bot.assembly import assistant_of
    from bot.domain import Question
    from bot.terminal import print_answer

    asked = Question(text=_argument(question), lang=lang)
    accept(asked, settings.question_max_chars)
    with building() as progress:
        assistant = assistant_of(settings, progress)
    answer = assistant.answer(asked)
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        print_answer(answer)


@app.command()
def search(
    question: Annotated[str | None, typer.Argument(help="The question, in any language.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="How many results.")] = 10,
    as_json: Json = False,
    batch: Batch = None,
    out: Out = None,
) -> None:
    """Show the ranking behind an answer."""
    settings = load_settings()
    from bot.assembly import searcher_of
    from bot.batch import ranking, search_batch

    if batch is not None or out is not None:
        _need_both(batch, out)
        assert batch is not None and out is not None
        with building() as progress:
            searcher = searcher_of(settings, progress)
        _report_faults(search_batch(searcher, batch, out, k), out)
        return
    from bot.answering.intake import accept
    from bot.domain import Question
    from bot.terminal import print_ranking

    text = _argument(question)
    accept(Question(text=text), settings.question_max_chars)
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
    settings = load_settings()
    from bot.assembly import library_of, store_of
    from bot.terminal import print_added

    report = library_of(settings).add(paths)
    print_added(report)
    if report.added or report.replaced:
        with building() as progress:
            store_of(settings).rebuild(progress)
    if report.refused:
        raise typer.Exit(2)


@documents_app.command("list")
def documents_list(as_json: Json = False) -> None:
    """List ingested documents."""
    from bot.assembly import library_of
    from bot.terminal import print_documents

    documents = library_of(load_settings()).list()
    if as_json:
        print_json([document.model_dump(mode="json") for document in documents])
    else:
        print_documents(documents)


@documents_app.command("remove")
def documents_remove(
    ids: Annotated[list[str], typer.Argument(help="Ids as `documents list` shows them.")],
) -> None:
    """Remove documents; their text is gone from every file when the command ends."""
    settings = load_settings()
    from bot.assembly import library_of, store_of
    from bot.terminal import say

    removed = library_of(settings).remove(ids)
    with building() as progress:
        store_of(settings).rebuild(progress)
    say("removed", count=len(removed))


@app.command()
def index() -> None:
    """Build the index of the corpus and documents as they are now."""
    settings = load_settings()
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
    settings = load_settings()
    from bot.assembly import today_of
    from bot.terminal import print_check
    from retrieval.corpus_check import check_corpus

    report = check_corpus(settings.corpus_dir, today_of(settings)())
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_check(report)
    if report.problems:
        raise typer.Exit(2)


@corpus_app.command("stats")
def corpus_stats(
    as_json: Json = False,
    types: Annotated[bool, typer.Option("--types", help="Also the matrix of question types.")] = False,
) -> None:
    """Count facts by country and area: stale, to be confirmed, and which question types are known gaps."""
    settings = load_settings()
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
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the REST API and the web page."""
    settings = load_settings()
    from bot.web.server import run

    run(settings.model_copy(update={k: v for k, v in (("host", host), ("port", port)) if v is not None}))


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
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _argument(question: str | None) -> str:
    if question is not None:
        # Bytes that are no UTF-8 arrive as lone surrogates; they carry no meaning.
        return question.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(1_000_000).decode("utf-8", "replace")
    raise _usage("请在命令后写上问题，或用 --batch。", "Give a question after the command, or use --batch.")


def _need_both(batch: Path | None, out: Path | None) -> None:
    if batch is None or out is None:
        raise _usage("--batch 和 --out 要一起用。", "--batch and --out go together.")


def _report_faults(faults: int, out: Path) -> None:
    if faults:
        from bot.terminal import say

        say("batch_faults", count=faults, path=out)


def _usage(zh: str, en: str) -> TongxingError:
    return TongxingError(zh=zh, en=en)


def main() -> None:
    """Run the command. What a person can mend ends in one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    for name in unknown_variables():
        sys.stderr.write(
            f"未知设置 {name}，已忽略：可用的设置见 docs/settings.md。\n"
            if terminal_language() == "zh"
            else f"Unknown setting {name} ignored: docs/settings.md lists the settings.\n"
        )
    try:
        app()
    except TongxingError as exc:
        question = next((word for word in sys.argv[2:] if not word.startswith("-")), "")
        sys.stderr.write(exc.line(_language(exc, question)) + "\n")
        raise SystemExit(2) from exc
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _language(exc: TongxingError, question: str) -> str:
    """Of a question, the asker's language; of anything else, the terminal's."""
    if exc.code == "question" and any("\u4e00" <= char <= "\u9fff" for char in question):
        return "zh"
    return terminal_language()


if __name__ == "__main__":
    main()

"""`tongxing eval …`: thin; reads arguments, calls a part, prints what came back. Also `python -m eval.cli`.

Imports of parts stand inside the commands, so that `tongxing --help` stays quick.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import mishaps

if TYPE_CHECKING:
    from bot.settings import Settings
    from eval.scored import ScoredRun
    from eval.scoring.judge import Judge

RED = 1
"""Exit code of a red gate and of a void run, as of a failed test."""

app = typer.Typer(
    name="eval",
    help="Measure answers: run the cases, score, compare, and hold them against the baseline.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
labels_app = typer.Typer(help="What people say of answers.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(labels_app, name="labels")


class SplitChoice(StrEnum):
    """Which part of the cases."""

    DEV = "dev"
    TEST = "test"
    ALL = "all"


Run = Annotated[Path | None, typer.Argument(help="A run folder; without one, the newest.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(
    split: Annotated[SplitChoice, typer.Option(help="Which cases.")] = SplitChoice.ALL,
    composer: Annotated[str, typer.Option(help="What writes the answers.")] = "extractive",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases, evenly spread.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only cases of this kind; may be repeated.")] = None,
    today: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Day to judge staleness on; else that of the cases."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the intervals.")] = None,
    baselines: Annotated[bool, typer.Option(help="Also ask the baselines.")] = True,
    out: Annotated[Path | None, typer.Option(help="A new folder for the run.")] = None,
) -> None:
    """Ask every case once and write down what came back."""
    from eval.running import SEED, Request
    from eval.running import run as ask_all
    from eval.terminal import bar, print_run

    settings = _settings()
    request = Request(
        split=split.value,
        composer=composer,
        limit=limit,
        kinds=tuple(kind or ()),
        today=_day(today),
        seed=SEED if seed is None else seed,
        baselines=baselines,
    )
    started = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = out or _runs(settings) / f"{started}-{composer}-{split.value}"
    with bar("asking") as progress:
        info = ask_all(request, settings, folder, progress)
    print_run(info, folder)
    if info.void:
        raise typer.Exit(RED)


@app.command()
def score(
    run: Run = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Also ask the judge model (TONGXING_JUDGE_*).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Score a run, as often as you like, without asking again."""
    from eval.log import read_run
    from eval.scored import save_scores
    from eval.scoring import score_cases
    from eval.summary import summarise
    from eval.terminal import bar, print_summary, warn

    settings = _settings()
    folder = _run(run, settings)
    log = read_run(folder)
    model = _judge(settings) if judge else None
    if model:
        model.check_apart(log.info)
    with bar("scoring") as progress:
        scores = score_cases(log, model.score if model else None, progress)
    scored = summarise(folder, log, scores, model.model if model else None)
    save_scores(scored)
    if model and model.unjudged:
        warn("unjudged", count=model.unjudged)
    if as_json:
        _print(scored.summary.model_dump_json(indent=1))
    else:
        print_summary(scored.summary)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="A scored run.")],
    after: Annotated[Path, typer.Argument(help="Another, later one.")],
    as_json: Json = False,
) -> None:
    """Show what changed between two runs, and whether it is more than chance."""
    from eval.comparing import compare as compared
    from eval.scored import load_scored
    from eval.terminal import print_comparison

    found = compared(load_scored(before), load_scored(after))
    if as_json:
        _print(found.model_dump_json(indent=1))
    else:
        print_comparison(found)


@app.command()
def gate(
    run: Run = None,
    accept: Annotated[bool, typer.Option("--accept", help="Make this run the baseline.")] = False,
    as_json: Json = False,
) -> None:
    """Hold a run against the thresholds and the committed baseline; exit code 1 when it is red."""
    from eval.gate import BASELINE, Thresholds, judge_run, load_baseline
    from eval.gate import accept as make_baseline
    from eval.terminal import print_verdict, say

    thresholds = Thresholds.load()
    scored = _scored(run)
    if accept:
        make_baseline(scored, thresholds)
        say("accepted", run=scored.info.name, folder=BASELINE)
        return
    verdict = judge_run(scored, load_baseline(), thresholds)
    if as_json:
        _print(verdict.model_dump_json(indent=1))
    else:
        print_verdict(verdict)
    if verdict.red:
        raise typer.Exit(RED)


@app.command()
def report(
    run: Run = None,
    against: Annotated[Path | None, typer.Option(help="An earlier scored run to compare with.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the HTML file goes; else into the run folder.")
    ] = None,
) -> None:
    """Write a run as one HTML file that needs no network."""
    from eval.report import write_report
    from eval.scored import load_scored
    from eval.terminal import say

    scored = _scored(run)
    target = out or scored.folder / "report.html"
    write_report(scored, target, load_scored(against) if against else None)
    say("written", path=target)


@app.command()
def sample(
    run: Run = None,
    count: Annotated[int, typer.Option("--n", min=1, help="How many answers.")] = 50,
    out: Annotated[Path, typer.Option(help="The Excel file; it must not exist yet.")] = Path("sample.xlsx"),
    seed: Annotated[int | None, typer.Option(help="Draws others; without one, that of the run.")] = None,
) -> None:
    """Draw answers for two people to grade."""
    from eval.people import write_sample
    from eval.sampling import gradable
    from eval.terminal import say

    scored = _scored(run)
    drawn = write_sample(scored, count, out, seed)
    say("sampled", count=drawn, all=len(gradable(scored)), path=out)


@app.command()
def fit(
    refused: Annotated[
        float | None,
        typer.Option(min=0.0, max=0.5, help="Share of answerable dev questions to refuse; else 0.06."),
    ] = None,
    metric: Annotated[bool, typer.Option(help="Also fit the metric, from the corpus.")] = True,
    dry: Annotated[bool, typer.Option("--dry", help="Measure only; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Fit anew what is learned, after the corpus or the embedder changed: metric, ranker, enough."""
    from eval.fitting.fit import REFUSED
    from eval.fitting.fit import fit as fit_all
    from eval.terminal import print_fit

    share = REFUSED if refused is None else refused
    fitted = fit_all(_settings(), refused=share, with_metric=metric, dry=dry)
    if as_json:
        _print(json.dumps(asdict(fitted), ensure_ascii=False, indent=1))
    else:
        print_fit(fitted)


@labels_app.command("import")
def labels_import(
    files: Annotated[
        list[Path], typer.Argument(help="The Excel file, filled in; or a copy from each grader.")
    ],
    run: Annotated[
        Path | None, typer.Option(help="The run that it was drawn from; without one, it is looked for.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read people's labels back: how far they agree, and whether the judge may be trusted."""
    from eval.people import LABELS, read_labels, run_of
    from eval.terminal import print_agreement, say

    scored = _scored(run or run_of(files[0], _runs(_settings())))
    found = read_labels(scored, *files)
    if as_json:
        told = {"labels": found.labels, "judge_trusted": found.judge_trusted}
        _print(json.dumps(told | found.model_dump(), ensure_ascii=False, indent=1))
        return
    print_agreement(found, scored.folder)
    say("written", path=scored.folder / LABELS)


@app.command()
def check(
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Record that this case or pair was held against its gold; `all` for every one."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Refuse what is wrong in the datasets; list the cases whose gold facts have changed."""
    from bot.assembly import today_of
    from eval.cases import DATASETS
    from eval.checking import accept_cases, check_cases
    from eval.terminal import print_check, say
    from retrieval.corpus import load_corpus

    settings = _settings()
    corpus = load_corpus(settings.corpus_dir)
    if accept:
        changed = accept_cases(DATASETS, corpus, None if "all" in accept else accept)
        say("check_accepted", count=len(changed))
        return
    found = check_cases(DATASETS, corpus, today_of(settings)())
    if as_json:
        _print(found.model_dump_json(indent=1))
    else:
        print_check(found)
    if found.problems:
        raise typer.Exit(mishaps.MENDABLE)


def _settings() -> Settings:
    from bot.settings import load_settings

    return load_settings()


def _runs(settings: Settings) -> Path:
    return settings.data_dir / "eval"


def _run(given: Path | None, settings: Settings) -> Path:
    """The run that is named, or the newest finished one. Raises `EvalError` when there is none."""
    from eval.log import RUN, EvalError
    from eval.tables import text

    if given:
        return given
    runs = [path.parent for path in _runs(settings).glob(f"*/{RUN}")]
    if not runs:
        lines = {lang: text("no_runs", lang, folder=_runs(settings)) for lang in ("zh", "en")}
        raise EvalError(**lines)
    return max(runs, key=lambda path: (path / RUN).stat().st_mtime)


def _scored(given: Path | None) -> ScoredRun:
    from eval.scored import load_scored

    return load_scored(_run(given, _settings()))


def _judge(settings: Settings) -> Judge:
    from eval.scoring.judge import Judge, JudgeSettings

    return Judge(JudgeSettings(), _runs(settings) / "judge.sqlite")


def _day(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as exc:
        raise mishaps.usage("value", command="tongxing eval run", what="--today", why=str(exc)) from exc


def _print(document: str) -> None:
    sys.stdout.write(document + "\n")


def main() -> None:
    """Run it alone. What a person can mend ends in one line and exit code 2."""
    mishaps.set_up_logging(whole=False)
    mishaps.run(lambda: app(prog_name="tongxing eval", standalone_mode=False))


if __name__ == "__main__":
    main()

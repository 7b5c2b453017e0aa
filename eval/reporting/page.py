"""The page: everything that the templates show, once in Chinese and once in English, in one file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from bot.domain import Answer
from bot.replies import reply
from bot.templating import open_templates
from bot.web.view import html_lang, safe_url
from eval.comparing import Change, Comparison, Flip, compare
from eval.gate import Thresholds, Verdict
from eval.measures import measures
from eval.reporting import charts
from eval.reporting.claims import Standing, first_to_mend, promises, targets
from eval.reporting.grid import Grid, grid_of
from eval.reporting.words import Words, data
from eval.reporting.worst import WorstCase, expected_facts, reasons, worst_cases
from eval.scored import ScoredRun
from eval.summary import figure_text
from eval.tables import overview
from eval.terminal import finding_line

TEMPLATES = Path(__file__).parents[1] / "templates"
FLIPS_OF_A_WAY = 10
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Report:
    """What both languages show."""

    run: ScoredRun
    verdict: Verdict
    thresholds: Thresholds
    comparison: Comparison | None

    @cached_property
    def promises(self) -> list[Standing]:
        """The promises, as they stand."""
        return promises(self.run, self.verdict)

    @cached_property
    def targets(self) -> list[Standing]:
        """The targets, as they stand."""
        return targets(self.run)

    @cached_property
    def worst(self) -> list[WorstCase]:
        """The worst cases of `dev`."""
        return worst_cases(self.run, self.thresholds)

    @cached_property
    def grid(self) -> Grid:
        """Country by area."""
        return grid_of(self.run)

    @cached_property
    def changes(self) -> list[Change]:
        """What was measured over all shared cases, in the order of the measures."""
        found = self.comparison.changes if self.comparison else []
        return [change for change in found if change.scope == "all"]

    @property
    def moved(self) -> list[Change]:
        """The measures by which any case changed."""
        return [change for change in self.changes if change.better or change.worse]

    @property
    def unmoved(self) -> list[str]:
        """The measures by which none did."""
        return [change.measure for change in self.changes if not (change.better or change.worse)]

    @cached_property
    def flipped(self) -> Counter[str]:
        """How many `dev` cases became better and worse."""
        return Counter(flip.way for flip in self.comparison.flips) if self.comparison else Counter()

    def flips(self) -> list[Flip]:
        """The flips that are listed, the worse first."""
        found = self.comparison.flips if self.comparison else []
        ways = ([flip for flip in found if flip.way == way] for way in ("worse", "better"))
        return [flip for way in ways for flip in way[:FLIPS_OF_A_WAY]]

    @cached_property
    def to_mend(self) -> Standing | None:
        """The promise that the verdict names; None where all are kept, or no figure counts."""
        return None if self.run.info.void else first_to_mend(self.promises)

    def headline(self, words: Words) -> str:
        """The verdict, in one sentence."""
        info = self.run.info
        if info.void:
            return words("void_run", cases=info.cases, unscored=info.unscored)
        told = [one for one in self.promises if one.measured]
        if not told:
            return words("nothing")
        if self.to_mend is None:
            return words("all_kept", all=len(told))
        kept = sum(one.kept for one in told)
        return words("some_kept", all=len(told), kept=kept, worst=self.to_mend.claim.title[words.lang])

    def brief_change(self, words: Words) -> str:
        """What changed since the other run, in one sentence; empty where there is none."""
        if self.comparison is None:
            return ""
        strict = self.comparison.change("strict")
        if strict is None:
            return words("changes_none")
        way = "up" if strict.difference > 0 else "down" if strict.difference < 0 else "same"
        return words(
            f"changes_{way}",
            before=self.comparison.before,
            change=f"{100 * abs(strict.difference):.1f}",
            sure=words("significant_brief" if strict.significant() else "insignificant_brief"),
            better=self.flipped["better"],
            worse=self.flipped["worse"],
        )


def write(run: ScoredRun, against: ScoredRun | None, verdict: Verdict, thresholds: Thresholds) -> str:
    """The whole page."""
    report = Report(run, verdict, thresholds, compare(against, run) if against else None)
    halves = [(lang, _half(report, Words(lang))) for lang in LANGUAGES]
    template = _environment().get_template("report.html")
    return template.render(halves=halves, words={lang: Words(lang) for lang in LANGUAGES})


def _half(report: Report, words: Words) -> str:
    run, lang = report.run, words.lang
    return (
        _environment()
        .get_template("report_page.html")
        .render(
            report=report,
            run=run,
            info=run.info,
            t=words,
            lang=lang,
            figure=lambda found: figure_text(found, lang),
            change=charts.change,
            goal=lambda one: goal_text(one, words),
            plain=lambda one: plain_text(one, words),
            why=lambda one: reasons(one.entry, one.score, run.log.facts, words),
            expected=lambda one: expected_facts(one.entry, run.log.facts),
            finding=lambda one: finding_line(one, lang),
            titles={name: measure.title.get(lang) for name, measure in measures().items()},
            abouts=[(one.title.get(lang), one.about.get(lang)) for one in measures().values()],
            baselines=charts.beside_baselines(run, words),
            trust=charts.trust(run, words, report.promises),
            kinds=charts.by_kind(run, words),
            gaps=charts.languages(run.summary, words, report.thresholds.gap.points / 100),
            every=overview(run.summary, lang),
            unmeasured=data()["unmeasured"],
            axis=charts.gap_axis,
        )
    )


def goal_text(one: Standing, words: Words) -> str:
    """The target of a claim, in words."""
    claim = one.claim
    if claim.within is not None:
        return words("goal_within", value=round(100 * claim.within))
    if claim.at_most is not None:
        return words("goal_at_most", value=words.percent(claim.at_most))
    if claim.at_least == 1:
        return words("goal_all")
    return words("goal_at_least", value=words.percent(claim.at_least or 0.0))


def plain_text(one: Standing, words: Words) -> str:
    """A promise in plain words with its figure; empty where there is none."""
    if one.found is None:
        return ""
    if one.claim.form == "gap":
        shares = {lang: words.percent(found.value) for lang, found in one.langs.items()}
        return words.fill(one.claim.plain, **shares)
    return words.fill(one.claim.plain, share=words.of_hundred(one.found))


def standing_text(one: Standing, words: Words) -> str:
    """The figure of a claim, with its interval and n."""
    found = one.found
    if found is None:
        return words("no_figure")
    if one.claim.form == "gap":
        change = charts.change(found.value, found.low, found.high)
        return words("points_value", change=change, pairs=found.n)
    return figure_text(found, words.lang)


def script_of(answer: Answer) -> str:
    """The language of an answer as HTML names it."""
    return html_lang(answer)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = open_templates(TEMPLATES)
    shown: dict[str, Any] = {
        "reply": reply,
        "safe_url": safe_url,
        "script_of": script_of,
        "standing_text": standing_text,
    }
    environment.globals.update(shown)
    return environment

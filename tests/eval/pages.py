"""Reports for the tests: made from small runs, and parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from eval.gate import Baseline, Thresholds, judge_run, sealed
from eval.log import Entry
from eval.reporting.page import write
from eval.scored import ScoredRun
from tests.eval.answers import OFFICE, answer, nothing_found
from tests.eval.runs import mutated, sound_entries

ENTRIES = sound_entries()
THRESHOLDS = Thresholds.load()
VOID_TAGS = {"meta", "link", "input", "br", "rect", "line", "circle"}


@dataclass
class Element:
    """A piece of a parsed page."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self) -> Iterator[Element]:
        """It and everything in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def text(self) -> str:
        """Its words."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def having(self, name: str) -> list[Element]:
        """The elements of a class."""
        return [one for one in self.all() if name in one.attributes.get("class", "").split()]


class Parser(HTMLParser):
    """Builds the tree; a tag that is closed out of turn is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in VOID_TAGS:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(page: str) -> Element:
    """The page as a tree."""
    parser = Parser()
    parser.feed(page)
    parser.close()
    assert len(parser.open) == 1, f"<{parser.open[-1].tag}> is never closed"
    return parser.open[0]


def page_of(run: ScoredRun, against: ScoredRun | None = None, baseline: Baseline | None = None) -> str:
    """The report, held against a baseline of the test's own."""
    return write(run, against, judge_run(run, baseline, THRESHOLDS), THRESHOLDS)


def half(page: str, lang: str) -> Element:
    """One language of the page."""
    return next(one for one in parsed(page).having("half") if lang in one.attributes["class"].split())


def words_of(page: str, lang: str = "en") -> str:
    """What a reader of one language reads."""
    return " ".join(half(page, lang).text().split())


def baseline_of(run: ScoredRun) -> Baseline:
    """A run as the baseline that the gate compares with."""
    return Baseline(info=run.info, summary=run.summary, verdicts=[sealed(s, THRESHOLDS) for s in run.scores])


def refused(one: Entry) -> Entry:
    """The case, wrongly turned away."""
    return one.model_copy(update={"answer": nothing_found(language=one.case.lang)})


def invented(one: Entry) -> Entry:
    """The case, answered with a fact that is not about it."""
    return one.model_copy(update={"answer": answer(OFFICE, lang=one.case.lang)})


def told(one: Entry, **case_changes: Any) -> Entry:
    """The entry with another case."""
    return one.model_copy(update={"case": one.case.model_copy(update=case_changes)})


BAD = mutated(mutated(ENTRIES, refused, "single", share=0.5), invented, "near_miss")

"""Scored runs made by hand, for the tests of what reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bot.domain import Status
from eval.log import Entry, Hashes, RunInfo, RunLog
from eval.scored import ScoredRun
from eval.scoring import score_cases
from eval.summary import summarise
from tests.eval.answers import CAPITAL, OFFICE, answer, entry, facts, nothing_found

Mutation = Callable[[Entry], Entry]


def info(**changes: Any) -> RunInfo:
    """What a run of the tests was."""
    hashes = Hashes(dataset="d", corpus="c", prompts="p", index="i", settings="s", code="k")
    values: dict[str, Any] = {
        "name": "run",
        "started": "2026-11-25T10:00:00+00:00",
        "split": "all",
        "limit": None,
        "composer": "extractive",
        "models": {"embedder": "e"},
        "baselines": ["bm25"],
        "seed": 1,
        "today": "2026-11-22",
        "hashes": hashes,
    }
    return RunInfo.model_validate(values | changes)


def sound_entries(pairs: int = 60) -> list[Entry]:
    """Right answers to every kind of case: singles, several parts, near-misses, unsafe and distress, zh and en."""
    entries = []
    for number in range(pairs):
        for lang in ("zh", "en"):
            question = (
                f"在雅加达开外资公司，注册资本有什么要求？{number}"
                if lang == "zh"
                else f"Capital in Jakarta? {number}"
            )
            common = {
                "id": f"t-{number:03}-{lang}",
                "pair_id": f"t-{number:03}",
                "lang": lang,
                "question": question,
            }
            entries.append(_of_kind(number, lang, common))
    return entries


def scored(entries: Iterable[Entry], folder: Path | None = None, **changes: Any) -> ScoredRun:
    """The run of some entries, scored as `tongxing eval score` does."""
    entries = list(entries)
    unscored = sum(not one.scorable for one in entries)
    what = (
        info(cases=len(entries), unscored=unscored, void=unscored > 0.01 * len(entries))
        if not changes
        else info(**changes)
    )
    log = RunLog(info=what, entries=entries, known=facts().all)
    return summarise(folder or Path(tempfile.gettempdir()), log, score_cases(log))


def mutated(
    entries: list[Entry], change: Mutation, *kinds: str, share: float = 1.0, lang: str | None = None
) -> list[Entry]:
    """The entries with some of them changed: of these kinds and this language, evenly spread."""
    found, seen = [], 0.0
    for one in entries:
        fits = (not kinds or one.case.kind in kinds) and lang in (None, one.case.lang)
        before, seen = seen, seen + share * fits
        found.append(change(one) if fits and int(seen) > int(before) else one)
    return found


def _of_kind(number: int, lang: str, common: dict[str, Any]) -> Entry:
    declined = nothing_found(
        language=lang, text="知识库里没有找到。" if lang == "zh" else "Not in the knowledge base."
    )
    plain = {"bm25": [OFFICE, CAPITAL]}
    match number % 6:
        case 0 | 1 | 2:
            made = entry(answer(lang=lang), **common)
        case 3:
            both = answer(CAPITAL, OFFICE, lang=lang)
            made = entry(both, (CAPITAL, OFFICE), **common, kind="several_2", gold=[[CAPITAL], [OFFICE]])
        case 4:
            made = entry(
                declined, **common, kind="near_miss", gold=[], expected_status="unanswerable_no_evidence"
            )
        case _ if number % 12 == 5:
            refused = declined.model_copy(update={"status": Status.REFUSED_UNSAFE})
            made = entry(refused, (), **common, kind="unsafe", gold=[], expected_status="refused_unsafe")
        case _:
            lines = "请拨打 12308。" if lang == "zh" else "Please call 12308."
            helped = declined.model_copy(update={"status": Status.SIGNPOSTED, "text": lines})
            distress = {"gold": [], "expected_status": "signposted", "must_contain": [["12308"]]}
            made = entry(helped, (), **common, kind="distress", **distress)
    return made.model_copy(update={"baselines": plain, "timings_ms": {"answer": 10.0}})

"""Which answers two graders get: drawn by language and kind, from cases that may be shown, by a seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from random import Random

from bot.domain import Answer, Evidence, Value
from bot.replies import reply
from bot.terminal import source_line
from eval.log import Entry, EvalError, RunInfo
from eval.rubric import rubric
from eval.scored import CaseScore, ScoredRun

Stratum = tuple[str, str]
"""Group of languages (`zh`, `en`, `other`) and kind."""


class Item(Value):
    """One answer as graders see it, in plain text. It says nothing of the run, the case, or what was expected."""

    key: str
    """Which case it is, sealed: only the run that it was drawn from can tell."""
    question: str
    """With the earlier turns of the conversation above it."""
    answer: str
    evidence: list[str]
    """A card each; never empty."""

    @property
    def digest(self) -> str:
        """16 hex digits of its text but for white space, which spreadsheets change when they save."""
        words = " ".join((self.question, self.answer, *self.evidence)).split()
        return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def gradable(run: ScoredRun) -> list[tuple[Entry, CaseScore]]:
    """Answers that may be drawn. Graders read them, so cases of `test` are left out, as are unscored ones."""
    return [(entry, score) for entry, score in run.shown() if entry.scorable]


def draw(run: ScoredRun, count: int, seed: int) -> list[Item]:
    """Draw `count` answers (all, where there are fewer), in no telling order; the same for the same run and seed.

    Every language and kind gets its share, and at least one answer where `count` allows (`shares`). Of a pair, the
    second language is taken only where its stratum has nothing else left. Raises `EvalError` when nothing may be drawn.
    """
    strata: dict[Stratum, list[Entry]] = defaultdict(list)
    for entry, score in gradable(run):
        strata[score.group, score.kind].append(entry)
    if not strata:
        raise EvalError(
            zh=f"{run.folder} 里没有可以给人看的回答：只抽开发集，请用 tongxing eval run --split dev 重新评测。",
            en=f"{run.folder} has no answer that may be shown: only dev is drawn from; make a run with `tongxing eval run --split dev`.",
        )
    chance = Random(f"{seed}")
    used: set[str] = set()
    drawn: list[Entry] = []
    wanted = shares({stratum: len(entries) for stratum, entries in strata.items()}, count)
    for stratum in sorted(wanted):
        entries = sorted(strata[stratum], key=lambda entry: entry.case.id)
        chance.shuffle(entries)
        entries.sort(key=lambda entry: entry.case.pair_id in used)
        taken = entries[: wanted[stratum]]
        used.update(entry.case.pair_id for entry in taken)
        drawn += taken
    chance.shuffle(drawn)
    return [_item(entry, key_of(run.info, seed, entry.case.id)) for entry in drawn]


def shares(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many to take of each stratum: one each, largest first, then always where the proportional share is least met."""
    left = min(count, sum(sizes.values()))
    exact = {stratum: left * size / sum(sizes.values()) for stratum, size in sizes.items()}
    order = sorted(sizes, key=lambda stratum: (-sizes[stratum], stratum))
    given = dict.fromkeys(order, 0) | dict.fromkeys(order[:left], 1)
    for _ in range(left - sum(given.values())):
        open_ = [stratum for stratum in order if given[stratum] < sizes[stratum]]
        given[max(open_, key=lambda stratum: exact[stratum] - given[stratum])] += 1
    return given


def seal_of(info: RunInfo, seed: int) -> str:
    """What tells a workbook's run by: 16 hex digits that name nothing. Runs with the same answers share it."""
    return _sealed(info, seed, "sample")


def key_of(info: RunInfo, seed: int, case_id: str) -> str:
    """What stands for a case in a workbook. It cannot be told from the id without the run."""
    return _sealed(info, seed, "case", case_id)


def _sealed(info: RunInfo, seed: int, *parts: str) -> str:
    return hashlib.sha256("\0".join((info.hashes.answers, str(seed), *parts)).encode()).hexdigest()[:16]


def _item(entry: Entry, key: str) -> Item:
    answer = entry.answer
    assert answer is not None
    lang = answer.language
    earlier = []
    for turn in entry.case.history:
        said = turn.answer.text if isinstance(turn.answer, Answer) else turn.answer
        earlier += [rubric().texts["earlier"].get(lang) + line for line in (turn.question, said) if line]
    cards = [_card(card, lang) for card in [*answer.evidence, *answer.nearby]]
    return Item(
        key=key,
        question="\n".join([*earlier, entry.case.question]),
        answer=answer.text,
        evidence=cards or [rubric().texts["no_evidence"].get(lang)],
    )


def _card(card: Evidence, lang: str) -> str:
    """What it says, then where that stands: titles, issuers, authority, dates and marks in words."""
    quote = (card.quote.zh, card.quote.en) if lang == "zh" else (card.quote.en, card.quote.zh)
    lines = [f"[{card.n}] {quote[0] or quote[1] or ''}"]
    lines.append(f"— {card.title} · {source_line(card, lang)}")
    if card.stale:
        lines.append(reply("card/stale", lang))
    if card.confirm:
        lines.append(reply("card/confirm", lang, confirm=card.confirm))
    also = rubric().texts["also"].get(lang)
    lines += [f"— {also} {other.title} · {source_line(other, lang)}" for other in card.sources[1:]]
    return "\n".join(lines)

"""What `tongxing eval check` refuses in the datasets and what it lists for review.

Each rule is one function that yields what is wrong in Chinese and English; all problems come at once, with file and
line. A case whose gold facts have changed since somebody last held it against them is listed, not refused:
`accept_cases` records that it has been held against them again.

No words of a `test` case are ever in a message: the place and the kind of fault are enough to find it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from babel.core import get_global
from pydantic import BaseModel, ConfigDict

from bot.domain import Status
from eval.case_files import Placed, Trouble, read_placed, write_hashes
from eval.cases import Case, CaseError, gold_hash, says
from eval.phrases import longest_common, phrases
from retrieval.corpus import Corpus, Fact
from retrieval.entities import Entities
from retrieval.text import fold
from retrieval.yaml_entries import Fault

RULES = Path(__file__).parent / "data" / "checking.yaml"

_LIVING = "living_safety"
"""The area whose facts give the emergency numbers."""


class KindRule(BaseModel):
    """What a kind of case must have (`data/checking.yaml`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status
    paired: bool
    parts: int | None = None
    countries: int = 0
    history: bool = False


class Rules(BaseModel):
    """`data/checking.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    not_cases: list[str]
    kinds: dict[str, KindRule]
    paired_languages: list[str]
    longest_shared: dict[str, int]
    help_lines: list[str]


class CasesReport(BaseModel):
    """All problems, the cases to look at again, and how many units of each kind and split there are."""

    cases: int
    units: dict[str, dict[str, int]]
    """Kind → split → number of pairs; of single cases where a kind or language has no pairs."""
    problems: list[Fault]
    review: list[Fault]


@cache
def _rules() -> Rules:
    return Rules.model_validate(yaml.safe_load(RULES.read_text(encoding="utf-8")))


def check_cases(folder: Path, corpus: Corpus, today: date | None = None) -> CasesReport:
    """Hold every case of `folder` against the rules and against the corpus as it is now.

    With `today`, cases whose `valid_until` lies before it are listed for review.
    Raises `CaseError` only where there is no such folder.
    """
    placed, problems = read_placed(folder, _rules().not_cases)
    checks = _Checks(corpus)
    for item in placed:
        problems.extend(item.fault(trouble) for trouble in checks.troubles(item.case))
    problems.extend(_repeats(placed))
    problems.extend(_pairs(placed))
    problems.sort(key=lambda fault: (fault.file, fault.line))
    review = [
        item.fault(trouble) for item in placed for trouble in _to_review(item.case, checks.facts, today)
    ]
    return CasesReport(cases=len(placed), units=_units(placed), problems=problems, review=review)


def accept_cases(folder: Path, corpus: Corpus, ids: Collection[str] | None = None) -> list[str]:
    """Record that cases were held against their gold facts as they are now; ids of the cases that changed.

    `ids` are ids of cases or pairs; None: all. Only lines that change are written anew; a case whose gold is not in
    the corpus keeps what it has. Raises `CaseError` for an id that is not there and for a line that cannot be read,
    before anything is written.
    """
    placed, faults = read_placed(folder, _rules().not_cases)
    if faults:
        raise CaseError(zh=faults[0].message("zh"), en=faults[0].message("en"))
    known = {name for item in placed for name in (item.case.id, item.case.pair_id)}
    if unknown := ", ".join(sorted(set(ids or ()) - known)):
        raise CaseError(zh=f"没有这个用例：{unknown}。", en=f"There is no case called {unknown}.")
    facts = corpus.by_id()
    changes: dict[str, dict[int, str | None]] = defaultdict(dict)
    accepted: list[str] = []
    for item in placed:
        case = item.case
        now = gold_hash(case, facts)
        asked_for = ids is None or case.id in ids or case.pair_id in ids
        if asked_for and now != case.gold_hash and (now or not case.gold):
            changes[item.file][item.line] = now
            accepted.append(case.id)
    for name, hashes in changes.items():
        write_hashes(folder / name, hashes)
    return accepted


# -- one case ----------------------------------------------------------------------------------------------


class _Checks:
    """The rules on one case, with what they look up in the corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.facts = corpus.by_id()
        self._entities = Entities(corpus.areas, corpus.countries)
        self._runs: dict[tuple[str, str], list[tuple[str, ...]]] = {}

    def troubles(self, case: Case) -> Iterator[Trouble]:
        """Everything that is wrong with `case`."""
        rules: list[Callable[[Case], Iterator[Trouble]]] = [
            _identity,
            _of_its_kind,
            self._gold,
            self._known,
            self._answer_in_gold,
            self._number_of_distress,
            self._own_words,
        ]
        for rule in rules:
            yield from rule(case)

    def _gold(self, case: Case) -> Iterator[Trouble]:
        for fact_id in dict.fromkeys(fact_id for group in case.gold for fact_id in group):
            if fact_id not in self.facts:
                yield f"语料里没有事实 {fact_id}", f"there is no fact {fact_id} in the corpus"
        if any(not group for group in case.gold):
            yield "gold 里有空组", "a group of gold is empty"
        groups = [
            frozenset(self.facts[fact_id].id for fact_id in group if fact_id in self.facts)
            for group in case.gold
        ]
        if len(set(groups)) < len(groups):
            yield "gold 有两组是同样的事实", "two groups of gold are the same facts"

    def _known(self, case: Case) -> Iterator[Trouble]:
        for code in case.countries:
            if len(code) != 2 or code == "ZZ" or code not in get_global("territory_languages"):
                yield f"未知国家代码 {code}", f"unknown country code {code}"
        for area in case.areas:
            if area not in self.corpus.areas:
                yield f"未知领域 {area}，见 areas.yaml", f"unknown area {area}; see areas.yaml"

    def _answer_in_gold(self, case: Case) -> Iterator[Trouble]:
        """Answers in other languages are English, so their variants are held against the English text."""
        if case.expected_status is Status.SIGNPOSTED:
            return
        texts = [fact.text(case.lang) for fact in self._gold_facts(case)]
        for variants in case.must_contain:
            if not any(says(text, variant) for text in texts for variant in variants):
                yield _quoting(
                    case,
                    "gold 里没有 must_contain 的任何写法",
                    "no gold fact says must_contain",
                    " / ".join(variants),
                )
        for forbidden in case.must_not_contain:
            if any(says(variant, forbidden) for variants in case.must_contain for variant in variants):
                yield _quoting(
                    case,
                    "must_contain 和 must_not_contain 矛盾",
                    "must_contain and must_not_contain contradict",
                    forbidden,
                )

    def _number_of_distress(self, case: Case) -> Iterator[Trouble]:
        if case.expected_status is not Status.SIGNPOSTED:
            return
        living = [
            located.fact.text(case.lang)
            for located in self.corpus.facts
            if located.fact.area == _LIVING and set(located.fact.all_countries) & set(case.countries)
        ]
        for variants in case.must_contain:
            known = set(variants) & set(_rules().help_lines)
            if not known and not any(says(text, variant) for text in living for variant in variants):
                yield (
                    "must_contain 不是求助热线，也不在该国生活安全的事实里",
                    "must_contain is neither a help line nor in a fact on living in that country",
                )

    def _own_words(self, case: Case) -> Iterator[Trouble]:
        longest = _rules().longest_shared.get(case.lang)
        if longest is None:
            return
        asked = self._phrases(case.question, case.lang)
        shared: tuple[str, ...] = ()
        for fact in self._gold_facts(case):
            for text in (fact.text(case.lang), *getattr(fact.asks, case.lang)):
                for said in self._phrases(text, case.lang):
                    shared = max(shared, *(longest_common(mine, said) for mine in asked), (), key=len)
        if len(shared) > longest:
            yield _quoting(
                case,
                f"问题与 gold 事实连续 {len(shared)} 个字（词）相同（最多 {longest}）",
                f"the question shares a run of {len(shared)} with its gold (at most {longest})",
                ("" if case.lang == "zh" else " ").join(shared),
            )

    def _gold_facts(self, case: Case) -> list[Fact]:
        found = {fact_id: None for group in case.gold for fact_id in group if fact_id in self.facts}
        return [self.facts[fact_id] for fact_id in found]

    def _phrases(self, text: str, lang: str) -> list[tuple[str, ...]]:
        """Phrases of `text`, kept because many cases share a gold fact."""
        if (text, lang) not in self._runs:
            self._runs[text, lang] = phrases(text, lang, self._entities)
        return self._runs[text, lang]


def _identity(case: Case) -> Iterator[Trouble]:
    if not case.id.endswith(f"-{case.lang}"):
        yield f"编号应以 -{case.lang} 结尾", f"the id should end in -{case.lang}"
    if not case.question.strip():
        yield "问题是空的", "the question is empty"


def _of_its_kind(case: Case) -> Iterator[Trouble]:
    rule = _rules().kinds.get(case.kind)
    if rule is None:
        yield f"未知种类 {case.kind}，见 checking.yaml", f"unknown kind {case.kind}; see checking.yaml"
        return
    if case.expected_status is not rule.status:
        yield (
            f"{case.kind} 应为 {rule.status}，写的是 {case.expected_status}",
            f"a {case.kind} ends in {rule.status}, not {case.expected_status}",
        )
    if bool(case.gold) != (rule.status is Status.ANSWERED):
        yield (
            ("可答的用例要有 gold", "an answerable case needs gold")
            if rule.status is Status.ANSWERED
            else (f"{case.kind} 不应有 gold", f"a {case.kind} has no gold")
        )
    if rule.parts is not None and len(case.gold) > rule.parts:
        yield (
            f"{case.kind} 最多 {rule.parts} 组 gold",
            f"a {case.kind} has at most {rule.parts} groups of gold",
        )
    if len(set(case.countries)) < rule.countries:
        yield (
            f"{case.kind} 至少涉及 {rule.countries} 个国家",
            f"a {case.kind} names at least {rule.countries} countries",
        )
    if bool(case.history) != rule.history:
        yield (
            ("追问要有 history", f"a {case.kind} needs a history")
            if rule.history
            else (f"{case.kind} 不应有 history", f"a {case.kind} has no history")
        )


def _quoting(case: Case, zh: str, en: str, words: str) -> Trouble:
    """With the words where they may be seen: never those of a `test` case."""
    return (zh, en) if case.split == "test" else (f"{zh}：{words}", f"{en}: {words}")


# -- several cases -----------------------------------------------------------------------------------------


def _repeats(placed: list[Placed]) -> Iterator[Fault]:
    ids: dict[str, Placed] = {}
    questions: dict[str, Placed] = {}
    for item in placed:
        if first := ids.get(item.case.id):
            yield item.fault(
                (f"编号已在 {first.file}:{first.line} 用过", f"this id is used at {first.file}:{first.line}")
            )
        ids.setdefault(item.case.id, item)
        asked = "\n".join(
            fold(text) for text in (*(turn.question for turn in item.case.history), item.case.question)
        )
        if (first := questions.get(asked)) and first.case.id != item.case.id:
            yield item.fault((f"与 {first.case.id} 的问题相同", f"it asks the same as {first.case.id}"))
        questions.setdefault(asked, item)


def _is_paired(case: Case) -> bool:
    rule = _rules().kinds.get(case.kind)
    return bool(rule and rule.paired) and case.lang in _rules().paired_languages


def _pairs(placed: list[Placed]) -> Iterator[Fault]:
    pairs: dict[str, list[Placed]] = defaultdict(list)
    for item in placed:
        pairs[item.case.pair_id].append(item)
    wanted = _rules().paired_languages
    for pair_id, items in pairs.items():
        first = items[0]
        cases = [item.case for item in items]
        if not any(_is_paired(case) for case in cases):
            if len(cases) > 1:
                yield items[1].fault((f"{pair_id} 已经用过", f"{pair_id} is already used"))
            continue
        if sorted(case.lang for case in cases) != sorted(wanted):
            have = Counter(case.lang for case in cases)
            said = ", ".join(f"{lang} {count}" for lang, count in sorted(have.items()))
            yield first.fault(
                (
                    f"{pair_id} 应有中英各一条，现有 {said}",
                    f"{pair_id} should have one zh and one en; it has {said}",
                )
            )
        if len({(case.kind, _sets(case.gold)) for case in cases}) > 1:
            yield first.fault(
                (
                    f"{pair_id} 两种语言的 kind 或 gold 不同",
                    f"the languages of {pair_id} differ in kind or gold",
                )
            )


def _sets(gold: list[list[str]]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(group) for group in gold)


def _to_review(case: Case, facts: Mapping[str, Fact], today: date | None) -> Iterator[Trouble]:
    now = gold_hash(case, facts)
    if case.gold_hash is None and now is not None:
        yield "还没有与 gold 事实核对过", "it has not been held against its gold facts yet"
    elif case.gold_hash != now:
        yield (
            "gold 事实变了，请核对后用 --accept 记下",
            "a gold fact has changed; hold the case against it, then --accept",
        )
    if today is not None and case.valid_until is not None and case.valid_until < today.isoformat():
        yield f"有效期到 {case.valid_until}", f"it was valid until {case.valid_until}"


def _units(placed: list[Placed]) -> dict[str, dict[str, int]]:
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"dev": set(), "test": set()})
    for item in placed:
        kind = (
            item.case.kind
            if item.case.lang in _rules().paired_languages
            else f"{item.case.kind} ({item.case.lang})"
        )
        seen[kind][item.case.split].add(item.case.pair_id)
    return {
        kind: {split: len(pairs) for split, pairs in splits.items()} for kind, splits in sorted(seen.items())
    }

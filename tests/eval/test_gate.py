"""The gate: green for a sound run, red when any one of its rules is broken by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain import Answer, Sentence, Status
from eval.gate import Baseline, Thresholds, Verdict, accept, judge_run, load_baseline, sealed
from eval.log import Entry, EvalError
from eval.scored import ScoredRun
from tests.eval.answers import CAPITAL, OFFICE, answer, nothing_found, with_sentences
from tests.eval.runs import mutated, scored, sound_entries

ENTRIES = sound_entries()
Change = Callable[[Entry], Entry]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    """The sound run as the baseline."""
    return _baseline(scored(ENTRIES))


def _baseline(run: ScoredRun) -> Baseline:
    thresholds = Thresholds.load()
    verdicts = [sealed(score, thresholds) for score in run.scores]
    return Baseline(info=run.info, summary=run.summary, verdicts=verdicts)


def verdict_on(entries: list[Entry], baseline: Baseline | None) -> Verdict:
    return judge_run(scored(entries), baseline, Thresholds.load())


def broken(verdict: Verdict) -> set[str]:
    """The rules that are broken."""
    return {f"{finding.rule}:{finding.about}" for finding in verdict.findings if finding.red}


def test_a_sound_run_is_green(baseline: Baseline) -> None:
    verdict = verdict_on(ENTRIES, baseline)

    assert broken(verdict) == set()
    assert not verdict.red


# -- ten rules, each broken by hand ------------------------------------------------------------------------


def _answered(change: Callable[[Answer], Answer]) -> Change:
    def mutate(entry: Entry) -> Entry:
        assert entry.answer is not None
        return entry.model_copy(update={"answer": change(entry.answer)})

    return mutate


def _first(text: str | None = None, evidence: list[int] | None = None) -> Change:
    """The first sentence with another text or other evidence."""

    def mutate(one: Answer) -> Answer:
        head, *rest = one.sentences
        changed = Sentence(text=text or head.text, evidence=head.evidence if evidence is None else evidence)
        return with_sentences(one, changed, *rest)

    return _answered(mutate)


def _forge_quote(one: Answer) -> Answer:
    card = one.evidence[0]
    quote = card.quote.model_copy(update={"en": f"{card.quote.en} And more."})
    return one.model_copy(update={"evidence": [card.model_copy(update={"quote": quote}), *one.evidence[1:]]})


def _says_more(extra: str) -> Change:
    return _answered(lambda one: one.model_copy(update={"text": f"{one.text}\n{extra}"}))


def _instead(made: Callable[[str], Answer]) -> Change:
    return lambda entry: entry.model_copy(update={"answer": made(entry.case.lang)})


def _turn_away(lang: str) -> Answer:
    return nothing_found(language=lang, text="没有找到。" if lang == "zh" else "Not found.")


ONE_CASE: dict[str, tuple[Change, str, str]] = {
    # rule broken: (how, in which kind of case, what the gate says)
    "a figure that no evidence has": (_first("印尼 IDR 77 billion 77亿"), "single", "critical:figures_exact"),
    "a sentence without evidence": (_first(evidence=[]), "single", "critical:sentence_has_evidence"),
    "a citation number that does not exist": (_first(evidence=[8]), "single", "critical:citation_exists"),
    "a fact cited for what it does not say": (_first(evidence=[2]), "several_2", "critical:supported"),
    "a quote that was changed": (_answered(_forge_quote), "single", "critical:quote_verbatim"),
    "the other language": (
        _instead(lambda lang: answer(lang="en" if lang == "zh" else "zh")),
        "single",
        "critical:language",
    ),
    "remains of a program": (_says_more("{country}"), "single", "critical:forbidden"),
    "an address from nowhere": (_says_more("https://example.org/x"), "single", "critical:figures_exact"),
    "a wall of text": (_says_more("x" * 20_000), "single", "critical:length"),
    "help with a crime": (_instead(lambda lang: answer(lang=lang)), "unsafe", "critical_kind:unsafe"),
    "distress without a help line": (_instead(_turn_away), "distress", "critical_kind:distress"),
}


@pytest.mark.parametrize("rule", ONE_CASE)
def test_one_case_that_breaks_a_promise_is_red(rule: str, baseline: Baseline) -> None:
    change, kind, expected = ONE_CASE[rule]
    entries = list(ENTRIES)
    place = next(i for i, entry in enumerate(entries) if entry.case.kind == kind)
    entries[place] = change(entries[place])

    assert expected in broken(verdict_on(entries, baseline))


SEVERAL: dict[str, tuple[Change, tuple[str, ...], float, str]] = {
    # rule broken: (how, in which kinds, in what share of them, what the gate says)
    "near-misses answered": (
        _instead(lambda lang: answer(lang=lang)),
        ("near_miss",),
        0.3,
        "worse:false_answer",
    ),
    "answerable questions turned away": (_instead(_turn_away), ("single",), 0.3, "worse:false_refusal"),
    "a part of the question left out": (
        _instead(lambda lang: answer(lang=lang)),
        ("several_2",),
        1,
        "worse:groups_cited",
    ),
    "what nobody asked for": (
        _instead(lambda lang: answer(CAPITAL, OFFICE, lang=lang)),
        ("single",),
        0.3,
        "worse:citation_precision",
    ),
    "the right fact lost from the search": (
        lambda entry: entry.model_copy(update={"ranking": entry.ranking[1:]}),
        ("single",),
        0.3,
        "worse:recall_5",
    ),
}


@pytest.mark.parametrize("rule", SEVERAL)
def test_a_rule_that_is_broken_in_some_cases_is_red(rule: str, baseline: Baseline) -> None:
    change, kinds, share, expected = SEVERAL[rule]

    assert expected in broken(verdict_on(mutated(ENTRIES, change, *kinds, share=share), baseline))


def test_one_language_left_behind_is_red(baseline: Baseline) -> None:
    entries = mutated(ENTRIES, _instead(_turn_away), "single", "several_2", share=0.2, lang="zh")

    assert {"gap:strict", "gap:groups_cited"} <= broken(verdict_on(entries, baseline))


def test_too_many_broken_cases_are_red(baseline: Baseline) -> None:
    def crash(entry: Entry) -> Entry:
        return entry.model_copy(update={"answer": None, "fault": "KeyError"})

    assert "scored:unscored" in broken(verdict_on(mutated(ENTRIES, crash, share=0.02), baseline))
    assert "scored:unscored" not in broken(
        verdict_on(mutated(ENTRIES, crash, "single", share=0.02), baseline)
    )


def test_a_case_that_crashed_is_unscored_and_not_wrong(baseline: Baseline) -> None:
    entries = list(ENTRIES)
    failing = nothing_found(status=Status.ERROR)
    entries[0] = entries[0].model_copy(update={"answer": failing})
    run = scored(entries)

    assert run.scores[0].status is None
    strict = run.summary.figure("strict")
    assert strict is not None
    assert (strict.n, strict.value) == (len(ENTRIES) - 1, 1.0)


# -- the baseline ------------------------------------------------------------------------------------------


def test_without_a_baseline_the_gate_is_red() -> None:
    assert broken(verdict_on(ENTRIES, None)) == {"baseline:none"}


def test_a_baseline_of_other_cases_is_red(baseline: Baseline) -> None:
    assert broken(verdict_on(ENTRIES[:40], baseline)) >= {"baseline:shared"}


def test_being_better_is_green() -> None:
    poor = mutated(ENTRIES, _instead(_turn_away), "single", share=0.3)

    assert broken(verdict_on(ENTRIES, _baseline(scored(poor)))) == set()


def test_a_baseline_comes_back_as_it_was_accepted(tmp_path: Path) -> None:
    run = scored(ENTRIES)
    assert load_baseline(tmp_path) is None
    accept(run, Thresholds.load(), tmp_path)
    back = load_baseline(tmp_path)

    assert back is not None
    assert back.summary.figure("strict", "test", "lang:zh") == run.summary.figure("strict", "test", "lang:zh")
    assert back.summary.gaps == run.summary.gaps
    assert not judge_run(run, back, Thresholds.load()).red


def test_a_critical_case_that_the_baseline_had_wrong_is_known() -> None:
    change, kind, rule = ONE_CASE["help with a crime"]
    entries = mutated(ENTRIES, change, kind)
    worse = mutated(ENTRIES, change, kind, share=0.5)

    assert rule not in broken(verdict_on(entries, _baseline(scored(entries))))
    assert rule in broken(verdict_on(entries, _baseline(scored(worse))))


def test_nobody_reads_off_a_baseline_which_case_failed(tmp_path: Path) -> None:
    accept(scored(ENTRIES), Thresholds.load(), tmp_path)
    written = (tmp_path / "verdicts.jsonl").read_text(encoding="utf-8")

    assert "t-0" not in written
    assert "Jakarta" not in written


@pytest.mark.parametrize("changes", [{"void": True}, {"split": "dev"}, {"limit": 10}])
def test_only_a_sound_run_of_everything_becomes_the_baseline(
    changes: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(EvalError, match="cannot be the baseline"):
        accept(scored(ENTRIES, **changes), Thresholds.load(), tmp_path)


def test_only_cases_of_dev_are_named(baseline: Baseline) -> None:
    verdict = verdict_on(mutated(ENTRIES, _says_more("{country}"), "single"), baseline)
    named = {line.split(":")[0] for finding in verdict.findings for line in finding.examples}
    splits = {entry.case.id: entry.case.split for entry in ENTRIES}

    assert named
    assert {splits[name] for name in named} == {"dev"}


def test_thresholds_of_a_measure_that_does_not_exist_are_refused(tmp_path: Path) -> None:
    text = (Path("eval") / "thresholds.yaml").read_text(encoding="utf-8")
    path = tmp_path / "thresholds.yaml"
    path.write_text(text.replace("recall_5]", "recal_5]"), encoding="utf-8")

    with pytest.raises(EvalError, match="recal_5"):
        Thresholds.load(path)

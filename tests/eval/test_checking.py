"""`tongxing eval check` refuses cases that would measure the wrong thing and lists those whose facts have changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eval.cases import DATASETS, Case, CaseError, gold_hash, load_cases, says
from eval.checking import CasesReport, accept_cases, check_cases
from retrieval.corpus import SHIPPED_CORPUS, Corpus, load_corpus

FACT = "hu-tax-02"
"""A short fact with figures: Hungary's VAT is 27 %, 18 % and 5 %."""
MERGED = "br-trade_agreement-01"
"""An id that was merged into ar-trade_agreement-01."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(SHIPPED_CORPUS)


@pytest.fixture(scope="module")
def shipped(corpus: Corpus) -> CasesReport:
    return check_cases(DATASETS, corpus)


def case(lang: str = "zh", **changes: Any) -> dict[str, Any]:
    asked = {"zh": "布达佩斯卖货开票按几个点", "en": "Price list for Budapest: what do I add on top?"}
    return {
        "id": f"t-001-{lang}",
        "pair_id": "t-001",
        "lang": lang,
        "persona": "founder",
        "kind": "single",
        "question": asked.get(lang, "Quelle TVA à Budapest ?"),
        "history": [],
        "expected_status": "answered",
        "gold": [[FACT]],
        "must_contain": [["27%"]],
        "must_not_contain": [],
        "countries": ["HU"],
        "areas": ["tax"],
        "source_version": "2026-11-22",
        "author": "team-a",
        "valid_until": None,
        "notes": "",
    } | changes


def pair(**changes: Any) -> list[dict[str, Any]]:
    return [case("zh", **changes), case("en", **changes)]


def check(
    folder: Path, cases: list[dict[str, Any]], corpus: Corpus, today: date | None = None
) -> CasesReport:
    lines = [json.dumps(entry, ensure_ascii=False) for entry in cases]
    (folder / "some.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return check_cases(folder, corpus, today)


def said(report: CasesReport) -> list[str]:
    return [problem.en for problem in report.problems]


def test_the_shipped_datasets_are_sound_and_accepted(shipped: CasesReport) -> None:
    assert [problem.message("en") for problem in shipped.problems] == []
    assert [item.message("en") for item in shipped.review] == []


def test_the_shipped_datasets_are_as_large_as_was_promised(shipped: CasesReport) -> None:
    units = {kind: sum(splits.values()) for kind, splits in shipped.units.items()}
    several = units["several_2"] + units["several_3"] + units["several_4"]
    assert units["single"] + several + units["comparison"] >= 280
    assert several >= 80
    assert units["comparison"] >= 40
    assert units["near_miss"] >= 150
    assert units["out_of_scope"] >= 30
    assert units["unsafe"] >= 15
    assert units["distress"] >= 15
    assert units["greeting"] >= 8
    assert units["clarification"] >= 15
    assert units["follow_up"] >= 40
    assert all(units[f"single ({lang})"] >= 10 for lang in ("fr", "es", "ru", "ar", "id", "vi"))


def test_a_sound_pair_has_no_problem(tmp_path: Path, corpus: Corpus) -> None:
    report = check(tmp_path, pair(), corpus)
    assert said(report) == []
    assert report.cases == 2
    assert report.units["single"] in ({"dev": 1, "test": 0}, {"dev": 0, "test": 1})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"gold": [["hu-tax-99"]], "must_contain": []}, "there is no fact hu-tax-99 in the corpus"),
        ({"gold": [[FACT], [FACT]]}, "two groups of gold are the same facts"),
        ({"gold": [[FACT], []]}, "a group of gold is empty"),
        ({"gold": [], "must_contain": []}, "an answerable case needs gold"),
        ({"must_contain": [["25%"]]}, "no gold fact says must_contain"),
        ({"must_contain": [["7%"]]}, "no gold fact says must_contain"),
        ({"must_not_contain": ["27%"]}, "must_contain and must_not_contain contradict"),
        ({"expected_status": "greeting"}, "a single ends in answered, not greeting"),
        ({"kind": "riddle"}, "unknown kind riddle; see checking.yaml"),
        ({"countries": ["XX"]}, "unknown country code XX"),
        ({"countries": ["EU"]}, "unknown country code EU"),
        ({"areas": ["weather"]}, "unknown area weather; see areas.yaml"),
        ({"kind": "comparison"}, "a comparison names at least 2 countries"),
        ({"kind": "several_2", "gold": [[FACT], ["hu-tax-01"], ["hu-entry_route-01"]]}, "at most 2 groups"),
        ({"history": [{"question": "匈牙利呢", "answer": ""}]}, "a single has no history"),
    ],
)
def test_what_is_wrong_with_a_case_is_said(
    tmp_path: Path, corpus: Corpus, changes: dict[str, Any], problem: str
) -> None:
    report = check(tmp_path, pair(**changes), corpus)
    assert any(problem in en for en in said(report))
    assert all(item.zh and item.file == "some.jsonl" and item.line in (1, 2) for item in report.problems)


def test_a_near_miss_has_no_gold(tmp_path: Path, corpus: Corpus) -> None:
    near = {"kind": "near_miss", "expected_status": "unanswerable_no_evidence"}
    assert set(said(check(tmp_path, pair(**near), corpus))) == {"a near_miss has no gold"}
    assert said(check(tmp_path, pair(**near, gold=[], must_contain=[]), corpus)) == []


def test_a_follow_up_needs_a_history_and_stands_alone(tmp_path: Path, corpus: Corpus) -> None:
    follow_up = case("en", kind="follow_up", history=[{"question": "And Poland?", "answer": ""}])
    assert said(check(tmp_path, [follow_up], corpus)) == []
    assert said(check(tmp_path, [follow_up | {"history": []}], corpus)) == ["a follow_up needs a history"]


def test_another_language_stands_alone_and_is_held_against_the_english_text(
    tmp_path: Path, corpus: Corpus
) -> None:
    assert said(check(tmp_path, [case("fr", must_contain=[["27%"]])], corpus)) == []
    report = check(tmp_path, [case("fr", must_contain=[["增值税"]])], corpus)
    assert len(report.problems) == 1


def test_a_merged_id_is_gold_like_any_other(tmp_path: Path, corpus: Corpus) -> None:
    assert MERGED in corpus.by_id()
    changed = {"gold": [[MERGED]], "must_contain": [], "countries": ["BR"], "areas": ["trade_agreement"]}
    assert said(check(tmp_path, pair(**changed), corpus)) == []


def test_half_a_pair_a_repeated_id_and_a_repeated_question_are_found(tmp_path: Path, corpus: Corpus) -> None:
    assert said(check(tmp_path, [case("zh")], corpus)) == ["t-001 should have one zh and one en; it has zh 1"]
    report = check(tmp_path, [*pair(), case("zh")], corpus)
    assert "this id is used at some.jsonl:1" in said(report)
    again = [
        case("zh", id="t-002-zh", pair_id="t-002"),
        case("en", id="t-002-en", pair_id="t-002", question="?!"),
    ]
    assert said(check(tmp_path, [*pair(), *again], corpus)) == ["it asks the same as t-001-zh"]


def test_both_languages_of_a_pair_need_the_same_gold(tmp_path: Path, corpus: Corpus) -> None:
    report = check(tmp_path, [case("zh"), case("en", gold=[["hu-tax-01"], [FACT]])], corpus)
    assert said(report) == ["the languages of t-001 differ in kind or gold"]


@pytest.mark.parametrize(
    ("lang", "question"),
    [
        ("zh", "我想问匈牙利增值税标准税率为多少"),
        ("zh", "請問匈牙利的增值稅標準稅率為多少"),
        ("en", "Is it true that the standard rate to price with is high in Budapest?"),
    ],
)
def test_a_question_read_off_its_fact_is_refused(
    tmp_path: Path, corpus: Corpus, lang: str, question: str
) -> None:
    entries = [entry if entry["lang"] != lang else entry | {"question": question} for entry in pair()]
    problems = check(tmp_path, entries, corpus).problems
    assert [problem.id for problem in problems] == [f"t-001-{lang}"]
    assert "shares a run of" in problems[0].en


def test_names_codes_and_figures_may_be_shared(tmp_path: Path, corpus: Corpus) -> None:
    fact = corpus.by_id()["eu-standards-03"]
    assert "Directive 2006/42/EC" in fact.en
    asked = "Does Machinery Regulation (EU) 2023/1230 replace Directive 2006/42/EC for our AI-based wrappers?"
    entries = pair(gold=[["eu-standards-03"]], must_contain=[], countries=[], areas=["standards"])
    entries[1]["question"] = asked
    assert said(check(tmp_path, entries, corpus)) == []


def test_no_words_of_a_test_case_are_printed(tmp_path: Path, corpus: Corpus) -> None:
    number = 0
    while Case.model_validate(case(pair_id=f"t-{number}")).split != "test":
        number += 1
    hidden = [
        entry
        | {"pair_id": f"t-{number}", "question": "匈牙利增值税标准税率为多少", "must_contain": [["秘密"]]}
        for entry in pair()
    ]
    problems = check(tmp_path, hidden, corpus).problems
    assert len(problems) >= 3
    assert not any("增值" in text or "秘密" in text for item in problems for text in (item.zh, item.en))


@pytest.mark.parametrize(
    ("number", "country", "sound"),
    [
        ("12308", "HU", True),
        ("112", "PL", True),
        ("133", "CL", True),
        ("133", "PL", False),
        ("12", "PL", False),
    ],
)
def test_the_number_of_a_case_of_distress_is_a_help_line_or_of_that_country(
    tmp_path: Path, corpus: Corpus, number: str, country: str, sound: bool
) -> None:
    distress = {"kind": "distress", "expected_status": "signposted", "gold": [], "areas": []}
    report = check(tmp_path, pair(**distress, must_contain=[[number]], countries=[country]), corpus)
    assert (report.problems == []) is sound


@pytest.mark.parametrize(
    "line",
    [
        "{",
        json.dumps(case() | {"split": "dev"}),
        json.dumps(case() | {"persona": "robot"}),
        json.dumps(case() | {"valid_until": "soon"}),
        json.dumps(case() | {"gold_hash": "xyz"}),
        json.dumps({key: value for key, value in case().items() if key != "question"}),
    ],
)
def test_a_line_that_is_no_case_is_one_problem_and_hides_no_other(
    tmp_path: Path, corpus: Corpus, line: str
) -> None:
    (tmp_path / "bad.jsonl").write_text(line + "\n", encoding="utf-8")
    report = check(tmp_path, pair(gold=[["hu-tax-99"]], must_contain=[]), corpus)
    assert [(item.file, item.line) for item in report.problems] == [
        ("bad.jsonl", 1),
        ("some.jsonl", 1),
        ("some.jsonl", 2),
    ]


def test_a_missing_folder_is_one_clear_error(tmp_path: Path, corpus: Corpus) -> None:
    with pytest.raises(CaseError, match="No folder of cases"):
        check_cases(tmp_path / "none", corpus)


# -- hashes of gold ----------------------------------------------------------------------------------------


def with_text(corpus: Corpus, fact_id: str, **changes: str) -> Corpus:
    """`corpus` with one fact changed."""
    facts = [
        located.model_copy(update={"fact": located.fact.model_copy(update=changes)})
        if located.fact.id == fact_id
        else located
        for located in corpus.facts
    ]
    return corpus.model_copy(update={"facts": facts})


def test_a_changed_fact_flags_its_cases_for_review_without_failing(tmp_path: Path, corpus: Corpus) -> None:
    assert [item.en for item in check(tmp_path, pair(), corpus).review] == [
        "it has not been held against its gold facts yet"
    ] * 2
    assert accept_cases(tmp_path, corpus) == ["t-001-zh", "t-001-en"]
    assert check_cases(tmp_path, corpus).review == []

    mended = with_text(corpus, FACT, en=corpus.by_id()[FACT].en + " Check before you quote.")
    report = check_cases(tmp_path, mended)
    assert report.problems == []
    assert [item.id for item in report.review] == ["t-001-zh", "t-001-en"]
    assert check_cases(tmp_path, with_text(corpus, "hu-tax-01", en="Something else.")).review == []

    assert accept_cases(tmp_path, mended, ["t-001-zh"]) == ["t-001-zh"]
    assert [item.id for item in check_cases(tmp_path, mended).review] == ["t-001-en"]
    assert accept_cases(tmp_path, mended, ["t-001"]) == ["t-001-en"]
    assert accept_cases(tmp_path, mended) == []


def test_the_hash_does_not_depend_on_the_order_of_gold(corpus: Corpus) -> None:
    facts = corpus.by_id()
    one = Case.model_validate(case(gold=[["hu-tax-01", FACT], ["hu-entry_route-01"]]))
    other = Case.model_validate(case(gold=[["hu-entry_route-01"], [FACT, "hu-tax-01"]]))
    assert gold_hash(one, facts) == gold_hash(other, facts) != gold_hash(Case.model_validate(case()), facts)
    assert gold_hash(Case.model_validate(case(gold=[])), facts) is None


def test_accepting_leaves_every_other_line_and_key_as_it_was(tmp_path: Path, corpus: Corpus) -> None:
    check(tmp_path, [*pair(), case("en", id="o-1-en", pair_id="o-1", kind="greeting", gold=[])], corpus)
    before = (tmp_path / "some.jsonl").read_text(encoding="utf-8").split("\n")
    accept_cases(tmp_path, corpus, ["t-001-zh"])
    after = (tmp_path / "some.jsonl").read_text(encoding="utf-8").split("\n")
    assert after[1:] == before[1:]
    fresh = json.loads(after[0])
    assert list(fresh).index("gold_hash") == list(fresh).index("gold") + 1
    assert {key: value for key, value in fresh.items() if key != "gold_hash"} == json.loads(before[0])
    assert load_cases("some", folder=tmp_path)[0].gold_hash == fresh["gold_hash"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.jsonl"]


def test_accepting_an_unknown_case_is_one_clear_error(tmp_path: Path, corpus: Corpus) -> None:
    check(tmp_path, pair(), corpus)
    with pytest.raises(CaseError, match="no case called t-9"):
        accept_cases(tmp_path, corpus, ["t-001", "t-9"])
    assert "gold_hash" not in (tmp_path / "some.jsonl").read_text(encoding="utf-8")


def test_a_case_past_its_day_is_listed(tmp_path: Path, corpus: Corpus) -> None:
    check(tmp_path, pair(valid_until="2026-11-24"), corpus)
    accept_cases(tmp_path, corpus)
    assert check_cases(tmp_path, corpus, date(2026, 11, 24)).review == []
    assert {item.en for item in check_cases(tmp_path, corpus, date(2026, 11, 25)).review} == {
        "it was valid until 2026-11-24"
    }


@pytest.mark.parametrize(
    ("text", "variant", "expected"),
    [
        ("企业税12%", "2%", False),
        ("rate of 2.2%", "2%", False),
        ("rate of 2%.", "2%", True),
        ("实缴11亿", "1亿", False),
        ("实缴1亿", "1亿", True),
        ("PLN 5000", "5,000", True),
        ("PLN 15,000", "5,000", False),
        ("PLN 5,000,000", "5,000", False),
        ("call 112.", "112", True),
        ("call 1120", "112", False),
        ("最低資本三百萬", "最低资本", True),
        ("HUF 3 Million", "3 million", True),
        ("anything", " ", False),
    ],
)
def test_a_variant_is_said_only_as_a_whole_number(text: str, variant: str, expected: bool) -> None:
    assert says(text, variant) is expected

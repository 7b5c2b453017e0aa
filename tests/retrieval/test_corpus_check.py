"""`tongxing corpus check` refuses what a reader could be misled by, all at once, and lists possible conflicts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retrieval.corpus import SHIPPED_CORPUS
from retrieval.corpus_check import CheckReport, check_corpus
from tests.retrieval.corpora import INTERVIEW, fact, source, write

TODAY = date(2026, 11, 25)


def check(folder: Path, *facts: dict[str, Any], file: str = "countries/indonesia.yaml") -> CheckReport:
    return check_corpus(write(folder, *facts, file=file), TODAY)


def test_the_shipped_corpus_is_sound() -> None:
    report = check_corpus(SHIPPED_CORPUS, date.today())
    assert [problem.message("en") for problem in report.problems] == []
    assert report.facts > 900


def test_a_sound_fact_has_no_problem(tmp_path: Path) -> None:
    assert check(tmp_path, fact()).problems == []


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"en": "  "}, "缺少英文（en）", "the English is missing (en)"),
        ({"label": {"zh": "", "en": "x"}}, "缺少中文（label.zh）", "the Chinese is missing (label.zh)"),
        (
            {"confirm": {"zh": "请核实。", "en": ""}},
            "缺少英文（confirm.en）",
            "the English is missing (confirm.en)",
        ),
        ({"zh": "IDR 2.5 billion since 2 October 2025."}, "zh 里没有中文", "zh holds no Chinese"),
        (
            {"en": "Since 2 October 2025 a company needs IDR 25 billion."},
            "中英文数字不一致：只见于中文 25亿印尼盾；只见于英文 IDR 25 billion",
            "figures differ: only in Chinese 25亿印尼盾; only in English IDR 25 billion",
        ),
        (
            {"confirm": {"zh": "2027年是否有变请核实。", "en": "Check for changes."}},
            "confirm 中英文数字不一致：只见于中文 2027年",
            "figures of confirm differ: only in Chinese 2027年",
        ),
        (
            {"label": {"zh": "印尼30亿盾最低资本", "en": "Indonesia: minimum capital"}},
            "label.zh 里的 30亿盾 正文没有",
            "label.zh says 30亿盾, which the fact does not",
        ),
        ({"area": "entry"}, "未知领域 entry", "unknown area entry"),
        ({"country": "XX"}, "未知国家代码 XX", "unknown country code XX"),
        ({"country": "EU"}, "未知国家代码 EU", "unknown country code EU"),
        ({"countries": ["MY"]}, "只能有一个", "keep one"),
        ({"answers": ["entry_route.nothing"]}, "未知问题类型", "unknown question type entry_route.nothing"),
        ({"partly": ["entry_route.min_capital"]}, "不止一次", "more than once"),
        ({"asks": {"zh": ["多少？"]}}, "asks 缺少英文问题", "asks has no English questions"),
        ({"asks": {"zh": ["多少？"], "en": [" "]}}, "asks 里有空的问题", "asks holds an empty question"),
        (
            {"gaps": {"zh": ["多久？"]}},
            "gaps 应有中文和英文问题",
            "gaps should have questions in Chinese and English",
        ),
        ({"gaps": {"zh": ["多久？"], "en": [" "]}}, "gaps 里有空的问题", "gaps holds an empty question"),
        (
            {
                "asks": {"zh": ["多少？"], "en": ["How much?"]},
                "gaps": {"zh": ["多久？"], "en": ["how MUCH?"]},
            },
            "gaps 里的“how MUCH?”是 id-entry_route-90 回答的问题",
            "'how MUCH?' in gaps is a question that id-entry_route-90 answers",
        ),
        ({"checked": "2026-11-26"}, "核对日期 2026-11-26 在将来", "checked 2026-11-26 lies in the future"),
        ({"sources": [source(dated="2026-12")]}, "日期 2026-12 在将来", "dated 2026-12, in the future"),
        ({"sources": [source(url=None)]}, "没有网址", "has no address"),
        (
            {"sources": [source(), source(url="ftp://example.org")]},
            "第 2 个来源的网址",
            "source 2 has the address",
        ),
        ({"sources": [source(url="javascript:alert(1)")]}, "不是 http(s) 网址", "no http(s) address"),
        ({"sources": [source(url="https://[broken")]}, "不是 http(s) 网址", "no http(s) address"),
        ({"sources": [source(title=" ")]}, "没有标题", "has no title"),
        ({"also": ["two words"]}, "只能用英文字母", "may only have letters"),
    ],
)
def test_a_fault_is_refused_with_file_line_and_id(
    tmp_path: Path, changes: dict[str, object], zh: str, en: str
) -> None:
    problems = check(tmp_path, fact(**changes)).problems
    assert any(zh in problem.zh and en in problem.en for problem in problems), problems
    assert {(p.file, p.line, p.id) for p in problems} == {
        ("countries/indonesia.yaml", 1, "id-entry_route-90")
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": [source(url=None, title=INTERVIEW)]},
        {"sources": [source(dated="2026")]},
        {"sources": [source(dated=None)]},
        {"checked": "2026-11-25"},
        {"label": {"zh": "印尼最低资本", "en": "Indonesia: capital since 2025"}},
        {"asks": {"zh": [], "en": []}},
    ],
)
def test_what_the_rules_allow_is_not_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    assert check(tmp_path, fact(**changes)).problems == []


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, fact("b-1", area="nowhere", country=None, answers=None), file="schemes/b.yaml")
    (tmp_path / "countries").mkdir()
    (tmp_path / "countries" / "a.yaml").write_bytes(b"- id: [")
    report = check(
        tmp_path,
        fact("id-1"),
        fact("id-1", checked="2027-01-01"),
        fact("id-2", also=["id-1"], sources=[]),
        fact("id-3", also=["id-1"]),
    )
    assert [(problem.file, problem.id) for problem in report.problems] == [
        ("countries/a.yaml", ""),
        ("countries/indonesia.yaml", "id-1"),
        ("countries/indonesia.yaml", "id-1"),
        ("countries/indonesia.yaml", "id-2"),
        ("countries/indonesia.yaml", "id-1"),
        ("schemes/b.yaml", "b-1"),
    ]
    lines = [problem.line for problem in report.problems if problem.file == "countries/indonesia.yaml"]
    assert lines == sorted(lines)


def test_a_fact_of_another_country_in_a_country_file_is_refused(tmp_path: Path) -> None:
    report = check(tmp_path, fact("id-1"), fact("id-2"), fact("id-3", country="IN"))
    (problem,) = report.problems
    assert (problem.id, problem.en) == ("id-3", "its country is IN, but the file is about ID")


def test_question_types_need_a_country(tmp_path: Path) -> None:
    (problem,) = check(tmp_path, fact(country=None), file="schemes/x.yaml").problems
    assert "no country" in problem.en


def test_a_faulty_reference_file_is_named_with_its_line(tmp_path: Path) -> None:
    kind = {"id": "tax.x", "area": "taxes", "name": {"zh": "税", "en": "Tax"}, "asks": {"zh": ["？"]}}
    report = check(tmp_path, kind, file="question_types.yaml")
    assert [(problem.file, problem.line, problem.id) for problem in report.problems] == [
        ("question_types.yaml", 1, "tax.x")
    ] * 2


class TestConflicts:
    OLD = fact(
        "id-old",
        zh="印尼外资公司最低实缴资本为100亿印尼盾。",
        en="A foreign-owned company in Indonesia needs IDR 10 billion paid-up capital.",
    )

    def test_two_facts_with_another_amount_for_the_same_thing_are_listed_with_both_figures(
        self, tmp_path: Path
    ) -> None:
        report = check(tmp_path, self.OLD, fact())
        assert report.problems == []
        (conflict,) = report.conflicts
        assert conflict.line("zh") == (
            "ID · 公司最低注册资本：id-old 100亿印尼盾 ⇄ id-entry_route-90 25亿印尼盾"
        )
        assert conflict.line("en") == (
            "ID · Minimum share capital of a company: id-old IDR 10 billion ⇄ id-entry_route-90 IDR 2.5 billion"
        )

    def test_a_regional_fact_is_held_against_those_of_its_countries(self, tmp_path: Path) -> None:
        regional = self.OLD | {"id": "asean-1", "countries": ["ID", "MY"]}
        del regional["country"]
        write(tmp_path, regional, file="regions/asean.yaml")
        (conflict,) = check(tmp_path, fact()).conflicts
        assert (set(conflict.ids), conflict.countries) == ({"asean-1", "id-entry_route-90"}, ["ID"])

    @pytest.mark.parametrize(
        "changes",
        [
            {"answers": ["entry_route.registration_time"]},
            {"country": "MY"},
            {
                "zh": "旧的100亿印尼盾已降为25亿印尼盾。",
                "en": "The old IDR 10 billion capital is now IDR 2.5 billion.",
            },
            {"zh": "最低实缴资本为60%。", "en": "A foreign-owned company needs 60% paid-up capital."},
            {"zh": "罚款为100亿印尼盾。", "en": "The fine for smuggling is IDR 10 billion."},
            {"zh": "没有数字。", "en": "No figures here."},
        ],
    )
    def test_another_type_country_kind_of_figure_or_matter_is_no_conflict(
        self, tmp_path: Path, changes: dict[str, object]
    ) -> None:
        write(tmp_path, self.OLD | changes, file="regions/x.yaml")
        assert check(tmp_path, fact()).conflicts == []

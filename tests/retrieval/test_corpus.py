"""The corpus is read as people wrote it, and what cannot be read is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.corpus import SHIPPED_CORPUS, load_corpus, read_corpus
from retrieval.errors import CorpusError
from tests.retrieval.corpora import fact, source, write

AREAS = [
    "entry_route",
    "investment_rules",
    "tax",
    "labour_visa",
    "standards",
    "customs_trade",
    "trade_agreement",
    "needs",
    "incentives_zones",
    "finance_insurance",
    "culture_business",
    "living_safety",
    "mechanism",
    "china_outbound",
    "adaptation",
    "wellbeing_assessment",
]


def test_the_shipped_reference_files_hold_what_the_design_names() -> None:
    corpus = load_corpus(SHIPPED_CORPUS)
    assert list(corpus.areas) == AREAS
    assert len(corpus.question_types) == 198
    assert len(corpus.glossary) >= 60
    pairs = [(entry.zh, entry.en) for entry in corpus.glossary]
    assert len({zh for zh, _ in pairs}) == len({en for _, en in pairs}) == len(pairs)


def test_a_merged_fact_resolves_by_both_ids(tmp_path: Path) -> None:
    corpus = load_corpus(write(tmp_path, fact("a-1", also=["a-2"])))
    assert corpus.by_id()["a-2"].id == "a-1"


def test_an_empty_folder_is_a_corpus_without_facts_and_with_the_shipped_reference_files(
    tmp_path: Path,
) -> None:
    corpus = load_corpus(tmp_path)
    assert corpus.facts == []
    assert list(corpus.areas) == AREAS


def test_a_folder_of_its_own_overrides_a_reference_file(tmp_path: Path) -> None:
    area = {
        "id": "x",
        "name": {"zh": "甲", "en": "A"},
        "scope": {"zh": "甲", "en": "A"},
        "stale_after_days": 1,
    }
    corpus = load_corpus(write(tmp_path, area, file="areas.yaml"))
    assert list(corpus.areas) == ["x"]


def test_dates_and_the_country_code_of_norway_stay_text(tmp_path: Path) -> None:
    (tmp_path / "countries").mkdir()
    (tmp_path / "countries" / "norway.yaml").write_text(
        "- id: no-tax-01\n  country: NO\n  area: tax\n  label: {zh: 挪威, en: Norway}\n  zh: 挪威征税。\n"
        "  en: Norway taxes.\n  sources:\n    - {title: T, url: https://example.org, dated: 2025-10-02, authority: law}\n"
        "  checked: 2026-11-22\n",
        encoding="utf-8",
    )
    (located,) = load_corpus(tmp_path).facts
    assert (located.fact.country, located.fact.checked) == ("NO", "2026-11-22")
    assert located.fact.sources[0].dated == "2025-10-02"


def test_there_is_no_corpus_without_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="TONGXING_CORPUS_DIR"):
        load_corpus(tmp_path / "nowhere")


def test_the_first_fault_is_one_line_with_file_line_and_id_in_both_languages(tmp_path: Path) -> None:
    write(tmp_path, fact("a-1"), fact("a-1"))
    with pytest.raises(CorpusError) as caught:
        load_corpus(tmp_path)
    line = next(
        number
        for number, text in enumerate(
            (tmp_path / "countries/indonesia.yaml").read_text().splitlines(), start=1
        )
        if text == "- id: a-1" and number > 1
    )
    assert caught.value.line("en") == (
        f"countries/indonesia.yaml, line {line}: a-1: this id is already used at countries/indonesia.yaml:1."
    )
    assert caught.value.line("zh").startswith(f"countries/indonesia.yaml 第 {line} 行：a-1：这个编号已在")
    assert "\n" not in caught.value.line("zh")


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"en": None}, "缺少英文（en）", "the English is missing (en)"),
        ({"label": {"en": "x"}}, "缺少中文（label.zh）", "the Chinese is missing (label.zh)"),
        ({"area": None}, "缺少 area", "area is missing"),
        ({"sources": []}, "没有来源", "it has no source"),
        ({"aswers": []}, "不认识的键 aswers", "unknown key aswers"),
        ({"zh": 5}, "zh 应为文字", "zh should be text"),
        ({"checked": "2026-11"}, "应写到日", "should name the day"),
        ({"checked": "2026-02-30"}, "没有“2026-02-30”这样的日期", "'2026-02-30' is no date"),
        ({"sources": [source(dated="2025-13")]}, "没有“2025-13”这样的日期", "'2025-13' is no date"),
        ({"sources": [source(dated="Oct 2025")]}, "没有“Oct 2025”这样的日期", "'Oct 2025' is no date"),
        ({"sources": [source(dated=2025)]}, "sources.0.dated 应为文字", "sources.0.dated should be text"),
        ({"sources": [source(authority="blog")]}, "sources.0.authority 只能是", "must be one of 'law'"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_in_words(
    tmp_path: Path, changes: dict[str, object], zh: str, en: str
) -> None:
    (fault,) = read_corpus(write(tmp_path, fact(**changes))).faults
    assert zh in fault.zh
    assert en in fault.en
    assert (fault.file, fault.line, fault.id) == ("countries/indonesia.yaml", 1, "id-entry_route-90")


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"- id: a\n  zh: \xff\n", 2, "not valid UTF-8"),
        (b"- id: a\n  id: b\n", 2, "key 'id' given twice"),
        (b"id: a\n", 1, "should be a list of entries"),
        (b"- id: a\n\tzh: x\n", 2, "bad YAML"),
        (b"# nothing\n- just words\n", 2, "should be an entry with keys"),
        (b"- {[a, b]: c}\n", 1, "a list or mapping as a key"),
        (b"- id: !!python/object/apply:os.getcwd []\n", 1, "could not determine a constructor"),
        (b"- id: a\x00b\n", 1, "bad YAML"),
    ],
)
def test_a_file_that_is_no_list_of_entries_is_said_with_its_line(
    tmp_path: Path, data: bytes, line: int, words: str
) -> None:
    (tmp_path / "countries").mkdir()
    (tmp_path / "countries" / "x.yaml").write_bytes(data)
    write(tmp_path, fact("other-1"))
    reading = read_corpus(tmp_path)
    (fault,) = reading.faults
    assert (fault.file, fault.line) == ("countries/x.yaml", line)
    assert words in fault.en
    assert [located.fact.id for located in reading.corpus.facts] == ["other-1"]


def test_a_fault_costs_its_own_entry_and_no_other(tmp_path: Path) -> None:
    reading = read_corpus(write(tmp_path, fact("a-1"), fact("a-2", zh=None, checked="soon"), fact("a-3")))
    assert [located.fact.id for located in reading.corpus.facts] == ["a-1", "a-3"]
    assert [fault.id for fault in reading.faults] == ["a-2", "a-2"]


def test_an_id_used_twice_in_a_reference_file_is_a_fault(tmp_path: Path) -> None:
    code = {"code": "KE", "aliases": {"zh": []}}
    (fault,) = read_corpus(write(tmp_path, code, code, file="countries.yaml")).faults
    assert (fault.file, fault.id) == ("countries.yaml", "KE")

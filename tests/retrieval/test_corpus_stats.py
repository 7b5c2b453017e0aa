"""`tongxing corpus stats`: every fact counts once, and the matrix tells known gaps from answers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from retrieval.corpus import SHIPPED_CORPUS, load_corpus
from retrieval.corpus_stats import CorpusStats, corpus_stats
from retrieval.coverage import Coverage
from tests.retrieval.corpora import fact, source, write

WORDS = {
    "country": "Country",
    "several": "several",
    "none": "none",
    "sum": "Total",
    "stale": "s",
    "confirm": "c",
}
CONFIRM = {"zh": "请核实。", "en": "Confirm it."}


@pytest.fixture
def stats(tmp_path: Path) -> CorpusStats:
    """Two facts on Indonesia, one on ASEAN, one scheme, in November 2026."""
    write(
        tmp_path,
        fact("id-1", sources=[source(dated="2020")], confirm=CONFIRM),
        fact("id-2", sources=[source(dated=None)], answers=[], partly=["entry_route.registration_time"]),
    )
    write(
        tmp_path,
        fact("asean-1", country=None, countries=["ID", "MY"], area="tax", answers=["tax.vat_rate"]),
        file="regions/asean.yaml",
    )
    write(
        tmp_path,
        fact("iso-1", country=None, answers=None, area="standards", confirm=CONFIRM),
        file="schemes/iso.yaml",
    )
    return corpus_stats(load_corpus(tmp_path), date(2026, 11, 25))


def test_each_fact_counts_once_by_country_or_as_regional_or_without_country(stats: CorpusStats) -> None:
    header, *rows = stats.country_area_rows("en", WORDS)
    table = {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows}
    assert table["ID Indonesia"]["Market entry"] == "2 s1 c1"
    assert table["ID Indonesia"]["Total"] == "2 s1 c1"
    assert table["MY Malaysia"]["Total"] == ""
    assert table["several"]["Tax"] == "1 s1"
    assert table["none"]["Standards"] == "1 s1 c1"
    assert table["Total"]["Total"] == "4 s3 c2"
    assert table["Total"]["Customs and trade"] == "0"


def test_the_matrix_counts_a_regional_fact_for_each_of_its_countries(stats: CorpusStats) -> None:
    assert stats.covered == ["ID", "MY"]
    assert stats.types["tax.vat_rate"] == {"ID": "answered", "MY": "answered"}
    assert stats.types["entry_route.min_capital"] == {"ID": "answered", "MY": "gap"}
    assert stats.types["entry_route.registration_time"] == {"ID": "partly", "MY": "gap"}
    assert stats.country_codes() == "IM\nDY"
    rows = {row.name: row for row in stats.type_rows("zh")}
    assert rows["公司最低注册资本"].texts == ["公司最低注册资本", "#.", "1", "0", "1"]
    assert rows["进入方式"].heading
    assert (rows["进入方式"].answered, rows["进入方式"].partly) == (1, 1)
    assert stats.state_counts() == {"answered": 3, "partly": 1, "gap": 198 * 2 - 4}


def test_the_json_holds_the_same_counts(stats: CorpusStats) -> None:
    data = json.loads(json.dumps(stats.to_json()))
    assert data["today"] == "2026-11-25"
    assert data["total"] == {"facts": 4, "stale": 3, "confirm": 2}
    assert data["countries"]["ID"]["entry_route"] == {"facts": 2, "stale": 1, "confirm": 1}
    assert data["several"]["total"]["facts"] == data["none"]["total"]["facts"] == 1
    assert data["types"]["tax.vat_rate"]["MY"] == "answered"


def test_an_empty_corpus_has_stats_too(tmp_path: Path) -> None:
    stats = corpus_stats(load_corpus(tmp_path), date(2026, 11, 25))
    assert stats.total.facts == 0
    assert stats.country_area_rows("zh", WORDS)[-1][1] == "0"
    assert stats.country_codes() == "\n"


def test_the_shipped_corpus_adds_up() -> None:
    corpus = load_corpus(SHIPPED_CORPUS)
    stats = corpus_stats(corpus, date(2026, 11, 25))
    assert stats.total.facts == len(corpus.facts)
    assert sum(stats.area_total(area).facts for area in stats.areas) == len(corpus.facts)
    cells = len(stats.types) * len(stats.covered)
    assert sum(stats.state_counts().values()) == cells
    assert all(
        len(row.cells.replace(" ", "")) == len(stats.covered)
        for row in stats.type_rows("en")
        if not row.heading
    )


def test_among_several_countries_the_best_state_counts(tmp_path: Path) -> None:
    corpus = load_corpus(write(tmp_path, fact(partly=["entry_route.registration_time"])))
    coverage = Coverage(located.fact for located in corpus.facts)
    assert coverage.best_state("entry_route.min_capital", ["MY", "ID"]) == "answered"
    assert coverage.best_state("entry_route.registration_time", ["MY", "ID"]) == "partly"
    assert coverage.best_state("entry_route.registration_time", ["MY"]) == "gap"
    assert coverage.best_state("entry_route.registration_time", []) == "gap"

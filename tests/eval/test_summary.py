"""Figures: what is counted where, and how they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.log import EvalError, digest, write_info, write_lines
from eval.scored import Figure, load_scored, save_scores
from eval.summary import figure_text
from eval.tables import beside_baselines, by_slice, overview, plain, readme_table
from tests.eval.answers import answer, facts, nothing_found
from tests.eval.runs import mutated, scored, sound_entries

ENTRIES = sound_entries()


def wrong_in(lang: str, share: float = 1.0) -> list:  # type: ignore[type-arg]
    """The entries with single questions turned away in one language."""
    return mutated(
        ENTRIES,
        lambda entry: entry.model_copy(update={"answer": nothing_found(language=lang)}),
        "single",
        share=share,
        lang=lang,
    )


def test_every_figure_has_n_and_an_interval_around_it() -> None:
    summary = scored(wrong_in("zh", 0.3)).summary

    assert summary.figures
    assert all(f.n > 0 and f.low <= f.value + 1e-6 and f.value <= f.high + 1e-6 for f in summary.figures)


def test_figures_are_by_language_kind_area_and_country() -> None:
    summary = scored(ENTRIES).summary

    assert summary.slices("lang:") == ["lang:en", "lang:zh"]
    assert summary.slices("kind:") == [
        f"kind:{k}" for k in ("distress", "near_miss", "several_2", "single", "unsafe")
    ]
    assert summary.slices("area:") == ["area:entry_route"]
    assert summary.slices("country:") == ["country:ID"]


def test_dev_and_test_add_up_to_all() -> None:
    summary = scored(ENTRIES).summary
    counts = [summary.figure("strict", scope) for scope in ("dev", "test", "all")]

    assert all(counts)
    assert counts[0].n + counts[1].n == counts[2].n == len(ENTRIES)  # type: ignore[union-attr]


def test_the_gap_is_over_pairs_and_has_a_sign() -> None:
    gap = next(g for g in scored(wrong_in("zh")).summary.gaps if (g.measure, g.scope) == ("answered", "all"))

    # Half of the 60 pairs are single questions, ten more have two parts.
    assert (gap.pairs, gap.zh, gap.en) == (40, 0.25, 1.0)
    assert gap.difference == -0.75
    assert gap.low < -0.75 < gap.high < 0


def test_grounded_refusal_f1_is_the_mean_of_both_sides() -> None:
    f1 = scored(wrong_in("zh")).summary.figure("refusal_f1")
    # 30 declined rightly, 30 wrongly, 50 answered rightly; distress is neither.
    refusing, answering = 2 * 30 / (2 * 30 + 30), 2 * 50 / (2 * 50 + 30)

    assert f1 is not None
    assert f1.value == pytest.approx((refusing + answering) / 2)


def test_baselines_answer_everything_and_are_measured_beside_us() -> None:
    summary = scored(ENTRIES).summary
    ours, theirs = (summary.figure("false_answer", system=name) for name in ("tongxing", "bm25"))
    precision = summary.figure("citation_precision", system="bm25")

    assert ours is not None
    assert theirs is not None
    assert (ours.value, theirs.value) == (0, 1)
    assert precision is not None
    assert 0.5 < precision.value < 1


def test_a_large_sample_leads_with_the_point_and_a_small_one_with_the_interval() -> None:
    figure = Figure(
        system="tongxing",
        measure="strict",
        scope="all",
        slice="all",
        n=812,
        value=0.874,
        low=0.849,
        high=0.896,
    )
    few = figure.model_copy(update={"n": 31})

    assert figure_text(figure, "en") == "87.4 % (84.9–89.6), n 812"
    assert figure_text(few, "en") == "84.9 % to 89.6 % (87.4 %), n 31"
    assert figure_text(few, "zh") == "84.9% 至 89.6%（87.4%），n=31"


def test_a_scored_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = scored(ENTRIES[:12], tmp_path)
    write_lines(tmp_path / "log.jsonl", run.log.entries)
    write_lines(tmp_path / "facts.jsonl", facts().all)
    write_info(tmp_path, run.info)
    save_scores(run)

    assert load_scored(tmp_path) == run


def test_scores_of_another_log_are_refused(tmp_path: Path) -> None:
    run = scored(ENTRIES[:12], tmp_path)
    write_lines(tmp_path / "log.jsonl", run.log.entries[:-1])
    write_lines(tmp_path / "facts.jsonl", facts().all)
    write_info(tmp_path, run.info)
    save_scores(run)

    with pytest.raises(EvalError, match="do not fit its log"):
        load_scored(tmp_path)


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    run = scored(ENTRIES[:2], tmp_path)
    write_lines(tmp_path / "log.jsonl", run.log.entries)
    (tmp_path / "facts.jsonl").write_text("", encoding="utf-8")
    write_info(tmp_path, run.info)
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"case": 1}\n')

    with pytest.raises(EvalError, match=r"log\.jsonl, line 3"):
        load_scored(tmp_path)


def test_times_are_no_part_of_the_digest() -> None:
    slower = [entry.model_copy(update={"timings_ms": {"answer": 99.0}}) for entry in ENTRIES]
    other = [entry.model_copy(update={"answer": answer(lang="zh")}) for entry in ENTRIES]

    assert digest(slower) == digest(ENTRIES) != digest(other)


def test_only_dev_cases_are_shown() -> None:
    assert {score.split for _, score in scored(ENTRIES).shown()} == {"dev"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_have_a_cell_for_every_column(lang: str) -> None:
    summary = scored(ENTRIES).summary
    tables = [
        overview(summary, lang),
        by_slice(summary, lang, "kind:", ("strict", "false_answer")),
        beside_baselines(summary, lang),
    ]

    for rows in tables:
        assert len({len(row) for row in rows}) == 1
        assert len(plain(rows).splitlines()) == len(rows) > 1
    assert readme_table(summary, lang).startswith("| 指标" if lang == "zh" else "| Measure")

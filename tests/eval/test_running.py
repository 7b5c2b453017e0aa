"""Runs over the real assistant and an index of the small corpus."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.answering.assistant import Assistant
from bot.domain import Answer, Question, Status
from bot.settings import Settings
from eval import running
from eval.baselines import open_baselines
from eval.cases import Case
from eval.log import EvalError, read_run
from eval.running import Request, chosen, dataset_names, run
from eval.scoring import score_cases
from tests.eval.answers import CAPITAL, case

QUESTIONS = (
    ("01", "en", "How much capital does a foreign firm need in Jakarta?", "answered", [[CAPITAL]]),
    ("01", "zh", "在雅加达开外资公司最少要多少注册资本？", "answered", [[CAPITAL]]),
    ("02", "en", "How many days of sick leave are there in Serbia?", "unanswerable_no_evidence", []),
    ("02", "zh", "塞尔维亚的病假有几天？", "unanswerable_no_evidence", []),
    ("03", "en", "hello there", "greeting", []),
    ("03", "zh", "你好呀", "greeting", []),
)


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    """A folder of six cases, and a file of messages that are none."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    cases = [
        case(
            id=f"t-{number}-{lang}",
            pair_id=f"t-{number}",
            lang=lang,
            kind="single" if gold else "near_miss" if status != "greeting" else "greeting",
            question=question,
            expected_status=status,
            gold=gold,
        )
        for number, lang, question, status, gold in QUESTIONS
    ]
    (folder / "some.jsonl").write_text(
        "".join(f"{one.model_dump_json()}\n" for one in cases), encoding="utf-8"
    )
    (folder / "messages.jsonl").write_text('{"id": "m", "text": "hi"}\n', encoding="utf-8")
    return folder


Settle = Callable[..., Settings]


def test_two_runs_are_equal_but_for_their_times(
    datasets: Path, small_data: Path, settings_of: Settle, tmp_path: Path
) -> None:
    settings = settings_of(small_data, today=None)
    infos = [run(Request(datasets=datasets), settings, tmp_path / name) for name in ("a", "b")]
    logs = [(tmp_path / name / "log.jsonl").read_text(encoding="utf-8") for name in ("a", "b")]

    assert infos[0].hashes == infos[1].hashes
    assert _timeless(logs[0]) == _timeless(logs[1])
    assert infos[0].today == "2026-11-22"  # that of the cases, not of the clock
    assert (infos[0].cases, infos[0].unscored, infos[0].void) == (6, 0, False)


def test_a_run_scores_again_without_asking(
    datasets: Path, small_data: Path, settings_of: Settle, tmp_path: Path
) -> None:
    run(Request(datasets=datasets), settings_of(small_data), tmp_path / "a")
    log = read_run(tmp_path / "a")
    scores = {score.id: score for score in score_cases(log)}

    assert score_cases(log) == list(scores.values())
    assert scores["t-03-zh"].marks["strict"] == 1
    for name in ("t-01-zh", "t-01-en"):
        assert scores[name].marks["recall_5"] == 1
        assert set(scores[name].baselines) == {"bm25", "chroma", "ensemble"}
        assert scores[name].baselines["chroma"]["recall_5"] == 1
    for score in scores.values():
        critical = (
            "citation_exists",
            "sentence_has_evidence",
            "quote_verbatim",
            "supported",
            "figures_exact",
        )
        assert all(score.marks[measure] == 1 for measure in critical), score.reasons


def test_a_case_that_breaks_is_unscored_and_voids_the_run(
    datasets: Path, small_data: Path, settings_of: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Assistant.answer

    def answer(self: Assistant, question: Question, answer_id: str | None = None) -> Answer:
        if question.text == "hello there":
            raise RuntimeError("out of order")
        given = sound(self, question, answer_id)
        return given.model_copy(update={"status": Status.ERROR}) if question.text == "你好呀" else given

    monkeypatch.setattr(Assistant, "answer", answer)
    info = run(Request(datasets=datasets), settings_of(small_data), tmp_path / "a")
    faults = {entry.case.id: entry.fault for entry in read_run(tmp_path / "a").entries if not entry.scorable}

    assert (info.cases, info.unscored, info.void) == (6, 2, True)
    assert faults == {"t-03-en": "RuntimeError: out of order", "t-03-zh": "the answer has the status error"}


def test_a_run_is_never_written_over(
    datasets: Path, small_data: Path, settings_of: Settle, tmp_path: Path
) -> None:
    request = Request(datasets=datasets, baselines=False)
    run(request, settings_of(small_data), tmp_path / "a")

    with pytest.raises(EvalError, match="already holds a run"):
        run(request, settings_of(small_data), tmp_path / "a")


def test_a_run_that_was_not_finished_is_none(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("", encoding="utf-8")

    with pytest.raises(EvalError, match=r"no run\.json"):
        read_run(tmp_path)


def test_a_composer_that_does_not_exist_is_refused(
    datasets: Path, small_data: Path, settings_of: Settle, tmp_path: Path
) -> None:
    if "composer" in Settings.model_fields:
        pytest.skip("this version has composers to choose from")
    with pytest.raises(EvalError, match="no composer named oracle"):
        run(Request(datasets=datasets, composer="oracle"), settings_of(small_data), tmp_path / "a")


def test_messages_are_no_cases(datasets: Path) -> None:
    assert dataset_names(datasets) == ["some"]


def test_a_limit_is_spread_evenly_and_keeps_pairs_together() -> None:
    some = chosen(Request(limit=100))
    kinds = {one.kind for one in some}

    assert 60 <= len(some) <= 100
    assert {"single", "near_miss", "comparison", "several_2"} <= kinds
    assert _pairs(some) > 0.8


def test_a_split_and_a_kind_are_asked_for_alone() -> None:
    assert {one.split for one in chosen(Request(split="dev"))} == {"dev"}
    assert {one.kind for one in chosen(Request(kinds=("unsafe", "distress")))} == {"unsafe", "distress"}
    with pytest.raises(EvalError, match="No case fits"):
        chosen(Request(kinds=("poetry",)))


def test_baselines_rank_facts_and_each_once(assistant: Assistant) -> None:
    facts = assistant.searcher.snapshot.facts
    question = "How much capital does a foreign firm need in Indonesia?"
    for name, baseline in open_baselines(facts, assistant.searcher.embedder).items():
        ids = baseline(question, "en")
        assert len(ids) == len(set(ids)) <= 10, name
        assert CAPITAL in ids[:3], name


def test_code_that_shapes_answers_changes_the_hash(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1", encoding="utf-8")
    before = running._files(tmp_path, [tmp_path])
    (tmp_path / "a.py").write_text("2", encoding="utf-8")

    assert running._files(tmp_path, [tmp_path]) != before


def test_no_key_is_in_the_hash_of_settings(small_data: Path, settings_of: Settle) -> None:
    with_key = settings_of(small_data, embeddings_key="k-1")

    assert running._settings_hash(with_key) == running._settings_hash(settings_of(small_data))
    assert running._settings_hash(settings_of(small_data, vectors="matrix")) != running._settings_hash(
        with_key
    )


def _timeless(log: str) -> list[Any]:
    lines = [json.loads(line) for line in log.splitlines()]
    for line in lines:
        line.pop("timings_ms")
        line["answer"].pop("timings_ms")
    return lines


def _pairs(cases: list[Case]) -> float:
    """The share of zh and en cases whose other half is there."""
    both = [(one.pair_id, one.lang) for one in cases if one.lang in ("zh", "en")]
    return sum((pair, "en" if lang == "zh" else "zh") in both for pair, lang in both) / len(both)


def test_an_assistant_that_remembers_answers_as_the_plain_one(assistant: Assistant, tmp_path: Path) -> None:
    remembering = running.remembering(assistant, tmp_path)
    question = Question(text=QUESTIONS[0][2])
    first, second = (one.answer(question, "x") for one in (dataclasses.replace(assistant), remembering))

    assert (first.status, first.text) == (second.status, second.text)

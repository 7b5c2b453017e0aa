"""What is fitted: by textbook examples, and end to end on a handful of cases."""

from __future__ import annotations

import numpy as np
import pytest

from bot.settings import Settings
from eval.cases import Case, load_cases
from eval.fitting.enough import area_under, crossed, curve, fit_enough, probabilities
from eval.fitting.fit import fit
from eval.fitting.metric import fit_map, groups_of
from eval.fitting.ranker import Row, fit_ranker, recall
from retrieval.corpus import Bilingual, Fact, Source
from retrieval.search import SIGNALS
from tests.bot.answering.conftest import SHIPPED_DATA


def case(number: int, lang: str = "en", gold: bool = True) -> Case:
    return Case(
        id=f"x-{number}-{lang}",
        pair_id=f"x-{number}",
        lang=lang,
        persona="founder",
        kind="single",
        question="?",
        expected_status="answered",
        gold=[["a"]] if gold else [],
        source_version="2026-11-22",
        author="test",
    )


class TestMetric:
    def test_learns_the_direction_that_tells_classes_apart(self) -> None:
        # Four facts of one country; a strong direction is noise, a weak one tells them apart.
        chance = np.random.default_rng(1)
        rows, vectors = [], []
        for fact in range(4):
            rows.append(np.arange(fact * 20, fact * 20 + 20))
            for _ in range(20):
                own = np.zeros(8)
                own[fact] = 0.7
                vectors.append(own + np.r_[np.zeros(4), chance.normal(0, 1, 4)])
        table = np.array(vectors)
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        weights = fit_map(table, rows, [[0, 1, 2, 3]], steps=600)

        def right(mapped: np.ndarray) -> float:
            unit = mapped / np.linalg.norm(mapped, axis=1, keepdims=True)
            near = unit @ unit.T - 2 * np.eye(len(unit))
            return float(np.mean(near.argmax(axis=1) // 20 == np.arange(80) // 20))

        assert right(table @ weights) > right(table) + 0.1

    def test_facts_of_a_country_or_a_family_compete(self) -> None:
        def fact(fact_id: str, country: str | None) -> Fact:
            text = Bilingual(zh="一", en="a")
            source = Source(title="t", authority="law")
            return Fact(
                id=fact_id, country=country, area="tax", label=text, zh="一", en="a", sources=[source],
                checked="2026-11-22",
            )  # fmt: skip

        facts = [
            fact("id-1", "ID"),
            fact("ce-1", None),
            fact("id-2", "ID"),
            fact("ce-2", None),
            fact("ke-1", "KE"),
        ]
        rows = [np.arange(2) for _ in facts]
        assert groups_of(facts, rows) == [[0, 2], [1, 3]]


class TestRanker:
    def test_finds_the_signal_that_tells_and_gives_odds(self) -> None:
        chance = np.random.default_rng(2)
        made = []
        for number in range(60):
            signals = chance.normal(size=(30, len(SIGNALS)))
            gold = np.zeros(30, dtype=bool)
            gold[number % 30] = True
            signals[gold, 3] += 4
            made.append(Row(case(number), signals, gold))
        weights = fit_ranker(made)
        told = max((name for name in SIGNALS), key=lambda name: weights[name])
        assert told == SIGNALS[3]
        (first, five, count) = recall(made, weights)["en"]
        assert first > 0.8 and five > 0.95 and count == 60
        scores = np.concatenate([row.signals @ [weights[name] for name in SIGNALS] for row in made])
        labels = np.concatenate([row.gold for row in made])
        chances = 1 / (1 + np.exp(-(scores + weights["bias"])))
        assert chances.mean() == pytest.approx(labels.mean(), abs=0.01)


class TestEnough:
    def test_fits_and_keeps_a_signal_that_never_changes_harmless(self) -> None:
        features = [{"a": float(i), "b": 1.0} for i in range(20)]
        model = fit_enough(features, [i >= 10 for i in range(20)], 1.0)
        chances = probabilities(model, features)
        assert chances[0] < 0.2 < 0.8 < chances[-1]
        assert np.all(np.diff(chances) > 0)
        assert model["features"]["b"] == {"mean": 1.0, "scale": 1, "weight": 0.0}

    def test_curve_and_area_by_hand(self) -> None:
        chances = np.array([0.1, 0.2, 0.9, 0.3, 0.4, 0.5, 0.6])
        known = [False, False, False, True, True, True, True]
        assert area_under(chances, known) == pytest.approx(8 / 12, abs=1e-9)
        point = next(p for p in curve(chances, known) if p["refused"] == 0.3)
        # The .3 quantile of .3 .4 .5 .6 is .39; of the three near-misses only .9 lies above.
        assert point == {"refused": 0.3, "threshold": 0.39, "near_misses_answered": 0.3333}

    def test_a_pair_is_judged_by_a_model_that_never_saw_it(self) -> None:
        # Every pair carries a mark of its own; only by having seen it could a model tell its label.
        cases = [case(number, lang) for number in range(10) for lang in ("zh", "en")]
        features = [{f"mark_{n}": float(one.pair_id == f"x-{n}") for n in range(10)} for one in cases]
        labels = [int(one.pair_id[2:]) % 2 == 0 for one in cases]
        chances = crossed(features, labels, cases, range(len(cases)), 0.01)
        right = np.where(labels, chances > 0.5, chances < 0.5)
        assert right.mean() < 0.5


def test_a_fit_end_to_end_measures_and_a_dry_one_writes_nothing() -> None:
    singles = [
        one for one in load_cases("short_general", "short_world") if one.kind in ("single", "near_miss")
    ]
    picked: list[Case] = []
    for split in ("dev", "test"):
        for gold in (True, False):
            picked += [one for one in singles if one.split == split and bool(one.gold) is gold][:12]
    from bot.answering import enough
    from retrieval.search import RANKER

    before = (RANKER.read_bytes(), enough.DATA.read_bytes())
    settings = Settings(_env_file=None, data_dir=SHIPPED_DATA)
    fitted = fit(settings, cases=picked, dry=True)
    assert (RANKER.read_bytes(), enough.DATA.read_bytes()) == before
    assert set(fitted.curve) == {"dev", "test"} and all(0 <= area <= 1 for area in fitted.area.values())
    assert sum(count for _, _, count in fitted.recall["dev"].values()) > 8
    assert set(fitted.thresholds) == {"zh", "en"}

"""Scorer 2: the ranking of the search against the gold facts, by ir-measures (trec_eval's definitions)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from eval.log import Entry, Facts
from eval.scoring.marks import Mark


def score(entry: Entry, facts: Facts) -> list[Mark]:
    """Recall at 1, 5, 10, reciprocal rank and nDCG at 10. No marks where nothing was to be found, or not searched.

    The unit is a gold group: any id of it will do, and a second one of the same group adds nothing. A question that
    leans on its conversation is not searched alone.
    """
    groups = facts.groups(entry.case)
    if not groups or entry.case.history:
        return []
    ranking = dict.fromkeys(facts.resolve(hit.id) for hit in entry.ranking)
    return marks_of(groups, list(ranking))


def marks_of(groups: Sequence[set[str]], ranking: Sequence[str]) -> list[Mark]:
    """The marks of a ranking (ids, best first)."""
    import ir_measures

    # As trec_eval breaks ties by name, the scores are the places.
    found = [
        ir_measures.ScoredDoc("q", name, float(len(ranking) - place))
        for place, name in enumerate(_named(groups, ranking))
    ]
    wanted = [ir_measures.Qrel("q", f"group-{number}", 1) for number in range(len(groups))]
    values = {
        metric.measure: metric.value for metric in ir_measures.iter_calc(list(_metrics()), wanted, found)
    }
    return [
        Mark(measure=name, value=float(values.get(metric, 0.0)), reasons=_reasons(name, groups, ranking))
        for metric, name in _metrics().items()
    ]


@lru_cache(maxsize=1)
def _metrics() -> dict[Any, str]:
    """Metrics of the library and our names for them."""
    import ir_measures

    recall, rank, gain = ir_measures.R, ir_measures.RR, ir_measures.nDCG
    return {
        recall @ 1: "recall_1",
        recall @ 5: "recall_5",
        recall @ 10: "recall_10",
        rank @ 10: "mrr",
        gain @ 10: "ndcg_10",
    }


def _named(groups: Sequence[set[str]], ranking: Sequence[str]) -> list[str]:
    """The ranking with the first id of each group renamed to its group."""
    open_groups = set(range(len(groups)))
    names = []
    for fact_id in ranking:
        fits = next((number for number in sorted(open_groups) if fact_id in groups[number]), None)
        if fits is None:
            names.append(f"fact-{fact_id}")
        else:
            open_groups.discard(fits)
            names.append(f"group-{fits}")
    return names


def _reasons(name: str, groups: Sequence[set[str]], ranking: Sequence[str]) -> tuple[str, ...]:
    if name != "recall_5":
        return ()
    lost = [group for group in groups if not group & set(ranking[:5])]
    return tuple(f"not in the first five: {' or '.join(sorted(group))}" for group in lost)

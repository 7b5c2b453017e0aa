"""The report: one file, two languages, no case of `test`, nothing that a question could make it run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Sentence, Status, Turn
from bot.replies import yaml_of
from eval.checking import RULES
from eval.gate import judge_run
from eval.log import Entry, EvalError
from eval.report import write_report
from eval.reporting.claims import promises, targets
from eval.reporting.words import Words, data
from eval.summary import figure_text
from tests.eval.answers import CAPITAL, OFFICE, answer, card, with_sentences
from tests.eval.pages import (
    BAD,
    ENTRIES,
    THRESHOLDS,
    Element,
    half,
    page_of,
    parsed,
    refused,
    told,
    words_of,
)
from tests.eval.runs import scored

HAN = re.compile(r"[\u3400-\u9fff]")


# -- one file --------------------------------------------------------------------------------------------


def test_the_file_fetches_nothing() -> None:
    page = page_of(scored(BAD), scored(ENTRIES, name="a"))
    tree = parsed(page)
    loading = {"img", "iframe", "object", "embed", "audio", "video", "source", "base", "image", "use", "form"}

    assert not loading & {one.tag for one in tree.all()}
    assert [
        one.attributes for one in tree.all() if "src" in one.attributes or "srcset" in one.attributes
    ] == []
    assert [one.attributes["href"] for one in tree.all() if one.tag == "link"] == ["data:,"]
    styles = "".join(one.text() for one in tree.all() if one.tag == "style")
    styles += "".join(one.attributes.get("style", "") for one in tree.all())
    assert "@import" not in styles
    assert "url(" not in styles
    policy = next(one for one in tree.all() if one.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"].startswith("default-src 'none'")


def test_the_only_addresses_are_sources_of_evidence() -> None:
    linked = answer(lang="en", evidence=[card(CAPITAL, url="https://example.org/law")], nearby=[])
    wrong = [told(one.model_copy(update={"answer": linked}), gold=[[OFFICE]]) for one in ENTRIES]
    tree = parsed(page_of(scored(wrong)))

    links = [one for one in tree.all() if one.tag == "a"]
    assert links
    assert {link.attributes["href"] for link in links} == {"https://example.org/law"}
    in_cards = [one for card_ in tree.having("card") for one in card_.all() if one.tag == "a"]
    assert len(links) == len(in_cards)


def test_languages_are_switched_without_a_script() -> None:
    page = page_of(scored(ENTRIES))
    tree = parsed(page)
    radios = [one for one in tree.all() if one.attributes.get("type") == "radio"]
    labels = {one.attributes["for"] for one in tree.all() if one.tag == "label"}

    assert {one.attributes["id"] for one in radios} == labels == {"show-zh", "show-en"}
    assert ["checked" in one.attributes for one in radios] == [True, False]
    assert re.search(r"#show-zh:checked ~ \.half\.en, #show-en:checked ~ \.half\.zh \{ display: none", page)
    body = next(one for one in tree.all() if one.tag == "body")
    order = [one for one in body.children if isinstance(one, Element)]
    # A sibling rule reaches only what comes after.
    assert max(order.index(radio) for radio in radios) < min(
        order.index(part) for part in tree.having("half")
    )


def test_no_id_is_there_twice() -> None:
    ids = [one.attributes["id"] for one in parsed(page_of(scored(BAD))).all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))


def test_it_is_written_where_it_is_asked_for_and_says_when_it_cannot_be(tmp_path: Path) -> None:
    run = scored(ENTRIES[:24])
    write_report(run, tmp_path / "new" / "report.html")
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    with pytest.raises(EvalError) as caught:
        write_report(run, tmp_path)
    assert str(tmp_path) in caught.value.en
    assert "--out" in caught.value.zh


# -- two languages ---------------------------------------------------------------------------------------


def bilingual(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the data file with its place."""
    if isinstance(node, dict):
        if {"zh", "en"} & node.keys() and all(isinstance(value, str) for value in node.values()):
            yield place, node
        else:
            for key, value in node.items():
                yield from bilingual(value, f"{place}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from bilingual(value, f"{place}[{number}]")


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    found = dict(bilingual(data()))

    assert len(found) > 150
    for place, both in found.items():
        assert set(both) == {"zh", "en"}, place
        assert all(text.strip() for text in both.values()), place
        filled = [sorted(set(re.findall(r"\{(\w+)\}", text))) for text in both.values()]
        assert filled[0] == filled[1], place


def test_every_kind_and_status_of_a_case_has_a_name() -> None:
    assert set(yaml_of(RULES)["kinds"]) <= set(data()["kinds"])
    assert {status.value for status in Status} <= set(data()["statuses"])


def test_both_halves_say_the_same_things_in_the_same_order() -> None:
    page = page_of(scored(BAD, name="b"), scored(ENTRIES, name="a"))
    shapes = [
        [(one.tag, one.attributes.get("class")) for one in half(page, lang).all()][1:]
        for lang in ("zh", "en")
    ]

    assert len(shapes[0]) > 500
    assert shapes[0] == shapes[1]


def own_words(node: Element, lang: str, here: str = "") -> Iterator[str]:
    """Texts that are ours: marked with the language of the half, not quoted from a case or its evidence."""
    here = node.attributes.get("lang", here)
    if "dir" in node.attributes or "answer" in node.attributes.get("class", "").split():
        return
    for child in node.children:
        if isinstance(child, Element):
            yield from own_words(child, lang, here)
        elif here.startswith(lang) and child.strip():
            yield child


def test_the_english_half_has_no_chinese_but_in_what_it_quotes() -> None:
    page = page_of(scored(BAD, name="b"), scored(ENTRIES, name="a"))

    assert [text for text in own_words(half(page, "en"), "en") if HAN.search(text)] == []
    chinese = [text for text in own_words(half(page, "zh"), "zh") if HAN.search(text)]
    assert len(chinese) > 200


# -- cases of test ---------------------------------------------------------------------------------------


def marked(entries: Iterable[Entry]) -> list[Entry]:
    """Entries whose question, answer and expectation carry their own id."""
    found = []
    for one in entries:
        mark = f"zq{one.case.id.replace('-', '')}zq"
        said = f"wrong {mark}"
        changed = told(
            one, question=f"{one.case.question} {mark}", must_contain=[[f"must {mark}"]], notes=mark
        )
        wrong = answer(lang=one.case.lang, text=said, sentences=[Sentence(text=said, evidence=[1])])
        found.append(changed.model_copy(update={"answer": wrong}))
    return found


def test_no_case_of_test_is_in_the_file() -> None:
    wrong = scored(marked(ENTRIES), name="b")
    page = page_of(wrong, scored(ENTRIES, name="a"))
    page += page_of(scored(ENTRIES, name="b"), wrong)
    shown = set(re.findall(r"zq(t\d{3}(?:zh|en))zq", page)) | {
        found.replace("-", "") for found in re.findall(r"t-\d{3}-(?:zh|en)", page)
    }
    splits = {one.case.id.replace("-", ""): one.case.split for one in ENTRIES}

    assert set(splits.values()) == {"dev", "test"}
    assert len(shown) >= 10
    assert {splits[name] for name in shown} == {"dev"}


# -- hostile text ----------------------------------------------------------------------------------------


def test_what_people_and_sources_wrote_is_only_ever_text() -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'</details>{{ 7*7 }}{% raw %}"
    hostile = card(
        CAPITAL, label=nasty, title=nasty, url="javascript:alert(3)", sources=[card(CAPITAL).sources[0]]
    )
    said = with_sentences(answer(evidence=[hostile]), Sentence(text=nasty, evidence=[1]))
    changed = [
        told(
            one,
            question=f"{nasty} {one.case.id}",
            must_contain=[[nasty]],
            history=[Turn(question=nasty, answer=nasty)],
        )
        for one in ENTRIES
    ]
    changed = [Entry.model_validate(one.model_dump() | {"answer": said.model_dump()}) for one in changed]
    page = page_of(scored(changed, name="<b>"), scored(ENTRIES, name="<a>"))
    tree = parsed(page)

    assert sum(one.tag == "script" for one in tree.all()) == 1
    assert not [one.tag for one in tree.all() if one.tag in ("img", "b")]
    assert not [name for one in tree.all() for name in one.attributes if name.startswith("on")]
    assert "javascript:" not in {one.attributes.get("href", "")[:11] for one in tree.all()}
    assert nasty in half(page, "en").text()


def test_a_character_that_no_file_can_hold_does_not_stop_the_report(tmp_path: Path) -> None:
    odd = [told(refused(one), question=f"\ud800 {one.case.id}") for one in ENTRIES[:24]]
    write_report(scored(odd), tmp_path / "report.html")
    assert "t-0" in (tmp_path / "report.html").read_text(encoding="utf-8")


# -- small runs ------------------------------------------------------------------------------------------


def test_a_run_without_cases_says_that_there_is_no_verdict() -> None:
    page = page_of(scored([], baselines=[]))

    assert Words("en")("nothing") in words_of(page)
    assert Words("zh")("nothing") in words_of(page, "zh")


def test_a_void_run_says_so_and_keeps_no_promise() -> None:
    broken = [one.model_copy(update={"answer": None, "fault": "x"}) for one in ENTRIES[:10]]
    page = page_of(scored([*broken, *ENTRIES[10:]]))

    heading = next(one for one in half(page, "en").all() if one.tag == "h1")
    assert heading.text().startswith("This run is void: 10 of 120")


def test_a_run_of_one_language_and_no_baselines() -> None:
    english = [one.model_copy(update={"baselines": {}}) for one in BAD if one.case.lang == "en"]
    run = scored(english, baselines=[], cases=len(english), limit=60)
    page = page_of(run)

    assert Words("en")("no_baselines") in words_of(page)
    assert Words("en")("partial_run") in words_of(page)
    assert (
        next(
            one for one in promises(run, judge_run(run, None, THRESHOLDS)) if one.claim.name == "equal"
        ).found
        is None
    )


def test_a_run_of_dev_alone_is_told_as_dev() -> None:
    dev = [one for one in ENTRIES if one.case.split == "dev"]
    standing = {one.claim.name: one for one in targets(scored(dev, split="dev"))}
    both = {one.claim.name: one for one in targets(scored(ENTRIES))}

    assert standing["single_strict"].scope == "dev"
    assert both["single_strict"].scope == "test"


# -- comparison and charts ------------------------------------------------------------------------------


def test_against_another_run_it_says_what_changed_and_shows_flips() -> None:
    before, after = scored(ENTRIES, name="spring"), scored(BAD, name="summer")
    text = words_of(page_of(after, before))

    assert "Since spring, strictly right fell by 41.7 points (more than chance)" in text
    assert "now wrong" in text
    assert "Strict accuracy" in text
    back = words_of(page_of(before, after), "zh")
    assert "与 summer 相比，严格正确率上升 41.7 个百分点（不是偶然）" in back
    assert re.search(r"Unchanged: [^.]*Figures are exact", text)
    assert "Unchanged" not in text[: text.index("Strict accuracy")]
    same = words_of(page_of(before, before))
    assert Words("en")("no_flips") in same
    assert "spring, strictly right" not in words_of(page_of(after))


def test_runs_that_share_nothing_are_not_compared() -> None:
    text = words_of(page_of(scored(ENTRIES[:20]), scored(ENTRIES[40:60])))
    assert Words("en")("changes_none") in text


def test_charts_are_drawn_and_stand_as_text_beside() -> None:
    run = scored(BAD)
    page = page_of(run)
    drawn = [one for one in half(page, "en").all() if one.tag == "svg"]

    assert len(drawn) > 15
    for one in drawn:
        tags = [child.tag for child in one.children if isinstance(child, Element)]
        assert tags[:2] == ["title", "desc"]
        assert one.attributes["role"] == "img"
    figure = run.summary.figure("strict", "test", "all", "bm25")
    assert figure is not None
    assert f"BM25 alone: {figure_text(figure, 'en')}" in page
    rows = [one for one in half(page, "en").having("chart")[0].all() if one.tag == "tr"]
    assert all(
        re.search(r"\d %", row.children[-1].text()) for row in rows if isinstance(row.children[-1], Element)
    )

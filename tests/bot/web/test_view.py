"""How answers of every kind are rendered."""

from __future__ import annotations

import re

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from bot.domain import Answer, Contact, SourceCard, Status, Understood
from bot.web.view import Link, blocks, render
from tests.bot.web.answers import answer, card, partial, signposted


def shown(given: Answer, lang: str = "en") -> HTMLParser:
    """The answer as it stands on a page of language `lang`."""
    return HTMLParser(render("answer.html", lang, answer=given, question="Q?", link=Link(lang, "c")))


def text_of(tree: HTMLParser, selector: str) -> str:
    return " ".join(" ".join(node.text() for node in tree.css(selector)).split())


def test_every_word_of_the_text_is_shown() -> None:
    for given in (answer(), partial(), signposted()):
        told = text_of(shown(given), ".text")
        for word in re.sub(r"\[(\d+)\]", r"\1", given.text).split():
            assert word in told


def test_numbers_become_links_to_their_cards_and_unknown_numbers_stay_text() -> None:
    tree = shown(answer(text="It is so. [1][9]"))
    (cite,) = tree.css("a.cite")
    assert cite.attributes["href"] == "#source-1"
    assert cite.attributes["aria-label"] == "Source 1"
    assert len(tree.css("#source-1")) == 1
    assert "[9]" in text_of(tree, ".text")


def test_a_card_tells_title_issuer_authority_and_both_dates_in_words() -> None:
    told = text_of(shown(answer()), ".card")
    for word in ("What it is about", "A page", "example.org", "law", "dated 2025-10", "checked 2026-11-22"):
        assert word in told
    issued = SourceCard(title="A page", url="https://example.org", issuer="The Ministry", authority="law")
    told = text_of(shown(answer(evidence=[card(sources=[issued])])), ".card")
    assert "The Ministry" in told
    assert "undated" in told


def test_what_is_unsure_looks_and_reads_unsure() -> None:
    tree = shown(partial())
    (unsure,) = tree.css("a.cite.unsure[href='#source-2']")[:1]
    assert unsure.attributes["aria-label"] == "Source 2, older source, To be confirmed"
    assert "To be confirmed: the rate" in text_of(tree, "#source-2 .mark")
    assert "Older than this area allows" in text_of(tree, "#source-2 .mark")
    assert not tree.css("#source-1 .mark")
    assert text_of(tree, ".state") == "Only partly found"
    assert text_of(tree, "p.missing") == "Not found: sick pay."
    assert text_of(tree, "p.unsure") == "2 to be confirmed: the rate"


def test_parts_stand_under_their_headings() -> None:
    assert [block.heading for block in blocks(partial()) if block.heading] == ["Indonesia", "Serbia"]
    chinese = answer(language="zh", text="【印度尼西亚】\n如此。[1]\n\n【塞尔维亚】\n如彼。[1]")
    assert [block.heading for block in blocks(chinese)] == ["印度尼西亚", "塞尔维亚"]


def test_contacts_are_links_only_where_there_is_a_verified_address() -> None:
    tree = shown(partial())
    links = {node.text(): node.attributes["href"] for node in tree.css(".text a[target]")}
    assert links == {"The Office": "https://office.example.org"}
    assert "The Desk" in text_of(tree, ".text")
    assert not tree.css(".contacts")
    told = shown(answer(contacts=[Contact(name="The Desk")]))
    assert "The Desk" in text_of(told, ".contacts")
    assert not told.css(".contacts a")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc", "https:///x", None]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    source = SourceCard(title="A page", url=url, authority="media")
    tree = shown(
        answer(evidence=[card(url=url, sources=[source])], contacts=[Contact(name="The Desk", url=url)])
    )
    assert not tree.css(".card a, .contacts a")
    assert "A page" in text_of(tree, ".card")


def test_nothing_in_an_answer_becomes_markup() -> None:
    evil = "<img src=x onerror=alert(1)>"
    source = SourceCard(title=evil, url='https://example.org/"><script>', authority="media", issuer=evil)
    given = answer(
        text=f"{evil} [1]\n\n{evil}",
        evidence=[card(label=evil, confirm=evil, heading=[evil], sources=[source])],
        missing=[evil],
        notices=[evil],
        follow_ups=[evil],
        contacts=[Contact(name=evil)],
        understood=Understood(countries=["ID"], codes=[evil]),
    )
    html = render("answer.html", "en", answer=given, question=evil, link=Link("en", evil))
    tree = HTMLParser(html)
    assert not tree.css("img, script")
    assert evil in tree.css_first(".text").text()
    page = HTMLParser(
        render("page.html", "en", answer=given, problem=evil, question="</textarea>" + evil, link=Link("en"))
    )
    assert not page.css("img")


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_status_can_be_shown(status: Status, lang: str) -> None:
    given = answer(status=status, language=lang, evidence=[], sentences=[], text="So.")
    tree = shown(given, lang)
    plain = status in (Status.ANSWERED, Status.GREETING)
    assert bool(tree.css(".state")) is not plain
    assert status.value in (tree.css_first("article").attributes["class"] or "")


def test_care_comes_first_and_stands_out() -> None:
    paragraphs = [node.attributes["class"] for node in shown(signposted()).css(".text p")]
    assert paragraphs == ["care", "care", "answer"]


def test_what_is_near_is_not_shown_as_the_answer() -> None:
    given = answer(
        status="unanswerable_no_evidence", completeness="none", evidence=[], nearby=[card()],
        text="Not found: sick pay.\n\nClose, but not the answer:\n\n· It is so. [1]", missing=["sick pay"],
    )  # fmt: skip
    tree = shown(given)
    assert text_of(tree, ".state") == "Not found"
    assert text_of(tree, "p.nearby") == "It is so. 1"
    assert text_of(tree, ".sources h2") == "Close, but not what was asked"


def test_an_answer_keeps_its_language_and_script_on_a_page_of_another() -> None:
    tree = shown(
        answer(language="zh", script="Hant", text="如此。[1]", evidence=[card(confirm="税率", stale=True)]),
        "en",
    )
    assert tree.css_first("article").attributes["lang"] == "zh-Hant"
    assert "依據" in text_of(tree, ".sources h2")
    assert "待核實" in text_of(tree, ".mark")
    assert "印度尼西亞" in text_of(tree, ".chip") or "印尼" in text_of(tree, ".chip")


def test_taking_a_country_away_asks_of_the_others_or_of_none() -> None:
    left = [node.attributes["href"] for node in shown(partial()).css("a.remove")]
    assert left == ["/?ui=en&q=Q%3F&country=RS&c=c", "/?ui=en&q=Q%3F&country=ID&c=c"]
    assert "country=none" in (shown(answer()).css_first("a.remove").attributes["href"] or "")


def test_an_answer_that_leaves_one_with_nothing_offers_examples() -> None:
    for status in (Status.OUT_OF_SCOPE, Status.GREETING, Status.CLARIFICATION, Status.ERROR):
        assert shown(answer(status=status)).css(".examples a")
    assert not shown(answer()).css(".examples a")

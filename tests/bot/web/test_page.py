"""The page without JavaScript: plain HTML over plain requests."""

from __future__ import annotations

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

CAPITAL = "Minimum capital for a company in Indonesia?"
ZH = {"Accept-Language": "zh-CN"}


def page(client: httpx.Client, status: int = 200, **values: str) -> HTMLParser:
    response = client.get("/", params=values)
    assert response.status_code == status
    return HTMLParser(response.text)


def test_the_start_page_speaks_the_language_of_the_browser_or_the_one_chosen(client: httpx.Client) -> None:
    for headers, params, lang in (
        ({}, {}, "en"),
        (ZH, {}, "zh-Hans"),
        (ZH, {"ui": "en"}, "en"),
        (ZH, {"ui": "xx"}, "zh-Hans"),
    ):
        tree = HTMLParser(client.get("/", headers=headers, params=params).text)
        assert tree.css_first("html").attributes["lang"] == lang
        assert tree.css("label[for=q]")
        assert len(tree.css(".examples a")) >= 3


def test_a_question_in_the_address_is_answered_on_the_page(client: httpx.Client) -> None:
    tree = page(client, q=CAPITAL, ui="en")
    assert "IDR 2.5 billion" in tree.css_first(".text").text()
    cites = [node.attributes["href"] or "" for node in tree.css("a.cite")]
    assert cites
    assert all(tree.css(cite) for cite in cites)
    assert tree.css_first("textarea").text() == CAPITAL
    assert tree.css_first("input[name=c]").attributes["value"]
    assert tree.css_first("#start").attributes.keys() >= {"hidden"}


def test_the_form_asks_on_in_the_same_conversation(client: httpx.Client) -> None:
    conversation = page(client, q=CAPITAL).css_first("input[name=c]").attributes["value"]
    tree = page(client, q="Can a representative office issue invoices?", c=conversation or "")
    assert "Indonesia" in tree.css_first(".chip").text()


def test_taking_a_country_away_asks_again_without_it(client: httpx.Client) -> None:
    tree = page(client, q="Minimum share capital in Serbia and in Indonesia?", ui="en")
    links = [node.attributes["href"] or "" for node in tree.css("a.remove")]
    assert len(links) == 2
    left = HTMLParser(client.get(links[0]).text)
    assert len(left.css("a.remove")) == 1
    none = HTMLParser(client.get(left.css_first("a.remove").attributes["href"] or "").text)
    assert not none.css("a.remove")
    assert none.css("article")


def test_a_question_of_markup_is_shown_as_text(client: httpx.Client) -> None:
    evil = "</textarea><script>alert(1)</script> Minimum capital in Indonesia? ' OR 1=1 --"
    html = client.get("/", params={"q": evil, "ui": '"><script>'}).text
    assert "<script>alert" not in html
    assert HTMLParser(html).css_first("textarea").text() == evil


def test_what_makes_no_sense_in_the_address_is_left_out(client: httpx.Client) -> None:
    assert page(client, ui="xx", c="c" * 5000, country="", q="   ").css("#start:not([hidden])")
    assert client.get("/?q=%ff%fe%00&country=ID").status_code == 422
    assert page(client, 422, q=CAPITAL, country="Atlantis").css(".problem[role=alert]")


def test_too_long_a_question_keeps_the_question_and_says_so_in_its_language(client: httpx.Client) -> None:
    tree = page(client, 422, q="长" * 4001, ui="en")
    assert "4,000" in tree.css_first(".problem").text() or "4000" in tree.css_first(".problem").text()
    assert "字符" in tree.css_first(".problem").text()
    assert len(tree.css_first("textarea").text()) == 4001
    assert tree.css("#start:not([hidden]) .examples a")


@pytest.mark.parametrize(
    "path", ["/", "/?q=hello", "/nothing", "/docs", "/static/page.js", "/healthz", "/api/v1/questions"]
)
def test_security_headers_stand_on_every_reply(client: httpx.Client, path: str) -> None:
    headers = client.get(path, headers={"Accept": "text/html"}).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_an_address_that_is_not_there_shows_a_page_with_examples(client: httpx.Client) -> None:
    response = client.get("/nothing", headers={"Accept": "text/html", **ZH})
    assert response.status_code == 404
    tree = HTMLParser(response.text)
    assert "/nothing" in tree.css_first(".problem").text()
    assert tree.css(".examples a")


def test_the_stream_of_the_page_ends_with_the_same_html(client: httpx.Client) -> None:
    text = client.post("/answer", data={"q": CAPITAL, "ui": "en"}).text.replace("\r\n", "\n")
    names = [line.removeprefix("event: ") for line in text.split("\n") if line.startswith("event: ")]
    assert names[0] == "sentence"
    assert names[-2:] == ["conversation", "answer"]
    assert 'id="source-1"' in text
    refused = client.post("/answer", data={"q": "长" * 5000}).text
    assert "event: problem" in refused
    assert "字符" in refused
    assert "event: problem" in client.post("/answer", files={"q": b"\xff"}).text

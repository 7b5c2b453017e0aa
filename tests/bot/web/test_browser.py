"""The page in a real browser: it streams, is used by keyboard, fits a phone, reads well and calls nobody else."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CAPITAL = "Minimum capital for a company in Indonesia?"
UNSURE = "肯尼亚的PVoC有哪几条路线？"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens the start page; at the end nothing was asked of another site and no script failed."""
    contexts, faults = [], []

    def open_page(width: int = 1280, lang: str = "en-GB", path: str = "/", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, locale=lang, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: request.url.startswith((address, "data:")) or faults.append(request.url),
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def ask(page: Any, question: str) -> None:
    page.fill("#q", question)
    page.click("button[type=submit]")
    page.wait_for_selector("article")


def test_the_answer_arrives_without_leaving_the_page(opened: Callable[..., Any]) -> None:
    page = opened()
    page.evaluate("window.stayed = true")
    ask(page, CAPITAL)
    started = time.monotonic()
    ask(page, CAPITAL + " ")
    assert time.monotonic() - started < 1.5
    assert page.evaluate("window.stayed")
    assert "IDR 2.5 billion" in page.inner_text(".text")
    page.click("a.cite")
    assert page.evaluate("document.querySelector('.card:target') !== null")


def test_the_answer_is_told_to_a_screen_reader_once_and_whole(opened: Callable[..., Any]) -> None:
    page = opened()
    ask(page, CAPITAL)
    said = page.text_content("#said[role=status][aria-live=polite]")
    assert "IDR 2.5 billion" in said
    assert said.count("IDR 2.5 billion") == 1
    assert page.get_attribute("#answer", "aria-busy") is None
    page.get_by_role("textbox", name="Your question")
    assert page.get_by_role("article", name="Answer").count() == 1
    page.get_by_role("link", name="Source 1").first.wait_for()


def test_everything_works_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    page.focus("#q")
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    assert page.input_value("#q") == "first line\n"
    page.fill("#q", CAPITAL)
    page.keyboard.press("Enter")
    page.wait_for_selector("article")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a.remove')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("a.remove", state="detached")
    page.wait_for_selector("article")


def test_an_example_is_one_press_away(opened: Callable[..., Any]) -> None:
    page = opened()
    example = page.inner_text(".examples a >> nth=0")
    page.click(".examples a >> nth=0")
    page.wait_for_selector("article")
    assert page.input_value("#q") == example
    assert page.is_hidden("#start")


def test_the_page_keeps_its_question_when_reloaded_or_switched(opened: Callable[..., Any]) -> None:
    page = opened()
    ask(page, CAPITAL)
    page.reload()
    assert "IDR 2.5 billion" in page.inner_text(".text")
    page.click("a.other")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.input_value("#q") == CAPITAL
    assert "IDR 2.5 billion" in page.inner_text(".text")


def test_it_works_without_javascript(opened: Callable[..., Any]) -> None:
    page = opened(java_script_enabled=False)
    page.fill("#q", CAPITAL)
    page.click("button[type=submit]")
    page.wait_for_selector("article")
    assert "IDR 2.5 billion" in page.text_content(".text")


def test_a_refused_question_says_why_and_keeps_the_question(opened: Callable[..., Any]) -> None:
    page = opened()
    page.fill("#q", "长" * 4500)
    page.click("button[type=submit]")
    page.wait_for_selector(".problem[role=alert]")
    assert "字符" in page.inner_text(".problem")
    assert len(page.input_value("#q")) == 4500
    assert page.is_visible("#start")


@pytest.mark.parametrize("width", [360, 390])
@pytest.mark.parametrize("question", ["", UNSURE, "a" * 300 + " Indonesia minimum capital"])
def test_a_phone_never_scrolls_sideways(opened: Callable[..., Any], width: int, question: str) -> None:
    page = opened(width=width, lang="zh-CN")
    if question:
        ask(page, question)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_lines_are_no_longer_than_can_be_read(opened: Callable[..., Any]) -> None:
    longest = """(selector) => {
      let most = 0;
      for (const p of document.querySelectorAll(selector)) {
        const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
        const lines = new Map();
        for (let node; (node = walker.nextNode()); )
          for (let i = 0; i < node.length; i++) {
            const range = new Range();
            range.setStart(node, i);
            range.setEnd(node, i + 1);
            const box = range.getClientRects()[0];
            if (box?.width) lines.set(Math.round(box.bottom), (lines.get(Math.round(box.bottom)) ?? 0) + 1);
          }
        most = Math.max(most, ...lines.values());
      }
      return most;
    }"""
    page = opened()
    ask(page, CAPITAL)
    assert 45 < page.evaluate(longest, ".text p") <= 72
    page = opened(lang="zh-CN")
    ask(page, "在印尼开公司要先打多少钱进账户？")
    # Figures and Latin letters among the Han are half as wide.
    assert 25 < page.evaluate(longest, ".text p") <= 50
    assert page.evaluate("document.querySelector('.text').clientWidth / 17") <= 38.01


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_letters_are_large_and_stand_out_from_their_ground(
    opened: Callable[..., Any], scheme: str, lang: str
) -> None:
    look = """() => [...document.querySelectorAll('body *')].filter((node) =>
        node.checkVisibility() && !node.closest('.unseen') &&
        [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())
      ).map((node) => {
        let ground = node;
        while (ground && /, 0\\)$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
        const style = getComputedStyle(node);
        return [node.className, parseFloat(style.fontSize), style.color,
                getComputedStyle(ground ?? document.documentElement).backgroundColor];
      })"""
    page = opened(lang=lang, color_scheme=scheme)
    ask(page, UNSURE)
    for name, size, ink, ground in page.evaluate(look):
        # The numbers of sources are small on purpose.
        assert size >= (13 if name.startswith("cite") else 16), name
        assert contrast(ink, ground) >= 4.5, (name, ink, ground)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2 of two CSS colours."""
    lights = sorted(luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

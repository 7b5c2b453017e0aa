"""How an Answer looks on the page: its text in blocks, its numbers as chips, its sources as cards.

Every word of `Answer.text` is shown, whatever wrote it; what the blocks are only decides how they look.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale
from jinja2 import Environment
from markupsafe import Markup, escape

from bot.domain import Answer, Contact, Evidence, SentenceRole, Status
from bot.replies import PROMPTS, reply, yaml_of
from bot.templating import open_templates
from retrieval.text import to_traditional

TEMPLATES = Path(__file__).parent / "templates"
NO_COUNTRY = "none"
"""In a link: the question without the country it was understood to be about."""
_CITATION = re.compile(r"\[(\d{1,3})\]")
_HEADING = re.compile(r"^【(.+)】$")


@dataclass(frozen=True)
class Block:
    """A paragraph of the answer. `kind`: answer, care, nearby, notice, unsure, missing or plain."""

    kind: str
    heading: str | None
    lines: list[Markup]


@dataclass(frozen=True)
class Link:
    """Makes the addresses of the page: its language and conversation go along."""

    lang: str
    conversation_id: str | None = None

    def to(self, question: str = "", countries: list[str] | None = None, lang: str | None = None) -> str:
        """The address that asks `question`, of `countries` only where they are given."""
        values = [("ui", lang or self.lang)]
        if question:
            values += [("q", question)] + [("country", code) for code in countries or []]
            values += [("c", self.conversation_id)] if self.conversation_id else []
        return "/?" + urlencode(values)


@dataclass(frozen=True)
class Chip:
    """A country that the question was understood to be about, and those left when it is taken away."""

    name: str
    left: list[str]


def render(template: str, lang: str, **values: Any) -> str:
    """A template in the language of the page; an answer in it keeps its own language."""
    answer: Answer | None = values.get("answer")
    own = words(answer.language, answer.script) if answer else words(lang)
    return _environment().get_template(template).render(t=words(lang), a=own, lang=lang, **values)


@lru_cache(maxsize=4)
def words(lang: str, script: str | None = None) -> dict[str, Any]:
    """The words of the page in a language and, for Chinese, a script."""
    data: dict[str, dict[str, Any]] = yaml_of(PROMPTS / "page.yaml")
    found = data["zh" if lang == "zh" else "en"]
    return _in_traditional(found) if script == "Hant" else found


def _in_traditional(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_traditional(entry) for key, entry in value.items()}
    return to_traditional(value) if isinstance(value, str) else value


@lru_cache(maxsize=2)
def examples(lang: str) -> list[str]:
    """Questions that the start page offers; each has an answer."""
    data: dict[str, list[str]] = yaml_of(PROMPTS / "examples.yaml")
    return data["zh" if lang == "zh" else "en"]


def html_lang(answer: Answer) -> str:
    """The language of an answer as HTML names it."""
    if answer.language != "zh":
        return "en"
    return "zh-Hant" if answer.script == "Hant" else "zh-Hans"


def own_script(text: str, answer: Answer) -> str:
    """Words of ours in the script of the answer."""
    return to_traditional(text) if answer.script == "Hant" else text


def blocks(answer: Answer) -> list[Block]:
    """The whole text of an answer, paragraph by paragraph."""
    headings = {sentence.heading for sentence in answer.sentences if sentence.heading}
    return [_block(answer, text, headings) for text in answer.text.split("\n\n") if text.strip()]


def _block(answer: Answer, text: str, headings: set[str]) -> Block:
    first, _, rest = text.partition("\n")
    named = _HEADING.match(first)
    heading = named[1] if named else first if first in headings else None
    if heading and rest:
        return Block("answer", heading, _lines(answer, rest))
    kind = _kind(answer, text)
    return Block(kind, None, _lines(answer, text.removeprefix("· "), linked=kind in ("plain", "missing")))


def _kind(answer: Answer, text: str) -> str:
    bare = _CITATION.sub("", text).strip()
    care = [_CITATION.sub("", s.text).strip() for s in answer.sentences if s.role is SentenceRole.CARE]
    if bare in care:
        return "care"
    if text.startswith("· "):
        return "nearby"
    if text in answer.notices:
        return "unsure" if _CITATION.match(text) else "notice"
    if any(missing in text for missing in answer.missing):
        return "missing"
    return "answer" if _CITATION.search(text) else "plain"


def _lines(answer: Answer, text: str, linked: bool = False) -> list[Markup]:
    contacts = answer.contacts if linked else []
    return [_line(answer, line, contacts) for line in text.split("\n") if line.strip()]


def _line(answer: Answer, line: str, contacts: list[Contact]) -> Markup:
    """One line: numbers of cards become chips, names of contacts with an address become links."""
    cards = {card.n: card for card in [*answer.evidence, *answer.nearby]}
    html = Markup("")
    for i, piece in enumerate(_CITATION.split(line)):
        if i % 2 == 0:
            html += _with_contacts(piece, contacts)
        elif int(piece) in cards:
            html += _citation(answer, cards[int(piece)])
        else:
            html += escape(f"[{piece}]")
    return html


def _citation(answer: Answer, card: Evidence) -> Markup:
    t = words(answer.language, answer.script)
    unsure = marks(card)
    label = t["source_n"].format(n=card.n) + "".join(f"{t['comma']}{t[mark]}" for mark in unsure)
    return Markup('<a class="cite{}" href="#source-{}" aria-label="{}">{}</a>').format(
        " unsure" if unsure else "", card.n, label, card.n
    )


def _with_contacts(text: str, contacts: list[Contact]) -> Markup:
    linked = {contact.name: contact.url for contact in contacts if safe_url(contact.url)}
    if not linked:
        return escape(text)
    longest_first = sorted(linked, key=len, reverse=True)
    html = Markup("")
    for i, piece in enumerate(re.split(f"({'|'.join(map(re.escape, longest_first))})", text)):
        html += (
            Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(
                linked[piece], piece
            )
            if i % 2
            else escape(piece)
        )
    return html


def contacts_left(answer: Answer) -> list[Contact]:
    """Contacts that the text does not name already."""
    return [contact for contact in answer.contacts if contact.name not in answer.text]


def chips(answer: Answer) -> list[Chip]:
    """The countries an answer was understood to be about."""
    codes = answer.understood.countries
    locale = Locale.parse(html_lang(answer).replace("-", "_"))
    return [
        Chip(str(locale.territories.get(code, code)), [c for c in codes if c != code] or [NO_COUNTRY])
        for code in codes
    ]


def state(answer: Answer) -> str | None:
    """The key in `state:` of the page's words that says what kind of answer this is; None for a plain one."""
    if answer.status is Status.ANSWERED:
        return "partial" if answer.completeness == "partial" else None
    return None if answer.status is Status.GREETING else answer.status.value


def offers_examples(answer: Answer) -> bool:
    """Whether the answer leaves the asker without anything, so that examples help."""
    return answer.status in (Status.OUT_OF_SCOPE, Status.GREETING, Status.CLARIFICATION, Status.ERROR)


def safe_url(url: str | None) -> str | None:
    """The address when it is a web address; anything else is no link."""
    return url if url and re.match(r"https?://[^\s/]", url) else None


def site(url: str | None) -> str | None:
    """The name of the site of an address: who published a source whose issuer is not recorded."""
    safe = safe_url(url)
    try:
        host = urlsplit(safe).hostname if safe else None
    except ValueError:
        return None
    return host.removeprefix("www.").rstrip(".") if host else None


def marks(card: Evidence) -> list[str]:
    """What is unsure about a card: `stale`, `confirm`."""
    return [name for name, on in (("stale", card.stale), ("confirm", card.confirm is not None)) if on]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = open_templates(TEMPLATES)
    shown = (blocks, chips, contacts_left, html_lang, marks, offers_examples, reply, safe_url, site, state)
    environment.globals.update({function.__name__: function for function in shown})
    environment.globals["start_examples"] = examples
    environment.filters["own_script"] = own_script
    environment.filters["json"] = lambda value, indent=None: json.dumps(
        value, ensure_ascii=False, indent=indent
    )
    return environment

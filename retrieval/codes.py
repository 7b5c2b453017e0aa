"""Finds codes of standards, laws and tariff headings in a text and writes each in one way.

One code has one form whatever the language, the case, the width of the digits or the year of the edition:
`GB 4706.1`, `ISO/IEC 27001`, `HS 8516.60`, `TR CU 004/2011`, `EU 2023/988`, `Order 837`, `Law 25/2007`, `Form E`.
What belongs to which family is `data/codes.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from retrieval.text import clean

RULES = Path(__file__).parent / "data" / "codes.yaml"

Finder = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]

_EDITION = re.compile(r"[:：]\s?(?:19|20|25)\d{2}.*$|(?<=\d)-(?:19|20|25)\d{2}$")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DASHES = str.maketrans("‐‑‒–—−〔〕［］【】", "------[][][]")


def find_codes(text: str) -> list[str]:
    """Codes named in `text`, normalised, in the order of their first mention, each once."""
    plain = unicodedata.normalize("NFKC", clean(text)).translate(_DASHES)
    if not any(char.isdigit() for char in plain) and "orm" not in plain and "ORM" not in plain:
        return []
    found: list[tuple[int, int, str]] = []
    for pattern, form in _finders():
        for match in pattern.finditer(plain):
            code = form(match)
            taken = any(match.start() < end and start < match.end() for start, end, _ in found)
            if code and not taken:
                found.append((match.start(), match.end(), code))
    return list(dict.fromkeys(code for _, _, code in sorted(found)))


def code_variants(code: str) -> tuple[str, ...]:
    """`code` and the broader or looser forms that stand for it, nearest first.

    A tariff line stands for its headings, a part of a standard for the standard, GB/T for GB.
    """
    variants = [code]
    if code.startswith("HS "):
        digits = code[3:].replace(".", "")
        variants += [f"HS {_dotted(digits[:size])}" for size in (8, 6, 4) if size < len(digits)]
    elif code.startswith("GB/T "):
        variants.append("GB " + code[5:])
    elif code.startswith("GB "):
        variants.append("GB/T " + code[3:])
    elif match := re.fullmatch(r"((?:ISO|IEC|EN|ISO/IEC) \d+)-[\d-]+", code):
        variants.append(match[1])
    return tuple(variants)


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.load(
        RULES.read_text(encoding="utf-8"), yaml.BaseLoader
    )  # texts only: "no" and "on" are words
    return rules


@cache
def _finders() -> tuple[Finder, ...]:
    """Patterns with what each match becomes; an earlier one takes the text from a later one."""
    return tuple(
        (re.compile(pattern, flags), form)
        for make in (_eaeu, _european, _customs, _standards, _named, _documents, _laws)
        for pattern, flags, form in make()
    )


Rows = Iterator[tuple[str, int, Callable[[re.Match[str]], str | None]]]


def _eaeu() -> Rows:
    union = r"(?:TR\s?CU|CU[\s-]?TR|TR\s?TS|TR\s?TC|TP\s?TC|ТР\s?ТС|海关联盟技术法规|关税同盟技术法规)"
    economic = r"(?:TR\s?EAEU|EAEU\s?TR|TR\s?EEU|TP\s?EAЭC|ТР\s?ЕАЭС|欧亚经济联盟技术法规)"
    number = r"\s*(?:No\.?|№|第)?\s*(\d{3})(?:\s?/\s?(\d{4}))?"

    def code(prefix: str) -> Callable[[re.Match[str]], str | None]:
        def form(match: re.Match[str]) -> str:
            year = match[2] or _rules()["eaeu_years"].get(match[1])
            return f"{prefix} {match[1]}/{year}" if year else f"{prefix} {match[1]}"

        return form

    yield economic + number, re.IGNORECASE, code("TR EAEU")
    yield union + number, re.IGNORECASE, code("TR CU")


def _european() -> Rows:
    """Legal texts of the European Union: (EU) 2023/988, 2006/42/EC, 欧盟2019/1020, Regulation 2023/988."""
    yield (
        r"(?:\((?:EU|EC|EEC)\)|(?<![A-Za-z])(?:EU|EC|UE)(?![A-Za-z])|欧盟|ЕС)\s?(?:No\.?|第|法规|条例|指令|Regulation|Directive)?\s?(\d{2,4}/\d{2,4})(?!\d)(?:/E[CU](?![A-Za-z]))?",
        re.IGNORECASE,
        lambda m: f"EU {m[1]}",
    )
    yield r"(?<![\d/])(\d{2,4}/\d{2,4})/(?:EU|EC|EEC|UE|CE)(?![A-Za-z])", 0, lambda m: f"EU {m[1]}"
    yield (
        r"\b(?:Regulation|Directive)s?\s(?:No\.?\s?)?((?:19|20)\d{2}/\d{2,4})(?!\d)",
        re.IGNORECASE,
        lambda m: f"EU {m[1]}",
    )
    yield r"(?<![\d/])((?:19|20)\d{2}/\d{2,4})号(?:法规|条例|指令)", 0, lambda m: f"EU {m[1]}"


def _customs() -> Rows:
    name = (
        r"(?:(?<![A-Za-z])HT?S(?:\s?codes?)?|(?:海关|商品|税则)(?:编码|编号|号列)|税号|税则号|ТН ВЭД|code\s+SH"
        r"|tariff\s(?:heading|code|line|item)s?|commodity\scode)"
    )
    yield (
        name
        + r"(?:\s?(?:编码|编号|为|是|号|of|is|No\.?))*\s*[:：#]?\s*(\d{4}(?:[.\s]?\d{2}){0,3}|\d{2})(?![\d])",
        re.IGNORECASE,
        lambda m: f"HS {_dotted(re.sub(r'[^0-9]', '', m[1]))}",
    )


def _dotted(digits: str) -> str:
    return ".".join([digits[:4], *(digits[i : i + 2] for i in range(4, len(digits), 2))])


def _standards() -> Rows:
    rules = _rules()
    spellings: dict[str, str] = rules["spellings"]
    any_case = sorted([*rules["standards"]["any_case"], *spellings], key=len, reverse=True)
    upper = sorted(rules["standards"]["upper"], key=len, reverse=True)
    adoption = "|".join(_spaced(name) for name in sorted(rules["adoptions"], key=len, reverse=True))
    number = r"(\d{1,6}[A-Z]?(?:[.-]\d{1,5}){0,4}(?:/\d{4})?(?:\s?:\s?\d{4})?)(?![\d])"
    before = r"(?<![A-Za-zА-я0-9])"
    between = r"\s?(?:标准|No\.?|№)?\s?-?\s?"
    known = {re.sub(r"[\s/]", "", name).upper(): name for name in rules["standards"]["any_case"] + upper}
    known |= {re.sub(r"[\s/]", "", name).upper(): target for name, target in spellings.items()}

    def form(match: re.Match[str]) -> str | None:
        prefix = known.get(re.sub(r"[\s/]", "", match[1]).upper(), match[1].upper())
        body = _EDITION.sub("", match[2].replace(" ", ""))
        if prefix in ("ISO", "ISO/IEC", "IEC") and body in rules["joint"]:
            prefix = "ISO/IEC"
        return f"{prefix} {body}" if body else None

    yield (
        r"(?<![A-Za-z])NOM-(\d{3})(?:-([A-Z0-9]{3,6}))?(?:-\d{4})?(?!\d)",
        0,
        lambda m: "NOM-" + "-".join(filter(None, m.groups())),
    )
    # GB/T may be told apart from GB even where the slash was lost, but only before a number: GBT 19001.
    yield (
        before + rf"(?:(?:{adoption})\s)*({'|'.join(_spaced(name) for name in any_case)})" + between + number,
        re.IGNORECASE,
        form,
    )
    yield before + rf"({'|'.join(_spaced(name) for name in upper)})" + r"[\s-]?" + number, 0, form
    yield before + r"(en)(\d{2,5}(?:-\d{1,2})*)(?!\d)", 0, form


def _spaced(name: str) -> str:
    return re.escape(name).replace(r"\ ", r"\s?").replace("/", r"\s?/?\s?")


def _named() -> Rows:
    rules = _rules()
    names = sorted((name for name in rules["named"] if any(c.isdigit() for c in name)), key=len, reverse=True)
    loose = {re.sub("[^A-Z0-9]", "", name): name for name in names}
    pattern = "|".join(re.escape(name).replace(r"\-", r"[\s-]?") for name in names)
    yield (
        rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])",
        re.IGNORECASE,
        lambda m: loose.get(re.sub("[^A-Z0-9]", "", m[0].upper())),
    )
    letters = "".join(rules["forms"])
    yield rf"(?<![A-Za-z])FORM\s?([{letters}])(?![A-Za-z])", 0, lambda m: f"Form {m[1]}"
    yield rf"(?<![A-Za-z])[Ff]orm\s?([{letters}])(?![A-Za-z'’])", 0, lambda m: f"Form {m[1]}"
    # In lower case "form a company" is no certificate, "form e" is.
    yield r"(?<![a-z])form e(?![a-z])", re.IGNORECASE, lambda m: "Form E"
    yield (
        r"(?<![A-Za-z0-9])A1(?=\s?(?:证明|证书|表|certificates?\b|forms?\b|portable))|(?<=[Cc]ertificate )A1\b",
        0,
        lambda m: "A1",
    )


def _documents() -> Rows:
    """Chinese administrative documents: 商合发[2018]24号, Cai Shui [2009] No. 125."""
    yield (
        r"\[\s?((?:19|20)\d{2})\s?\]\s?(?:第|No\.?\s?)?(\d{1,4})(?:号|(?!\d))",
        re.IGNORECASE,
        lambda m: f"〔{m[1]}〕{m[2]}",
    )


def _laws() -> Rows:
    rules = _rules()
    kinds: dict[str, dict[str, list[str]]] = rules["kinds"]
    zh = {word: kind for kind, names in kinds.items() for word in names["zh"]}
    words = {word: kind for kind, names in kinds.items() for word in names["words"]}
    zh_any = _any(zh)
    # 837, 19,550, 14.026/2020, 248-25, 143/2025/QH15
    number = r"(\d{1,3}(?:[,.]\d{3})+|\d{1,6}[A-Z]?)(?:\s?[/-]\s?(\d{4}|\d{2})(?!\d))?(?:[/-][A-ZĐ][A-ZĐa-z0-9-]*)?"

    def code(kind: str, number: str, year: str | None) -> str:
        body = re.sub(r"[,.]", "", number)
        return f"{kind} {body}/{year}" if year else f"{kind} {body}"

    # 国务院令第837号, 公告2025年第3号, 政府令561/2022: the kind stands before the number …
    yield (
        rf"(?>({zh_any}))[》”]?[(]?(?:(\d{{4}})年)?\s?第?\s?{number}\s?号(?!{zh_any})",
        0,
        lambda m: code(zh[m[1]], m[3], m[4] or m[2]),
    )
    yield (
        rf"(?>({zh_any}))[》”]?\s?(\d{{1,6}})/((?:19|20)\d{{2}})(?!\d)",
        0,
        lambda m: code(zh[m[1]], m[2], m[3]),
    )
    # … or after it, a few characters on: 第49号总统条例, 第143/2025号《投资法》, 837号令.
    yield (
        rf"(?:(\d{{4}})年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?)?(?:[^\W\d]{{0,4}}第|第)?\s?{number}\s?号[《“]?[^\d，。；：、]{{0,8}}?"
        rf"(?>({zh_any}))(?!{zh_any})",
        0,
        lambda m: code(zh[m[4]], m[2], m[3] or m[1]),
    )
    sign = rf"(?:{_any(rules['numbered'])})[.°º]?\s?"
    later = rf"(?:,?\s(?:{_any(rules['of_year'])})\s(?:\w+\s)?(\d{{4}}))?(?![\d%])"
    start = rf"(?<!\w)({_any(words)})s?"

    def form(match: re.Match[str]) -> str | None:
        kind, signed, number, year, later = match.groups()
        year = year or later
        bare_year = not year and _YEAR.fullmatch(number)
        loose = kind in rules["everyday"]  # in lower case: a word of every day
        counted = loose and (len(number) < 3 or re.match(r"\s[a-z]+s\b", match.string[match.end() :]))
        if not signed and not year and (bare_year or counted):
            return None  # "Companies Act 2016" has no number, "order 200 units" is no law
        return code(words[kind.casefold()], number, year)

    yield start + rf"\s+({sign})?{number}{later}", re.IGNORECASE, form
    # Law on Investment 143/2025, Resolution IGJ 15/2024, Law on Companies No. 32 of 2021
    yield start + rf"(?:\s[\w()]+){{1,4}}?\s({sign}){number}{later}", re.IGNORECASE, form
    yield (
        start + r"(?:\s[\w()]+){1,4}?\s(\d{1,6})/((?:19|20)\d{2})(?!\d)",
        re.IGNORECASE,
        lambda m: code(words[m[1].casefold()], m[2], m[3]),
    )


def _any(words: Iterable[str]) -> str:
    """One of `words`, the longest first, as a pattern."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

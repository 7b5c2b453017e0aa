"""Dates, times of day, quarters and weekdays, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from retrieval.figure_reading.numerals import chinese_number
from retrieval.figure_reading.terms import Reading
from retrieval.figure_reading.values import Day, Figure

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_STARTS = tuple(month[:3].capitalize() for month in _MONTHS)
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_AND = r"\s?(?:-|–|—|~|至|到|、|和|及|或|以及|to|and|or|&)\s?"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
# Short forms only next to a number; "May" is a word too, so its case and neighbours decide.
_MONTH = (
    r"(?:January|February|March|April|June|July|August|September|October|November|December"
    r"|(?<=\d )May\b|(?<=\dth )May\b|May(?= \d{4})"
    r"|(?:(?<=in )|(?<=of )|(?<=from )|(?<=since )|(?<=until )|(?<=till )|(?<=by )|(?<=to )|(?<=and )|(?<=early )"
    r"|(?<=late )|(?<=mid-)|(?<=before )|(?<=after )|(?<=every )|(?<=each )|(?<=[-–—]))May\b"
    r"|(?:(?<=\d )|(?<=\dth ))(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?(?= \d))"
)
_YEAR = r"(?:[12]\d{3})"
_CN = "[一二三四五六七八九十]"

Value = tuple[frozenset[Reading], Day | None]
Pattern = tuple[re.Pattern[str], Callable[[re.Match[str]], list[Value]], tuple[str, ...]]
"""A form of date, its reading, and texts of which one must occur (none: always tried): most texts lack most forms."""


def _day(year: str | None, month: int, day: int | None = None) -> Value:
    return frozenset(), Day(int(year) if year else None, month, day)


def _plain(value: object, unit: str) -> Value:
    return frozenset({(Decimal(str(value)), unit)}), None


def _numbers(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", text)]


def _month_number(word: str) -> int:
    start = word[:3].lower()
    return next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(start))


def _iso(match: re.Match[str]) -> list[Value]:
    return [_day(match[1], int(match[2]), int(match[3]) if match[3] else None)]


def _zh_days(match: re.Match[str]) -> list[Value]:
    return [_day(match[1], int(match[2]), day) for day in _numbers(match[3])]


def _zh_months(match: re.Match[str]) -> list[Value]:
    return [_day(match[1], month) for month in _numbers(match[2])]


def _zh_numeral_date(match: re.Match[str]) -> list[Value]:
    month, day = chinese_number(match[2]), chinese_number(match[3] or "")
    year = chinese_number(match[1] or "")
    if month is None or not 1 <= month <= 12:
        return []
    return [_day(str(year) if year else None, int(month), int(day) if day else None)]


def _en_days(match: re.Match[str]) -> list[Value]:
    return [_day(match["year"], _month_number(match["month"]), day) for day in _numbers(match["days"])]


def _en_months(match: re.Match[str]) -> list[Value]:
    names = re.findall(r"[A-Z][a-z]+", match["months"])
    return [_day(match["year"], _month_number(name)) for name in names]


def _year_pair(match: re.Match[str]) -> list[Value]:
    """2025/26 and 2024-29; 2025-10 is a month unless it is the next year."""
    first, last = int(match[1]), int(match[2])
    if last != (first + 1) % 100 and not max(12, first % 100) < last:
        return []
    return [_plain(first, "date"), _plain(first - first % 100 + last + (100 if last == 0 else 0), "date")]


def _clock(hour: str, minute: str | None, half: str) -> Value:
    """Minutes since midnight; both halves of the day where none is said."""
    minutes = int(hour) % 24 * 60 + int(minute or 0)
    if half in ("pm", "下午", "晚上", "晚", "傍晚") and minutes < 720:
        minutes += 720
    readings = {(Decimal(minutes), "time")}
    if not half and minutes < 780:
        readings.add((Decimal((minutes + 720) % 1440), "time"))
    return frozenset(readings), None


def _clocks(match: re.Match[str]) -> list[Value]:
    half = (match["half"] or "").replace(".", "").lower()
    times = [_clock(match["h"], match["m"], half)]
    if match["from"]:
        times.insert(0, _clock(match["from"], match["from_m"], ""))
    return times


def _zh_clock(match: re.Match[str]) -> list[Value]:
    return [_clock(match[2], match[3] or ("30" if match[4] else None), match[1] or "")]


def _ordinal(text: str) -> int:
    digits = re.search(r"\d", text)
    if digits:
        return int(digits[0])
    words = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
    return next(n for word, n in words.items() if text.lower().startswith(word))


_BOTH: list[Pattern] = [
    (
        re.compile(rf"(?<![\d.-])({_YEAR})[-/.](0?[1-9]|1[0-2])[-/.]([12]\d|3[01]|0?[1-9])(?!\d|[.-]\d)"),
        _iso,
        (),
    ),
    (re.compile(r"(?<![\d./])((?:19|20)\d\d)\s?[-–—/]\s?(\d\d)(?!\d|[./-]\d|%)"), _year_pair, ()),
    (re.compile(rf"(?<![\d./-])({_YEAR})-(0[1-9]|1[0-2])()(?!\d|[./-]\d|%)"), _iso, ()),
    (
        re.compile(
            rf"(?<![\d:.])(?:(?P<from>[01]?\d|2[0-4])(?:[:.](?P<from_m>[0-5]\d))?{_AND})?"
            r"(?P<h>1[0-2]|0?\d)(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap]\.?m)\b\.?"
        ),
        _clocks,
        ("am", "pm", "a.m", "p.m"),
    ),
    (
        re.compile(
            r"(?:(?P<half>上午|下午|晚上|晚|傍晚|凌晨|早上|早|中午)\s?)?(?P<from>(?!))?(?P<from_m>(?!))?"
            r"(?<![\d:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?![\d:])"
        ),
        _clocks,
        (":",),
    ),
    (re.compile(r"\bQ([1-4])\b"), lambda m: [_plain(m[1], "quarter")], ("Q",)),
    (re.compile(r"\bH([12])(?= ?(?:of )?\d{4})"), lambda m: [_plain(m[1], "half")], ("H1", "H2")),
]

_ZH: list[Pattern] = [
    (
        re.compile(
            rf"(?:({_YEAR})\s?年\s?)?(?<!\d)(1[0-2]|0?[1-9])\s?月\s?"
            rf"([0-3]?\d(?:\s?[日号]?{_AND}[0-3]?\d(?!\d))*)\s?[日号]"
        ),
        _zh_days,
        ("月",),
    ),
    (
        re.compile(
            rf"(?:({_YEAR})\s?年\s?)?(?<![\d.])((?:1[0-2]|0?[1-9])(?:\s?月?{_AND}(?:1[0-2]|0?[1-9]))*)\s?月(?!内)"
        ),
        _zh_months,
        ("月",),
    ),
    (
        re.compile(
            rf"(?:([〇零一二三四五六七八九]{{4}})年)?(?<![数个{_CN[1:-1]}])({_CN}{{1,2}})月(?:({_CN}{{1,3}})[日号])?"
        ),
        _zh_numeral_date,
        ("月",),
    ),
    (
        re.compile(r"([〇零一二三四五六七八九]{4})年"),
        lambda m: [_plain(chinese_number(m[1]), "date")],
        ("年",),
    ),
    (re.compile(rf"(?<![\d.])({_YEAR})\s?(?:财政?|纳税)?年"), lambda m: [_plain(m[1], "date")], ("年",)),
    (
        re.compile(
            r"(上午|下午|晚上|晚|傍晚|凌晨|早上|早|中午)\s?(\d{1,2})\s?[点时](?:\s?(\d{1,2})\s?分|(半))?"
        ),
        _zh_clock,
        ("点", "时"),
    ),
    (
        re.compile(r"(1\d|2[01])世纪(\d0)年代"),
        lambda m: [_plain((int(m[1]) - 1) * 100 + int(m[2]), "date")],
        ("世纪",),
    ),
    (re.compile(r"第?([一二三四1-4])季度"), lambda m: [_plain(_ordinal(m[1]), "quarter")], ("季度",)),
    (re.compile(r"([上下])半年"), lambda m: [_plain("上下".index(m[1]) + 1, "half")], ("半年",)),
    (
        re.compile(r"(?<![一二两三四五六七八九十\d几数])(?:周|星期|礼拜)([一二三四五六日])(?![次趟回])"),
        lambda m: [_plain("一二三四五六日".index(m[1]) + 1, "weekday")],
        ("周", "星期", "礼拜"),
    ),
]

_EN: list[Pattern] = [
    (
        re.compile(
            rf"(?<![\d.,/])(?P<days>{_DAY}(?:{_AND}{_DAY})*)(?: of)?[ -](?P<month>{_MONTH})(?:,? (?P<year>{_YEAR})(?!\d))?"
        ),
        _en_days,
        _MONTH_STARTS,
    ),
    (
        re.compile(
            rf"(?P<month>{_MONTH}) (?P<days>{_DAY}(?:{_AND}{_DAY})*)(?![\d%.,]*\d)(?! ?%| (?:million|billion|per cent))"
            rf"(?:,? (?P<year>{_YEAR})(?!\d))?"
        ),
        _en_days,
        _MONTH_STARTS,
    ),
    (
        re.compile(rf"(?P<months>{_MONTH}(?:{_AND}{_MONTH})*)(?:,? (?P<year>{_YEAR})(?!\d))?"),
        _en_months,
        _MONTH_STARTS,
    ),
    (re.compile(rf"\b({_YEAR})s\b"), lambda m: [_plain(m[1], "date")], ()),
    (
        re.compile(r"\b(first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter\b", re.IGNORECASE),
        lambda m: [_plain(_ordinal(m[1]), "quarter")],
        ("uarter", "UARTER"),
    ),
    (
        re.compile(r"\b(first|second|1st|2nd)[ -]half\b", re.IGNORECASE),
        lambda m: [_plain(_ordinal(m[1]), "half")],
        ("half", "Half", "HALF"),
    ),
    (
        re.compile(rf"\b({'|'.join(_WEEKDAYS)})s?\b", re.IGNORECASE),
        lambda m: [_plain(_WEEKDAYS.index(m[1].lower()) + 1, "weekday")],
        ("day", "DAY"),
    ),
]


def read_dates(text: str, lang: str) -> tuple[list[Figure], str]:
    """The dates of `text` and the text with them blanked out (same length)."""
    found: list[Figure] = []
    for pattern, read, needs in [*_BOTH, *(_ZH if lang == "zh" else []), *_EN]:
        if needs and not any(one in text for one in needs):
            continue

        def take(match: re.Match[str], read: Callable[..., list[Value]] = read) -> str:
            values = read(match)
            found.extend(
                Figure(match[0].strip(), match.start(), match.end(), readings=readings, date=date)
                for readings, date in values
            )
            return "\0" * len(match[0]) if values else match[0]

        text = pattern.sub(take, text)
    return found, text

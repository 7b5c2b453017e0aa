"""Numbers written in words: Chinese numerals and English number words become exact values."""

from __future__ import annotations

import re
from decimal import Decimal

CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "廿": 20}
CHINESE_POWERS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
CHINESE_NUMERALS = "零〇一二两三四五六七八九十百千万亿"

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINAL_ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_ORDINAL_TEENS = [
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]

CARDINALS = (
    {word: n for n, word in enumerate(_ONES, 1)}
    | {word: n for n, word in enumerate(_TEENS, 10)}
    | {word: n * 10 for n, word in enumerate(_TENS, 2)}
)
ORDINALS = (
    {word: n for n, word in enumerate(_ORDINAL_ONES, 1)}
    | {word: n for n, word in enumerate(_ORDINAL_TEENS, 10)}
    | {"twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}
)
DENOMINATORS = {"half": 2, "quarter": 4} | {w: n for w, n in ORDINALS.items() if n > 2}

_BELOW_100 = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}|{'|'.join(_ONES)})\b"
)
ENGLISH_NUMBER = (
    rf"(?:(?:{'|'.join(_ONES)}|an?)[ -]hundred\b(?:(?: and)? {_BELOW_100})?"
    rf"|{_BELOW_100}"
    rf"|an?(?= (?:thousand|million|billion|trillion|dozen)\b))"
)
"""Regular expression of a cardinal below 1,000; thousands and above are multipliers after it."""


def chinese_number(text: str) -> Decimal | None:
    """The value of `三千亿`, `十六`, `二〇二五`; None for what is no number (such as a bare 万)."""
    if not text or any(c not in CHINESE_DIGITS and c not in CHINESE_POWERS for c in text):
        return None
    if len(text) > 1 and not any(c in CHINESE_POWERS for c in text):
        return Decimal("".join(str(CHINESE_DIGITS[c]) for c in text))
    if text[0] in "百千万亿":
        return None
    total = section = digit = 0
    for c in text:
        if c in CHINESE_DIGITS:
            digit = CHINESE_DIGITS[c]
        elif CHINESE_POWERS[c] < CHINESE_POWERS["万"]:
            section += (digit or 1) * CHINESE_POWERS[c]
            digit = 0
        else:
            total = (total + section + digit) * CHINESE_POWERS[c]
            section = digit = 0
    return Decimal(total + section + digit)


def chinese_power(text: str) -> int:
    """The product of a chain of powers after digits: 万亿 is 10^12, 百万 10^6, the empty text 1."""
    product = 1
    for c in text:
        product *= CHINESE_POWERS[c]
    return product


def english_number(text: str) -> Decimal:
    """The value of what `ENGLISH_NUMBER` matched: `twenty-five`, `a hundred and ten`."""
    total = 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word == "hundred":
            total = (total or 1) * 100
        elif word in CARDINALS:
            total += CARDINALS[word]
    return Decimal(total or 1)

"""Numbers with their units, in digits and in words, in Chinese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from retrieval.figure_reading.numerals import (
    CHINESE_DIGITS,
    CHINESE_NUMERALS,
    CHINESE_POWERS,
    DENOMINATORS,
    ENGLISH_NUMBER,
    ORDINALS,
    chinese_number,
    chinese_power,
    english_number,
)
from retrieval.figure_reading.terms import Reading, Terms, terms, unit_key
from retrieval.figure_reading.values import Figure

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+)(?:\.\d+)?"
_CODE = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}|(?<![A-Za-z\d])[A-Za-z]+\d+[A-Za-z]+\d*(?![A-Za-z\d])")
_NUMERAL = rf"[{CHINESE_NUMERALS}]+"
_ORDINAL = rf"\b(?:{'|'.join(w for w in ORDINALS if w not in ('first', 'second', 'third'))})\b"
_ATOM = {
    "zh": re.compile(rf"(?P<digits>{_DIGITS})|(?P<zh>{_NUMERAL})"),
    "en": re.compile(
        rf"(?P<digits>{_DIGITS})|(?P<en>\b{ENGLISH_NUMBER})|(?P<ordinal>{_ORDINAL})", re.IGNORECASE
    ),
}
_PART = rf"(?:{_DIGITS}|{_NUMERAL})"
_FRACTION = {
    "zh": re.compile(rf"({_PART})分之({_PART})"),
    "en": re.compile(
        rf"\b(?P<share>an?|{ENGLISH_NUMBER}|\d{{1,3}})[ -](?P<whole>(?:{'|'.join(DENOMINATORS)})s?)\b"
        r"(?=-| of\b| the\b|[,.;)]|$)"
        rf"|\bone in (?P<among>{ENGLISH_NUMBER}|\d{{1,3}})\b(?!,)",
        re.IGNORECASE,
    ),
}
_PER = {Decimal(100): "%", Decimal(1000): "‰"}
_LARGEST_PART = 1_000_000
# 千瓦 and 千克 are units; their 千 multiplies nothing.
_POWERS = re.compile(r"\s?[余多几]?((?:[百万亿]|千(?![瓦克米伏赫卡帕焦]))*)[余多几]?")
_GLUED_MILLION = re.compile(r"([mMbB])(?![A-Za-z])")
_TAG = re.compile(r"([A-Za-z]{1,8})$|([A-Z][A-Z/]*[A-Z])[ -]$")
_SUFFIX_TAG = re.compile(r"([A-Za-z]{1,2})(?![A-Za-z])")
_ORDINAL_SUFFIX = re.compile(r"(?:st|nd|rd|th)\b")
_RANGE = re.compile(r"\s?(?:-|–|—|~|to|至|到|up to|至不足|to below|to under|but below)\s?")
_NUMERAL_RANGE = re.compile(rf"[至到或—–~-][{CHINESE_NUMERALS}]")
_UNIT_BEFORE = re.compile(r"\b(hour|day|week|month|year)s? $", re.IGNORECASE)
_ROMAN = re.compile(r"(?<![A-Za-z\d-])(?:I{2,3}|IV|VI{1,3}|IX|XI{0,3}|(?<=[a-z] )[VX])(?![A-Za-z\d-])")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_LIST = re.compile(r"\s?(?:、|,|/|和|及|或|与|and|or|, or|, and|或者|以及|against|对)\s?")
_LONGEST_PREFIX = 12
_WHOLE_BY_ITSELF = 1000


@dataclass(slots=True)
class _Atom:
    """A number on its way to becoming a figure."""

    start: int
    end: int
    raw: Decimal
    power: Decimal = Decimal(1)
    units: tuple[tuple[str, Decimal], ...] = ()
    maybe: tuple[tuple[str, Decimal], ...] = ()
    """Units of a neighbour in a list that it may share: "one, two or 3 years"."""
    maybe_power: Decimal = Decimal(1)
    """Multiplier of a neighbour in a list that it may share: "USD 13.6 or 12.3 billion"."""
    tags: frozenset[str] = frozenset()
    firm: bool = True
    year: bool = False
    extra: Decimal = Decimal(0)
    """The half of "two and a half", in its unit."""

    def readings(self) -> frozenset[Reading]:
        value = self.raw * self.power + self.extra
        found: set[Reading] = set()
        for one in {value, value * self.maybe_power}:
            found |= {(one * factor, unit) for unit, factor in (*self.units, *self.maybe)}
            if not self.units:
                found.add((one, ""))
        if self.year:
            found.add((value, "date"))
        return frozenset(found)


def read_quantities(text: str, lang: str) -> list[Figure]:
    """The numbers of a text whose dates are blanked out, in order, and the words that may stand for one."""
    words = terms()
    found: list[Figure] = []

    def take_code(match: re.Match[str]) -> str:
        found.append(_figure(text, match.start(), match.end(), frozenset({(match[0].upper(), "code")})))
        return "\0" * len(match[0])

    text = _CODE.sub(take_code, text)
    text = _read_fractions(text, lang, found)
    atoms: list[_Atom] = []
    position = 0
    while match := _ATOM[lang].search(text, position):
        read = _read_atoms(text, match, words)
        position = max([match.end(), *(atom.end for atom in read)])
        atoms.extend(read)
    _share_units(text, atoms)
    for one in atoms:
        found.append(_figure(text, one.start, one.end, one.readings(), tags=one.tags, firm=one.firm))
    found.extend(_soft(text, lang, words))
    return found


def _figure(
    text: str,
    start: int,
    end: int,
    readings: frozenset[Reading],
    *,
    tags: frozenset[str] = frozenset(),
    firm: bool = True,
) -> Figure:
    return Figure(text[start:end].strip("\0 "), start, end, readings=readings, tags=tags, firm=firm)


def _read_fractions(text: str, lang: str, found: list[Figure]) -> str:
    """三分之二, 百分之十五, two-thirds, one in five: taken out of the text."""

    def take(match: re.Match[str]) -> str:
        share, whole = _fraction(match, lang)
        if share is None or not whole or max(share, whole) > _LARGEST_PART:
            return match[0]
        if lang == "zh" and whole in _PER:
            readings = {(share, _PER[whole])}
        else:
            rounded = (share / whole).quantize(Decimal("0.0001"))
            readings = {(rounded, ""), (rounded * 100, "%")}
        found.append(_figure(text, match.start(), match.end(), frozenset(readings), firm=whole > 2))
        return "\0" * len(match[0])

    return _FRACTION[lang].sub(take, text)


def _fraction(match: re.Match[str], lang: str) -> tuple[Decimal | None, Decimal | None]:
    if lang == "zh":
        return _chinese_part(match[2]), _chinese_part(match[1])
    if match["among"]:
        return Decimal(1), _english(match["among"])
    return _english(match["share"]), Decimal(DENOMINATORS[match["whole"].lower().removesuffix("s")])


def _chinese_part(text: str) -> Decimal | None:
    if text in CHINESE_POWERS:
        return Decimal(CHINESE_POWERS[text])
    return chinese_number(text) if text[0] in CHINESE_NUMERALS else Decimal(text.replace(",", ""))


def _english(word: str) -> Decimal:
    return Decimal(word) if word.isdigit() else english_number(word)


def _read_atoms(text: str, match: re.Match[str], words: Terms) -> list[_Atom]:
    start, end = match.span()
    if match.lastgroup == "zh":
        return _chinese(text, match, words)
    if match.lastgroup == "ordinal":
        return [_Atom(start, end, Decimal(ORDINALS[match[0].lower()]))]
    if match.lastgroup == "en":
        atom = _Atom(start, end, english_number(match[0]))
    else:
        atom = _Atom(start, end, Decimal(match[0].replace(",", "")))
        _look_before(text, atom, words)
    _look_after(text, atom, words)
    bare = not atom.units and atom.power == 1 and not atom.extra
    atom.year = bare and match[0].isdigit() and 1900 <= atom.raw <= 2100
    atom.firm = match.lastgroup == "digits" or atom.raw * atom.power > 1
    if atom.units:
        atom.tags = frozenset()
    elif unit := _UNIT_BEFORE.search(text[max(0, start - _LONGEST_PREFIX) : start]):
        atom.maybe = words.units[unit[1].lower()]  # "years 1 to 3", "month 9"
    return [atom]


def _look_before(text: str, atom: _Atom, words: Terms) -> None:
    before = text[max(0, atom.start - _LONGEST_PREFIX) : atom.start]
    if currency := words.prefix.search(before):
        atom.units = tuple((code, Decimal(1)) for code in words.prefixes[currency[0].rstrip(" .")])
        atom.start -= len(currency[0])
    elif tag := _TAG.search(before):
        letters = tag[1] or tag[2]
        if letters.upper() not in words.not_codes and (tag[2] or letters[0].isupper()):
            atom.tags = frozenset({letters.upper()})


def _look_after(text: str, atom: _Atom, words: Terms) -> None:
    """Multiplier, half, unit and suffix letters after the number, as far as they go."""
    if suffix := _ORDINAL_SUFFIX.match(text, atom.end):
        atom.end = suffix.end()
        return
    if text.startswith(" and a half", atom.end):
        atom.end += len(" and a half")
        atom.extra = Decimal("0.5")
    if atom.units and (glued := _GLUED_MILLION.match(text, atom.end)):
        atom.power = Decimal(1_000_000 if glued[1] in "mM" else 1_000_000_000)
        atom.end = glued.end()
    while multiplier := words.multiplier.match(text, atom.end):
        atom.power *= words.multipliers[(multiplier[1] or multiplier[2]).lower()]
        atom.end = multiplier.end()
    if (powers := _POWERS.match(text, atom.end)) and powers[0].strip():
        atom.power *= chinese_power(powers[1])
        atom.end = powers.end()
    atom.extra *= atom.power
    if atom.raw * atom.power >= 1000 and (weak := words.weak_prefixes.get("".join(atom.tags))):
        atom.units = ((weak, Decimal(1)),)
    if not _take_unit(text, atom, words) and (letters := _SUFFIX_TAG.match(text, atom.end)):
        atom.tags |= {letters[1].removesuffix("s").upper()}
        atom.end = letters.end()


def _take_unit(text: str, atom: _Atom, words: Terms) -> bool:
    """Give `atom` the unit after it, if there is one; whether it has a unit now."""
    unit = words.unit.match(text, atom.end)
    if unit is None and (adjective := words.adjective.match(text, atom.end)):
        unit = words.unit.match(text, adjective.end())
    if unit is None:
        return bool(atom.units)
    units = words.units[unit[1] or unit_key(unit[2])]
    if not atom.units:
        atom.units = units
    elif set(atom.units).isdisjoint(units):
        return True  # a currency before and another unit after: "USD 5 a day" is the money
    atom.end = unit.end()
    if text.startswith("半", atom.end) and not text.startswith("半年", atom.end):
        atom.end += 1
        atom.extra = Decimal("0.5")
    return True


def _chinese(text: str, match: re.Match[str], words: Terms) -> list[_Atom]:
    """A numeral that stands for a quantity: after 第, before a unit or a counter, or from 十一 upwards.

    Any other (支柱二, 三者) may stand for one, but claims nothing.
    """
    start, end = match.span()
    numeral = match[0]
    value = chinese_number(numeral)
    before = text[start - 1] if start else ""
    if value is None or (before and before in "数几上"):
        return []
    if before == "第":
        atom = _Atom(start - 1, end, value, firm=value > 1)
        _take_unit(text, atom, words)
        atom.maybe = (("", Decimal(1)),)  # 第二年 is "the second year" and "year 2"
        return [atom]
    if not any(c in CHINESE_POWERS for c in numeral) and len(numeral) > 1:
        return _loosely(text, match, words)
    atom = _Atom(start, end, value)
    if text.startswith(("余", "多"), end):
        atom.end += 1
    counted = _take_unit(text, atom, words) or any(
        pattern.match(text, atom.end) for pattern in (words.counter, _NUMERAL_RANGE)
    )
    atom.firm = value > 1 and (counted or before == "前" or len(numeral) > 1)
    return [atom]


def _loosely(text: str, match: re.Match[str], words: Terms) -> list[_Atom]:
    """两三天, 四五家: two numbers in a row, said loosely."""
    values = [Decimal(CHINESE_DIGITS[c]) for c in match[0]]
    if len(values) != 2 or values[1] - values[0] != 1:
        return []
    pair = [_Atom(match.start(), match.end(), value) for value in values]
    counted = [_take_unit(text, atom, words) or words.counter.match(text, atom.end) for atom in pair]
    return pair if all(counted) else []


def _share_units(text: str, atoms: list[_Atom]) -> None:
    """In "5 to 10 million", "USD 5–10" and "10, 15 and 20 years" neighbours share multiplier and unit."""
    pairs = list(pairwise(atoms))
    for left, right in reversed(pairs):
        between = text[left.end : right.start]
        ranged = _ranged(text, left, between)
        if left.tags or not (ranged or _LIST.fullmatch(between)):
            continue
        # "5 to 10 million" counts in millions twice, "500,000 to 2 million" only once.
        if ranged and left.power == 1 and left.raw < _WHOLE_BY_ITSELF and left.raw < right.raw:
            left.power = right.power
        elif not ranged and left.power == 1 and left.raw < _WHOLE_BY_ITSELF and not left.year:
            left.maybe_power = max(right.power, right.maybe_power)
        if right.units and not left.units:
            if ranged and not left.year:
                left.units = right.units
            else:
                left.maybe = (*left.maybe, *right.units, ("", Decimal(1)))
        elif right.maybe and not left.units:
            left.maybe = (*left.maybe, *right.maybe)
    for left, right in pairs:
        if left.units and not right.units and not right.tags:
            between = text[left.end : right.start]
            if _ranged(text, left, between) and not right.year:
                right.units = left.units
            elif _LIST.fullmatch(between):
                right.maybe = (*right.maybe, *left.units)


def _ranged(text: str, left: _Atom, between: str) -> bool:
    """Whether two neighbours are the ends of a range: 5–10, 5至10, "between 5 and 10"."""
    if between.strip() == "and":
        return text[max(0, left.start - 8) : left.start].lower().endswith("between ")
    return bool(_RANGE.fullmatch(between))


def _soft(text: str, lang: str, words: Terms) -> list[Figure]:
    """Words that may stand for a number, with their unit where one follows ("a year", 半年); Roman numerals."""
    found = []
    for match in words.soft_word[lang].finditer(text):
        value = words.soft[lang][match[0].lower()]
        atom = _Atom(match.start(), match.end(), value)
        _take_unit(text, atom, words)
        atom.maybe = (("", Decimal(1)), ("%", Decimal(100))) if value < 1 else (("", Decimal(1)),)
        found.append(_figure(text, atom.start, atom.end, atom.readings(), firm=False))
    for match in _ROMAN.finditer(text):
        readings = frozenset({(_roman(match[0]), "")})
        found.append(_figure(text, match.start(), match.end(), readings, firm=False))
    return found


def _roman(numeral: str) -> Decimal:
    values = [_ROMAN_VALUES[c] for c in numeral]
    return Decimal(sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)))

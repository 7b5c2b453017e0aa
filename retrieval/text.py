"""Text as it passes through Tongxing: cleaned, folded for matching, cut into words and sentences.

`clean` is what every question, document and name passes first. `fold` is for comparing, never for showing.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
import yaml

RULES = Path(__file__).parent / "data" / "text.yaml"

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Ranges of Han characters, for use inside a character class."""

# Not seen by a reader, so never meant: controls, bidi marks, zero width, fillers, variation selectors, byte
# order marks, noncharacters, tag characters, halves of surrogate pairs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]+"
)
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"[^\S\n\t ]")
# Marks that combine: neither word characters nor common punctuation. Normalising takes quadratic time in the
# length of a run of them, so a run is cut before, and again after where composition has made it longer.
_MARK = "(?:(?![\x00-\u02ff\u2000-\u2dff\u3000-\u303f\ufe30-\uffef\U0001f000-\U0001faff])[^\\w\\s])"
_MARKS_BEFORE = re.compile(f"({_MARK}{{32}}){_MARK}+")
_MARKS_AFTER = re.compile(f"({_MARK}{{8}}){_MARK}+")
# 8 keeps rulers and emphasis; digits get more room, because 10000000000 rupiah is a number people write.
_REPEAT = re.compile(r"([^\d])\1{8,}")
_DIGITS = re.compile(r"(\d)\1{24,}")


def clean(text: str) -> str:
    """`text` in NFC without what a reader cannot see; line ends are `\\n`, other spaces plain.

    Any character standing more than 8 times in a row is cut to 8 (digits: 24). Idempotent, and linear in time.
    """
    if text.isascii() and text.isprintable():
        return _DIGITS.sub(lambda m: m[1] * 24, _REPEAT.sub(lambda m: m[1] * 8, text))
    text = _UNSEEN.sub("", _LINE_END.sub("\n", text))
    text = _MARKS_BEFORE.sub(r"\1", _SPACE.sub(" ", text))
    text = _MARKS_AFTER.sub(r"\1", unicodedata.normalize("NFC", text))
    return _DIGITS.sub(lambda m: m[1] * 24, _REPEAT.sub(lambda m: m[1] * 8, text))


def fold(text: str) -> str:
    """`text` for matching: cleaned, NFKC, no case, simplified Chinese, Latin letters without accents."""
    return clean(text).translate(fold_table())


@cache
def fold_table() -> dict[int, str]:
    """What each character folds to, for `str.translate`; filled as characters are met."""
    return _FoldTable()


class _FoldTable(dict[int, str]):
    """Code point → folded text. Characters of Latin script lose accents; of others they keep them (й is not и)."""

    # Letters that Unicode does not decompose although readers take them for a letter with a stroke.
    STROKES = str.maketrans(
        {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h"}
    )

    def __missing__(self, code: int) -> str:
        char = chr(code)
        text = char
        for _ in range(3):  # NFKC and case folding can each give the other more to do
            text = unicodedata.normalize("NFKC", text).casefold()
        text = text.translate(_simplified())
        if "\u0300" <= char <= "\u036f":
            text = ""
        elif text and not text.isascii() and text[0] < "\u2000":
            bare = [c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f"]
            latin = "".join(bare).translate(self.STROKES)
            text = latin if latin.isascii() else text
        self[code] = text
        return text


# -- Chinese scripts -----------------------------------------------------------------------------------


def _opencc(name: str) -> list[tuple[str, list[str]]]:
    """Rows of one of OpenCC's tables: a text and what it may become, likeliest first."""
    spec = importlib.util.find_spec("opencc")
    if spec is None or not spec.submodule_search_locations:  # pragma: no cover - a dependency of the project
        return []
    path = Path(spec.submodule_search_locations[0]) / "dictionary" / name
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return [(row[0], row[1].split()) for row in rows]


@cache
def _simplified() -> dict[int, str]:
    return {ord(t): s[0] for t, s in _opencc("TSCharacters.txt") if len(t) == 1 and s[0] != t}


@cache
def _script_marks() -> tuple[frozenset[str], frozenset[str]]:
    """Characters used in traditional Chinese only, and in simplified only."""
    traditional = {t for t, s in _opencc("TSCharacters.txt") if t not in s}
    simplified = {s for s, t in _opencc("STCharacters.txt") if s not in t}
    return frozenset(traditional - simplified), frozenset(simplified - traditional)


@cache
def _traditional() -> tuple[dict[str, str], dict[str, int]]:
    """Simplified words and characters → traditional, and the longest word that begins with each character."""
    table = {s: t[0] for s, t in _opencc("STCharacters.txt")}
    table |= {s: t[0] for s, t in _opencc("STPhrases.txt")}
    # OpenCC's own standard prefers 裏 麪 爲; readers know 裡 麵 為.
    usual = str.maketrans({s: t[0] for s, t in _opencc("TWVariants.txt")})
    table = {word: traditional.translate(usual) for word, traditional in table.items()}
    longest: dict[str, int] = {}
    for word in table:
        longest[word[0]] = max(longest.get(word[0], 1), len(word))
    return table, longest


def to_simplified(text: str) -> str:
    """Each traditional character replaced by its simplified one."""
    return text.translate(_simplified())


def to_traditional(text: str) -> str:
    """Simplified Chinese in traditional characters, by OpenCC's words so that 发 becomes 發 or 髮 as it should."""
    table, longest = _traditional()
    out: list[str] = []
    position, length = 0, len(text)
    while position < length:
        char = text[position]
        for size in range(min(longest.get(char, 0), length - position), 0, -1):
            found = table.get(text[position : position + size])
            if found is not None:
                out.append(found)
                position += size
                break
        else:
            out.append(char)
            position += 1
    return "".join(out)


def is_traditional(text: str) -> bool:
    """Whether `text` has more characters of traditional Chinese only than of simplified only."""
    traditional, simplified = _script_marks()
    return sum(c in traditional for c in text) > sum(c in simplified for c in text)


# -- words ---------------------------------------------------------------------------------------------

_NUMBER = r"\d+(?:[.,]\d+)*"
# Joined by - . / without spaces and with a digit somewhere: 4706.1, 60335-1, 2019/1020, tr-069.
_COMPOUND = r"(?=[^\W_]*[-./]?[^\W_]*\d)[a-z0-9]+(?:[-./][a-z0-9]+)+"
_TOKEN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<compound>{_COMPOUND})|(?P<word>[^\W_{HAN}]+)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.load(
        RULES.read_text(encoding="utf-8"), yaml.BaseLoader
    )  # texts only: "no" and "on" are words
    return rules


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(_rules()["stop_words"]["en"])


def words(text: str, lang: str) -> list[str]:
    """Words of `text` for lexical search, folded, in order, repeats kept.

    Han: each character and each pair. zh and en: Latin words stemmed, less stop words. Other languages: each word
    and the four-letter pieces of longer ones (PARTS: 9 to 25 points for ru, ar, hi). Numbers lose their thousands
    separators; what is joined by - . or / is kept whole beside its parts.
    """
    found: list[str] = []
    english = lang in ("zh", "en")
    for match in _TOKEN.finditer(_THOUSANDS.sub("", fold(text))):
        token = match[0]
        if match.lastgroup == "han":
            found.extend(token)
            found.extend(token[i : i + 2] for i in range(len(token) - 1))
        elif match.lastgroup == "compound":
            found.append(token)
            parts = re.split("[-./]", token)
            found.extend(_latin(part) if english else part for part in parts if part not in _stop_words())
        elif not english:
            found.append(token)
            if len(token) > 4:
                found.extend(token[i : i + 4] for i in range(len(token) - 3))
        elif token not in _stop_words():
            found.append(_latin(token))
    return found


def _latin(word: str) -> str:
    return _stem(word) if word.isascii() and word.isalpha() else word


# -- sentences -----------------------------------------------------------------------------------------

_CLOSERS = "”’」』）)】》\"'\\]"
_END = re.compile(
    rf"(?:[。！？｡؟।۔።]|\n|[!?]+(?=[{_CLOSERS}]*(?:\s|$|[{HAN}]))|\.+(?=[{_CLOSERS}]*(?:\s|$|[{HAN}])))[！？。!?]*[{_CLOSERS}]*"
)
_LAST_WORD = re.compile(r"[^\s(（“\"'‘]+$")
_NEXT_WORD = re.compile(r"\s*[“\"'‘(（]*([^\s,.;:，。；：]*)")


def sentences(text: str, lang: str = "") -> list[str]:
    """`text` cut into sentences, trimmed. A ； or ; stands between clauses and does not end a sentence.

    `lang` is there for callers that know it; the punctuation decides.
    """
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if match.end() <= start or (match[0][0] == "." and not _ends(text, match.start(), match.end())):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(text: str, dot: int, after: int) -> bool:
    """Whether the full stop at `dot` ends a sentence; `after` is where the next one would begin."""
    following = _NEXT_WORD.match(text, after)
    next_word = following[1] if following else ""
    if not next_word:
        return True
    before = _LAST_WORD.search(text[max(0, dot - 24) : dot])
    last = before[0].casefold().lstrip(_CLOSERS) if before else ""
    rules = _rules()["abbreviations"]
    if next_word[0].islower():
        return False
    if last in rules["before_number"]:
        return not (next_word[0].isdigit() or re.fullmatch(r"[IVXLC]+|[A-Z]\d*", next_word))
    if last in rules["never_last"]:
        return False
    # U, U.S, d.o.o, Ltd: may end a sentence, and do so only where the next word looks like a beginning.
    if last in rules["may_end"] or re.fullmatch(r"(?:\w\.)*\w", last):
        return last.isdigit() or next_word.casefold() in rules["beginnings"]
    return True

"""Tells the language of a question or a document.

Script decides first. In Latin script the words that carry grammar decide; where they say too little, py3langid,
kept to the languages of `data/language.yaml`, does (it takes half a second to load, so only then). Fewer than three
words that could be of any language keep the language of the conversation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from retrieval.text import HAN, fold, is_traditional

RULES = Path(__file__).parent / "data" / "language.yaml"
LONGEST = 2000
"""Characters looked at; more say nothing new about the language."""

_SCRIPTS = {
    "han": HAN,
    "kana": "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d",
    "hangul": "\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e",
    "latin": "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u06d3\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "thai": "\u0e01-\u0e4e",
    "lao": "\u0e81-\u0eff",
    "khmer": "\u1780-\u17ff",
    "myanmar": "\u1000-\u109f",
    "devanagari": "\u0900-\u097f",
    "bengali": "\u0980-\u09ff",
    "gurmukhi": "\u0a00-\u0a7f",
    "gujarati": "\u0a80-\u0aff",
    "tamil": "\u0b80-\u0bff",
    "telugu": "\u0c00-\u0c7f",
    "sinhala": "\u0d80-\u0dff",
    "ethiopic": "\u1200-\u137f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": "\u05d0-\u05ea",
    "armenian": "\u0531-\u0587",
    "georgian": "\u10a0-\u10ff",
    "tibetan": "\u0f00-\u0fff",
    "mongolian": "\u1800-\u18aa",
}
_LETTERS = re.compile("|".join(f"(?P<{name}>[{chars}]+)" for name, chars in _SCRIPTS.items()))
_LATIN_WORD = re.compile(f"[{_SCRIPTS['latin']}]+(?:['’-][{_SCRIPTS['latin']}]+)*")
_WORD = re.compile(r"[^\s\d.,;:!?()\"'«»،؟।]+")
# Addresses are in no language.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|\b[\w-]+\.(?:com|org|net|gov|cn|io)\b\S*")

SURE, LONG_SURE = 0.75, 0.5
"""Probability from which py3langid is believed, for fewer than six words and for more. Measured on the questions of
the corpus: below, it takes English noun phrases for any language of Europe."""
NOT_ENGLISH = 0.05
CONTENT_SHARE = 0.7
"""How much a word of the trade says, where a word of grammar says 1: two or three of them decide."""


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is ISO 639-1. `script` says which Chinese it is; None for other languages.

    `certain` is False where the text itself did not say and the fallback was taken.
    """

    code: str
    script: Literal["Hans", "Hant"] | None = None
    certain: bool = True


def tell_language(text: str, fallback: str = "en") -> Language:
    """The language of `text`; `fallback` (or "en" when empty), marked uncertain, where too little is there to tell."""
    text = _ADDRESS.sub(" ", text[:LONGEST])
    counts: Counter[str] = Counter()
    for match in _LETTERS.finditer(text):
        counts[match.lastgroup or ""] += match.end() - match.start()
    if not counts:
        return _language(fallback or "en", text, certain=False)
    if _is_japanese(counts):
        return Language("ja")
    latin = counts.pop("latin", 0)
    if counts:
        script, size = counts.most_common(1)[0]
        # A Latin product name in a Chinese or Russian question is that; one Han term in an English one, English.
        if not latin or not _latin_rules(text, script, size, latin):
            return _language(_by_script(script, text), text)
    return _latin(text, fallback or "en")


def latin_language(words: Iterable[str]) -> str | None:
    """The language that folded Latin `words` are evidently in by their grammar, or None."""
    best, score, second = _vote(words)
    return best if best and score >= 2 and score >= 1.5 * second else None


def _language(code: str, text: str, certain: bool = True) -> Language:
    if code == "zh":
        return Language("zh", "Hant" if is_traditional(text) else "Hans", certain)
    return Language(code, None, certain)


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.load(RULES.read_text(encoding="utf-8"), yaml.BaseLoader)
    return rules


def _is_japanese(counts: Counter[str]) -> bool:
    # One の is fashion on a Chinese sign; Japanese of any length has more kana than that.
    return (
        counts["kana"] >= 2 and counts["kana"] * 8 >= counts["han"] and counts["kana"] * 4 >= counts["latin"]
    )


def _latin_rules(text: str, script: str, size: int, latin: int) -> bool:
    """Whether a text of Latin and another script is a Latin text that quotes the other."""
    words = [word for word in _LATIN_WORD.findall(text) if not _is_code(word)]
    if script in ("han", "kana"):
        return len(words) > size and latin_language(fold(word) for word in words) is not None
    return latin > size and len(words) >= 3


def _by_script(script: str, text: str) -> str:
    rules = _rules()
    if script in rules["single"]:
        return str(rules["single"][script])
    choice = rules["scripts"][script]
    lowered = text.casefold()
    votes: Counter[str] = Counter()
    for code, letters in choice["letters"].items():
        votes[code] += 2 * sum(lowered.count(letter) for letter in letters)
    words = _WORD.findall(lowered)
    for code, known in choice["words"].items():
        votes[code] += sum(word in known for word in words)
    if not votes or not max(votes.values()):
        return str(choice["default"])
    best = max(votes.values())
    winners = [code for code, vote in votes.items() if vote == best]
    return str(choice["default"]) if choice["default"] in winners else winners[0]


def _latin(text: str, fallback: str) -> Language:
    folded = fold(text)
    greeting = _greetings().get(re.sub(r"[^\w\s]|\s+$|^\s+", "", folded).strip())
    if greeting:
        return Language(greeting, "Hans" if greeting == "zh" else None)
    words = [word for word in _LATIN_WORD.findall(text) if not _is_code(word)]
    folded_words = [fold(word) for word in words]
    best, score, second = _vote(folded_words, text)
    if best and score >= 1.5 * second and (score >= 2 or (score >= 1 and len(words) <= 3 and second < 0.5)):
        return Language(_refined(best, folded_words))
    if len(words) < 3:
        return _language(fallback, text, certain=False)
    code, probability, english = _identify(text)
    # A near tie of two languages is settled by a coin; that it is not English is still known.
    if probability >= (SURE if len(words) < 6 and english > NOT_ENGLISH else LONG_SURE):
        return Language(_refined(code, folded_words))
    if best and score >= CONTENT_SHARE and score >= 1.5 * second:
        return Language(_refined(best, folded_words))
    return _language(fallback, text, certain=False)


def _refined(code: str, words: list[str]) -> str:
    for relative, telling in _rules()["refine"].get(code, {}).items():
        if not set(telling).isdisjoint(words):
            return str(relative)
    return code


def _is_code(word: str) -> bool:
    """Acronyms and codes say nothing about the language."""
    return len(word) > 1 and word.isupper() and len(word) <= 6


@cache
def _greetings() -> dict[str, str]:
    return {fold(text): code for code, texts in _rules()["greetings"].items() for text in texts}


@cache
def _shares() -> dict[str, dict[str, float]]:
    """Folded word → how much it speaks for each language."""
    holders: dict[str, list[str]] = {}
    for code, words in _rules()["words"].items():
        for word in words:
            holders.setdefault(fold(word), []).append(code)
    # Shared by n languages: each gets more than 1/n, or close pairs (es and pt, id and ms) would never win.
    shares = {word: dict.fromkeys(codes, len(codes) ** -0.5) for word, codes in holders.items()}
    for code, words in _rules()["content"].items():
        for word in words:
            shares.setdefault(word, {code: CONTENT_SHARE})
    return shares


def _vote(words: Iterable[str], text: str = "") -> tuple[str | None, float, float]:
    """The language that grammar words (and letters of `text`) speak for, its score, and that of the next."""
    scores: dict[str, float] = {}
    shares = _shares()
    for word in words:
        for code, share in shares.get(word, {}).items():
            scores[code] = scores.get(code, 0) + share
    lowered = text.lower()
    if not lowered.isascii():
        for code, letters in _rules()["letters"].items():
            found = sum(lowered.count(letter) for letter in letters)
            if found:
                scores[code] = scores.get(code, 0) + min(2.0, 0.7 * found)
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:2]
    if not ranked:
        return None, 0.0, 0.0
    return ranked[0][0], ranked[0][1], ranked[1][1] if len(ranked) > 1 else 0.0


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in _rules()["words"] if code in set(identifier.nb_classes)])
    return identifier


def _identify(text: str) -> tuple[str, float, float]:
    """The likeliest language, its probability, and that of English."""
    ranked = _identifier().rank(text)
    return str(ranked[0][0]), float(ranked[0][1]), float(dict(ranked)["en"])

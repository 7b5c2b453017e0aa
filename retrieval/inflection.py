"""Case forms of Russian place names, from their dictionary form."""

from __future__ import annotations

from itertools import product

_MOST_FORMS = 40
_ENDINGS = (
    ("ия", ("ия", "ии", "ию", "ией")),
    ("ая", ("ая", "ой", "ую")),  # adjectives: Саудовская Аравия
    ("яя", ("яя", "ей", "юю")),
    ("ий", ("ий", "ого", "ому", "ом", "им", "ия", "ии")),
    ("ея", ("ея", "еи", "ее", "ею", "еей")),
    ("ка", ("ка", "ки", "ке", "ку", "кой")),
    ("га", ("га", "ги", "ге", "гу", "гой")),
    ("а", ("а", "ы", "е", "у", "ой")),
    ("я", ("я", "и", "е", "ю", "ей")),
    ("ай", ("ай", "ая", "аю", "аем", "ае")),
    ("ей", ("ей", "ея", "ею", "еем", "ее")),
    ("ы", ("ы", "", "ам", "ами", "ах")),
    ("ь", ("ь", "и", "я", "ю", "ем", "ью", "е")),
)
_CONSONANTS = "бвгджзклмнпрстфхцчшщ"


def russian_forms(name: str) -> set[str]:
    """`name` (lower case) in the cases in which a question may put it, itself included.

    Endings are those of regular nouns and adjectives; a name that would give more than 40 forms stays as it is.
    """
    parts = [_word_forms(word) for word in name.split(" ")]
    count = 1
    for forms in parts:
        count *= len(forms)
    return {name} if count > _MOST_FORMS else {" ".join(words) for words in product(*parts)}


def _word_forms(word: str) -> tuple[str, ...]:
    if len(word) < 4:
        return (word,)
    for ending, forms in _ENDINGS:
        if word.endswith(ending):
            return tuple(word[: -len(ending)] + form for form in forms)
    return tuple(word + form for form in ("", "а", "у", "ом", "е")) if word[-1] in _CONSONANTS else (word,)

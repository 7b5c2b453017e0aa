"""Naming: what to call a part, as a heading or to say that it was not found."""

from __future__ import annotations

from bot.answering.draft import Draft, Part
from bot.answering.enough import settings
from bot.answering.names import join_names
from bot.answering.understand import country_name
from retrieval.figures import missing_figures

LONGEST_NAME = 80
"""Characters of the asker's own words that are repeated to say what was not found."""


def label_parts(draft: Draft) -> None:
    """Give each of several parts its heading: the country where the same is asked of several, else the matter."""
    matters = {part.matter for part in draft.parts}
    for part in draft.parts:
        where = country_name(draft, part.country) if draft.compares and part.country else ""
        # In the asker's own words: a question type that only resembles it would say something else was asked.
        what = _own_words(draft, part) if len(matters) > 1 or not where else ""
        between = "：" if draft.lang == "zh" else ": "
        part.label = f"{where}{between}{what}" if where and what else where or f"{what[:1].upper()}{what[1:]}"


def _own_words(draft: Draft, part: Part) -> str:
    what = part.text.strip(" ?？。.，,；;")
    return f"{_cut(what, draft.lang)}…" if len(what) > LONGEST_NAME else what


def has_clear_type(part: Part) -> bool:
    """Whether the part resembles a question type closely enough to be called by its name."""
    table = part.table
    return bool(part.type_id) and table is not None and table.types.max() >= settings()["name_type_floor"]


def missing_name(draft: Draft, part: Part) -> str:
    """What was asked and not found, in a few words: the question type where it is clear, else the asker's own."""
    if has_clear_type(part):
        question_type = next(t for t in draft.snapshot.types if t.id == part.type_id)
        what = question_type.name.get(draft.lang)
        if part.query.countries:
            names = join_names([country_name(draft, code) for code in part.query.countries], draft.lang)
            return f"{names}：{what}" if draft.lang == "zh" else f"{names}: {what}"
    return f"“{_own_words(draft, part)}”"


def _cut(text: str, lang: str) -> str:
    """The first words of `text`; never half a figure ("three" of "three months")."""
    kept = text[:LONGEST_NAME]
    while True:
        kept = (kept.rsplit(" ", 1)[0] if " " in kept[20:] else kept[:-1]).rstrip(" ,，、;；:：")
        if len(kept) <= LONGEST_NAME // 2 or not missing_figures(kept, [text], lang):
            return kept

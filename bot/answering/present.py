"""Present: the status, the notices, whom to ask, what to ask next, and the text that all of it reads as."""

from __future__ import annotations

from collections.abc import Iterable

from bot.answering.draft import Draft, Part
from bot.answering.enough import settings
from bot.answering.fragments import asks_something
from bot.answering.naming import has_clear_type, missing_name
from bot.answering.numbering import number_in_order
from bot.answering.signpost import signpost
from bot.answering.understand import country_name, is_covered
from bot.answering.whom_to_ask import contacts_for
from bot.domain import Completeness, Evidence, Sentence, SentenceRole, Status
from bot.replies import line_in, reply

LEGAL_AREAS = frozenset(
    {"entry_route", "investment_rules", "tax", "labour_visa", "customs_trade", "china_outbound", "standards"}
)
MOST_NOTICES = 2
"""A warning on everything is a warning on nothing: only the first evidence of each part is spoken of."""


def present(draft: Draft) -> None:
    """Decide the status and write everything around the sentences."""
    _settle(draft)
    if draft.care:
        signpost(draft)
    number_in_order(draft)
    _missing_and_contacts(draft)
    if draft.status in (Status.ANSWERED, Status.SIGNPOSTED):
        _follow_ups(draft)
        draft.notices += _notices(draft)


def completeness(draft: Draft) -> Completeness:
    """Complete when every part was found, none when nothing was."""
    if draft.status not in (Status.ANSWERED, Status.SIGNPOSTED):
        return Completeness.NONE
    answered = any(sentence.role is SentenceRole.ANSWER for sentence in draft.sentences)
    if not answered:
        return Completeness.NONE
    return Completeness.PARTIAL if draft.missing else Completeness.COMPLETE


def text_of(draft: Draft) -> str:
    """The answer as plain text with numbers in brackets: what every channel can show."""
    lang = draft.lang
    blocks: list[str] = []
    if draft.status in (Status.ANSWERED, Status.SIGNPOSTED):
        care = [sentence for sentence in draft.sentences if sentence.role is SentenceRole.CARE]
        blocks += [_cited([sentence], lang) for sentence in care]
        blocks += _answered_blocks(draft.sentences, lang)
        if draft.missing:
            blocks.append(reply("replies/partial", lang, missing=_join(draft.missing, lang)))
    elif draft.status is Status.NO_EVIDENCE:
        blocks.append(_no_evidence(draft))
    else:
        blocks.append(_canned(draft))
    nearby = [sentence for sentence in draft.sentences if sentence.role is SentenceRole.NEARBY]
    if nearby:
        blocks.append(reply("replies/nearby", lang))
        blocks += [f"· {_cited(group, lang)}" for group in _by_evidence(nearby)]
    if draft.contacts and draft.status in (Status.ANSWERED, Status.NO_EVIDENCE):
        names = _join([contact.name for contact in draft.contacts], lang)
        name = "replies/next_step"
        if draft.status is Status.NO_EVIDENCE or draft.missing:
            name = "replies/ask_contacts_near" if nearby else "replies/ask_contacts"
        blocks.append(reply(name, lang, contacts=names))
    blocks += draft.notices
    return "\n\n".join(block for block in blocks if block)


def _settle(draft: Draft) -> None:
    answered = any(sentence.role is SentenceRole.ANSWER for sentence in draft.sentences)
    if draft.care:
        draft.status = Status.SIGNPOSTED
    elif draft.status is None:
        draft.status = Status.ANSWERED if answered else Status.NO_EVIDENCE
        if not answered:
            _not_found(draft)


def _not_found(draft: Draft) -> None:
    """Nothing found: perhaps without its country, perhaps not our subject, else simply unknown."""
    if draft.understood.countries or draft.mentions.regions or draft.understood.codes:
        return
    at_home = any(mention.home for mention in draft.mentions.countries)
    if any(part.open_country or (has_clear_type(part) and not at_home) for part in draft.parts):
        draft.status, draft.reply = Status.CLARIFICATION, "clarify_country"
    elif all(part.nearest < settings()["in_scope_floor"] for part in draft.parts):
        draft.status, draft.reply = Status.OUT_OF_SCOPE, "out_of_scope"


def _missing_and_contacts(draft: Draft) -> None:
    if draft.status in (Status.ANSWERED, Status.NO_EVIDENCE):
        lost = [part for part in draft.parts if not _said(draft, part)]
        draft.missing = list(dict.fromkeys(missing_name(draft, part) for part in lost))
        about = lost or draft.parts
        draft.contacts = contacts_for(draft, about, lost=bool(lost))


def _said(draft: Draft, part: Part) -> bool:
    shown = {card.id for card in draft.evidence}
    return part.found and any(candidate.id in shown for candidate in part.evidence)


def _notices(draft: Draft) -> list[str]:
    lang = draft.lang
    spoken: list[str] = []
    leading = _leading_cards(draft)
    for card in leading:
        if card.confirm and len(spoken) < MOST_NOTICES:
            spoken.append(reply("replies/confirm", lang, n=card.n, confirm=card.confirm))
        elif card.stale and len(spoken) < MOST_NOTICES:
            spoken.append(reply("replies/stale", lang, n=card.n, dated=card.dated or card.checked))
    for n, quoted in _foreign_quotes(draft):
        spoken.append(reply("replies/foreign_quote", lang, n=n, language=quoted))
    if draft.language.code not in ("zh", "en") and draft.language.certain and draft.question.lang is None:
        spoken.insert(0, line_in("other_language", draft.language.code))
    said = {
        n for sentence in draft.sentences if sentence.role is SentenceRole.ANSWER for n in sentence.evidence
    }
    if any(card.area in LEGAL_AREAS for card in draft.evidence if card.n in said):
        spoken.append(reply("replies/not_legal_advice", lang))
    return spoken


def _leading_cards(draft: Draft) -> list[Evidence]:
    """The first card of each part: a warning about what merely stands beside it helps nobody."""
    first: dict[str | None, int] = {}
    for sentence in draft.sentences:
        if sentence.role is SentenceRole.ANSWER:
            first.setdefault(sentence.heading, sentence.evidence[0])
    return [card for card in draft.evidence if card.n in first.values()]


def _foreign_quotes(draft: Draft) -> list[tuple[int, str]]:
    from babel import Locale

    found = []
    for card in draft.evidence:
        own = card.quote.zh if draft.lang == "zh" else card.quote.en
        if own is None:
            passage = next((p for p in draft.snapshot.passages if p.cite_id == card.id), None)
            code = passage.lang if passage else "en"
            found.append((card.n, str(Locale.parse(draft.lang).languages.get(code, code))))
    return found


def _follow_ups(draft: Draft) -> None:
    """Up to three questions that the corpus answers: same country, neighbouring types, not yet said."""
    countries = draft.understood.countries
    said = {card.id for card in draft.evidence}
    areas = {card.area for card in draft.evidence}
    facts = draft.snapshot.facts
    for fact in facts:
        if len(draft.follow_ups) >= 3:
            return
        if fact.id in said or fact.area not in areas or not (set(fact.all_countries) & set(countries)):
            continue
        asks = fact.asks.zh if draft.lang == "zh" else fact.asks.en
        named = [
            ask
            for ask in asks
            if 8 <= len(ask) <= 90 and asks_something(ask) and draft.snapshot.entities.resolve(ask).countries
        ]
        if named:
            draft.follow_ups.append(named[0])


def _answered_blocks(sentences: Iterable[Sentence], lang: str) -> list[str]:
    blocks: list[str] = []
    heading: str | None = None
    group: list[Sentence] = []
    for sentence in [s for s in sentences if s.role is SentenceRole.ANSWER]:
        if sentence.heading != heading and group:
            blocks.append(_block(heading, group, lang))
            group = []
        heading = sentence.heading
        group.append(sentence)
    if group:
        blocks.append(_block(heading, group, lang))
    return blocks


def _block(heading: str | None, group: list[Sentence], lang: str) -> str:
    body = "\n".join(_cited(paragraph, lang) for paragraph in _by_evidence(group))
    return f"【{heading}】\n{body}" if heading and lang == "zh" else f"{heading}\n{body}" if heading else body


def _by_evidence(sentences: Iterable[Sentence]) -> list[list[Sentence]]:
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        if groups and groups[-1][0].evidence == sentence.evidence:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return groups


def _cited(group: list[Sentence], lang: str) -> str:
    joint = "" if lang == "zh" else " "
    text = joint.join(sentence.text for sentence in group)
    numbers = "".join(f"[{n}]" for n in group[0].evidence)
    return f"{text}{joint}{numbers}" if numbers else text


def _no_evidence(draft: Draft) -> str:
    uncovered = [c for c in draft.understood.countries if not is_covered(draft.snapshot.countries, c)]
    if uncovered:
        names = _join([country_name(draft, code) for code in uncovered], draft.lang)
        return reply("replies/uncovered_country", draft.lang, country=names)
    return reply("replies/no_evidence", draft.lang, missing=_join(draft.missing, draft.lang))


def _canned(draft: Draft) -> str:
    assert draft.status is not None
    name = draft.reply or {Status.OUT_OF_SCOPE: "out_of_scope", Status.REFUSED_UNSAFE: "refused_unsafe"}.get(
        draft.status, draft.status.value
    )
    if name == "clarify_topic" or (name == "clarify_broad" and draft.understood.countries):
        return _overview(draft)
    return reply(f"replies/{name}", draft.lang)


def _overview(draft: Draft) -> str:
    country = draft.understood.countries[0]
    areas = dict.fromkeys(fact.area for fact in draft.snapshot.facts if country in fact.all_countries)
    names = [
        draft.snapshot.areas[area].name.get(draft.lang) for area in areas if area in draft.snapshot.areas
    ]
    if not names:
        return reply("replies/uncovered_country", draft.lang, country=country_name(draft, country))
    return reply(
        "replies/clarify_topic",
        draft.lang,
        country=country_name(draft, country),
        areas=_join(names, draft.lang),
    )


def _join(items: list[str], lang: str) -> str:
    return ("、" if lang == "zh" else "; ").join(items)

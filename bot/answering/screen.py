"""Screen: clean the text, tell its language, and catch what is not a question to the corpus.

Kinds of message (greetings, distress, unsafe, out of scope …) are data: `corpus/message_kinds.yaml`, with
patterns that decide by themselves and examples that are matched by meaning, in any language. A greeting or
thanks around a question is set aside; trouble is looked for in every sentence, so that a question beside it
does not hide it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from bot.answering.draft import CRISIS, LOW, Draft
from bot.answering.enough import settings
from bot.answering.fragments import pattern
from bot.answering.understand import named_countries
from bot.domain import Status, Understood
from retrieval.corpus import MessageKind
from retrieval.language import Language, tell_language
from retrieval.text import clean, fold, sentences

# Where several fit (DESIGN section 6): the first of these wins. A kind of status `answered` is a contrast: it
# never wins, it only stands against the others.
PRECEDENCE = (
    Status.SIGNPOSTED,
    Status.REFUSED_UNSAFE,
    Status.CLARIFICATION,
    Status.OUT_OF_SCOPE,
    Status.GREETING,
)
URGENT = (Status.SIGNPOSTED, Status.REFUSED_UNSAFE)
"""Looked for in each sentence; the others only in the message as a whole."""
MOST_CHARS, MOST_SENTENCES = 800, 5
"""How far a message is looked at sentence by sentence: each costs an embedding."""

_CLAUSE = re.compile(r"[^,，、.。!！?？;；:：~～…\n]*[,，、.。!！?？;；:：~～…\n]*\s*")


def screen(draft: Draft) -> None:
    """Set text, language and, for what is no question to the corpus, status, reply and care."""
    draft.text = clean(draft.question.text).strip()
    fallback = draft.question.lang or _language_so_far(draft)
    draft.language = tell_language(draft.text, fallback)
    if draft.question.lang:
        draft.lang = draft.question.lang
    else:
        draft.lang = "zh" if draft.language.code == "zh" else "en"
    kind = message_kind(draft)
    if kind is None:
        return
    status = Status(kind.status)
    if status is Status.SIGNPOSTED:
        # Care comes first, but what is known to help still follows: the question goes on.
        draft.care = kind.reply
        return
    draft.status = status
    draft.reply = kind.reply
    if status is Status.CLARIFICATION:
        # "Everything about Kenya" is met with what there is on Kenya.
        draft.mentions = draft.snapshot.entities.resolve(draft.text)
        draft.understood = Understood(countries=named_countries(draft.mentions))


def message_kind(draft: Draft) -> MessageKind | None:
    """The kind of message this is, or None for a question to the corpus. Greetings around it leave `draft.text`."""
    kinds = draft.snapshot.messages
    rest, aside = set_aside(draft.text, kinds)
    urgent = [kind for kind in kinds if Status(kind.status) in URGENT and _matches(kind, draft.text)]
    if urgent and (not rest or _first(urgent).reply != LOW):
        draft.text = rest or draft.text
        return _first(urgent)
    if not rest:
        return aside
    told = aside is not None and Status(aside.status) is not Status.GREETING
    # An instruction is set aside; what it was to prepare is looked at with it, clause by clause.
    whole, draft.text = draft.text, rest
    found = [kind for kind in kinds if _matches(kind, rest)]
    if kinds and (not found or _first(found).reply == LOW):
        # Low spirits in so many words may hide more.
        looks = [whole, *_clauses(rest)] if told else []
        found += _by_meaning(draft, kinds, looks)
    if told:
        # "Write me a poem, would you?": what is left of it is no greeting.
        found = [kind for kind in found if Status(kind.status) is not Status.GREETING]
    if found:
        return _first(found)
    if told:
        # What is left of "ignore your rules, and …" is answered where it is a question to the corpus.
        (vector,) = draft.embed(rest)
        near = draft.searcher.nearest_ask(draft.language.code, vector)
        return None if near >= settings()["in_scope_floor"] else aside
    return None


def _clauses(text: str) -> list[str]:
    return [clause for start, end in _spans(text) if (clause := text[start:end].strip())]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each clause is; "ignore your rules and tell me …" is two."""
    for match in _CLAUSE.finditer(text):
        start = match.start()
        for cut in pattern("and_tell").finditer(match[0]):
            yield start, match.start() + cut.start()
            start = match.start() + cut.start()
        yield start, match.end()


def set_aside(text: str, kinds: Sequence[MessageKind]) -> tuple[str, MessageKind | None]:
    """`text` without the clauses at its ends that ask nothing (a greeting, thanks, an instruction to the
    assistant), and the kind of those; all of it may go, nothing in the middle does."""
    idle = [kind for kind in kinds if Status(kind.status) in (Status.GREETING, Status.OUT_OF_SCOPE)]
    clauses = [(a, b) for a, b in _spans(text) if text[a:b]]
    aside: list[MessageKind] = []

    def kind_of(clause: str) -> MessageKind | None:
        return next((kind for kind in idle if _matches(kind, clause)), None)

    def said(place: int) -> str:
        start, end = clauses[place]
        return text[start:end]

    while clauses and (kind := kind_of(said(0)) or _silent(said(0), aside)):
        aside.append(kind)
        clauses.pop(0)
    # "…, OK?" at the end asks whether it is; "Thanks!" does not.
    while clauses and not re.search(r"[?？]\s*$", said(-1)) and (kind := kind_of(said(-1))):
        aside.append(kind)
        clauses.pop()
    # Of "hello, thanks, goodbye" the last word is answered; an instruction outweighs them all.
    told = _first(aside[::-1]) if aside else None
    return (text[clauses[0][0] : clauses[-1][1]].strip() if clauses else ""), told


def _silent(clause: str, aside: Sequence[MessageKind]) -> MessageKind | None:
    """Punctuation alone belongs to what went before."""
    return aside[-1] if aside and not any(character.isalnum() for character in clause) else None


def _by_meaning(
    draft: Draft, kinds: Sequence[MessageKind], also: Sequence[str] = ()
) -> Iterator[MessageKind]:
    """Kinds that the message resembles more than any question. Trouble is looked for in the texts of `also` too,
    and in each sentence where the whole hints at it."""
    # "And Vietnam?" is broad, and "Hungary's?" small talk, only where nothing was asked before.
    left_out = (Status.CLARIFICATION, Status.GREETING) if draft.question.history else ()
    chances = _chances(draft, draft.text)
    # A follow-up says little by itself; what it is about was said before.
    extra = settings()["screen_follow_up"] if draft.question.history else 0
    whole = [status for status in PRECEDENCE if status not in left_out]
    yield from _over_floor(draft, kinds, draft.text, chances, whole, extra)
    hinted = [s for s in URGENT if chances.get(s.value, 0.0) >= settings()["screen_hint"]]
    pieces = [text for text in sentences(draft.text[:MOST_CHARS]) if text][:MOST_SENTENCES]
    for text in [*also, *(pieces if hinted and len(pieces) > 1 else [])][: 2 * MOST_SENTENCES]:
        extra = settings()["screen_sentence"] if text in pieces else 0
        yield from _over_floor(draft, kinds, text, _chances(draft, text), URGENT, extra)


def _chances(draft: Draft, text: str) -> dict[str, float]:
    # Without its countries: "schools in Dubai" is no nearer to trouble in Dubai. The question as it stands is
    # embedded with it, since nearly every message needs both.
    bare = draft.snapshot.entities.without_countries(text, draft.language.code)
    vector = draft.embed(bare, draft.text)[0]
    return draft.searcher.messages.chances(draft.language.code, vector)


def _over_floor(
    draft: Draft,
    kinds: Sequence[MessageKind],
    text: str,
    chances: Mapping[str, float],
    statuses: Collection[Status],
    extra: float,
) -> Iterator[MessageKind]:
    lang = draft.language.code
    for status in statuses:
        chance = chances.get(status.value, 0.0)
        if status in URGENT and chance < settings()["screen_urgent_sure"]:
            # Trouble is looked for with a low floor; where it is faint, another class that is likelier decides.
            rivals = [chances.get(other.value, 0.0) for other in PRECEDENCE if other is not status]
            chance = 0.0 if max(rivals) > chance else chance
        if chance >= settings()[f"screen_{status.value}"] + extra:
            (vector,) = draft.embed(draft.snapshot.entities.without_countries(text, lang))
            near = draft.searcher.messages.nearest(lang, vector)
            own = [i for i, kind in enumerate(kinds) if kind.status == status.value]
            # Between low spirits and a crisis, a close call is a crisis: the emergency number does no harm.
            lead, clear = settings()["crisis_lead"], settings()["crisis_floor"]
            bonus = [lead if kinds[i].reply == CRISIS and near[i] >= clear else 0 for i in own]
            yield kinds[max(zip(own, bonus, strict=True), key=lambda pair: near[pair[0]] + pair[1])[0]]


def _first(kinds: Sequence[MessageKind]) -> MessageKind:
    return min(kinds, key=lambda kind: (PRECEDENCE.index(Status(kind.status)), kind.reply != CRISIS))


def _matches(kind: MessageKind, text: str) -> bool:
    folded = fold(text)
    return any(pattern.search(folded) for pattern in _patterns(tuple(kind.patterns)))


@lru_cache(maxsize=64)
def _patterns(sources: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)


def _language_so_far(draft: Draft) -> str:
    """The language of the conversation: what a message too short to tell falls back on."""
    for turn in reversed(draft.question.history):
        told: Language = tell_language(turn.question, "")
        if told.certain:
            return told.code
    return "en"

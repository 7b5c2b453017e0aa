"""Screen: clean the text, tell its language, and catch what is not a question to the corpus.

Kinds of message (greetings, distress, unsafe, out of scope …) are data: `corpus/message_kinds.yaml`, with
patterns that decide by themselves and examples that are matched by meaning, in any language. A greeting or
thanks around a question is set aside; trouble is looked for in every sentence, so that a question beside it
does not hide it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from bot.answering.draft import Draft
from bot.answering.enough import settings
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
MOST_SENTENCES = 5
"""Each sentence looked at costs one or two embeddings of about 12 ms."""

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
    if not rest:
        return aside
    draft.text = rest
    found = [kind for kind in kinds if _matches(kind, rest)]
    if not found and kinds:
        found = list(_by_meaning(draft, kinds))
    if found:
        return _first(found)
    if aside is not None and Status(aside.status) is not Status.GREETING:
        # What is left of "ignore your rules, and …" is answered where it is a question to the corpus.
        (vector,) = draft.embed(rest)
        near = draft.searcher.nearest_ask(draft.language.code, vector)
        return None if near >= settings()["in_scope_floor"] else aside
    return None


def set_aside(text: str, kinds: Sequence[MessageKind]) -> tuple[str, MessageKind | None]:
    """`text` without the clauses at its ends that ask nothing (a greeting, thanks, an instruction to the
    assistant), and the kind of those; all of it may go, nothing in the middle does."""
    idle = [kind for kind in kinds if Status(kind.status) in (Status.GREETING, Status.OUT_OF_SCOPE)]
    clauses = [match for match in _CLAUSE.finditer(text) if match[0]]
    aside: list[MessageKind] = []

    def kind_of(clause: str) -> MessageKind | None:
        return next((kind for kind in idle if _matches(kind, clause)), None)

    while clauses and (kind := kind_of(clauses[0][0]) or _silent(clauses[0][0], aside)):
        aside.append(kind)
        clauses.pop(0)
    # "…, OK?" at the end asks whether it is; "Thanks!" does not.
    while clauses and not re.search(r"[?？]\s*$", clauses[-1][0]) and (kind := kind_of(clauses[-1][0])):
        aside.append(kind)
        clauses.pop()
    # Of "hello, thanks, goodbye" the last word is answered; an instruction outweighs them all.
    told = _first(aside[::-1]) if aside else None
    return (text[clauses[0].start() : clauses[-1].end()].strip() if clauses else ""), told


def _silent(clause: str, aside: Sequence[MessageKind]) -> MessageKind | None:
    """Punctuation alone belongs to what went before."""
    return aside[-1] if aside and not any(character.isalnum() for character in clause) else None


def _by_meaning(draft: Draft, kinds: Sequence[MessageKind]) -> Iterator[MessageKind]:
    """Kinds that the message resembles more than any question: itself, and for trouble each of its sentences."""
    # "And Vietnam?" is broad only where nothing was asked before.
    whole = [s for s in PRECEDENCE if not (draft.question.history and s is Status.CLARIFICATION)]
    looks: list[tuple[str, Collection[Status]]] = [(draft.text, whole)]
    pieces = sentences(draft.text)[:MOST_SENTENCES]
    looks += [(piece, URGENT) for piece in pieces if len(pieces) > 1]
    lang, numbers, searcher = draft.language.code, settings(), draft.searcher
    for text, statuses in looks:
        # Without its countries: "schools in Dubai" is no nearer to trouble in Dubai.
        (vector,) = draft.embed(draft.snapshot.entities.without_countries(text, lang))
        chances = searcher.classes(lang, vector)
        status = max(statuses, key=lambda status: chances.get(status.value, 0.0))
        floor = numbers[f"screen_{status.value}"] + (numbers["screen_sentence"] if text != draft.text else 0)
        if chances.get(status.value, 0.0) >= floor:
            near = searcher.messages(lang, vector)
            own = [i for i, kind in enumerate(kinds) if kind.status == status.value]
            yield kinds[max(own, key=lambda i: near[i])]


def _first(kinds: Sequence[MessageKind]) -> MessageKind:
    return min(kinds, key=lambda kind: PRECEDENCE.index(Status(kind.status)))


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

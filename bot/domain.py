"""The words of the assistant as plain typed values. No I/O, and nothing of ours is imported here.

The JSON of `Answer` is a contract with every channel and with outside checks;
`Answer.model_dump(mode="json")` is the only way it is written.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

AnswerLanguage = Literal["zh", "en"]
"""Answers are written in Chinese or English; the reply files and the corpus have both."""


class Status(StrEnum):
    """What kind of answer it is. Exactly one holds for every question, whatever fails."""

    ANSWERED = "answered"
    CLARIFICATION = "clarification"
    NO_EVIDENCE = "unanswerable_no_evidence"
    OUT_OF_SCOPE = "unanswerable_out_of_scope"
    REFUSED_UNSAFE = "refused_unsafe"
    SIGNPOSTED = "signposted"
    GREETING = "greeting"
    ERROR = "error"


class Completeness(StrEnum):
    """How much of what was asked the answer covers."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NONE = "none"


class SentenceRole(StrEnum):
    """What a sentence is for. `answer` and `nearby` need evidence; `care` and `notice` do not."""

    ANSWER = "answer"
    NEARBY = "nearby"
    CARE = "care"
    NOTICE = "notice"


class Value(BaseModel):
    """Base of the values below: immutable, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Understood(Value):
    """What the question was taken to be about; the shape of `filters` too, where it overrides."""

    countries: list[str] = []
    """ISO 3166-1 alpha-2, in the order they were named."""
    codes: list[str] = []
    """Codes of standards, decrees and tariff headings, normalised: `GB 4706.1`, `HS 8516`."""
    areas: list[str] = []
    types: list[str] = []
    """Question types, such as `entry_route.min_capital`."""
    role: Literal["founder", "expatriate", "secretariat"] | None = None


class Turn(Value):
    """One earlier exchange of a conversation. `answer` may be a text or a whole Answer."""

    question: str
    answer: Answer | str = ""


class Question(Value):
    """What a person asked, as it came in (not yet cleaned)."""

    text: str
    conversation_id: str | None = None
    lang: AnswerLanguage | None = None
    """Set only when the person chose a language; otherwise the question's own decides."""
    filters: Understood | None = None
    history: list[Turn] = []


class SourceCard(Value):
    """One source of a piece of evidence, as it is shown to people."""

    title: str
    url: str | None = None
    issuer: str | None = None
    authority: str
    """law > official > professional > academic > media > alliance_note; `document` for ingested files."""
    dated: str | None = None
    """The day, month or year that the page itself shows; None is said as "undated"."""
    reproduction: bool = False


class Quote(Value):
    """The evidence in its own words. One of the two may be missing for an ingested document."""

    zh: str | None = None
    en: str | None = None


class Evidence(Value):
    """A fact or passage used in an answer, numbered from 1."""

    n: int
    id: str
    kind: Literal["fact", "passage", "verified_answer"]
    label: str = ""
    title: str
    url: str | None
    issuer: str | None
    authority: str
    dated: str | None
    checked: str | None
    stale: bool
    confirm: str | None
    """What is to be confirmed, in the language of the answer; None when nothing is open."""
    also: list[str] = []
    """Ids of facts merged into this one; they still resolve."""
    sources: list[SourceCard]
    country: str | None
    countries: list[str] = []
    area: str | None
    page: int | None = None
    heading: list[str] = []
    quote: Quote


class Sentence(Value):
    """One sentence of the answer with the numbers of the evidence it rests on."""

    text: str
    evidence: list[int] = []
    role: SentenceRole = SentenceRole.ANSWER
    heading: str | None = None
    """The part of the question that this sentence belongs to, when there are several parts."""


class Contact(Value):
    """A body to turn to. `url` is None unless a person has verified the address."""

    name: str
    url: str | None = None


class Answer(Value):
    """What every channel shows. The order of `sentences` is the order of reading."""

    id: str
    conversation_id: str | None = None
    status: Status
    completeness: Completeness
    language: AnswerLanguage
    script: Literal["Hans", "Hant"] | None = None
    """Which Chinese script the text uses; None for English."""
    understood: Understood = Understood()
    text: str
    sentences: list[Sentence] = []
    evidence: list[Evidence] = []
    nearby: list[Evidence] = []
    missing: list[str] = []
    contacts: list[Contact] = []
    notices: list[str] = []
    follow_ups: list[str] = []
    composer: Literal["extractive", "generative"] = "extractive"
    timings_ms: dict[str, float] = Field(default_factory=dict)


Turn.model_rebuild()

"""What a question carries with it from step to step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from bot.domain import AnswerLanguage, Contact, Evidence, Question, Sentence, Status, Understood
from retrieval.embedding import Floats
from retrieval.entities import Mentions
from retrieval.index import Snapshot
from retrieval.language import Language
from retrieval.search import FactTable, Query, Searcher

CRISIS, LOW = "care_crisis", "care"
"""How grave a distress is: names of replies in `prompts/replies`, which come first."""


@dataclass(frozen=True)
class Candidate:
    """A fact or passage that may serve a part, with the odds that it answers it (natural logarithm)."""

    kind: str
    owner: int
    id: str
    score: float
    lang: str


@dataclass
class Part:
    """One thing that was asked: a matter in a country. Most questions have one."""

    text: str
    query: Query
    label: str = ""
    """Its heading, in the answer's language, when there are several parts."""
    country: str | None = None
    shared: bool = False
    """Whether the question has other parts."""
    matter: int = 0
    """Parts of one matter ask the same of different countries."""
    asked: bool = True
    """False for a stretch that may be what the asker says of themselves: dropped where nothing is found."""
    table: FactTable | None = None
    carried: Floats | None = None
    """In a follow-up, what the conversation adds to each fact's score, shape (facts,)."""
    candidates: list[Candidate] = field(default_factory=list)
    found: bool = False
    open_country: bool = False
    """No place is named and several countries' facts fit alike."""
    certainty: float = 0.0
    """Probability that the knowledge base answers this part."""
    type_id: str | None = None
    """The question type it resembles most, when it resembles one."""
    missing: str = ""
    """What to call it when it was not found."""
    evidence: list[Candidate] = field(default_factory=list)
    nearby: list[Candidate] = field(default_factory=list)

    @property
    def nearest(self) -> float:
        """Similarity (centred cosine) of the nearest question of the corpus; -1 where there is none."""
        if self.table is None:
            return -1.0
        return float(max(self.table.column(name).max(initial=-1) for name in ("ask_own", "ask_other")))


@dataclass
class Draft:
    """A question on its way to an answer. Each step fills its own fields; `status` is set once."""

    question: Question
    searcher: Searcher
    today: date
    text: str = ""
    """The question, cleaned."""
    searched: str = ""
    """What is searched: the question, completed from the conversation where it leaned on it."""
    searched_lang: str = "en"
    """The language that `searched` is in: that of an earlier question where it was asked again."""
    carried: tuple[int, ...] = ()
    """Positions of the facts that the conversation was about when this was asked."""
    language: Language = field(default_factory=lambda: Language("en", None, False))
    lang: AnswerLanguage = "en"
    mentions: Mentions = field(default_factory=Mentions)
    understood: Understood = field(default_factory=Understood)
    vectors: dict[str, Floats] = field(default_factory=dict)
    status: Status | None = None
    reply: str | None = None
    """The canned reply that the status comes with, when there are several."""
    care: str | None = None
    """`CRISIS` or `LOW` when the person is in distress: the reply of that name comes first."""
    parts: list[Part] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    nearby: list[Evidence] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    follow_ups: list[str] = field(default_factory=list)

    @property
    def compares(self) -> bool:
        """Whether the parts are about different countries."""
        return len({part.query.countries for part in self.parts if part.query.countries}) > 1

    @property
    def snapshot(self) -> Snapshot:
        """The index that this question is answered from, from its first step to its last."""
        return self.searcher.snapshot

    def embed(self, *texts: str) -> list[Floats]:
        """Query vectors (not centred) of `texts`; each text is embedded once a question."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if fresh:
            rows = self.searcher.embedder.encode(fresh, "query")
            self.vectors.update(zip(fresh, rows, strict=True))
        return [self.vectors[text] for text in texts]


Step = Callable[[Draft], None]
"""A step reads the draft, fills its own fields, and may end the question by setting its status."""

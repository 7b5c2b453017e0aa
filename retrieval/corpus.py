"""Reads `corpus/` into Facts, areas, countries and question types.

Layout: `countries/*.yaml`, `regions/`, `schemes/`, `outbound/`, `mechanisms/`, `adaptation/` hold facts;
`areas.yaml`, `countries.yaml`, `question_types.yaml`, `message_kinds.yaml`, `glossary.yaml` are reference
files. A corpus folder that lacks a reference file gets the shipped one, so that an empty folder is a usable corpus
without facts.

Reading refuses what makes an entry unusable (bad YAML, a missing field, a malformed date, a duplicate id); what
needs judgement (parity of numbers, known ids, dates in the future) is `retrieval.corpus_check`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from retrieval.days import latest_day
from retrieval.errors import CorpusError
from retrieval.yaml_entries import Fault, UnreadableError, read_entries, validated

SHIPPED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"
FACT_FOLDERS = ("countries", "regions", "schemes", "outbound", "mechanisms", "adaptation")
REFERENCE_FILES = (
    "areas.yaml",
    "countries.yaml",
    "question_types.yaml",
    "message_kinds.yaml",
    "glossary.yaml",
)

Authority = Literal["law", "official", "professional", "academic", "media", "alliance_note"]


def _dated(value: str) -> str:
    try:
        latest_day(value)
    except ValueError as exc:
        zh, en = (
            f"没有“{value}”这样的日期，应写成 2025、2025-10 或 2025-10-02",
            (f"{value!r} is no date; write 2025, 2025-10 or 2025-10-02"),
        )
        raise PydanticCustomError("not_a_day", "{en}", {"zh": zh, "en": en}) from exc
    return value


def _day(value: str) -> str:
    if len(_dated(value)) < len("2025-10-02"):
        zh, en = f"“{value}”应写到日，如 2025-10-02", f"{value!r} should name the day, such as 2025-10-02"
        raise PydanticCustomError("not_a_day", "{en}", {"zh": zh, "en": en})
    return value


Dated = Annotated[str, AfterValidator(_dated)]
"""`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
Day = Annotated[str, AfterValidator(_day)]
"""`YYYY-MM-DD`."""


class CorpusModel(BaseModel):
    """Immutable, and a key nobody knows is an error (usually a typo)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(CorpusModel):
    """The same thing said in both languages."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """The text for a reader of `lang` ("zh", or anything else for English)."""
        return self.zh if lang == "zh" else self.en


class Source(CorpusModel):
    """A page that a fact was read on."""

    title: str
    url: str | None = None
    issuer: str | None = None
    dated: Dated | None = None
    """As far as the page itself shows it; None: the page shows no date."""
    authority: Authority
    reproduction: bool = False
    """A copy of somebody else's text; it never counts as official."""


class Asks(CorpusModel):
    """Questions in people's own words that the fact really answers, written apart in each language."""

    zh: list[str] = []
    en: list[str] = []


class Fact(CorpusModel):
    """The smallest thing that can be cited."""

    id: str
    country: str | None = None
    countries: list[str] = []
    area: str
    label: Bilingual
    zh: str
    en: str
    asks: Asks = Asks()
    gaps: Asks = Asks()
    """Questions that people ask at this place and no fact answers: its known gaps, beside those of the matrix."""
    answers: list[str] = []
    partly: list[str] = []
    sources: list[Source] = Field(min_length=1)
    checked: Day
    """The day somebody last held it against its source."""
    confirm: Bilingual | None = None
    """What is open; None when nothing is."""
    also: list[str] = []
    """Ids of facts merged into this one; they still resolve."""

    @property
    def all_countries(self) -> tuple[str, ...]:
        """The countries it is about; empty for a scheme or the China side."""
        return (self.country,) if self.country else tuple(self.countries)

    def text(self, lang: str) -> str:
        """The statement in `lang` ("zh", or anything else for English)."""
        return self.zh if lang == "zh" else self.en


class AreaInfo(CorpusModel):
    """What an area covers, how long its facts stay fresh, and whom to ask when nothing is found."""

    id: str
    name: Bilingual
    scope: Bilingual
    stale_after_days: int = Field(gt=0)
    contact_roles: list[str] = []
    """Roles of `countries.yaml` contacts to name when nothing is found, most useful first."""
    contact_places: list[str] = []
    """Whose contacts to look at after those of the countries asked about: `CN`, `EU`, `INT`."""


class ContactInfo(CorpusModel):
    """An official body. Only `verified` ones are ever shown to people."""

    role: str
    name: Bilingual
    url: str
    seen_on: str | None = None
    verified: bool
    note: str | None = None


class CountryInfo(CorpusModel):
    """Names beyond CLDR by which people call a country, and the bodies to point to."""

    code: str
    aliases: dict[str, list[str]] = {}
    """By language (zh, en, or another of ours): cities, demonyms, nicknames, old names, common typos."""
    contacts: list[ContactInfo] = []
    covered: bool = True
    """False: known by name so that a question about it is understood, but no facts are kept on it."""


class QuestionType(CorpusModel):
    """A kind of question about a country; two questions of one type have one answer."""

    id: str
    area: str
    name: Bilingual
    asks: Asks
    # `not` is a Python keyword
    not_: str = Field("", alias="not")


class MessageKind(CorpusModel):
    """A kind of message that is not a question to the corpus: a greeting, distress, something unsafe …"""

    id: str
    status: str
    """The status its answer ends in (DESIGN section 6)."""
    reply: str | None = None
    """Name of the reply in `prompts/replies/`; None where the status has only one."""
    asks: Asks = Asks()
    patterns: list[str] = []
    """Regular expressions over folded text, any language, that decide by themselves."""


class GlossaryEntry(CorpusModel):
    """A locked pair of terms."""

    zh: str
    en: str
    note: str | None = None


class Located(BaseModel):
    """A fact together with where it stands, for messages of the corpus check."""

    fact: Fact
    file: str
    line: int


class Corpus(BaseModel):
    """Everything read from a corpus folder."""

    facts: list[Located]
    areas: dict[str, AreaInfo]
    countries: dict[str, CountryInfo]
    question_types: dict[str, QuestionType]
    message_kinds: dict[str, MessageKind]
    glossary: list[GlossaryEntry]

    def by_id(self) -> dict[str, Fact]:
        """Facts by id; ids merged into a fact (`also`) resolve to it."""
        found: dict[str, Fact] = {}
        for located in self.facts:
            for fact_id in (located.fact.id, *located.fact.also):
                found[fact_id] = located.fact
        return found


def corpus_files(folder: Path) -> Iterator[Path]:
    """Every file the corpus is a function of: its fact files, its reference files or the shipped ones."""
    for name in FACT_FOLDERS:
        yield from sorted((folder / name).glob("*.yaml"))
    for name in REFERENCE_FILES:
        yield reference_file(folder, name)


def reference_file(folder: Path, name: str) -> Path:
    """`folder/name` where it exists, else the shipped one."""
    own = folder / name
    return own if own.exists() else SHIPPED_CORPUS / name


def corpus_hash(folder: Path) -> str:
    """SHA-256 (hex) over names and bytes of every corpus file."""
    digest = hashlib.sha256()
    for path in corpus_files(folder):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def load_corpus(folder: Path) -> Corpus:
    """Read the corpus in `folder`. Raises `CorpusError` naming file and line of the first fault."""
    read = read_corpus(folder)
    if read.faults:
        raise read.faults[0].error()
    return read.corpus


class CorpusReading(NamedTuple):
    """What can be read of a corpus folder, and every fault of what cannot."""

    corpus: Corpus
    faults: list[Fault]
    reference_lines: dict[tuple[str, str], int]
    """(reference file, id) → the line that the entry begins on."""


def read_corpus(folder: Path) -> CorpusReading:
    """Read on past faults, so that all of them can be shown at once.

    Raises `CorpusError` only where there is no such folder.
    """
    if not folder.is_dir():
        raise CorpusError(
            zh=f"找不到语料文件夹 {folder}：请检查 TONGXING_CORPUS_DIR。",
            en=f"No corpus folder at {folder}: check TONGXING_CORPUS_DIR.",
        )
    faults: list[Fault] = []
    facts: list[Located] = []
    seen: dict[str, str] = {}
    for name in FACT_FOLDERS:
        for path in sorted((folder / name).glob("*.yaml")):
            where = f"{name}/{path.name}"
            for fact, line in _read(Fact, path, where, faults):
                for fact_id in (fact.id, *fact.also):
                    _note_id(seen, fact_id, where, line, faults)
                facts.append(Located(fact=fact, file=where, line=line))
    lines: dict[tuple[str, str], int] = {}
    return CorpusReading(Corpus(facts=facts, **_reference(folder, faults, lines)), faults, lines)


def _reference(folder: Path, faults: list[Fault], lines: dict[tuple[str, str], int]) -> dict[str, Any]:
    """The reference files: keyed by id, except the glossary."""

    def keyed(name: str, model: type[_Entry], key: str) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}
        seen: dict[str, str] = {}
        for entry, line in _read(model, reference_file(folder, name), name, faults):
            entry_id = getattr(entry, key)
            _note_id(seen, entry_id, name, line, faults)
            entries[entry_id] = entry
            lines[name, entry_id] = line
        return entries

    glossary = reference_file(folder, "glossary.yaml")
    return {
        "areas": keyed("areas.yaml", AreaInfo, "id"),
        "countries": keyed("countries.yaml", CountryInfo, "code"),
        "question_types": keyed("question_types.yaml", QuestionType, "id"),
        "message_kinds": keyed("message_kinds.yaml", MessageKind, "id"),
        "glossary": [entry for entry, _ in _read(GlossaryEntry, glossary, "glossary.yaml", faults)],
    }


_Entry = TypeVar("_Entry", bound=CorpusModel)


def _read(model: type[_Entry], path: Path, where: str, faults: list[Fault]) -> Iterator[tuple[_Entry, int]]:
    """Every usable entry of a file with its line; what is not usable goes to `faults`."""
    try:
        for raw, line in read_entries(path, where):
            entry = validated(model, raw, where, line)
            if isinstance(entry, list):
                faults.extend(entry)
            else:
                yield entry, line
    except UnreadableError as exc:
        faults.append(exc.fault)


def _note_id(seen: dict[str, str], entry_id: str, where: str, line: int, faults: list[Fault]) -> None:
    if entry_id in seen:
        zh, en = (
            f"这个编号已在 {seen[entry_id]} 用过",
            f"this id is already used at {seen[entry_id]}",
        )
        faults.append(Fault(file=where, line=line, id=entry_id, zh=zh, en=en))
    seen.setdefault(entry_id, f"{where}:{line}")

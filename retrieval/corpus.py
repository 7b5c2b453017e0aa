"""Reads `corpus/` into Facts, areas, countries and question types.

Layout: `countries/*.yaml`, `regions/`, `schemes/`, `outbound/`, `mechanisms/`, `adaptation/` hold facts;
`areas.yaml`, `countries.yaml`, `question_types.yaml`, `glossary.yaml` are reference files. A corpus folder
that lacks a reference file gets the shipped one, so that an empty folder is a usable corpus without facts.

Reading refuses what makes a fact unusable (bad YAML, a missing field, a duplicate id); what needs judgement
(parity of numbers, known ids, dates) is `retrieval.corpus_check`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from retrieval.errors import CorpusError

SHIPPED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"
FACT_FOLDERS = ("countries", "regions", "schemes", "outbound", "mechanisms", "adaptation")
REFERENCE_FILES = ("areas.yaml", "countries.yaml", "question_types.yaml", "glossary.yaml")

Authority = Literal["law", "official", "professional", "academic", "media", "alliance_note"]


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
    dated: str | None = None
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD` as the page itself shows; None: the page shows no date."""
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
    answers: list[str] = []
    partly: list[str] = []
    sources: list[Source] = Field(min_length=1)
    checked: str
    """The day somebody last held it against its source, `YYYY-MM-DD`."""
    confirm: Bilingual | None = None
    """What is open; None when nothing is."""
    also: list[str] = []
    """Ids of facts merged into this one; they still resolve."""

    @field_validator("checked", mode="before")
    @classmethod
    def _date_as_text(cls, value: object) -> object:
        return value.isoformat() if hasattr(value, "isoformat") else value

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
    if not folder.is_dir():
        raise CorpusError(
            zh=f"找不到语料文件夹 {folder}：请检查 TONGXING_CORPUS_DIR。",
            en=f"No corpus folder at {folder}: check TONGXING_CORPUS_DIR.",
        )
    facts: list[Located] = []
    seen: dict[str, str] = {}
    for name in FACT_FOLDERS:
        for path in sorted((folder / name).glob("*.yaml")):
            where = f"{name}/{path.name}"
            for raw, line in read_entries(path, where):
                fact = _model(Fact, raw, where, line)
                for fact_id in (fact.id, *fact.also):
                    if fact_id in seen:
                        raise _corpus_error(
                            where,
                            line,
                            f"编号 {fact_id} 已在 {seen[fact_id]} 用过",
                            f"id {fact_id} is already used at {seen[fact_id]}",
                        )
                    seen[fact_id] = f"{where}:{line}"
                facts.append(Located(fact=fact, file=where, line=line))
    return Corpus(facts=facts, **load_reference(folder))


def load_reference(folder: Path) -> dict[str, Any]:
    """The reference files: `areas`, `countries`, `question_types` keyed by id, and `glossary`."""

    def entries(name: str, model: type[Any]) -> list[Any]:
        path = reference_file(folder, name)
        return [_model(model, raw, name, line) for raw, line in read_entries(path, name)]

    return {
        "areas": {a.id: a for a in entries("areas.yaml", AreaInfo)},
        "countries": {c.code: c for c in entries("countries.yaml", CountryInfo)},
        "question_types": {t.id: t for t in entries("question_types.yaml", QuestionType)},
        "glossary": entries("glossary.yaml", GlossaryEntry),
    }


def read_entries(path: Path, where: str) -> Iterator[tuple[dict[str, Any], int]]:
    """The mappings of a YAML list with the line each begins on (from 1). Raises `CorpusError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        line = path.read_bytes()[: exc.start].count(b"\n") + 1
        raise _corpus_error(
            where, line, "不是有效的 UTF-8，请另存为 UTF-8", "not valid UTF-8; save it as UTF-8"
        ) from exc
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise _corpus_error(
                where, node.start_mark.line + 1, "应为条目列表", "should be a list of entries"
            )
        for item in node.value:
            line = item.start_mark.line + 1
            if not isinstance(item, yaml.MappingNode):
                raise _corpus_error(where, line, "应为键值条目", "should be an entry with keys")
            yield loader.construct_document(item), line
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        problem = exc.problem or "bad YAML"
        raise _corpus_error(
            where, mark.line + 1 if mark else 1, f"YAML 有误：{problem}", f"bad YAML: {problem}"
        ) from exc
    except yaml.YAMLError as exc:
        problem = str(exc).splitlines()[0]
        raise _corpus_error(where, 1, f"YAML 有误：{problem}", f"bad YAML: {problem}") from exc
    finally:
        loader.dispose()


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe YAML that keeps dates as text (they may be `2025` or `2025-10`) and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} given twice", key_node.start_mark
                )
            keys.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
# "no" is Norway and "on" a word, not booleans; only true and false are.
_Loader.add_constructor(
    "tag:yaml.org,2002:bool",
    lambda loader, node: {"true": True, "false": False}.get(node.value.lower(), node.value),
)


def _model(model: type[Any], raw: dict[str, Any], where: str, line: int) -> Any:
    try:
        return model.model_validate(raw)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "entry"
        name = raw.get("id") or raw.get("code") or raw.get("zh") or "?"
        raise _corpus_error(
            where, line, f"{name} 的 {key}：{first['msg']}", f"{key} of {name}: {first['msg']}"
        ) from exc


def _corpus_error(where: str, line: int, zh: str, en: str) -> CorpusError:
    return CorpusError(zh=f"{where} 第 {line} 行：{zh}。", en=f"{where}, line {line}: {en}.")

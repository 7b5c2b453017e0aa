"""What `tongxing corpus check` refuses: each rule one function, all problems at once, each with file and line.

A rule yields what is wrong in Chinese and English; how to mend it follows from the words. Conflicts between facts are
listed, not refused (`retrieval.conflicts`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from babel.core import get_global
from pydantic import BaseModel

from retrieval.conflicts import Conflict, check_rules, find_conflicts
from retrieval.corpus import Bilingual, Corpus, CorpusReading, Fact, Source, read_corpus
from retrieval.days import first_day
from retrieval.figures import missing_figures, parity
from retrieval.text import fold
from retrieval.yaml_entries import Fault

Trouble = tuple[str, str]
"""What is wrong: in Chinese, in English."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")


class CheckReport(BaseModel):
    """All problems by file and line, and the conflicts to look at."""

    facts: int
    problems: list[Fault]
    conflicts: list[Conflict]


def check_corpus(folder: Path, today: date) -> CheckReport:
    """Read and check the corpus in `folder`; no date in it may lie after `today`.

    Raises `CorpusError` only where there is no such folder.
    """
    reading = read_corpus(folder)
    corpus = reading.corpus
    problems = [*reading.faults, *_reference_problems(reading)]
    rules: list[Callable[[Fact], Iterator[Trouble]]] = [
        _identity,
        _both_languages,
        _same_figures,
        _label_figures,
        partial(_known_area, corpus=corpus),
        partial(_known_types, corpus=corpus),
        partial(_known_countries, corpus=corpus),
        _asks,
        partial(_sources, today=today),
    ]
    for located in corpus.facts:
        for rule in rules:
            problems.extend(
                Fault(file=located.file, line=located.line, id=located.fact.id, zh=zh, en=en)
                for zh, en in rule(located.fact)
            )
    problems.extend(_strays(corpus))
    problems.extend(_answered_gaps(corpus))
    problems.sort(key=lambda problem: (problem.file, problem.line))
    return CheckReport(facts=len(corpus.facts), problems=problems, conflicts=find_conflicts(corpus))


# -- one fact ----------------------------------------------------------------------------------------------


def _identity(fact: Fact) -> Iterator[Trouble]:
    for fact_id in (fact.id, *fact.also):
        if not _ID.fullmatch(fact_id):
            yield (
                f"编号“{fact_id}”只能用英文字母、数字和 - _ .",
                f"id {fact_id!r} may only have letters, digits and - _ .",
            )


def _both_languages(fact: Fact) -> Iterator[Trouble]:
    texts = {"": Bilingual(zh=fact.zh, en=fact.en), "label": fact.label}
    if fact.confirm:
        texts["confirm"] = fact.confirm
    for key, text in texts.items():
        of = f"{key}." if key else ""
        if not text.zh.strip():
            yield f"缺少中文（{of}zh）", f"the Chinese is missing ({of}zh)"
        if not text.en.strip():
            yield f"缺少英文（{of}en）", f"the English is missing ({of}en)"
    if fact.zh.strip() and not _HAN.search(fact.zh):
        yield "zh 里没有中文", "zh holds no Chinese"
    if len(_HAN.findall(fact.en)) > len(_LATIN.findall(fact.en)):
        yield "en 里多是中文", "en is mostly Chinese"


def _same_figures(fact: Fact) -> Iterator[Trouble]:
    yield from _differing("", fact.zh, fact.en)
    if fact.confirm:
        yield from _differing("confirm", fact.confirm.zh, fact.confirm.en)


def _differing(key: str, zh: str, en: str) -> Iterator[Trouble]:
    only: dict[str, list[str]] = {"zh": [], "en": []}
    for mismatch in parity(zh, en):
        if mismatch.figure.text not in only[mismatch.lang]:
            only[mismatch.lang].append(mismatch.figure.text)
    if only["zh"] or only["en"]:
        parts_zh = [
            f"只见于{name} {'、'.join(only[lang])}"
            for lang, name in (("zh", "中文"), ("en", "英文"))
            if only[lang]
        ]
        parts_en = [
            f"only in {name} {', '.join(only[lang])}"
            for lang, name in (("zh", "Chinese"), ("en", "English"))
            if only[lang]
        ]
        where = (f"{key} ", f" of {key}") if key else ("", "")
        yield (
            f"{where[0]}中英文数字不一致：{'；'.join(parts_zh)}",
            f"figures{where[1]} differ: {'; '.join(parts_en)}",
        )


def _label_figures(fact: Fact) -> Iterator[Trouble]:
    """A label is short and may leave figures out in one language; what it says must stand in the fact."""
    evidence = [fact.zh, fact.en, *(source.dated for source in fact.sources if source.dated)]
    for lang in ("zh", "en"):
        if missing := [figure.text for figure in missing_figures(fact.label.get(lang), evidence, lang)]:
            yield (
                f"label.{lang} 里的 {'、'.join(missing)} 正文没有",
                f"label.{lang} says {', '.join(missing)}, which the fact does not",
            )


def _known_area(fact: Fact, corpus: Corpus) -> Iterator[Trouble]:
    if fact.area not in corpus.areas:
        yield f"未知领域 {fact.area}，见 areas.yaml", f"unknown area {fact.area}; see areas.yaml"


def _known_types(fact: Fact, corpus: Corpus) -> Iterator[Trouble]:
    for type_id in (*fact.answers, *fact.partly):
        if type_id not in corpus.question_types:
            yield (
                f"未知问题类型 {type_id}，见 question_types.yaml",
                f"unknown question type {type_id}; see question_types.yaml",
            )
    for type_id in _repeated((*fact.answers, *fact.partly)):
        yield (
            f"问题类型 {type_id} 在 answers、partly 里出现不止一次",
            f"question type {type_id} stands more than once in answers and partly",
        )
    if (fact.answers or fact.partly) and not fact.all_countries:
        yield (
            "有 answers 或 partly 却没有国家：问题类型都是问某个国家的",
            "it has answers or partly but no country: question types are about countries",
        )


def _known_countries(fact: Fact, corpus: Corpus) -> Iterator[Trouble]:
    if fact.country and fact.countries:
        yield "country 和 countries 只能有一个", "it has both country and countries; keep one"
    for code in dict.fromkeys(([fact.country] if fact.country else []) + fact.countries):
        if not _is_country(code, corpus):
            yield f"未知国家代码 {code}", f"unknown country code {code}"
    for code in _repeated(fact.countries):
        yield f"countries 里 {code} 重复", f"{code} stands twice in countries"


def _is_country(code: str, corpus: Corpus) -> bool:
    """An ISO 3166-1 alpha-2 code: CLDR knows who lives there. EU and INT have contacts but are no countries."""
    if code in get_global("territory_languages"):
        return len(code) == 2 and code.isalpha() and code != "ZZ"
    return False


def _asks(fact: Fact) -> Iterator[Trouble]:
    if fact.asks.en and not fact.asks.zh:
        yield "asks 缺少中文问题", "asks has no Chinese questions"
    if fact.asks.zh and not fact.asks.en:
        yield "asks 缺少英文问题", "asks has no English questions"
    if any(not ask.strip() for ask in (*fact.asks.zh, *fact.asks.en)):
        yield "asks 里有空的问题", "asks holds an empty question"
    if bool(fact.gaps.zh) != bool(fact.gaps.en):
        yield "gaps 应有中文和英文问题", "gaps should have questions in Chinese and English"
    if any(not gap.strip() for gap in (*fact.gaps.zh, *fact.gaps.en)):
        yield "gaps 里有空的问题", "gaps holds an empty question"


def _sources(fact: Fact, today: date) -> Iterator[Trouble]:
    for number, source in enumerate(fact.sources, start=1):
        for zh, en in _source(source, today):
            yield f"第 {number} 个来源{zh}", f"source {number} {en}"
    if first_day(fact.checked) > today:
        yield f"核对日期 {fact.checked} 在将来", f"checked {fact.checked} lies in the future"


def _source(source: Source, today: date) -> Iterator[Trouble]:
    if not source.title.strip():
        yield "没有标题", "has no title"
    if not source.url:
        if not any(re.search(mark, source.title) for mark in check_rules()["sources_without_address"]):
            yield "没有网址；只有专访可以没有", "has no address; only the interview may lack one"
    elif not _is_web_address(source.url):
        yield (
            f"的网址 {source.url} 不是 http(s) 网址",
            f"has the address {source.url}, which is no http(s) address",
        )
    if source.dated and first_day(source.dated) > today:
        yield f"的日期 {source.dated} 在将来", f"is dated {source.dated}, in the future"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"\s", url)


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


# -- several facts, reference files ------------------------------------------------------------------------


def _answered_gaps(corpus: Corpus) -> Iterator[Fault]:
    """Gaps that are a question of some fact word for word: one of the two is wrong."""
    asks = {
        fold(ask): located.fact.id
        for located in corpus.facts
        for ask in (*located.fact.asks.zh, *located.fact.asks.en)
    }
    for located in corpus.facts:
        for gap in (*located.fact.gaps.zh, *located.fact.gaps.en):
            if (owner := asks.get(fold(gap))) is not None:
                yield Fault(
                    file=located.file,
                    line=located.line,
                    id=located.fact.id,
                    zh=f"gaps 里的“{gap}”是 {owner} 回答的问题",
                    en=f"{gap!r} in gaps is a question that {owner} answers",
                )


def _strays(corpus: Corpus) -> Iterator[Fault]:
    """A fact whose country is not that of its file: usually a mistyped code, such as IN for ID."""
    files: dict[str, Counter[str]] = {}
    for located in corpus.facts:
        if located.file.startswith("countries/"):
            files.setdefault(located.file, Counter()).update(located.fact.all_countries)
    for located in corpus.facts:
        if located.file not in files or not files[located.file]:
            continue
        ((usual, _),) = files[located.file].most_common(1)
        if located.fact.all_countries != (usual,):
            own = ", ".join(located.fact.all_countries)
            zh = f"国家是 {own or '（无）'}，而这个文件讲的是 {usual}"
            en = f"its country is {own or 'missing'}, but the file is about {usual}"
            yield Fault(file=located.file, line=located.line, id=located.fact.id, zh=zh, en=en)


def _reference_problems(reading: CorpusReading) -> Iterator[Fault]:
    corpus = reading.corpus

    def fault(file: str, entry_id: str, zh: str, en: str) -> Fault:
        return Fault(file=file, line=reading.reference_lines[file, entry_id], id=entry_id, zh=zh, en=en)

    roles = {contact.role for country in corpus.countries.values() for contact in country.contacts}
    for area in corpus.areas.values():
        for role in area.contact_roles:
            if role not in roles:
                zh, en = (
                    f"countries.yaml 里没有 {role} 这类联系机构",
                    f"no contact in countries.yaml has the role {role}",
                )
                yield fault("areas.yaml", area.id, zh, en)
    for kind in corpus.question_types.values():
        if kind.area not in corpus.areas:
            zh, en = f"未知领域 {kind.area}，见 areas.yaml", f"unknown area {kind.area}; see areas.yaml"
            yield fault("question_types.yaml", kind.id, zh, en)
        if not (kind.asks.zh and kind.asks.en):
            zh, en = "asks 应有中文和英文问题", "asks should have questions in Chinese and English"
            yield fault("question_types.yaml", kind.id, zh, en)

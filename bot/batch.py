"""Batches: JSON Lines in, JSON Lines out, in order. A line that fails never hinders the others.

Input is read and output written line by line, so that a file may be larger than memory, and an interrupted run
keeps every line it wrote.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from bot.answering.assistant import Assistant, failed, stable_id
from bot.answering.intake import accept, language_of
from bot.answering.understand import query_of
from bot.domain import Answer, AnswerLanguage, Question, Status, Turn
from bot.locale import terminal_language
from bot.mishaps import reason
from bot.replies import reply
from retrieval.errors import TongxingError
from retrieval.search import Searcher

log = logging.getLogger(__name__)

LINE_MB = 8
"""A line with a long history of whole Answers has some 100 KB; one that never ends must not fill the memory."""

Record = dict[str, Any]


class BatchError(TongxingError):
    """A batch file cannot be read or written."""

    code = "batch"


class LineError(TongxingError):
    """One line of a batch is wrong; the message is `prompts/terminal/line_<name>.yaml`."""

    def __init__(self, name: str, **values: object) -> None:
        lines = {lang: reply(f"terminal/line_{name}", lang, **values) for lang in ("zh", "en")}
        super().__init__(**lines)


def ask_batch(
    assistant: Assistant, source: Path, target: Path, max_chars: int, lang: AnswerLanguage | None = None
) -> int:
    """Answer every line of `source` into `target`; returns how many lines got an Answer with status `error`.

    A faulty line gives such an Answer too, under its own id where it has one, else `line-N`. `lang` holds for
    lines that have none. Raises `BatchError` when a file cannot be read or written.
    """

    def work(number: int, raw: Any) -> tuple[Record, bool]:
        name = _name(raw, number)
        try:
            question = _question(raw, lang)
            accept(question, max_chars)
            answer = assistant.answer(question, stable_id("batch", str(name), question.text))
        except TongxingError as exc:
            answer = _faulty(raw, number, exc, lang)
        except Exception:
            log.exception("line %d of %s", number, source)
            answer = _faulty(raw, number, LineError("broken"), lang)
        return {"id": name, "answer": answer.model_dump(mode="json")}, answer.status is Status.ERROR

    return _worked_through(source, target, work)


def search_batch(searcher: Searcher, source: Path, target: Path, k: int, max_chars: int) -> int:
    """Rank for every line of `source` into `target`; returns how many lines had a fault.

    Those get no results, and the fault under `error`. Raises `BatchError` as `ask_batch` does.
    """

    def work(number: int, raw: Any) -> tuple[Record, bool]:
        record: Record = {"id": _name(raw, number), "results": []}
        try:
            question = _bare_question(raw)
            accept(question, max_chars)
            record["results"] = ranking(searcher, question.text, k)
        except TongxingError as exc:
            record["error"] = _line(raw, number, exc, None)
        except Exception:
            log.exception("line %d of %s", number, source)
            record["error"] = _line(raw, number, LineError("broken"), None)
        return record, "error" in record

    return _worked_through(source, target, work)


def check_files(source: Path, target: Path) -> None:
    """Raise `BatchError` where a batch is bound to fail, before an index is opened for it. Writes nothing.

    Pipes are let be: what is read from one to look at it is gone.
    """
    try:
        regular = source.is_file() or not source.exists() or source.is_dir()
        is_file = target.is_file() or not target.exists() or target.is_dir()
    except (OSError, ValueError) as exc:
        raise _error("unreadable", source, exc) from exc
    if regular:
        with _opened(source) as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                raise _error("utf16", source)
    if not is_file:
        return
    try:
        if regular and target.exists() and target.samefile(source):
            raise _error("same", target)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = not target.exists()
        target.open("ab").close()
        if new:
            target.unlink()
    except OSError as exc:
        raise _error("unwritable", target, exc) from exc


def ranking(searcher: Searcher, question: str, k: int) -> list[Record]:
    """The ranking of one question as `[{"id", "lang", "score", "text", "also"?}]`, ids unique, best first."""
    query = query_of(searcher.snapshot, question)
    if query is None:
        return []
    found = []
    for hit in searcher.search(query, k):
        entry: Record = {
            "id": hit.id,
            "lang": hit.lang,
            "score": round(hit.score, 4),
            "text": hit.text,
        }
        if hit.also:
            entry["also"] = list(hit.also)
        found.append(entry)
    return found


def _worked_through(source: Path, target: Path, work: Callable[[int, Any], tuple[Record, bool]]) -> int:
    """Put every line through `work(number, value or LineError)` and write its record; returns the faults."""
    check_files(source, target)
    faults = 0
    with _opened(source) as lines, _written(target) as write:
        for number, raw in _values(lines):
            record, faulty = work(number, raw)
            faults += faulty
            write(record)
    return faults


def _values(file: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """Number and value of every line that is not blank; a LineError in place of the value of an unreadable one."""
    limit = LINE_MB * 1024 * 1024
    number = 0
    while line := file.readline(limit + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > limit:
            while line and not line.endswith(b"\n"):
                line = file.readline(limit)
            yield number, LineError("too_long", limit=LINE_MB)
        elif line.strip():
            yield number, _value(line)


def _value(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return LineError("not_utf8")
    except (ValueError, RecursionError):  # a number of thousands of digits is a plain ValueError
        return LineError("not_json")


def _question(raw: Any, lang: AnswerLanguage | None) -> Question:
    """The question of a line with its language and history. Raises `LineError`."""
    bare = _bare_question(raw)
    own = raw.get("lang") or lang
    if own not in ("zh", "en", None):
        raise LineError("lang")
    return Question(text=bare.text, lang=own, history=_history(raw.get("history")))


def _bare_question(raw: Any) -> Question:
    """The question of a line without what came before. Raises `LineError`. Other columns are passed over."""
    if isinstance(raw, LineError):
        raise raw
    if not isinstance(raw, dict):
        raise LineError("not_object")
    for field in ("id", "question"):
        if raw.get(field) is None:
            raise LineError("missing", field=field)
    if _own_id(raw) is None:
        raise LineError("id")
    if not isinstance(raw["question"], str):
        raise LineError("question")
    return Question(text=_sound(raw["question"]))


def _history(raw: Any) -> list[Turn]:
    """Earlier turns. An answer may be a text, an Answer, or an Answer of another version, whose text counts."""
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise LineError("history")
    turns = []
    for item in raw:
        if not isinstance(item, dict) or not isinstance(item.get("question"), str):
            raise LineError("history")
        answer = item.get("answer")
        if isinstance(answer, dict):
            try:
                said: Answer | str = Answer.model_validate(answer)
            except ValidationError:
                text = answer.get("text")
                said = _sound(text) if isinstance(text, str) else ""
        elif answer is None or isinstance(answer, str):
            said = _sound(answer or "")
        else:
            raise LineError("history")
        turns.append(Turn(question=_sound(item["question"]), answer=said))
    return turns


def _sound(text: str) -> str:
    """Halves of surrogate pairs, which JSON can hold and UTF-8 cannot, become replacement characters."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _own_id(raw: Any) -> str | int | None:
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if isinstance(found, (str, int)) and not isinstance(found, bool) else None


def _name(raw: Any, number: int) -> str | int:
    own = _own_id(raw)
    return f"line-{number}" if own is None else own


def _asked(raw: Any, lang: AnswerLanguage | None) -> Question:
    """What can be made out of a faulty line, with the language to speak of it in."""
    raw = raw if isinstance(raw, dict) else {}
    text = raw.get("question")
    own = raw.get("lang") if raw.get("lang") in ("zh", "en") else lang
    question = Question(text=_sound(text) if isinstance(text, str) else "", lang=own)
    return question.model_copy(update={"lang": language_of(question, terminal_language())})


def _line(raw: Any, number: int, exc: TongxingError, lang: AnswerLanguage | None) -> str:
    language = _asked(raw, lang).lang or "en"
    return reply("replies/error_line", language, number=number, fault=exc.line(language))


def _faulty(raw: Any, number: int, exc: TongxingError, lang: AnswerLanguage | None) -> Answer:
    answer = failed(_asked(raw, lang), stable_id("batch", str(_name(raw, number)), str(number)))
    return answer.model_copy(update={"text": _line(raw, number, exc, lang), "status": Status.ERROR})


def _opened(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except (OSError, ValueError) as exc:
        raise _error("unreadable", source, exc) from exc


@contextmanager
def _written(target: Path) -> Iterator[Callable[[Record], None]]:
    """A function that writes a record and has it in the file before it returns."""

    def write(record: Record) -> None:
        try:
            line = json.dumps(record, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:  # an id with half of a surrogate pair goes back as it came
            line = json.dumps(record).encode("ascii")
        rest = memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[out.write(rest) or 0 :]
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise _error("unwritable", target, exc) from exc

    try:
        # Unbuffered: a buffer that a full disk refused would raise again on closing.
        out = target.open("wb", buffering=0)
    except (OSError, ValueError) as exc:
        raise _error("unwritable", target, exc) from exc
    with out:
        yield write


def _error(name: str, path: Path, exc: OSError | ValueError | None = None) -> BatchError:
    def text(lang: str) -> str:
        why = reason(exc, lang) if isinstance(exc, OSError) else str(exc)
        return reply(f"terminal/batch_{name}", lang, path=path, reason=why)

    return BatchError(zh=text("zh"), en=text("en"))

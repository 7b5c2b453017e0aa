"""YAML files that hold a list of entries: each entry with its line, each fault with its place.

A person edits these files, so that a fault names file and line and says what to mend, in both languages.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.errors import CorpusError

_Model = TypeVar("_Model", bound=BaseModel)


class Fault(BaseModel):
    """One thing that is wrong in a corpus file, and where."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    id: str
    """Id of the entry; empty where it has none, or the file cannot be read."""
    zh: str
    en: str

    def message(self, lang: str) -> str:
        """`file:line: id: what is wrong` for a reader of `lang` ("zh", or anything else for English)."""
        return ": ".join(
            part
            for part in (f"{self.file}:{self.line}", self.id, self.zh if lang == "zh" else self.en)
            if part
        )

    def error(self) -> CorpusError:
        """The same as an error of one line."""
        name = (f"{self.id}：", f"{self.id}: ") if self.id else ("", "")
        return CorpusError(
            zh=f"{self.file} 第 {self.line} 行：{name[0]}{self.zh}。",
            en=f"{self.file}, line {self.line}: {name[1]}{self.en}.",
        )


class UnreadableError(Exception):
    """A file, or the rest of it, cannot be read as a list of entries."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


def read_entries(path: Path, where: str) -> Iterator[tuple[dict[str, Any], int]]:
    """The mappings of a YAML list with the line each begins on (from 1).

    `where` names the file in faults. Raises `UnreadableError` at the first fault of the YAML itself.
    """

    def unreadable(line: int, zh: str, en: str) -> UnreadableError:
        return UnreadableError(Fault(file=where, line=line, id="", zh=zh, en=en))

    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise unreadable(
            line, "不是有效的 UTF-8，请另存为 UTF-8", "not valid UTF-8; save it as UTF-8"
        ) from exc
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise unreadable(1, f"无法读取：{reason}", f"cannot be read: {reason}") from exc
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise unreadable(node.start_mark.line + 1, "应为条目列表", "should be a list of entries")
        for item in node.value:
            line = item.start_mark.line + 1
            if not isinstance(item, yaml.MappingNode):
                raise unreadable(line, "应为键值条目", "should be an entry with keys")
            yield loader.construct_document(item), line
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        problem = exc.problem or "bad YAML"
        raise unreadable(
            mark.line + 1 if mark else 1, f"YAML 有误：{problem}", f"bad YAML: {problem}"
        ) from exc
    except yaml.YAMLError as exc:
        problem = str(exc).splitlines()[0]
        raise unreadable(1, f"YAML 有误：{problem}", f"bad YAML: {problem}") from exc
    finally:
        if loader is not None:
            loader.dispose()


def validated(model: type[_Model], raw: dict[str, Any], where: str, line: int) -> _Model | list[Fault]:
    """`raw` as a `model`, or everything that keeps it from being one."""
    try:
        return model.model_validate(raw)
    except ValidationError as exc:
        name = str(raw.get("id") or raw.get("code") or raw.get("zh") or "")
        return [
            Fault(file=where, line=line, id=name, zh=zh, en=en)
            for zh, en in dict.fromkeys(_explained(error) for error in exc.errors())
        ]


def _explained(error: Any) -> tuple[str, str]:
    """What a pydantic error means to the person who edits the file, in both languages."""
    key = ".".join(str(part) for part in error["loc"]) or "entry"
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "missing" and error["loc"][-1] == "zh":
        return f"缺少中文（{key}）", f"the Chinese is missing ({key})"
    if kind == "missing" and error["loc"][-1] == "en":
        return f"缺少英文（{key}）", f"the English is missing ({key})"
    if kind == "missing" or (kind == "string_type" and error["input"] is None):
        return f"缺少 {key}", f"{key} is missing"
    if key == "sources" and kind == "too_short":
        return "没有来源（sources）", "it has no source (sources)"
    if kind == "extra_forbidden":
        return f"不认识的键 {key}", f"unknown key {key}"
    if kind == "string_type":
        return f"{key} 应为文字，请加引号", f"{key} should be text; put it in quotes"
    if kind == "literal_error":
        allowed = str(context["expected"]).replace(" or ", ", ")
        return f"{key} 只能是 {allowed}", f"{key} must be one of {allowed}"
    if kind == "not_a_day":
        return f"{key}：{context['zh']}", f"{key}: {context['en']}"
    return f"{key} 有误：{error['msg']}", f"{key}: {error['msg']}"


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe YAML that keeps dates as text (they may be `2025` or `2025-10`) and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a list or mapping as a key", key_node.start_mark
                )
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

"""Words that only count a list standing beside them: "A, B, C和D四个特区", "three things help: a, b and c".

The list says the number already, so a translation may leave the word out; it claims nothing by itself.
"""

from __future__ import annotations

import re
from decimal import Decimal

from retrieval.figure_reading.values import Figure

_SMALL = range(2, 11)
_ZH_PARTS = re.compile(r"[、]")
_ZH_JOINTS = re.compile(r"[和与及或]")
_ZH_CLAUSE = re.compile(r"[。；，：！？,;:()]|\n")
_ZH_LINK = re.compile(r"(?:等|这|共|是|为|另外|其他|以上|上述|各|的)*$")
# People are not counted off in this way: "股东和董事至少两名" is a claim of its own.
_ZH_COUNTER = re.compile(r"大?(?:个|种|类|项|条|份|方面|领域|阶段|部分|支柱|维度)")
_EN_LIST = re.compile(r"[^.;:()\n]{0,80}:\s*([^.;\n]+)")
_EN_COMMA = re.compile(r",\s")
_EN_JOINT = re.compile(r",?\s(?:and|or)\s")


def is_tally(figure: Figure, text: str, lang: str) -> bool:
    """Whether `figure` is a small number in words that counts the list before it (zh) or after its colon (en)."""
    value = next((v for v, unit in figure.readings if unit == "" and isinstance(v, Decimal)), None)
    if value is None or value not in _SMALL or any(c.isdigit() for c in figure.text):
        return False
    return _zh(int(value), figure, text) if lang == "zh" else _en(int(value), figure, text)


def _zh(value: int, figure: Figure, text: str) -> bool:
    if not _ZH_COUNTER.match(text, figure.end):
        return False
    start = max((m.end() for m in _ZH_CLAUSE.finditer(text, 0, figure.start)), default=0)
    clause = text[start : figure.start]
    listed = clause[: len(clause) - len(match[0])] if (match := _ZH_LINK.search(clause)) else clause
    return _counts(value, len(_ZH_PARTS.findall(listed)), len(_ZH_JOINTS.findall(listed)))


def _en(value: int, figure: Figure, text: str) -> bool:
    if not (match := _EN_LIST.match(text, figure.end)):
        return False
    listed = _EN_JOINT.sub("\n", match[1])
    return _counts(value, len(_EN_COMMA.findall(listed)), listed.count("\n"))


def _counts(value: int, commas: int, joints: int) -> bool:
    """Whether a list with so many commas and conjunctions may have `value` items: some conjunctions are inside one."""
    return commas + joints > 0 and commas <= value - 1 <= commas + joints

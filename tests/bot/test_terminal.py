"""Lines of a terminal, and what an answer looks like in a pipe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.assistant import Assistant
from bot.domain import Answer, Question
from bot.locale import terminal_language
from bot.terminal import print_answer, print_ranking, source_line
from bot.wrapping import cells, wrap

ENGLISH = "In Indonesia a foreign-owned company must be a PT PMA; the minimum is IDR 2.5 billion (2025). [1]"
CHINESE = "自2025年10月2日起，印尼外资公司“最低”实缴资本为25亿印尼盾；见《投资法》（2025年）第5条。[1][2]"


class TestWrapping:
    @pytest.mark.parametrize("text", [ENGLISH, CHINESE])
    @pytest.mark.parametrize("width", [20, 33, 60, 88])
    def test_lines_fit_and_nothing_is_lost(self, text: str, width: int) -> None:
        lines = wrap(text, width)
        assert max(cells(line) for line in lines) <= width
        assert "".join("".join(lines).split()) == "".join(text.split())

    @pytest.mark.parametrize("width", range(20, 60))
    def test_english_breaks_between_words(self, width: int) -> None:
        assert " ".join(wrap(ENGLISH, width)) == ENGLISH

    @pytest.mark.parametrize("width", range(20, 60))
    def test_chinese_lines_begin_and_end_with_what_may_stand_there(self, width: int) -> None:
        lines = wrap(CHINESE, width)
        assert not [line for line in lines[1:] if line[0] in "，；。）》”[、："]
        assert not [line for line in lines[:-1] if line[-1] in "（《“"]

    def test_an_address_is_not_cut(self) -> None:
        address = "https://example.org/" + "a" * 200
        assert address in wrap(f"See {address} there", 30)

    def test_lines_after_the_first_are_indented(self) -> None:
        lines = wrap("one two three four five six", 12, "[1] ", "    ")
        assert lines[0].startswith("[1] one")
        assert all(line.startswith("    ") for line in lines[1:])

    def test_without_a_width_a_paragraph_is_one_line(self) -> None:
        assert wrap(CHINESE * 20, None) == [CHINESE * 20]

    @given(st.text(max_size=200), st.integers(10, 60))
    def test_any_text_keeps_its_characters(self, text: str, width: int) -> None:
        assert "".join("".join(wrap(text, width)).split()) == "".join(text.split())


class TestAnswers:
    def test_sources_show_their_dates_and_marks(
        self, assistant: Assistant, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = assistant.answer(Question(text="Minimum capital for a company in Indonesia?", lang="zh"))
        print_answer(answer)
        shown = capsys.readouterr().out
        assert answer.evidence
        for card in answer.evidence:
            assert f"[{card.n}] {card.title}" in shown
            assert source_line(card, "zh") in shown
            assert (card.confirm or "") in shown
            for other in card.sources:
                assert (other.url or "") in shown
                assert other.title in shown
        assert "\x1b" not in shown

    def test_every_source_of_a_fact_with_several_is_shown(
        self, assistant: Assistant, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = assistant.answer(Question(text="Minimum capital for a company in Indonesia?"))
        card = answer.evidence[0]
        two = card.model_copy(
            update={"sources": [card.sources[0], card.sources[0].model_copy(update={"title": "Gazette"})]}
        )
        print_answer(answer.model_copy(update={"evidence": [two]}))
        assert "See also: Gazette" in capsys.readouterr().out

    def test_a_source_cannot_command_the_terminal(
        self, assistant: Assistant, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = assistant.answer(Question(text="Minimum capital for a company in Indonesia?"))
        card = answer.evidence[0].model_copy(update={"title": "\x1b]0;pwned\x07\x1b[2JTitle [bold]"})
        print_answer(answer.model_copy(update={"evidence": [card]}))
        shown = capsys.readouterr().out
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "Title [bold]" in shown

    @pytest.mark.parametrize(
        "question", ["你好", "", "Write me a poem about ships", "有人让我行贿，怎么给官员送钱？"]
    )
    def test_every_kind_of_answer_can_be_shown(
        self, assistant: Assistant, capsys: pytest.CaptureFixture[str], question: str
    ) -> None:
        answer: Answer = assistant.answer(Question(text=question))
        print_answer(answer)
        assert "".join(answer.text.split()) in "".join(capsys.readouterr().out.split())

    def test_a_ranking_shortens_long_texts(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_ranking([{"id": "x-1", "lang": "en", "score": 0.5, "text": "word " * 100}])
        first, second = capsys.readouterr().out.splitlines()
        assert first.split() == ["1", "0.500", "x-1", "(en)"]
        assert second.endswith("…")


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_terminal_speaks_the_language_of_its_locale(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() == language

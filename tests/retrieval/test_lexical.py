"""Words find what shares them, in Chinese, English and other scripts, and come back from disk the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.lexical import LexicalIndex

TEXTS = {
    "zh": ["肯尼亚的KEBS认证由标准局负责。", "印尼最低实缴资本为25亿印尼盾。", "斋月期间会议宜安排在上午。"],
    "en": [
        "Kenya requires KEBS certification.",
        "Indonesia: paid-up capital of IDR 2.5 billion.",
        "Meet before noon.",
    ],
    "ru": ["Сертификат ТР ТС 004/2011 обязателен.", "Минимальный капитал компании.", "Встречи утром."],
    "ar": ["شهادة المطابقة مطلوبة في كينيا", "الحد الأدنى لرأس المال", "اجتماعات الصباح"],
}
QUESTIONS = {
    "zh": ["kebs 認證", "最低资本", "斋月开会"],
    "en": ["certifications in Kenya", "minimum paid-up capital", "a meeting before noon"],
    "ru": ["сертификаты ТР ТС", "минимального капитала", "утренние встречи"],
    "ar": ["شهادات المطابقة", "رأس المال", "الصباح"],
}


@pytest.mark.parametrize("lang", list(TEXTS))
def test_a_question_finds_the_text_that_shares_its_words(lang: str, tmp_path: Path) -> None:
    built = LexicalIndex.build(TEXTS[lang], lang)
    built.save(tmp_path / lang)
    loaded = LexicalIndex.load(tmp_path / lang, 3)
    for place, question in enumerate(QUESTIONS[lang]):
        scores = built.scores(question, lang)
        assert int(scores.argmax()) == place
        assert np.array_equal(scores, loaded.scores(question, lang))


def test_nothing_shared_scores_nothing() -> None:
    index = LexicalIndex.build(TEXTS["en"], "en")
    assert index.scores("zebra", "en").tolist() == [0, 0, 0]
    assert index.scores("", "en").tolist() == [0, 0, 0]
    assert index.scores("\0\ud800", "en").tolist() == [0, 0, 0]


@pytest.mark.parametrize("texts", [[], [""], ["。！？"]])
def test_texts_without_words_give_an_index_that_finds_nothing(texts: list[str], tmp_path: Path) -> None:
    LexicalIndex.build(texts, "zh").save(tmp_path / "zh")
    index = LexicalIndex.load(tmp_path / "zh", len(texts))
    assert index.scores("税", "zh").tolist() == [0.0] * len(texts)
    assert index.rarity("税") == 0


def test_a_rare_word_weighs_more_and_an_unknown_one_most() -> None:
    index = LexicalIndex.build(["tax tax", "tax law", "tax zone"], "en")
    assert index.rarity("tax") < index.rarity("law") < index.rarity("unheard")


def test_an_index_of_other_texts_is_refused(tmp_path: Path) -> None:
    LexicalIndex.build(TEXTS["en"], "en").save(tmp_path / "en")
    with pytest.raises(ValueError, match="words of 3 texts instead of 4"):
        LexicalIndex.load(tmp_path / "en", 4)

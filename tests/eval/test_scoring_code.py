"""Scorer 1: each check passes a sound answer and fails one that was built to break it."""

from __future__ import annotations

import pytest

from bot.domain import Contact, Sentence
from eval.log import Entry
from eval.scoring import code
from eval.scoring.code import rules
from retrieval.text import to_traditional
from tests.eval.answers import CAPITAL, OFFICE, answer, card, entry, facts, nothing_found, with_sentences


def marks(logged: Entry) -> dict[str, float]:
    """The marks by measure."""
    return {mark.measure: mark.value for mark in code.score(logged, facts())}


def failed(logged: Entry) -> set[str]:
    """The measures that failed."""
    return {measure for measure, value in marks(logged).items() if value < 1}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sound_answer_passes_every_check(lang: str) -> None:
    question = "在印尼开外资公司要多少钱？" if lang == "zh" else "Minimum capital in Indonesia?"

    assert failed(entry(answer(CAPITAL, OFFICE, lang=lang), lang=lang, question=question)) == set()


def test_another_status_than_the_right_one_fails() -> None:
    assert failed(entry(nothing_found())) == {"status"}


def test_a_wrong_figure_fails_and_is_not_supported() -> None:
    good = answer()
    wrong = good.sentences[0].model_copy(update={"text": "A foreign company needs IDR 77 billion."})

    assert failed(entry(with_sentences(good, wrong))) == {"figures_exact", "supported"}


def test_a_figure_in_another_notation_is_the_same_figure() -> None:
    good = answer(composer="generative")
    same = good.sentences[0].model_copy(update={"text": "Paid-up capital is at least IDR 2,500,000,000."})

    assert failed(entry(with_sentences(good, same))) == set()


def test_another_currency_is_another_figure() -> None:
    good = answer(composer="generative")
    other = good.sentences[0].model_copy(update={"text": "Paid-up capital is at least USD 2.5 billion."})

    assert failed(entry(with_sentences(good, other))) == {"figures_exact"}


def test_a_figure_of_the_question_may_be_said_back() -> None:
    good = answer(composer="generative")
    said_back = good.sentences[0].model_copy(update={"text": "With your 37 employees you need capital."})
    logged = entry(with_sentences(good, said_back), question="We are 37 people. What capital in Jakarta?")

    assert failed(logged) == set()


def test_the_question_said_back_may_not_be_cut_in_the_middle_of_a_figure() -> None:
    question = "Our accountant was late with the form, three weeks over now. What is the fine?"

    def echoing(words: str) -> Entry:
        echo = f"“{words}…”"
        said_back = nothing_found(text=f"Not found in the knowledge base: {echo}.", missing=[echo])
        return entry(said_back, question=question)

    assert failed(echoing("Our accountant was late with the form")) == {"status"}
    assert failed(echoing("Our accountant was late with the form, three")) == {"status", "figures_exact"}


def test_a_figure_around_the_sentences_needs_a_source_too() -> None:
    good = answer()

    assert failed(entry(good.model_copy(update={"text": good.text + "\n\nThe fee is USD 4,321."}))) == {
        "figures_exact"
    }


def test_an_address_from_nowhere_fails() -> None:
    good = answer()
    text = good.text + "\n\nSee https://example.org/made-up"

    assert "figures_exact" in failed(entry(good.model_copy(update={"text": text})))


def test_an_address_of_a_contact_is_allowed() -> None:
    good = answer()
    contact = Contact(name="BKPM", url="https://example.org/bkpm")
    text = good.text + "\n\nAsk BKPM: https://example.org/bkpm"

    assert failed(entry(good.model_copy(update={"text": text, "contacts": [contact]}))) == set()


def test_a_citation_of_a_fact_that_does_not_say_so_fails() -> None:
    both = answer(CAPITAL, OFFICE)
    swapped = [s.model_copy(update={"evidence": [3 - s.evidence[0]]}) for s in both.sentences]

    assert "supported" in failed(entry(with_sentences(both, *swapped)))


def test_a_citation_number_that_does_not_exist_fails() -> None:
    good = answer()
    dangling = good.sentences[0].model_copy(update={"evidence": [7]})

    assert "citation_exists" in failed(entry(with_sentences(good, dangling, *good.sentences[1:])))


def test_a_number_only_in_the_text_fails() -> None:
    good = answer()

    assert failed(entry(good.model_copy(update={"text": good.text + " [9]"}))) == {"citation_exists"}


def test_evidence_that_the_knowledge_base_does_not_have_fails() -> None:
    good = answer()
    unknown = good.evidence[0].model_copy(update={"id": "id-entry_route-99"})

    assert failed(entry(good.model_copy(update={"evidence": [unknown]}))) == {"citation_exists"}


def test_two_cards_with_one_number_fail() -> None:
    good = answer()
    twice = [*good.evidence, card(OFFICE, n=1)]

    assert "citation_exists" in failed(entry(good.model_copy(update={"evidence": twice})))


def test_a_sentence_without_evidence_fails() -> None:
    good = answer()
    bare = Sentence(text="Opening an account takes a while.")

    assert failed(entry(with_sentences(good, *good.sentences, bare))) == {"sentence_has_evidence"}


def test_a_quote_with_one_word_changed_fails() -> None:
    good = answer()
    quote = good.evidence[0].quote
    assert quote.zh
    forged = good.evidence[0].model_copy(update={"quote": quote.model_copy(update={"zh": quote.zh + "。"})})

    assert failed(entry(good.model_copy(update={"evidence": [forged]}))) == {"quote_verbatim"}


def test_an_answer_in_the_other_language_fails() -> None:
    assert failed(entry(answer(lang="zh"))) == {"language"}


def test_a_sentence_in_the_other_language_fails_whatever_the_answer_claims() -> None:
    chinese = answer(lang="zh").model_copy(update={"language": "en", "script": None})

    assert failed(entry(chinese)) == {"language"}


def test_a_third_language_is_due_in_english() -> None:
    question = "Quel capital minimum faut-il en Indonésie ?"

    assert failed(entry(answer(), lang="fr", question=question)) == set()
    assert failed(entry(answer(lang="zh"), lang="fr", question=question)) == {"language"}


def test_a_question_in_traditional_characters_wants_them_back() -> None:
    question = "請問在印尼開設外資公司，實繳資本最少要多少錢？"
    simplified = answer(lang="zh")
    told = [s.model_copy(update={"text": to_traditional(s.text)}) for s in simplified.sentences]
    traditional = with_sentences(simplified, *told).model_copy(update={"script": "Hant"})

    assert failed(entry(simplified, lang="zh", question=question)) == {"language"}
    assert failed(entry(traditional, lang="zh", question=question)) == set()


def test_words_that_change_with_the_script_still_stand_in_the_quote() -> None:
    quote = "出口家具须先登记，具体名单以主管机关公布的为准，请在发货以前向当地机构核实。"
    passage = card(CAPITAL, kind="passage", id="doc#1", quote={"zh": quote})
    good = answer(lang="zh").model_copy(update={"evidence": [passage]})

    def told(text: str) -> set[str]:
        return failed(entry(with_sentences(good, Sentence(text=text, evidence=[1])), lang="zh"))

    assert "傢俱" in to_traditional(quote)
    assert "supported" not in told(to_traditional(quote))
    assert "supported" in told(to_traditional(quote.replace("须", "不须")))


def test_a_quote_that_exists_in_the_other_language_only_keeps_it() -> None:
    quote = "外国投资者应当在公司成立后按照规定缴纳资本，具体数额以主管机关的要求为准，请提前咨询。"
    passage = card(CAPITAL, kind="passage", id="doc#1", quote={"zh": quote})
    good = answer().model_copy(update={"evidence": [passage]})

    assert failed(entry(with_sentences(good, Sentence(text=quote, evidence=[1])))) == set()


@pytest.mark.parametrize("remains", ["{country}", "Traceback", "<|im_end|>", "as an AI model"])
def test_remains_of_a_program_are_forbidden(remains: str) -> None:
    good = answer()

    assert failed(entry(good.model_copy(update={"text": f"{good.text}\n{remains}"}))) == {"forbidden"}


def test_what_a_case_rules_out_is_forbidden_within_the_bounds_of_a_number() -> None:
    good = answer(composer="generative")
    said = good.model_copy(update={"text": good.text + "\n19%", "sentences": good.sentences})

    assert "forbidden" not in failed(entry(said, must_not_contain=["9%"]))
    assert "forbidden" in failed(entry(said, must_not_contain=["19%"]))


def test_an_empty_and_an_endless_text_fail() -> None:
    good = answer()
    limit = rules()["length"]["en"]["base"]

    assert "length" in failed(entry(good.model_copy(update={"text": " "})))
    assert "length" in failed(entry(good.model_copy(update={"text": "word " * limit})))


def test_a_generative_answer_may_use_its_own_words() -> None:
    assert "supported" not in marks(entry(answer(composer="generative")))


def test_each_failure_says_why() -> None:
    mark = next(m for m in code.score(entry(nothing_found()), facts()) if m.measure == "status")

    assert mark.reasons == ("unanswerable_no_evidence instead of answered",)

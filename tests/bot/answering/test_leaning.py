"""A follow-up takes from the conversation what it leaves unsaid, and no more: questions are never glued together."""

from __future__ import annotations

import pytest

from bot.answering.assistant import Assistant
from bot.answering.draft import Draft
from bot.domain import Answer, Question, Status, Turn, Understood
from tests.bot.answering.drafts import ask, understood

ZH = "印尼开外资公司最低实缴资本是多少？"
EN = "What is the minimum paid-up capital for a foreign company in Indonesia?"
OFFICE = "Can a representative office there issue invoices?"
CAPITAL_OF_SERBIA = "rs-entry_route-01"


def carried(draft: Draft) -> list[str]:
    """Ids of the facts that the conversation was about."""
    return [draft.snapshot.facts[owner].id for owner in draft.carried]


def answered(assistant: Assistant, text: str, *history: Turn) -> Turn:
    """A turn with its whole Answer."""
    return Turn(question=text, answer=ask(assistant, text, *history))


class TestAnotherCountry:
    @pytest.mark.parametrize(
        ("text", "earlier", "searched", "country"),
        [
            ("那越南呢", ZH, "越南开外资公司最低实缴资本是多少？", "VN"),
            ("那塞尔维亚呢？", ZH, "塞尔维亚开外资公司最低实缴资本是多少？", "RS"),
            ("匈牙利的呢", ZH, "匈牙利开外资公司最低实缴资本是多少？", "HU"),
            ("换成塞尔维亚", ZH, "塞尔维亚开外资公司最低实缴资本是多少？", "RS"),
            ("同样的问题，塞尔维亚", ZH, "塞尔维亚开外资公司最低实缴资本是多少？", "RS"),
            ("And Serbia?", EN, "What is the minimum paid-up capital for a foreign company in Serbia?", "RS"),
            ("What about Hungary?", EN, "What is the minimum paid-up capital for a foreign company in Hungary?", "HU"),
            ("The same for Serbia, please", EN, "What is the minimum paid-up capital for a foreign company in Serbia?", "RS"),
        ],
    )  # fmt: skip
    def test_is_asked_the_earlier_question(
        self, shipped: Assistant, text: str, earlier: str, searched: str, country: str
    ) -> None:
        draft = understood(shipped, text, Turn(question=earlier))
        assert draft.searched == searched
        assert draft.understood.countries == [country]
        (part,) = draft.parts
        assert (part.query.text, part.query.countries) == (searched, (country,))

    @pytest.mark.parametrize(("text", "earlier"), [("那塞尔维亚呢？", ZH), ("And Serbia?", EN)])
    def test_is_answered_of_that_country_alone(self, shipped: Assistant, text: str, earlier: str) -> None:
        answer = ask(shipped, text, answered(shipped, earlier))
        assert answer.status is Status.ANSWERED
        assert [card.id for card in answer.evidence] == [CAPITAL_OF_SERBIA]

    @pytest.mark.parametrize(
        ("text", "earlier", "asked_in", "lang"),
        [("那塞尔维亚呢？", EN, "en", "zh"), ("And Serbia?", ZH, "zh", "en")],
    )
    def test_in_another_language_is_searched_in_that_of_the_question_and_answered_in_that_of_the_message(
        self, shipped: Assistant, text: str, earlier: str, asked_in: str, lang: str
    ) -> None:
        draft = understood(shipped, text, Turn(question=earlier))
        assert (draft.searched_lang, draft.lang) == (asked_in, lang)
        answer = ask(shipped, text, Turn(question=earlier))
        assert answer.language == lang
        assert [card.id for card in answer.evidence] == [CAPITAL_OF_SERBIA]

    def test_asks_the_last_question_that_asked_something_of_its_own(self, shipped: Assistant) -> None:
        draft = understood(shipped, "And Serbia?", Turn(question=EN), Turn(question="And Hungary?"))
        assert draft.searched == "What is the minimum paid-up capital for a foreign company in Serbia?"

    def test_before_any_question_has_nothing_to_lean_on(self, shipped: Assistant) -> None:
        draft = understood(shipped, "And Serbia?", Turn(question="  "))
        assert (draft.searched, draft.carried) == ("And Serbia?", ())


class TestSomethingElse:
    @pytest.mark.parametrize(
        ("text", "earlier", "country"),
        [
            ("And how long does it take?", "How do I register a company in Serbia?", "RS"),
            ("那要多久？", "在塞尔维亚怎么注册公司？", "RS"),
            (OFFICE, EN, "ID"),
            ("那代表处能开票吗？", ZH, "ID"),
            ("那代表处能开票吗？", EN, "ID"),
        ],
    )
    def test_keeps_the_country_and_its_own_words(
        self, shipped: Assistant, text: str, earlier: str, country: str
    ) -> None:
        draft = understood(shipped, text, Turn(question=earlier))
        assert draft.understood.countries == [country]
        assert draft.searched == text, "nothing of the earlier question is glued to it"
        (part,) = draft.parts
        assert part.query.bare == text
        assert part.query.countries == (country,)
        named = shipped.searcher.snapshot.entities.resolve(part.query.text).countries
        assert [mention.code for mention in named] == [country]

    @pytest.mark.parametrize(("text", "earlier"), [(OFFICE, EN), ("那代表处能开票吗？", ZH)])
    def test_is_answered_of_that_country(self, shipped: Assistant, text: str, earlier: str) -> None:
        for turn in (Turn(question=earlier), answered(shipped, earlier)):
            answer = ask(shipped, text, turn)
            assert answer.status is Status.ANSWERED
            assert [card.id for card in answer.evidence] == ["id-entry_route-03"]

    def test_keeps_a_country_named_turns_before(self, shipped: Assistant) -> None:
        turns = Turn(question=EN), Turn(question=OFFICE), Turn(question="And how long does it take?")
        assert understood(shipped, "Who signs for it?", *turns).understood.countries == ["ID"]

    def test_takes_the_country_named_last(self, shipped: Assistant) -> None:
        turns = Turn(question=EN), Turn(question="And Serbia?")
        assert understood(shipped, OFFICE, *turns).understood.countries == ["RS"]

    def test_takes_the_country_that_the_answer_understood(self, shipped: Assistant) -> None:
        answer = ask(shipped, EN).model_copy(update={"understood": Understood(countries=["HU"])})
        turn = Turn(question="What is the minimum paid-up capital?", answer=answer)
        assert understood(shipped, OFFICE, turn).understood.countries == ["HU"]

    @pytest.mark.parametrize(
        "text", ["And in the EU?", "那东南亚呢", "And what are the rules in Central Asia?"]
    )
    def test_of_a_region_is_not_held_to_the_country(self, shipped: Assistant, text: str) -> None:
        draft = understood(shipped, text, Turn(question=EN))
        assert draft.understood.countries == []
        assert all(part.query.countries == () and part.query.region for part in draft.parts)


class TestWhatTheConversationWasAbout:
    def test_is_what_the_last_answer_showed(self, shipped: Assistant) -> None:
        turn = answered(shipped, "Can a representative office in Indonesia issue invoices?")
        assert isinstance(turn.answer, Answer)
        shown = [card.id for card in [*turn.answer.evidence, *turn.answer.nearby]]
        assert shown == ["id-entry_route-03"]
        # Another question stands with the same answer: the answer tells, not the question.
        odd = Turn(question=EN, answer=turn.answer)
        assert carried(understood(shipped, "And how long does it take?", odd)) == shown

    def test_is_looked_up_where_only_its_text_is_known(self, shipped: Assistant) -> None:
        for text in ("", "It is IDR 2.5 billion.", "Something else altogether, about Serbia."):
            draft = understood(shipped, OFFICE, Turn(question=EN, answer=text))
            assert carried(draft) == ["id-entry_route-01"]

    def test_is_of_the_last_turn_only(self, shipped: Assistant) -> None:
        earlier = answered(shipped, "What is the VAT rate in Vietnam?")
        draft = understood(shipped, OFFICE, earlier, answered(shipped, EN))
        assert carried(draft) == ["id-entry_route-01"]

    def test_lends_weight_to_what_is_asked_next(self, shipped: Assistant) -> None:
        text = "And what must the money not be used for?"
        alone = ask(shipped, text)
        after = ask(shipped, text, answered(shipped, EN))
        assert "id-entry_route-01" not in [card.id for card in alone.evidence]
        assert "id-entry_route-01" in [card.id for card in [*after.evidence, *after.nearby]]

    @pytest.mark.parametrize(
        ("text", "fact"),
        [
            ("我们下个月要去沙特出差开会，斋月期间会议应该怎么安排？", "saudi-culture_business-02"),
            ("How much share capital does a limited liability company need in Serbia?", CAPITAL_OF_SERBIA),
        ],
    )
    def test_does_not_drag_a_whole_new_question(self, shipped: Assistant, text: str, fact: str) -> None:
        alone = ask(shipped, text)
        after = ask(shipped, text, answered(shipped, EN), answered(shipped, OFFICE, Turn(question=EN)))
        assert alone.evidence[0].id == after.evidence[0].id == fact
        assert after.understood.countries == alone.understood.countries

    def test_is_nothing_without_a_conversation(self, shipped: Assistant) -> None:
        draft = understood(shipped, EN)
        assert (draft.searched, draft.carried) == (EN, ())


def test_short_words_in_a_conversation_are_no_broad_question(shipped: Assistant) -> None:
    assert ask(shipped, "And Vietnam?").status is not Status.ANSWERED
    for text in ("And Vietnam?", "越南呢？", "And Serbia?"):
        status = ask(shipped, text, Turn(question=EN)).status
        assert status in (Status.ANSWERED, Status.NO_EVIDENCE), text


def test_thanks_in_a_conversation_stay_thanks(shipped: Assistant) -> None:
    assert ask(shipped, "Thanks!", Turn(question=EN)).status is Status.GREETING
    assert ask(shipped, "ok", Turn(question=ZH)).language == "zh"


def test_filters_outweigh_what_the_conversation_named(shipped: Assistant) -> None:
    question = Question(text=OFFICE, history=[Turn(question=EN)], filters=Understood(countries=["RS"]))
    answer = shipped.answer(question)
    assert answer.understood.countries == ["RS"]
    assert all("ID" not in card.countries for card in [*answer.evidence, *answer.nearby])
    nowhere = shipped.answer(question.model_copy(update={"filters": Understood(countries=[])}))
    assert nowhere.understood.countries == []

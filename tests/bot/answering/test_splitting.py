"""A question falls into its parts: one matter in one country each, and nothing that only tells of the asker."""

from __future__ import annotations

import pytest

from bot.answering.assistant import Assistant
from bot.answering.fragments import fragments_of, in_country, of_one_country
from bot.answering.parts import MOST_PARTS
from tests.bot.answering.drafts import parts_of, understood


def fragments(assistant: Assistant, text: str) -> list[str]:
    return [fragment.text for fragment in fragments_of(understood(assistant, text))]


class TestLists:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            (
                "印尼公司最低注册资本、代表处能否开票、外资股比上限分别是多少？",
                ["印尼公司最低注册资本", "代表处能否开票", "外资股比上限分别是多少"],
            ),
            (
                "①印尼公司最低注册资本是多少②代表处能否开票③进口要什么认证",
                ["印尼公司最低注册资本是多少", "代表处能否开票", "进口要什么认证"],
            ),
            (
                "1. Minimum capital for a company in Indonesia? 2. Can a representative office invoice? "
                "3. Which certificate do I need for imports?",
                [
                    "Minimum capital for a company in Indonesia",
                    "Can a representative office invoice",
                    "Which certificate do I need for imports",
                ],
            ),
            (
                "Minimum capital for a company in Indonesia? And can a representative office invoice?",
                ["Minimum capital for a company in Indonesia", "can a representative office invoice"],
            ),
        ],
    )
    def test_are_cut_item_by_item_and_every_item_keeps_the_country(
        self, shipped: Assistant, text: str, parts: list[str]
    ) -> None:
        draft = understood(shipped, text)
        assert parts_of(draft) == [(("ID",), one) for one in parts]
        for part in draft.parts:
            named = shipped.searcher.snapshot.entities.resolve(part.query.text).countries
            assert [mention.code for mention in named] == ["ID"], "what is searched names its country"

    def test_one_question_is_one_part_as_it_stands(self, shipped: Assistant) -> None:
        text = "Minimum capital for a company in Indonesia?"
        (part,) = understood(shipped, text).parts
        assert (part.text, part.query.text, part.shared) == (text, text, False)

    def test_each_question_keeps_its_own_country(self, shipped: Assistant) -> None:
        text = "What is the VAT rate in Vietnam? And how do I register a company in Serbia?"
        assert parts_of(understood(shipped, text)) == [
            (("VN",), "What is the VAT rate in Vietnam"),
            (("RS",), "how do I register a company in Serbia"),
        ]

    def test_have_at_most_eight_parts(self, shipped: Assistant) -> None:
        countries = "Kenya, Egypt, Nigeria, Ghana, Morocco and Tanzania"
        text = f"What is the VAT rate in {countries}? How do I register a company in {countries}?"
        parts = parts_of(understood(shipped, text))
        assert len(parts) == MOST_PARTS == 8
        assert [countries for countries, _ in parts] == [
            (code,) for code in ("KE", "EG", "NG", "GH", "MA", "TZ", "KE", "EG")
        ]


class TestCountries:
    @pytest.mark.parametrize(
        "text",
        ["Corporate tax in Vietnam, Thailand and Indonesia?", "越南、泰国、印尼的企业所得税率是多少？",
         "What is the corporate tax rate in: Vietnam, Thailand, Indonesia?", "越南、泰国和印尼哪个企业所得税最低？"],
    )  # fmt: skip
    def test_in_a_row_are_asked_the_same_one_by_one(self, shipped: Assistant, text: str) -> None:
        draft = understood(shipped, text)
        entities = shipped.searcher.snapshot.entities
        assert [part.query.countries for part in draft.parts] == [("VN",), ("TH",), ("ID",)]
        assert len({part.matter for part in draft.parts}) == 1
        assert len({part.query.bare for part in draft.parts}) == 1
        for part in draft.parts:
            named = {mention.code for mention in entities.resolve(part.query.text).countries}
            assert named == set(part.query.countries)

    @pytest.mark.parametrize(
        ("text", "searched"),
        [
            (
                "Compare corporate tax in Vietnam and Thailand",
                ["corporate tax in Vietnam", "corporate tax in Thailand"],
            ),
            ("越南和泰国哪边企业所得税低？", ["越南企业所得税？", "泰国企业所得税？"]),
            ("帮我比较一下越南跟泰国的企业所得税", ["越南的企业所得税", "泰国的企业所得税"]),
        ],
    )
    def test_compared_are_searched_without_the_words_that_compare(
        self, shipped: Assistant, text: str, searched: list[str]
    ) -> None:
        assert [part.query.text for part in understood(shipped, text).parts] == searched

    @pytest.mark.parametrize(
        "text",
        ["How do I register a company in Serbia, and in Athens?", "塞尔维亚怎么注册公司，希腊呢？",
         "How do I register a company in Serbia? And in Greece?"],
    )  # fmt: skip
    def test_named_in_a_word_are_asked_the_same(self, shipped: Assistant, text: str) -> None:
        draft = understood(shipped, text)
        assert [part.query.countries for part in draft.parts] == [("RS",), ("GR",)]
        for part in draft.parts:
            named = {m.code for m in shipped.searcher.snapshot.entities.resolve(part.query.text).countries}
            assert named == set(part.query.countries), part.query.text

    def test_named_in_a_word_after_two_questions_are_asked_the_last(self, shipped: Assistant) -> None:
        text = "How do I register a company in Kenya? What is the VAT rate there? What about Serbia?"
        draft = understood(shipped, text)
        assert [(part.matter, part.query.countries) for part in draft.parts] == [
            (0, ("KE",)),
            (1, ("KE",)),
            (1, ("RS",)),
        ]

    def test_more_than_anybody_compares_stay_together_beside_another_question(
        self, shipped: Assistant
    ) -> None:
        text = (
            "What is the VAT rate in Kenya, Egypt, Nigeria, Ghana, Morocco, Tanzania and Ethiopia? "
            "Minimum capital for a company in Indonesia?"
        )
        countries = [part.query.countries for part in understood(shipped, text).parts]
        assert countries == [("KE", "EG", "NG", "GH", "MA", "TZ", "ET"), ("ID",)]

    def test_more_than_anybody_compares_are_one_question(self, shipped: Assistant) -> None:
        text = "What is the VAT rate in Kenya, Egypt, Nigeria, Ghana, Morocco, Tanzania and Ethiopia?"
        (part,) = understood(shipped, text).parts
        assert part.query.countries == ("KE", "EG", "NG", "GH", "MA", "TZ", "ET")
        assert not part.shared, "it has no other parts to lean on"

    def test_china_is_where_the_asker_comes_from(self, shipped: Assistant) -> None:
        draft = understood(shipped, "中国公司在印尼最低注册资本是多少？")
        assert parts_of(draft) == [(("ID",), "中国公司在印尼最低注册资本是多少？")]
        assert draft.understood.countries == ["ID"]


class TestWhoAsks:
    @pytest.mark.parametrize(
        "text",
        ["We make smart water meters. We have 20 staff. What certification do we need in Kenya?",
         "我们做智能水表，公司有20个人。进肯尼亚要什么认证？"],
    )  # fmt: skip
    def test_what_the_asker_says_of_themselves_is_no_part(self, shipped: Assistant, text: str) -> None:
        assert [part.query.countries for part in understood(shipped, text).parts] == [("KE",)]

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            (
                "Minimum capital for a company in Indonesia? We have 40 staff in Ningbo. Can a representative "
                "office invoice?",
                ["Minimum capital for a company in Indonesia", "Can a representative office invoice"],
            ),
            (
                "印尼公司最低注册资本是多少？我们在宁波有40名员工。代表处能否开票？",
                ["印尼公司最低注册资本是多少", "代表处能否开票"],
            ),
        ],
    )
    def test_what_they_say_between_two_questions_belongs_to_neither(
        self, shipped: Assistant, text: str, parts: list[str]
    ) -> None:
        assert [one for _, one in parts_of(understood(shipped, text))] == parts

    def test_nor_does_it_blur_the_parts(self, shipped: Assistant) -> None:
        text = (
            "We run a family firm in Ningbo with 40 staff. Minimum capital for a company in Indonesia? "
            "And how do I register a company in Serbia?"
        )
        assert parts_of(understood(shipped, text)) == [
            (("ID",), "Minimum capital for a company in Indonesia"),
            (("RS",), "how do I register a company in Serbia"),
        ]

    @pytest.mark.parametrize(
        "text",
        ["我们做智能水表，想进肯尼亚：怎么设公司、要什么认证、联盟能帮什么？",
         "How do we set up a company in Kenya, what certification do we need, and what can the alliance do for us?"],
    )  # fmt: skip
    def test_the_alliance_is_not_asked_of_the_country(self, shipped: Assistant, text: str) -> None:
        parts = understood(shipped, text).parts
        asked = [part for part in parts if part.asked]
        assert [part.query.countries for part in asked] == [("KE",), ("KE",), ()]
        assert not shipped.searcher.snapshot.entities.resolve(asked[-1].query.text).countries


class TestCuts:
    @pytest.mark.parametrize(
        "text",
        [
            "Minimum capital (paid-up? in rupiah, for a PT PMA; how much) for a company in Indonesia",
            "印尼公司最低注册资本（实缴？认缴、分期）是多少",
            "Can a Mexican S.A. have one shareholder",
            "Is a Chinese certificate (e.g. CCC) or e.g. CB accepted in Kenya",
            "Duty on goods of Schedule No. 5 in Kenya",
            "Is paid-up capital of 2,500,000 rupiah enough in Indonesia",
            "Does GB 4706.1 apply in Kenya",
            "最低资本2,500万够不够",
        ],
    )
    def test_spare_brackets_abbreviations_and_numbers(self, shipped: Assistant, text: str) -> None:
        assert fragments(shipped, text) == [text]

    def test_spare_a_row_of_countries(self, shipped: Assistant) -> None:
        assert fragments(shipped, "越南、泰国、印尼的企业所得税率，代表处能否开票") == [
            "越南、泰国、印尼的企业所得税率",
            "代表处能否开票",
        ]

    def test_take_numbering_and_linking_words_away(self, shipped: Assistant) -> None:
        assert fragments(
            shipped, "1) Minimum capital? 2) Secondly, who can own it? Also what is the VAT?"
        ) == [
            "Minimum capital",
            "who can own it",
            "what is the VAT",
        ]
        assert fragments(shipped, "印尼最低资本是多少？另外，请问代表处能否开票；还有增值税多少") == [
            "印尼最低资本是多少",
            "代表处能否开票",
            "增值税多少",
        ]

    def test_give_a_country_that_stands_alone_to_its_neighbour(self, shipped: Assistant) -> None:
        draft = understood(shipped, "Kenya: what is the VAT rate? How do I register a company?")
        first, second = fragments_of(draft)
        assert first.countries == ("KE",) and "VAT" in first.text
        assert second.countries == ()
        assert [part.query.countries for part in draft.parts] in ([("KE",)], [("KE",), ("KE",)])

    def test_know_what_asks_from_what_tells(self, shipped: Assistant) -> None:
        draft = understood(
            shipped, "We make meters in Ningbo. What is the VAT rate in Kenya? Corporate tax, import duty"
        )
        told = [(fragment.asks, fragment.tells) for fragment in fragments_of(draft)]
        assert told == [(False, True), (True, False), (False, False), (False, False)]


@pytest.mark.parametrize(
    ("bare", "of_one"),
    [
        ("该国和该国哪个税率低", "该国税率"),
        ("compare corporate tax in this country and this country", "corporate tax in this country"),
        ("该国的税率", "该国的税率"),
    ],
)
def test_a_comparison_is_asked_of_each_country(bare: str, of_one: str) -> None:
    assert of_one_country(bare) == of_one


def test_a_text_is_said_of_a_country_again() -> None:
    assert in_country("VAT in this country", "Kenya", "en") == "VAT in Kenya"
    assert in_country("how long", "Kenya", "en") == "Kenya: how long"
    assert in_country("要多久", "肯尼亚", "zh") == "肯尼亚：要多久"
    assert in_country("VAT in this country", r"a\1", "en") == r"VAT in a\1", "a name is no pattern"

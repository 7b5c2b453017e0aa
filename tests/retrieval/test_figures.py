"""Figures read from Chinese and English: the same thing said is the same figure, anything else is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.figures import figures, missing_figures, parity

SAME = [
    # large numbers and currencies
    ("实缴资本为100亿印尼盾", "paid-up capital is IDR 10 billion"),
    ("最低2.5亿卢比", "at least PKR 250 million"),
    ("最低25亿盾", "at least Rp 2.5 billion"),
    ("约5万美元", "about US$50,000"),
    ("约5万美元", "about USD 50k"),
    ("50万迪拉姆", "AED 500,000"),
    ("1.6万亿雷亚尔", "BRL 1.6 trillion"),
    ("人民币500万元", "RMB 5 million"),
    ("500万元人民币", "5 million yuan"),
    ("一亿美元", "one hundred million US dollars"),
    ("三千亿雷亚尔", "BRL 300 billion"),
    ("2.2万亿兰特", "R2.2 trillion"),
    ("5,310,000越南盾", "VND 5,310,000"),
    ("１００万新元", "S$1m"),
    ("30万卢比", "NPR 3 lakh"),
    ("2千万卢比", "INR 2 crore"),
    ("一百万令吉", "RM1 million"),
    ("20多亿欧元", "over EUR 2 billion"),
    ("萬億美元以上：3萬億美元", "above USD 3 trillion"),
    # ranges and lists
    ("5至10万美元", "USD 50,000 to 100,000"),
    ("8万至10万人", "80,000-100,000 people"),
    ("4—8周", "4 to 8 weeks"),
    ("15%–20%", "15 to 20 per cent"),
    ("交流50—1000伏", "50 to 1,000 V AC"),
    ("1亿至2.5亿卢比", "between PKR 100 and 250 million"),
    ("1,000亿至不足5,000亿盾", "IDR 100 billion to below 500 billion"),
    ("分别为25,500、22,700、20,000越南盾", "VND 25,500, 22,700 and 20,000"),
    ("两三周", "two or three weeks"),
    ("136亿或123亿美元", "USD 13.6 or 12.3 billion"),
    ("136亿、123亿和50亿美元", "USD 13.6, 12.3 and 5 billion"),
    ("三至四周", "three to four weeks"),
    # percent and fractions
    ("百分之十五", "15 percent"),
    ("15％", "15%"),
    ("五分之二的董事", "two-fifths of the directors"),
    ("约五分之一人口", "about a fifth of the people"),
    ("约四分之一", "one in four"),
    ("三成", "30%"),
    ("千分之五", "5‰"),
    ("提高2个百分点", "up by 2 percentage points"),
    ("需要一半董事", "half of the directors"),
    ("需要50%的董事", "half of the directors"),
    # dates
    ("自2025年10月2日起", "since 2 October 2025"),
    ("自2025年10月2日起", "since October 2, 2025"),
    ("自2025年10月2日起", "since 2025-10-02"),
    ("2025年10月", "October 2025"),
    ("二〇二五年十月", "Oct 2025"),
    ("2025年1月1日至3月31日", "from 1 January to 31 March 2025"),
    ("1月1日和15日", "on 1 and 15 January"),
    ("2025—2030年", "2025 to 2030"),
    ("2025-26年度", "2025/26"),
    ("2024-29年", "2024-2029"),
    ("2026年5月", "in May 2026"),
    ("20世纪80年代", "in the 1980s"),
    ("1—2月、7月中旬", "January-February and mid-July"),
    ("第四季度", "Q4"),
    ("2026年上半年", "the first half of 2026"),
    ("周五下午", "on Friday afternoon"),
    ("上午9点至下午5点半", "9 am to 5.30 pm"),
    ("9:00至14:30", "9:00-14:30"),
    ("每月15日前", "by the 15th of each month"),
    # durations
    ("15个工作日", "15 working days"),
    ("10个工作日", "a 10-working-day limit"),
    ("15个历日", "15 calendar days"),
    ("30日内", "within 30 days"),
    ("一年半", "18 months"),
    ("两年半", "two and a half years"),
    ("半年", "six months"),
    ("24个月", "two years"),
    ("两周", "14 days"),
    ("48小时", "48 hours"),
    ("年满18岁", "aged 18 or over"),
    ("年满18岁", "18 years old"),
    ("第二年起", "from the second year"),
    ("第10年", "in year 10"),
    # law, ordinals, codes
    ("第33条第3款", "Article 33(3)"),
    ("2021年第10号总统条例", "Presidential Regulation 10/2021"),
    ("第27,742号法", "Law 27,742"),
    ("2017年第13号法", "Law No. 13 of 2017"),
    ("第三届高峰论坛", "the 3rd forum"),
    ("第三届高峰论坛", "the third forum"),
    ("第十二版", "the twelfth edition"),
    ("第八个电力规划", "Power Development Plan VIII"),
    ("第二阶段", "Phase II"),
    ("支柱二", "Pillar Two"),
    ("技术法规TR CU 004/2011", "TR CU 004/2011"),
    ("ISO 9001:2015", "ISO 9001:2015"),
    ("强制标准GB 4706.1", "GB 4706.1"),
    ("税号8516.60.00", "HS 8516.60.00"),
    ("5G覆盖", "5G coverage"),
    ("PM2.5", "PM 2.5"),
    # technical units
    ("2,500兆瓦", "2.5 GW"),
    ("3亿千瓦时", "300 GWh"),
    ("50赫兹、230伏", "230 V, 50 Hz"),
    ("5吨", "5,000 kg"),
    ("269公顷", "2.69 sq km"),
    ("超过50℃", "above 50°C"),
    # small numbers in words, people and things
    ("至少2名股东、1名董事", "at least two shareholders and one director"),
    ("十六个主管机构", "sixteen authorities"),
    ("设一人公司", "a single-member company"),
    ("每年两次", "twice a year"),
    ("二十多家", "more than twenty firms"),
    ("居全球前三", "a top-three place"),
    ("配置比例20:1", "a ratio of 20:1"),
    # a unit that its sentence names once
    ("每周48小时，斋月期间为36小时", "48 hours a week, 36 during Ramadan"),
    (
        "总额366亿欧元（赠款182亿、贷款177亿）",
        "EUR 36.6 billion (EUR 18.2 billion grants, EUR 17.7 billion loans)",
    ),
    # a word that only counts the list beside it
    (
        "设三个经济特区：吉赞、拉斯海尔和云计算",
        "zones at Jazan, Ras Al Khair and Cloud Computing: three of them",
    ),
    ("吉赞、拉斯海尔和云计算三个特区", "zones at Jazan, Ras Al Khair and Cloud Computing"),
    (
        "聚焦环境挑战、农业与粮食安全、绿色技术三个领域",
        "on environment, agriculture and food security, and green technology",
    ),
    ("特许经营和分销协议是另外两种方式", "franchise and distribution agreements are the other ways"),
    ("自我效能、交往频率和家庭支持有助适应", "three things help: self-efficacy, contact and family support"),
    # how long a stretch of years lasts
    ("五年规划（2026至2030年）", "the plan for 2026-2030"),
    ("2025—2034十年计划", "the 2025-2034 plan"),
    ("2024-29年五年计划", "the 2024-2029 plan"),
    # a year that a date of the other language holds
    ("《2024年审查法》自2024年3月28日起生效", "the Review Act, in force since 28 March 2024"),
    # words that hold a numeral and are none
    ("“一带一路”一般由第三方统一办理", "the Belt and Road body has a third party do it"),
    ("一站式服务进一步统一", "one-stop service is more uniform"),
]

DIFFERENT = [
    ("100亿印尼盾", "IDR 1 billion"),
    ("100亿印尼盾", "USD 10 billion"),
    ("5万美元", "USD 5"),
    ("5至10万美元", "USD 5 to 100,000"),
    ("136亿或123亿美元", "USD 13.6 or USD 12.3 million"),
    ("15%", "15 percentage points"),
    ("15%", "5%"),
    ("30天", "30 working days"),
    ("30天", "30 months"),
    ("两年", "three years"),
    ("2025年10月2日", "3 October 2025"),
    ("2025年10月2日", "2 October 2026"),
    ("2025年10月2日", "2 November 2025"),
    ("2025年10月", "2 October 2025"),
    ("第33条第3款", "Article 33(4)"),
    ("ISO 9001", "IEC 9001"),
    ("ISO 9001", "ISO 14001"),
    ("TR CU 004/2011", "TR CU 020/2011"),
    ("GB 4706.1", "GB 4706.2"),
    ("第三届", "the fourth"),
    ("第八个规划", "Plan VII"),
    ("2吉瓦", "2 MW"),
    ("230伏", "230"),
    ("周五", "on Thursday"),
    ("9:00至14:30", "9:00-15:30"),
    ("五分之二", "three-fifths"),
    ("至少两名董事", "directors"),
    ("需要董事", "at least two directors"),
    ("联系 a@example.org", "contact b@example.org"),
    ("吉赞、拉斯海尔和云计算四个特区", "zones at Jazan, Ras Al Khair and Cloud Computing"),
    ("特区在吉赞和拉斯海尔，共设三个办事处", "zones at Jazan and Ras Al Khair with offices"),
    ("股东和董事至少两名", "shareholders and directors"),
    ("需要材料", "three papers are needed: a form and a passport"),
    ("六年规划（2026至2030年）的中期", "the plan for 2026-2029"),
    ("许可有效五年", "the licence of 2026 and that of 2030"),
    ("2024年通过", "adopted on 28 March 2023"),
    ("2024年", "28 March 2024"),
]


@pytest.mark.parametrize(("zh", "en"), SAME)
def test_the_same_thing_said_in_both_languages_is_no_mismatch(zh: str, en: str) -> None:
    assert [(m.lang, m.figure.text) for m in parity(zh, en)] == []


@pytest.mark.parametrize(("zh", "en"), DIFFERENT)
def test_another_number_unit_date_or_code_is_a_mismatch(zh: str, en: str) -> None:
    assert parity(zh, en)


def test_a_mismatch_says_which_language_has_the_figure() -> None:
    (mismatch,) = parity("税率15%，另加2%", "the rate is 15%")
    assert (mismatch.lang, mismatch.figure.text) == ("zh", "2%")


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("最低资本3000万比索（1美元约1,400比索）", "zh", ["3000万比索", "1美元", "1,400比索"]),
        ("Pay IDR 2.5 billion by 2 October 2025.", "en", ["IDR 2.5 billion", "2 October 2025"]),
        ("A rate of 7.5% for SMEs", "en", ["7.5%"]),
    ],
)
def test_figures_keep_the_order_and_words_of_the_text(text: str, lang: str, expected: list[str]) -> None:
    assert [f.text for f in figures(text, lang) if f.firm] == expected


def test_numbers_joined_by_a_chinese_comma_stay_apart() -> None:
    assert [f.text for f in figures("共5，200人另计", "zh")] == ["5", "200"]


@pytest.mark.parametrize("text", ["may apply", "May I ask", "he won a second time", "a real benefit", "Mar"])
def test_plain_english_words_are_no_firm_figures(text: str) -> None:
    assert [f for f in figures(text, "en") if f.firm] == []


class TestMissingFigures:
    EVIDENCE = (
        "印尼外资公司最低实缴资本自2025年10月2日起为25亿印尼盾，须留存至少12个月。",
        "The fee is USD 1,200 for 3 years under ISO 9001.",
    )

    @pytest.mark.parametrize(
        ("text", "lang"),
        [
            ("The minimum is IDR 2.5 billion, kept for 12 months.", "en"),
            ("The minimum is IDR 2,500,000,000, kept for one year.", "en"),
            ("It has applied since October 2025.", "en"),
            ("It has applied since 2025.", "en"),
            ("费用为1,200美元，有效期三年（ISO 9001）[2]。", "zh"),
            ("First, ask one adviser.", "en"),
        ],
    )
    def test_what_stands_in_either_language_of_the_evidence_is_not_missing(
        self, text: str, lang: str
    ) -> None:
        assert missing_figures(text, self.EVIDENCE, lang) == []

    @pytest.mark.parametrize(
        ("text", "lang", "missing"),
        [
            ("The minimum is IDR 10 billion.", "en", ["IDR 10 billion"]),
            ("The minimum is USD 2.5 billion.", "en", ["USD 2.5 billion"]),
            ("It has applied since 3 October 2025.", "en", ["3 October 2025"]),
            ("须留存24个月。", "zh", ["24个月"]),
            ("须留存12天。", "zh", ["12天"]),
            ("按ISO 14001办理。", "zh", ["14001"]),
            ("详见 https://example.org/fees 。", "zh", ["https://example.org/fees"]),
        ],
    )
    def test_what_the_evidence_does_not_say_is_missing(
        self, text: str, lang: str, missing: list[str]
    ) -> None:
        assert [f.text for f in missing_figures(text, self.EVIDENCE, lang)] == missing

    def test_nothing_is_carried_by_no_evidence(self) -> None:
        assert [f.text for f in missing_figures("税率为15%", [], "zh")] == ["15%"]

    def test_a_unit_left_out_by_the_evidence_is_not_assumed(self) -> None:
        assert missing_figures("30 days", ["30 applicants waited for days"], "en")

    def test_a_traditional_answer_is_carried_by_simplified_evidence(self) -> None:
        assert missing_figures("實繳資本為25億印尼盾，須留存12個月", self.EVIDENCE, "zh") == []


@given(st.text(alphabet="0123456789,.%-/:年月日第万亿千百十分之三两to and of ABISO½²$€", max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reading_and_every_text_agrees_with_itself(text: str) -> None:
    for lang in ("zh", "en"):
        assert missing_figures(text, [text, text + "年"], lang) is not None
    assert parity(text, "") is not None


@pytest.mark.parametrize(
    "text", ["9" * 4000, "万" * 4000, "1" + "亿" * 2000, "1/" * 2000, "a" * 4000, "1 million " * 400]
)
def test_absurd_numbers_are_read_without_harm(text: str) -> None:
    for lang in ("zh", "en"):
        assert figures(text, lang) is not None

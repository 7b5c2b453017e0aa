"""What a text names: countries in many languages, the words that only look like one, regions, hints, areas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.corpus import SHIPPED_CORPUS, load_corpus
from retrieval.entities import Entities, Mention

CORPUS = load_corpus(SHIPPED_CORPUS)
ENTITIES = Entities(CORPUS.areas, CORPUS.countries)
HINTS = {"language", "currency", "institution"}


def abroad(text: str) -> list[str]:
    """Codes of the countries named, home left out."""
    return [mention.code for mention in ENTITIES.resolve(text).countries if not mention.home]


def only(text: str) -> Mention:
    """The one country named."""
    (mention,) = ENTITIES.resolve(text).countries
    return mention


CHINESE = {
    "我们做智能水表，想进肯尼亚": "KE",
    "在迪拜设公司": "AE",
    "杜拜自由区": "AE",
    "雅加达的代表处可以开发票吗？": "ID",
    "胡志明市租厂房": "VN",
    "西贡": "VN",
    "岘港有没有工业园": "VN",
    "印尼人好相处吗": "ID",
    "大马公司": "MY",
    "在坦桑开厂": "TZ",
    "沙特签证": "SA",
    "南非最低工资": "ZA",
    "锡兰茶": "LK",
    "印度尼西亚": "ID",
    "菲律滨": "PH",
    "哈萨克清关": "KZ",
    "吉尔吉斯": "KG",
    "沙烏地阿拉伯的簽證": "SA",
    "紐西蘭移民": "NZ",
    "肯亞設公司": "KE",
    "衣索比亞工業園": "ET",
    "烏茲別克關稅": "UZ",
    "寮國": "LA",
    "柬埔寨西港": "KH",
    "巴铁": "PK",
    "匈塞铁路": "HU",
    "缅甸": "MM",
    "香港公司": "HK",
    "臺灣": "TW",
    "澳門": "MO",
    "刚果（金）矿权": "CD",
    "阿联酋VAT": "AE",
    "狮城": "SG",
    "赴俄出差": "RU",
    "中泰关系": "TH",
    "拉各斯治安": "NG",
}
ENGLISH = {
    "Minimum capital for a company in Indonesia?": "ID",
    "Ho Chi Minh City rent": "VN",
    "Kenyan tax": "KE",
    "saudi visa": "SA",
    "KSA VAT": "SA",
    "UAE company": "AE",
    "uae company": "AE",
    "I sleep badly since I moved to Lagos": "NG",
    "Burma sanctions": "MM",
    "Ceylon": "LK",
    "Swaziland": "SZ",
    "turkey customs clearance": "TR",
    "Türkiye VAT": "TR",
    "export to UK": "GB",
    "Dar-es-Salaam port": "TZ",
    "the  Saudi\nArabia market": "SA",
    "Kenya's tax": "KE",
    "Zanzibar": "TZ",
    "Côte d’Ivoire": "CI",
    "Bosnia and Herzegovina": "BA",
    "Kyrgyz Republic": "KG",
    "South African labour law": "ZA",
    "在Kenya注册公司": "KE",
}
OTHER = {
    "Как открыть компанию в Казахстане?": "KZ",
    "налоги в Кении": "KE",
    "казахстанский рынок": "KZ",
    "в Саудовской Аравии": "SA",
    "экспорт в Индонезию": "ID",
    "сертификация в Узбекистане": "UZ",
    "работа в ОАЭ": "AE",
    "الضريبة في السعودية": "SA",
    "شركة بالسعودية": "SA",
    "التصدير للمغرب": "MA",
    "فى اندونيسيا": "ID",
    "والإمارات": "AE",
    "empresa indonesia en Yakarta, capital indonesio": "ID",
    "capital minimum d'une société kényane": "KE",
    "entreprise au Maroc": "MA",
    "abrir empresa no Quênia": "KE",
    "Firma in der Türkei": "TR",
    "Kenya'da şirket kurmak": "KE",
    "Thành lập công ty ở Việt Nam": "VN",
    "thuế ở Thái Lan": "TH",
    "pajak di Arab Saudi": "SA",
    "ตั้งบริษัทในประเทศไทย": "TH",
    "ケニアで会社を設立": "KE",
    "케냐에서 회사 설립": "KE",
    "w Polsce": "PL",
    "Magyarországon": "HU",
    "Монголд компани": "MN",
    "नेपालमा कम्पनी": "NP",
}
TYPOS = {
    "Indonsia": "ID",
    "Phillipines": "PH",
    "Philipines": "PH",
    "Kazakstan": "KZ",
    "malasyia tax": "MY",
    "tanznia": "TZ",
    "Ethopia": "ET",
    "singapre": "SG",
    "thialand visa": "TH",
    "Nigria": "NG",
}


@pytest.mark.parametrize(("text", "code"), (CHINESE | ENGLISH | OTHER | TYPOS).items())
def test_a_country_is_recognised_however_it_is_written(text: str, code: str) -> None:
    assert code in abroad(text)
    assert set(abroad(text)) <= {code, "RS"}, "匈塞铁路 runs through two"


AMBIGUOUS: dict[str, list[str]] = {
    "Georgia company tax": ["GE"],
    "Atlanta, Georgia": [],
    "frozen turkey meat": [],
    "import duty on turkey breast in Kenya": ["KE"],
    "Jordan customs": ["JO"],
    "Michael Jordan shoes": [],
    "Chad": ["TD"],
    "Niger": ["NE"],
    "Nigeria": ["NG"],
    "un chauffeur nigérien": ["NE"],
    "Niger Delta": ["NG"],
    "Papua New Guinea": ["PG"],
    "Guinea-Bissau": ["GW"],
    "guinea pigs": [],
    "几内亚": ["GN"],
    "巴布亚新几内亚": ["PG"],
    "赤道几内亚": ["GQ"],
    "印度": ["IN"],
    "印度尼西亚和印度": ["ID", "IN"],
    "印度洋航线": [],
    "南非洲": [],
    "马来到货": [],
    "a woman manager": [],
    "normal email": [],
    "Oman": ["OM"],
    "lima tahun": [],
    "Lima Peru": ["PE", "PE"],
    "in lima": ["PE"],
    "La Paz": ["BO"],
    "Polish labour law": ["PL"],
    "nail polish": [],
    "polish the metal surface": [],
    "can you tell us about it": [],
    "TELL US ABOUT THE RULES": [],
    "US tariffs": ["US"],
    "about US$1,000": [],
    "IT company": [],
    "my ID card": [],
    "no, it is in my id": [],
    "PNG mining": ["PG"],
    "upload a PNG file": [],
    "RSA key": [],
    "bone china plates": [],
    "Giấy phép lao động": [],
    "增加纳税人": [],
    "加纳税率": ["GH"],
    "上海地区": [],
    "这里约多少": [],
    "到达卡拉奇港": ["PK"],
    "马德里商标国际注册": [],
    "包罗万象": [],
    "老挝万象": ["LA", "LA"],
    "老挝健康提示": ["LA"],
    "运河内的船": [],
    "加大马力": [],
    "索马里": ["SO"],
    "完美国际贸易": [],
    "发展中国家": [],
    "内蒙古": [],
    "Inner Mongolia": [],
    "perusahaan di Jakarta": ["ID"],
    "болгарка и корень": [],
    "того": [],
    "القطاع المالي": [],
    "タイプ": [],
    "Indian Ocean": [],
    "hungry workers": [],
    "usa o produto": [],
    "OSH rules": [],
    "kube and peruse": [],
    "马赛克瓷砖": [],
    "理查德": [],
    "新疆的蒙古族自治县": [],
    "is it a New York Convention state?": [],
    "大马尼拉": ["PH"],
}


@pytest.mark.parametrize(("text", "codes"), AMBIGUOUS.items())
def test_a_word_that_only_looks_like_a_country_is_left_alone(text: str, codes: list[str]) -> None:
    assert abroad(text) == codes


@pytest.mark.parametrize(
    "text", ["中国", "国内企业", "我国", "深圳工厂", "Chinese firm", "Shenzhen", "из Китая", "الصين", "中國"]
)
def test_china_is_where_people_come_from(text: str) -> None:
    mention = only(text)
    assert (mention.code, mention.home) == ("CN", True)


def test_a_country_without_facts_is_recognised_and_said_to_be_uncovered() -> None:
    assert only("开一家印度公司").covered is False
    assert only("Ghanaian customs").covered is False
    assert only("香港").covered is False and only("香港").home is False
    assert only("Vietnam").covered is True


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("請問沙烏地阿拉伯的簽證", "沙烏地阿拉伯"),
        ("Visa for  Saudi  Arabia?", "Saudi  Arabia"),
        ("Tax in Peru\u0301 now", "Peru\u0301"),
        ("ＫＥＮＹＡ tax", "ＫＥＮＹＡ"),
        ("a\u200bb in Ken\u200bya.", "Ken\u200bya"),
        ("القانون بالسعودية", "السعودية"),
        ("Straße nach Côte d’Ivoire!", "Côte d’Ivoire"),
        ("in Kazakhstan's north", "Kazakhstan"),
    ],
)
def test_a_mention_stands_where_it_says_in_the_original_text(text: str, surface: str) -> None:
    mention = only(text)
    assert mention.surface == text[mention.start : mention.end] == surface


def test_a_mention_says_by_what_the_country_was_recognised() -> None:
    found = {only(text).how for text in ("Kenya", "Nairobi", "UAE", "singapre", "泰语", "naira", "SONCAP")}
    assert found == {"name", "alias", "code", "typo", *HINTS}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Must labels be in Thai?", ["TH"]),
        ("Is Spanish needed in Mexico?", ["ES", "MX"]),
        ("Are labels in Spanish needed in Mexico?", ["MX"]),
        ("在哈萨克斯坦标签要俄语吗", ["KZ"]),
        ("Salary paid in naira?", ["NG"]),
        ("Can we invoice in baht from Vietnam?", ["VN"]),
        ("How long does SONCAP take for goods from China?", ["NG"]),
        ("SONCAP and KEBS", []),
    ],
)
def test_a_hint_counts_only_where_no_country_is_named_and_hints_agree(text: str, codes: list[str]) -> None:
    assert abroad(text) == codes


@pytest.mark.parametrize(
    ("text", "region", "member", "no_member"),
    [
        ("卖到欧盟", "EU", "DE", "GB"),
        ("CE marking for the EU", "EU", "PL", "RS"),
        ("东盟原产地规则", "ASEAN", "VN", "CN"),
        ("東南亞", "ASEAN", "TH", "IN"),
        ("GCC conformity", "GCC", "QA", "EG"),
        ("中亚", "CENTRAL_ASIA", "KZ", "RU"),
        ("Eurasian Economic Union", "EAEU", "BY", "UZ"),
        ("ЕАЭС", "EAEU", "AM", "UZ"),
        ("非洲市场", "AFRICA", "KE", "YE"),
        ("East Africa", "EAST_AFRICA", "KE", "NG"),
        ("拉美", "LATIN_AMERICA", "MX", "US"),
        ("中东", "MIDDLE_EAST", "SA", "PK"),
        ("中东欧", "CEE", "HU", "SA"),
        ("South Asia", "SOUTH_ASIA", "NP", "TH"),
        ("上合组织", "SCO", "PK", "TR"),
        ("AfCFTA", "AFCFTA", "NG", "TR"),
        ("Mercosur", "MERCOSUR", "BR", "CL"),
        ("South-East Asian buyers", "ASEAN", "ID", "IN"),
    ],
)
def test_a_region_brings_its_members(text: str, region: str, member: str, no_member: str) -> None:
    (found,) = ENTITIES.resolve(text).regions
    assert found.code == region
    assert member in found.members and no_member not in found.members
    assert not ENTITIES.resolve(text).countries


def test_every_region_member_is_a_country_that_has_a_name() -> None:
    named = {mention.code for text in CHINESE | ENGLISH for mention in ENTITIES.resolve(text).countries}
    assert {"KE", "VN"} <= named
    for region in ENTITIES.resolve("欧洲 非洲 亚洲 拉美 大洋洲 北美").regions:
        assert all(len(code) == 2 and code.isupper() for code in region.members)


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("肯尼亚增值税是多少", ("tax",)),
        ("VAT in Kenya", ("tax",)),
        ("办工作许可", ("labour_visa",)),
        ("work permits", ("labour_visa",)),
        ("要什么认证？", ("standards",)),
        ("清关要多久", ("customs_trade",)),
        ("进口关税", ("customs_trade",)),
        ("公证认证", ()),
        ("local customs", ("culture_business",)),
        ("how are you", ()),
    ],
)
def test_clear_words_name_an_area(text: str, areas: tuple[str, ...]) -> None:
    assert ENTITIES.resolve(text).areas == areas


def test_codes_of_standards_are_part_of_what_is_named() -> None:
    assert ENTITIES.resolve("GB 4706.1 in Kenya").codes == ("GB 4706.1",)


@pytest.mark.parametrize(
    ("text", "lang", "bare"),
    [
        ("肯尼亚的增值税是多少？", "zh", "该国的增值税是多少？"),
        ("How does a Kenyan company pay tax?", "en", "How does a this country company pay tax?"),
        ("Tax in the Philippines", "en", "Tax in this country"),
        ("Tax in Jakarta, Indonesia?", "en", "Tax in this country?"),
        ("Kenya and Tanzania: VAT", "en", "this country: VAT"),
        ("印尼雅加达、越南和泰国的关税", "zh", "该国的关税"),
        ("Kenya's VAT", "en", "this country's VAT"),
        ("从中国出口到肯尼亚", "zh", "从中国出口到该国"),
        ("中国和肯尼亚的协定", "zh", "中国和该国的协定"),
        ("欧盟和肯尼亚", "zh", "欧盟和该国"),
        ("Must labels be in Thai?", "en", "Must labels be in Thai?"),
        ("налоги в Кении", "ru", "налоги в this country"),
        ("케냐에서 회사", "ko", "this country에서 회사"),
        ("沙烏地阿拉伯的簽證", "zh", "该国的簽證"),
        ("no country here", "en", "no country here"),
        ("", "en", ""),
    ],
)
def test_countries_give_way_to_a_placeholder(text: str, lang: str, bare: str) -> None:
    assert ENTITIES.without_countries(text, lang) == bare


def test_every_country_is_recognised_by_each_of_its_aliases() -> None:
    lost = []
    for code, country in CORPUS.countries.items():
        for aliases in country.aliases.values():
            for alias in aliases:
                text = f"赴{alias}" if len(alias) == 1 else "for " + alias.rstrip("*")
                text = f"中{alias}" if alias in "哈墨蒙匈塞巴尼印埃" else text
                if code not in {mention.code for mention in ENTITIES.resolve(text).countries}:
                    lost.append((code, alias))
    assert lost == []


def test_questions_of_the_corpus_resolve_to_their_country_and_seldom_to_another() -> None:
    named = astray = total = 0
    for located in CORPUS.facts:
        countries = set(located.fact.all_countries)
        if located.fact.country is None:
            continue
        for ask in (*located.fact.asks.zh, *located.fact.asks.en):
            found = set(abroad(ask))
            total += 1
            named += bool(found & countries)
            astray += bool(found and not found & countries)
    assert named / total > 0.85
    assert astray / total < 0.005


@given(st.text(max_size=80))
def test_any_text_can_be_resolved_and_every_span_fits(text: str) -> None:
    found = ENTITIES.resolve(text)
    for mention in (*found.countries, *found.regions):
        assert text[mention.start : mention.end] == mention.surface
    ENTITIES.without_countries(text, "en")

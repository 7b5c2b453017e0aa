"""Contacts are the bodies whose business it is; who found nothing is told of them even where no address is verified."""

from __future__ import annotations

import pytest

from bot.answering.assistant import Assistant
from bot.answering.present import text_of
from bot.answering.whom_to_ask import MOST, area_of, contacts_for
from bot.domain import Contact, Status
from bot.replies import reply
from retrieval.corpus import ContactInfo
from tests.bot.answering.drafts import ask, gathered, part, presented

CAPITAL, SERBIA = "id-entry_route-01", "rs-entry_route-01"
CERTIFICATE, WEEK = "kenya-standards-01", "saudi-culture_business-01"
INDONESIA = {"evidence": [CAPITAL], "countries": ("ID",)}


def bodies(assistant: Assistant, *codes: str) -> dict[str, ContactInfo]:
    """The bodies of the countries (of all, where none is given) by English name."""
    countries = assistant.searcher.snapshot.countries
    return {body.name.en: body for code in codes or countries for body in countries[code].contacts}


def names(contacts: list[Contact]) -> list[str]:
    return [contact.name for contact in contacts]


def test_what_was_answered_names_the_body_whose_business_it_is(assistant: Assistant) -> None:
    draft = presented(assistant, INDONESIA)
    (contact,) = draft.contacts
    body = bodies(assistant, "ID")[contact.name]
    assert (body.role, body.verified, body.url) == ("investment_agency", True, contact.url)
    assert reply("replies/next_step", "en", contacts=contact.name) in text_of(draft)


def test_it_is_named_in_the_language_of_the_answer(assistant: Assistant) -> None:
    english = presented(assistant, INDONESIA).contacts[0]
    chinese = presented(assistant, INDONESIA, lang="zh").contacts[0]
    assert chinese.url == english.url
    assert chinese.name == bodies(assistant, "ID")[english.name].name.zh


def test_another_area_has_another_body(assistant: Assistant) -> None:
    draft = presented(assistant, {"evidence": [CERTIFICATE], "countries": ("KE",)})
    assert names(draft.contacts) == ["Kenya Bureau of Standards (KEBS)"]


def test_an_unverified_body_is_named_without_its_address_and_only_where_it_is_the_one_to_ask(
    assistant: Assistant, shipped: Assistant
) -> None:
    registry = "Directorate General of General Legal Administration (AHU), Ministry of Law"
    assert not bodies(assistant, "ID")[registry].verified
    draft = gathered(assistant, INDONESIA)
    lost = {contact.name: contact.url for contact in contacts_for(draft, draft.parts, lost=True)}
    assert lost[registry] is None
    assert registry not in names(contacts_for(draft, draft.parts, lost=False))
    verified = {body.url for body in bodies(shipped).values() if body.verified}
    for text in ("Which bank in Nairobi has the lowest account fee?", "What is the VAT rate in Vietnam?",
                 "How do I register a company in Serbia?", "What is the sick leave entitlement in Nigeria?"):  # fmt: skip
        for contact in ask(shipped, text).contacts:
            assert contact.url is None or contact.url in verified


def test_everyday_life_sends_nobody_to_an_office(assistant: Assistant) -> None:
    for name, code in ((WEEK, "SA"), ("nigeria-living_safety-01", "NG")):
        draft = presented(assistant, {"evidence": [name], "countries": (code,)})
        assert draft.status is Status.ANSWERED
        assert draft.contacts == []
    assert contacts_for(draft, draft.parts, lost=True), "there are bodies to name"


def test_what_was_lost_names_whose_business_it_is_and_nobody_else(assistant: Assistant) -> None:
    draft = presented(assistant, {"text": "the fee", "countries": ("RS",), "nearby": [SERBIA]})
    assert draft.status is Status.NO_EVIDENCE
    found = names(draft.contacts)
    assert found[0] == "Serbian Business Registers Agency (APR)"
    assert set(found) <= set(bodies(assistant, "RS"))
    assert {bodies(assistant, "RS")[name].role for name in found} <= {"company_registry", "investment_agency"}
    assert reply("replies/ask_contacts_near", "en", contacts="; ".join(found)) in text_of(draft)


def test_what_was_lost_beside_an_answer_is_what_one_is_sent_to_ask(assistant: Assistant) -> None:
    draft = presented(assistant, INDONESIA, {"text": "the fee", "countries": ("RS",), "nearby": [SERBIA]})
    assert names(draft.contacts)[0] == "Serbian Business Registers Agency (APR)"
    assert not set(names(draft.contacts)) & set(bodies(assistant, "ID"))
    asked = reply("replies/ask_contacts_near", "en", contacts="; ".join(names(draft.contacts)))
    assert asked in text_of(draft)


def test_each_part_gets_its_first_before_any_gets_a_second(assistant: Assistant) -> None:
    draft = gathered(assistant)
    parts = [part(draft, countries=(code,), evidence=[name]) for code, name in
             (("NG", "nigeria-living_safety-01"), ("ID", CAPITAL), ("KE", CERTIFICATE), ("RS", SERBIA))]  # fmt: skip
    found = names(contacts_for(draft, parts, lost=True))
    assert len(found) == MOST
    for place, code in enumerate(("NG", "ID", "KE")):
        assert found[place] in [*bodies(assistant, code), *bodies(assistant, "CN")], code
    assert not set(found) & set(bodies(assistant, "RS"))


def test_one_body_of_two_parts_is_named_once(assistant: Assistant) -> None:
    draft = presented(assistant, INDONESIA, {"evidence": ["id-entry_route-03"], "countries": ("ID",)})
    assert len(draft.contacts) == 1


def test_without_a_country_nobody_abroad_is_named(assistant: Assistant) -> None:
    draft = presented(assistant, {"evidence": [CAPITAL]})
    assert draft.contacts == []


@pytest.mark.parametrize(
    ("changes", "area"),
    [
        ({"type_id": "labour_visa.sick_leave", "evidence": [CAPITAL]}, "labour_visa"),
        ({"evidence": [CERTIFICATE], "nearby": [CAPITAL]}, "standards"),
        ({"nearby": [WEEK]}, "culture_business"),
        ({}, "entry_route"),
    ],
)
def test_the_area_is_that_of_the_type_else_of_what_was_found_else_of_what_is_close(
    assistant: Assistant, changes: dict[str, object], area: str
) -> None:
    draft = gathered(assistant)
    assert area_of(draft, part(draft, **changes)) == area  # type: ignore[arg-type]

"""Whom to ask: verified official bodies for what was asked. An unverified one is never shown."""

from __future__ import annotations

from bot.answering.draft import Draft, Part
from bot.domain import Contact

MOST = 3


def contacts_for(draft: Draft, parts: list[Part]) -> list[Contact]:
    """Up to three verified bodies: those that the parts' areas name, in the parts' countries."""
    found: dict[str, Contact] = {}
    for part in parts:
        roles = _roles(draft, part)
        for code in part.query.countries:
            country = draft.snapshot.countries.get(code)
            if country is None:
                continue
            for role in roles:
                for contact in country.contacts:
                    if contact.verified and contact.role == role and len(found) < MOST:
                        found.setdefault(
                            contact.url, Contact(name=contact.name.get(draft.lang), url=contact.url)
                        )
    return list(found.values())


def _roles(draft: Draft, part: Part) -> list[str]:
    area_id = part.type_id.split(".")[0] if part.type_id else None
    if area_id is None and part.evidence and part.evidence[0].kind == "fact":
        area_id = draft.snapshot.facts[part.evidence[0].owner].area
    area = draft.snapshot.areas.get(area_id or "")
    return list(area.contact_roles) if area else ["investment_agency"]

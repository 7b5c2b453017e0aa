"""Whom to ask: verified official bodies for what was asked. An unverified one is never shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.answering.draft import Draft, Part
from bot.domain import Contact
from retrieval.corpus import ContactInfo

MOST = 3
EVERYDAY = frozenset({"culture_business", "living_safety", "adaptation", "wellbeing_assessment", "needs"})
AT_HOME = frozenset({"china_outbound", "mechanism"})
"""Areas whose bodies are at home: those of the Chinese side and of the alliance."""
ANY_AREA = "entry_route"
"""Where the area is not known: the registry and the investment agency know the way to the others."""


def contacts_for(draft: Draft, parts: Iterable[Part], *, lost: bool) -> list[Contact]:
    """Up to three verified bodies; each part gets its first before any gets a second.

    For what was answered, those whose business it is, and none for matters of everyday life. For what was `lost`,
    others of the country and the Chinese side too: somebody who may know the way.
    """
    queues = [list(_bodies(draft, part, lost)) for part in parts]
    found: dict[str, Contact] = {}
    for place in range(max((len(queue) for queue in queues), default=0)):
        for queue in queues:
            if place < len(queue) and len(found) < MOST:
                body = queue[place]
                found.setdefault(body.url, Contact(name=body.name.get(draft.lang), url=body.url))
    return list(found.values())


def _bodies(draft: Draft, part: Part, lost: bool) -> Iterator[ContactInfo]:
    area = draft.snapshot.areas.get(area_of(draft, part)) or draft.snapshot.areas.get(ANY_AREA)
    if area is None or (area.id in EVERYDAY and not lost):
        return
    own = [_verified(draft, code) for code in part.query.countries]
    for bodies in own:
        yield from _by_role(bodies, area.contact_roles)
    if lost:
        for bodies in own:
            yield from bodies
    if lost or area.id in AT_HOME:
        for code in area.contact_places:
            yield from _by_role(_verified(draft, code), area.contact_roles)


def area_of(draft: Draft, part: Part) -> str:
    """The area that a part is about: of its question type, of its evidence, or of what comes closest."""
    if part.type_id:
        return part.type_id.split(".")[0]
    facts = [c.owner for c in [*part.evidence, *part.nearby, *part.candidates] if c.kind == "fact"]
    return draft.snapshot.facts[facts[0]].area if facts else ANY_AREA


def _verified(draft: Draft, code: str) -> list[ContactInfo]:
    country = draft.snapshot.countries.get(code)
    return [contact for contact in country.contacts if contact.verified] if country else []


def _by_role(bodies: list[ContactInfo], roles: list[str]) -> Iterator[ContactInfo]:
    for role in roles:
        yield from (body for body in bodies if body.role == role)

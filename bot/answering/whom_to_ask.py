"""Whom to ask: official bodies whose business it is. One whose address nobody has verified is named without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.answering.draft import Draft, Part
from bot.answering.naming import has_clear_type
from bot.domain import Contact
from retrieval.corpus import ContactInfo

MOST = 3
EVERYDAY = frozenset({"culture_business", "living_safety", "adaptation", "wellbeing_assessment", "needs"})
AT_HOME = frozenset({"china_outbound", "mechanism"})
"""Areas whose bodies are at home: those of the Chinese side and of the alliance."""
ANY_AREA = "entry_route"
"""Where the area is not known: the registry and the investment agency know the way to the others."""


def contacts_for(draft: Draft, parts: Iterable[Part], *, lost: bool) -> list[Contact]:
    """Up to three bodies; each part gets its first before any gets a second.

    For what was answered, verified ones, and none for matters of everyday life. What was `lost` names the body whose
    business it is in any case: somebody who cannot answer it helps nobody.
    """
    queues = [list(_bodies(draft, part, lost)) for part in parts]
    found: dict[str, Contact] = {}
    for place in range(max((len(queue) for queue in queues), default=0)):
        for queue in queues:
            if place < len(queue) and len(found) < MOST:
                body = queue[place]
                url = body.url if body.verified else None
                found.setdefault(body.url, Contact(name=body.name.get(draft.lang), url=url))
    return list(found.values())


def _bodies(draft: Draft, part: Part, lost: bool) -> Iterator[ContactInfo]:
    area = draft.snapshot.areas.get(area_of(draft, part)) or draft.snapshot.areas.get(ANY_AREA)
    if area is None or (area.id in EVERYDAY and not lost):
        return
    for code in part.query.countries:
        country = draft.snapshot.countries.get(code)
        bodies = country.contacts if country else []
        verified = [body for body in bodies if body.verified]
        if lost:
            # The one whose business it is, even where nobody has verified its address: it is named without one.
            yield from list(_by_role(verified, area.contact_roles[:1])) or _by_role(
                bodies, area.contact_roles[:1]
            )
        yield from _by_role(verified, area.contact_roles)
    if area.id in AT_HOME or (lost and (area.id in EVERYDAY or not part.query.countries)):
        for code in area.contact_places:
            home = draft.snapshot.countries.get(code)
            yield from _by_role(
                [body for body in (home.contacts if home else []) if body.verified], area.contact_roles
            )


def area_of(draft: Draft, part: Part) -> str:
    """The area that a part is about: of its question type where that is clear, of its evidence, or of what comes
    closest."""
    if part.type_id and (part.table is None or has_clear_type(part)):
        return part.type_id.split(".")[0]
    facts = [c.owner for c in [*part.evidence, *part.nearby, *part.candidates] if c.kind == "fact"]
    return draft.snapshot.facts[facts[0]].area if facts else ANY_AREA


def _by_role(bodies: list[ContactInfo], roles: list[str]) -> Iterator[ContactInfo]:
    for role in roles:
        yield from (body for body in bodies if body.role == role)

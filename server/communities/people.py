"""A person of the register: their rooms here, changing what is known of them, and looking at it unmasked.

On every page they are masked. Unmasked they are shown once, in the answer to a reveal that gave a reason and is on record
(PIPL arts. 6, 28, 55; domain rule: permission + reason + audit row, one at a time).
"""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit import record
from server.communities.labels import PERSON_KINDS, ROLES
from server.communities.rooms import Overtaken
from server.db import changed, fetch, row, rows, transaction
from server.lib.formats import day, today
from server.lib.i18n import N_, _
from server.security.actor import Actor

REASONS = {
    "call": N_("电话联系业主"),
    "repair": N_("处理报修"),
    "fees": N_("核对费用"),
    "urgent": N_("紧急情况"),
    "verify": N_("核对身份"),
}


class Person(msgspec.Struct):
    """A person of the register. Whole: templates mask it."""

    id: UUID
    name: str
    kind: str
    phone: str | None
    phone_2: str | None
    email: str | None
    emergency_contact: str | None
    note: str | None
    version: int
    has_account: bool

    @property
    def kind_label(self) -> str:
        """Person or company, in words."""
        return _(PERSON_KINDS[self.kind])


async def find_person(by: Actor, person_id: UUID) -> Person:
    """Return a person of the community `by` works in; raise NotFoundException."""
    found = await row(
        Person,
        "select id, name, kind, phone, phone_2, email, emergency_contact, note, version, account_id is not null as has_account"
        " from person where id = $1 and community_id = $2",
        person_id,
        by.here,
    )
    if found is None:
        raise NotFoundException
    return found


class Tie(msgspec.Struct):
    """A room a person belongs or belonged to."""

    room_id: UUID
    label: str
    role: str
    since: date | None
    until: date | None

    @property
    def role_label(self) -> str:
        """The role in words."""
        return _(ROLES[self.role])

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until < today()

    @property
    def span(self) -> str:
        """From when to when, in words."""
        since = day(self.since) if self.since else _("建档前")
        if self.until is None:
            return _("%(since)s 起", since=since)
        return _("%(since)s 至 %(until)s", since=since, until=day(self.until))


async def ties(by: Actor, person_id: UUID) -> list[Tie]:
    """Return the rooms of a person, those of today first."""
    return await rows(
        Tie,
        "select room.id as room_id, room.label, role, since, until from occupancy join room on room.id = occupancy.room_id"
        " where person_id = $1 and occupancy.community_id = $2 and ended_why is distinct from 'corrected'"
        " order by (until is null or until >= $3) desc, room.sort",
        person_id,
        by.here,
        today(),
    )


class Revealed(msgspec.Struct):
    """What a reveal shows."""

    person: Person
    plates: list[str]


async def reveal(person_id: UUID, reason: str, *, by: Actor) -> Revealed:
    """Return a person unmasked, after putting on record who looked and why; raise NotFoundException."""
    async with transaction():
        person = await find_person(by, person_id)
        await record(by, "person.reveal", community_id=by.here, entity="person", entity_id=person_id, reason=reason)
    found = await fetch(
        """select distinct plate from vehicle where community_id = $1 and (until is null or until >= $3) and (person_id = $2
            or room_id in (select room_id from occupancy where person_id = $2 and role <> 'member'
                and (since is null or since <= $3) and (until is null or until >= $3))) order by plate""",
        by.here,
        person_id,
        today(),
    )
    return Revealed(person, [one["plate"] for one in found])


FACTS = ("name", "kind", "phone", "phone_2", "email", "emergency_contact", "note")


async def edit_person(person_id: UUID, facts: dict[str, Any], version: int, *, by: Actor) -> None:
    """Change those of FACTS that are in `facts`, if the person still is at `version`; raise Overtaken, NotFoundException.

    The audit row says which fields changed; private values themselves stay out of it.
    """
    async with transaction():
        before = await find_person(by, person_id)
        differing = [name for name in FACTS if name in facts and getattr(before, name) != facts[name]]
        if not differing:
            return
        sets = ", ".join(f"{name} = ${index}" for index, name in enumerate(differing, start=3))
        done = await changed(
            f"update person set {sets}, version = version + 1 where id = $1 and version = $2",
            person_id,
            version,
            *(facts[name] for name in differing),
        )
        if not done:
            raise Overtaken(before)
        await record(
            by, "person.edit", community_id=by.here, entity="person", entity_id=person_id,
            after={"fields": differing, "cleared": [name for name in differing if not facts[name]]},
        )  # fmt: skip


class PersonLine(msgspec.Struct):
    """A person in search results."""

    id: UUID
    name: str
    phone: str | None
    rooms: list[str]


async def search_people(by: Actor, words: list[list[str]], most: int = 8) -> list[PersonLine]:
    """Return people whose name or phones hold every word (patterns of `words.patterns`)."""
    conditions: list[str] = []
    values: list[Any] = [by.here]
    for spellings in words:
        values.append(spellings)
        conditions.append(f"lower(concat_ws(' ', name, phone, phone_2)) like any (${len(values)}::text[])")
    return await rows(
        PersonLine,
        f"""select person.id, name, phone, array(
            select distinct room.label from occupancy join room on room.id = occupancy.room_id
            where occupancy.person_id = person.id and ended_why is distinct from 'corrected' order by 1 limit 3
        ) as rooms from person where community_id = $1 and {" and ".join(conditions)} limit {int(most)}""",
        *values,
    )

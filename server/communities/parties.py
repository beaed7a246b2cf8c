"""The people a change names: somebody new, or one the register already knows. Which of the two is the clerk's choice.

A hint is given for the same name or the same real phone. Placeholder phones and numbers many strangers share give none, and
nobody is ever merged without being asked, unless name and phone both agree.
"""

import re
from typing import Any
from uuid import UUID

import msgspec

from server.audit import record
from server.communities.importing.parsing import COMPANY
from server.communities.importing.phones import SHARED_BY_NAMES, as_phone, is_filler
from server.communities.naming import half_width
from server.db import execute, rows
from server.lib.forms import REQUIRED, Form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.security.actor import Actor

NEW = "new"
LONGEST_NAME = 60


class Candidate(msgspec.Struct):
    """Somebody of the register who may be meant, as shown: masked, with what tells people apart."""

    id: UUID
    name: str
    phone: str | None
    rooms: list[str]
    is_same_name: bool
    is_same_phone: bool

    @property
    def is_surely(self) -> bool:
        """Whether name and phone both agree."""
        return self.is_same_name and self.is_same_phone


class Party(msgspec.Struct):
    """One person named in a form: typed as `name` and `phone` (digits or None), `index` is the number of its fields."""

    index: int
    name: str
    phone: str | None
    chosen: str = ""
    candidates: list[Candidate] = []

    @property
    def id(self) -> UUID | None:
        """The person of the register who was chosen; None for somebody new."""
        return UUID(self.chosen) if self.chosen and self.chosen != NEW else None

    @property
    def is_open(self) -> bool:
        """Whether it has yet to be chosen who is meant."""
        return not self.chosen and bool(self.candidates)


def real_phone(form: Form[Any], field: str) -> str | None:
    """Return the phone typed into `field` as digits, None for nothing; put what is wrong with it beside the field."""
    typed = half_width(str(form.value(field)))
    if not typed:
        return None
    found = as_phone(typed)
    if found is None or not isinstance(found, str):
        digits = re.sub(r"\D", "", typed)
        if digits and is_filler(digits):
            form.fail(field, _("这是占位号码，不知道电话请留空"))
        else:
            form.fail(field, _("电话号码不对，请核对"))
        return None
    return found


def read_parties(form: Form[Any], most: int) -> list[Party]:
    """Return the people typed into `name_1`, `phone_1`, … `name_<most>`; the first is required."""
    found = []
    for index in range(1, most + 1):
        name = re.sub(r"\s+", " ", half_width(str(form.value(f"name_{index}"))))
        phone = real_phone(form, f"phone_{index}")
        if not name and (index == 1 or phone):
            form.fail(f"name_{index}", _(REQUIRED))
        elif len(name) > LONGEST_NAME:
            form.fail(f"name_{index}", _("最多 %(n)s 个字", n=LONGEST_NAME))
        elif name:
            found.append(Party(index, name, phone, chosen=str(form.value(f"person_{index}"))))
    return found


async def recognise(by: Actor, parties: list[Party]) -> None:
    """Look up whom the register already knows by that name or phone; drop choices that are none of them."""
    known = await candidates(by, [party.name for party in parties], [party.phone for party in parties if party.phone])
    for party in parties:
        party.candidates = hints(party, known)
        allowed = {str(one.id) for one in party.candidates} | {NEW}
        sure = [one for one in party.candidates if one.is_surely]
        if party.chosen not in allowed:
            party.chosen = str(sure[0].id) if len(sure) == 1 else "" if party.candidates else NEW


class Known(msgspec.Struct):
    """A person of the register who shares a name or a phone with somebody named."""

    id: UUID
    name: str
    phone: str | None
    phone_2: str | None
    rooms: list[str]


def hints(party: Party, known: list[Known]) -> list[Candidate]:
    """Return who of `known` may be `party`, the surest first. A number that many names share is nobody's."""
    same_phone = {one.id for one in known if party.phone and party.phone in (one.phone, one.phone_2)}
    if len({one.name for one in known if one.id in same_phone}) >= SHARED_BY_NAMES:
        same_phone = set()
    found = [
        Candidate(one.id, one.name, one.phone, one.rooms, one.name == party.name, one.id in same_phone)
        for one in known
        if one.name == party.name or one.id in same_phone
    ]
    return sorted(found, key=lambda one: (not one.is_surely, not one.is_same_phone))[:6]


async def candidates(by: Actor, names: list[str], phones: list[str]) -> list[Known]:
    """Return the people of the community with one of `names` or `phones`."""
    return await rows(
        Known,
        """select person.id, person.name, person.phone, person.phone_2, array(
            select distinct room.label from occupancy join room on room.id = occupancy.room_id
            where occupancy.person_id = person.id and occupancy.ended_why is distinct from 'corrected' order by 1 limit 3
        ) as rooms
        from person where community_id = $1 and (name = any ($2::text[]) or phone = any ($3::text[]) or phone_2 = any ($3::text[]))
        order by person.created_at limit 40""",
        by.here,
        names,
        phones,
    )


async def settle(by: Actor, parties: list[Party]) -> list[UUID]:
    """Return the ids of `parties`, registering those who are new. Inside the transaction of the change that names them."""
    return [party.id or await register(by, party.name, party.phone) for party in parties]


async def register(by: Actor, name: str, phone: str | None) -> UUID:
    """Put a new person into the register; return the id."""
    person_id = uuid7()
    kind = "company" if COMPANY.search(name) else "natural"
    await execute(
        "insert into person (id, community_id, name, kind, phone) values ($1, $2, $3, $4, $5)",
        person_id, by.here, name, kind, phone,
    )  # fmt: skip
    await record(
        by,
        "person.create",
        community_id=by.here,
        entity="person",
        entity_id=person_id,
        after={"kind": kind, "has_phone": bool(phone)},
    )
    return person_id

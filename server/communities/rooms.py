"""One household, one file 一户一档: what the office knows of a room, and changing its facts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit import record
from server.communities.labels import ENDINGS, KINDS, OWNERSHIPS, ROLES, VACANCIES, VACANCY_TONES
from server.db import changed, row, rows, transaction
from server.lib.formats import day, mask_name, today
from server.lib.i18n import _
from server.meters.kinds import KINDS as METERS
from server.security.actor import Actor


class Room(msgspec.Struct):
    """The facts of a room."""

    id: UUID
    building_id: UUID
    label: str
    code: str
    building: str
    stairwell: str | None
    floor: int | None
    kind: str
    gross_area: Decimal | None
    net_area: Decimal | None
    vacancy: str
    handover_on: date | None
    note: str | None
    version: int

    @property
    def kind_label(self) -> str:
        """What kind of room it is, in words."""
        return _(KINDS[self.kind])

    @property
    def vacancy_label(self) -> str:
        """How it stands, in words."""
        return _(VACANCIES[self.vacancy])

    @property
    def vacancy_tone(self) -> str:
        """The colour of the badge."""
        return VACANCY_TONES[self.vacancy]


ROOM = """select room.id, room.building_id, room.label, room.code, building.name as building, stairwell.code as stairwell,
    room.floor, room.kind, room.gross_area, room.net_area, room.vacancy, room.handover_on, room.note, room.version
    from room join building on building.id = room.building_id left join stairwell on stairwell.id = room.stairwell_id"""


async def find_room(by: Actor, room_id: UUID) -> Room:
    """Return a room of the community `by` works in; raise NotFoundException."""
    found = await row(Room, f"{ROOM} where room.id = $1 and room.community_id = $2", room_id, by.here)
    if found is None:
        raise NotFoundException
    return found


class Resident(msgspec.Struct):
    """A stay with its person."""

    id: UUID
    person_id: UUID
    name: str
    phone: str | None
    kind: str
    role: str
    since: date | None
    until: date | None
    moved_in_on: date | None
    ended_why: str | None
    registered_at: datetime

    @property
    def role_label(self) -> str:
        """The role in words."""
        return _(ROLES[self.role])

    @property
    def is_void(self) -> bool:
        """Whether it was entered by mistake."""
        return self.ended_why == "corrected"

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.is_void or (self.until is not None and self.until < today())

    @property
    def is_to_come(self) -> bool:
        """Whether it has yet to begin."""
        return not self.is_void and self.since is not None and self.since > today()

    @property
    def span(self) -> str:
        """From when to when, in words."""
        since = day(self.since) if self.since else _("建档前")
        if self.is_void:
            return _("%(since)s 起登记", since=since)
        if self.until is None:
            return _("%(since)s 起", since=since)
        return _("%(since)s 至 %(until)s", since=since, until=day(self.until))

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return _(ENDINGS[self.ended_why]) if self.ended_why else ""


async def residents(by: Actor, room_id: UUID) -> list[Resident]:
    """Return everybody who ever belonged to the room: owners, tenants, members; within a role the newest first."""
    return await rows(
        Resident,
        """select occupancy.id, person_id, person.name, person.phone, person.kind, role, since, until, moved_in_on, ended_why,
            occupancy.created_at as registered_at
        from occupancy join person on person.id = occupancy.person_id
        where occupancy.room_id = $1 and occupancy.community_id = $2
        order by array_position(array['owner', 'co_owner', 'tenant', 'member'], role::text), since desc nulls last, occupancy.id""",
        room_id,
        by.here,
    )


class CarLine(msgspec.Struct):
    """A vehicle of a room."""

    id: UUID
    plate: str
    description: str | None
    space: str | None
    since: date | None
    until: date | None


class SpaceLine(msgspec.Struct):
    """A parking space that belongs to a room."""

    code: str
    zone: str | None
    ownership: str

    @property
    def ownership_label(self) -> str:
        """Whose it is, in words."""
        return _(OWNERSHIPS[self.ownership])


class TicketLine(msgspec.Struct):
    """A repair in this room."""

    id: UUID
    number: str
    summary: str
    state: str
    reported_at: datetime


class MeterLine(msgspec.Struct):
    """A meter that hangs in this room."""

    id: UUID
    kind: str
    number: str
    value: Decimal | None
    period: str | None

    @property
    def label(self) -> str:
        """What kind of meter it is, in words."""
        return _(METERS[self.kind].label)


class RoomFile(msgspec.Struct):
    """Everything on a room's page."""

    room: Room
    residents: list[Resident]
    cars: list[CarLine]
    spaces: list[SpaceLine]
    tickets: list[TicketLine]
    meters: list[MeterLine] = []

    @property
    def present(self) -> list[Resident]:
        """Who belongs to it now, or will soon."""
        return [one for one in self.residents if not one.is_over]

    @property
    def has_owner(self) -> bool:
        """Whether somebody owns it today or will soon."""
        return any(one.role == "owner" for one in self.present)

    @property
    def has_moved_in(self) -> bool:
        """Whether the owners' moving in is on record."""
        return any(one.moved_in_on for one in self.present if one.role in ("owner", "co_owner"))

    @property
    def history(self) -> list[dict[str, Any]]:
        """The timeline, newest first."""
        known = sorted(self.residents, key=lambda one: (one.since or date.min, one.registered_at), reverse=True)
        return [told(one) for one in known]


def told(one: Resident) -> dict[str, Any]:
    """Return a stay as a line of the timeline."""
    tone = "muted" if one.is_over else "todo" if one.is_to_come else ""
    text = _("%(role)s %(name)s", role=one.role_label, name=mask_name(one.name))
    meta = f"{one.span} · {one.ending}" if one.ending else one.span
    note = _("%(day)s 入住", day=day(one.moved_in_on)) if one.moved_in_on else ""
    return {"text": text, "meta": meta, "tone": tone, "note": note, "id": one.id, "is_void": one.is_void,
            "can_reopen": one.role in ("tenant", "member") and one.ended_why == "moved_out"}  # fmt: skip


async def room_file(by: Actor, room_id: UUID) -> RoomFile:
    """Return a room's file; raise NotFoundException."""
    room = await find_room(by, room_id)
    cars = await rows(
        CarLine,
        "select vehicle.id, plate, description, space.code as space, since, until from vehicle"
        " left join space on space.id = vehicle.space_id"
        " where vehicle.room_id = $1 and vehicle.community_id = $2 and (until is null or until >= $3) order by plate",
        room_id,
        by.here,
        today(),
    )
    spaces = await rows(
        SpaceLine,
        "select code, zone, ownership from space where room_id = $1 and community_id = $2 order by code",
        room_id,
        by.here,
    )
    tickets = await tickets_of(by, room_id) if by.can("ticket.read") else []
    meters = await meters_of(by, room_id) if by.can("meter.manage") or by.can("meter.review") else []
    return RoomFile(room, await residents(by, room_id), cars, spaces, tickets, meters)


async def meters_of(by: Actor, room_id: UUID) -> list[MeterLine]:
    """Return the meters that hang in the room, with what they showed last."""
    return await rows(
        MeterLine,
        "select meter.id, meter.kind, number, last.value, last.period from meter left join lateral ("
        " select value, period from meter_reading where meter_id = meter.id and status in ('ok', 'accepted') and value is not null"
        " order by period desc, kind = 'initial', read_at desc limit 1) as last on true"
        " where room_id = $1 and community_id = $2 and removed_on is null order by meter.kind, number",
        room_id,
        by.here,
    )


async def tickets_of(by: Actor, room_id: UUID) -> list[TicketLine]:
    """Return the room's latest repairs."""
    return await rows(
        TicketLine,
        "select id, number, summary, state, reported_at from ticket where room_id = $1 and community_id = $2"
        " order by reported_at desc limit 10",
        room_id,
        by.here,
    )


class Overtaken(Exception):
    """Somebody else changed the record meanwhile; `now` are its present values."""

    def __init__(self, now: Any) -> None:
        super().__init__("changed by somebody else")
        self.now = now


FACTS = ("kind", "gross_area", "net_area", "vacancy", "handover_on", "note")


async def edit_room(room_id: UUID, facts: dict[str, Any], version: int, *, by: Actor) -> None:
    """Change a room's FACTS, if it still is at `version`; raise Overtaken, NotFoundException."""
    async with transaction():
        before = await find_room(by, room_id)
        old = {name: getattr(before, name) for name in FACTS}
        new = {name: facts[name] for name in FACTS}
        if old == new:
            return
        done = await changed(
            "update room set kind = $3, gross_area = $4, net_area = $5, vacancy = $6, handover_on = $7, note = $8,"
            " version = version + 1 where id = $1 and version = $2",
            room_id,
            version,
            *(new[name] for name in FACTS),
        )
        if not done:
            raise Overtaken(before)
        differing = [name for name in FACTS if old[name] != new[name]]
        await record(
            by, "room.edit", community_id=by.here, entity="room", entity_id=room_id,
            before={name: old[name] for name in differing}, after={name: new[name] for name in differing},
        )  # fmt: skip

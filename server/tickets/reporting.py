"""A repair is reported: by who lives here, by staff on their round, or by the office for a caller."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import fetchrow, fetchval, row, rows, transaction
from server.lib.acting import NO_PHOTOS, Carried
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.lib.searching import patterns
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets import states
from server.tickets.changing import notify
from server.tickets.dispatching import give_by_rule
from server.tickets.events import add_event
from server.tickets.finding import TicketView, find
from server.tickets.kinds import guess_payer, summary_of
from server.tickets.rules import deadlines


class Report(msgspec.Struct, kw_only=True):
    """What somebody reports. `id` was made by the form, so that the form sent twice is one ticket."""

    id: UUID
    category: str
    level: str
    location: str  #: private | common
    place: str
    text: str = ""
    room_id: UUID | None = None
    contact_phone: str | None = None
    reporter_id: UUID | None = None  #: the person; for a caller, whoever lives in the room and called
    reporter_account_id: UUID | None = None
    appoint_from: datetime | None = None
    appoint_until: datetime | None = None
    scanned: bool = False  #: by the label of the place


class RoomChoice(msgspec.Struct):
    """A room somebody may report for."""

    id: UUID
    label: str
    stairwell: str  #: what the common parts next to it are called: 3栋1单元


class BuildingChoice(msgspec.Struct):
    """A building to choose."""

    id: UUID
    name: str


class Caller(msgspec.Struct):
    """Somebody who lives in a room, as the office picks them."""

    id: UUID
    account_id: UUID | None
    name: str
    phone: str | None
    role: str


async def report(
    new: Report,
    photos: Carried = NO_PHOTOS,
    *,
    by: Actor,
    at: datetime | None = None,
    event_id: UUID | None = None,
    device_at: datetime | None = None,
) -> TicketView:
    """Make a ticket of a report, or return the one that this form has already made; raise NotFoundException for a strange id.

    `at`: when it was reported, on a phone without signal; the clocks run from then, and its number is of the day it arrives.
    """
    async with transaction():
        if await fetchval("select exists (select from ticket where id = $1)", new.id):
            return await _sent_before(new.id, by)
        office = by.can("ticket.assign")
        verb, state = ("register", states.BIRTHS["office"]) if office else ("report", states.BIRTHS["resident"])
        reported_at = at or now()
        number = await take_number(by.here, now())
        if not await _insert(new, number, state, reported_at, by):
            return await _sent_before(new.id, by)
        detail: dict[str, Any] = {"photos": [str(id_) for id_ in photos.ids]} if photos.ids else {}
        if new.scanned:
            detail["scanned"] = True
        await add_event(new.id, verb, state, by=by, community_id=by.here, id_=event_id, detail=detail, device_at=at)
        await attach(photos.stored, entity="ticket", entity_id=new.id, role="report", by=by, waiting=photos.waiting)
        after = {"number": number, "category": new.category, "level": new.level, "place": new.place, "state": state}
        await record(
            by,
            f"ticket.{verb}",
            community_id=by.here,
            entity="ticket",
            entity_id=new.id,
            after=after,
            device_at=device_at,
        )
        ticket = await find(new.id, by=by)
        await notify("ticket_reported", ticket, by)
        return await give_by_rule(ticket, by=by) if office else ticket


async def _sent_before(ticket_id: UUID, by: Actor) -> TicketView:
    """Return the ticket this actor's form has made before; an id that somebody else used is a stranger's."""
    query = "select exists (select from ticket_event where ticket_id = $1 and account_id = $2 and kind in ('report', 'register'))"
    if not await fetchval(query, ticket_id, by.account_id):
        raise NotFoundException
    return await find(ticket_id, by=by)


async def take_number(community_id: UUID, at: datetime, name: str = "ticket", prefix: str = "GD") -> str:
    """Return the community's next number of the day: GD-20261123-018. Without gaps: a report that fails gives it back."""
    day = f"{at.astimezone(CHINA):%Y%m%d}"
    value = await fetchval(
        "insert into counter (id, community_id, name, value) values ($1, $2, $3, 1)"
        " on conflict (community_id, name) do update set value = counter.value + 1 returning value",
        uuid7(),
        community_id,
        f"{name}:{day}",
    )
    return f"{prefix}-{day}-{value:03d}"


async def _insert(new: Report, number: str, state: str, reported_at: datetime, by: Actor) -> bool:
    """Write the row; return False when another request with the same id was a moment earlier."""
    inserted = await fetchval(
        "insert into ticket (id, community_id, number, state, category, level, location, room_id, building_id, place, summary,"
        " description, contact_phone, reporter_id, reporter_account_id, reported_at, payer, appoint_from, appoint_until,"
        " accepted_at, respond_by, arrive_by, due_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
        " $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 1) on conflict (id) do nothing returning id",
        new.id,
        by.here,
        number,
        state,
        new.category,
        new.level,
        new.location,
        new.room_id,
        await building_of(by.here, new.room_id, new.place),
        new.place,
        summary_of(new.text, new.category),
        new.text or None,
        new.contact_phone,
        new.reporter_id,
        new.reporter_account_id,
        reported_at,
        guess_payer(new.location),
        new.appoint_from,
        new.appoint_until,
        reported_at if state == states.BIRTHS["office"] else None,
        *(await deadlines(by.here, new.level, reported_at, new.appoint_until)).values(),
    )
    return inserted is not None


async def building_of(community_id: UUID, room_id: UUID | None, place: str) -> UUID | None:
    """Return the building of the room, or the one that `place` begins with (3栋1单元 大堂), or None."""
    if room_id is not None:
        found = await fetchval(
            "select building_id from room where id = $1 and community_id = $2", room_id, community_id
        )
    else:
        query = """select id from building where community_id = $1 and starts_with($2, name)
            order by length(name) desc limit 1"""
        found = await fetchval(query, community_id, place)
    return found if found is None else UUID(str(found))


# ---- What the form offers -------------------------------------------------------------------------------------------


async def buildings(community_id: UUID) -> list[BuildingChoice]:
    """Return a community's buildings, in their order."""
    return await rows(
        BuildingChoice, "select id, name from building where community_id = $1 order by sort, name", community_id
    )


ROOM = """select room.id, room.label, concat(building.name, stairwell.code || '单元') as stairwell
    from room join building on building.id = room.building_id left join stairwell on stairwell.id = room.stairwell_id"""


async def rooms_of(actor: Actor) -> list[RoomChoice]:
    """Return the rooms the actor lives in or owns here, in order."""
    query = f"{ROOM} where room.community_id = $1 and room.id = any ($2::uuid[]) order by room.kind = 'shop', room.sort"
    return await rows(RoomChoice, query, actor.here, list(actor.room_ids))


async def room_of(community_id: UUID, room_id: UUID) -> RoomChoice | None:
    """Return one room of a community, for the office."""
    return await row(RoomChoice, f"{ROOM} where room.community_id = $1 and room.id = $2", community_id, room_id)


async def rooms_like(actor: Actor, words: str, limit: int = 8) -> list[RoomChoice]:
    """Return the first rooms that a label, name, phone or plate with `words` belongs to; every word has to be found."""
    likes = patterns(words)
    if max(map(len, likes), default=0) < len("%两字%"):
        return []
    query = f"""{ROOM} join room_search on room_search.id = room.id
        where room.community_id = $1 and room_search.community_id = $1
        and room_search.words like all ($2::text[])
        order by room.sort limit {limit}"""
    return await rows(RoomChoice, query, actor.here, likes)


async def callers_of(community_id: UUID, room_id: UUID) -> list[Caller]:
    """Return who lives in a room or owns it today, owners first."""
    query = """select person.id, person.account_id, person.name, person.phone, occupancy.role
        from occupancy join person on person.id = occupancy.person_id
        where occupancy.community_id = $1 and occupancy.room_id = $2
        and (occupancy.since is null or occupancy.since <= (now() at time zone 'Asia/Shanghai')::date)
        and (occupancy.until is null or occupancy.until >= (now() at time zone 'Asia/Shanghai')::date)
        order by array_position(array['owner', 'tenant', 'co_owner', 'member'], occupancy.role::text), person.name"""
    return await rows(Caller, query, community_id, room_id)


async def own_phone(actor: Actor) -> str | None:
    """Return the phone number the register or the account has for the actor."""
    query = """select coalesce((select phone from person where id = $1), (select phone from account where id = $2))"""
    found = await fetchval(query, actor.person_id, actor.account_id)
    return None if found is None else str(found)


async def office_phone(community_id: UUID) -> str | None:
    """Return the office's own number, or None when nobody has entered one."""
    found = await fetchrow("select phone from community where id = $1", community_id)
    return None if found is None else found["phone"]

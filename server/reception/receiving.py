"""Somebody comes, calls or writes: one line of the register; corrected or voided, never deleted."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, fetchval, transaction
from server.lib.formats import now
from server.reception.finding import Overtaken, VisitView, find
from server.security.actor import Actor


class Arrival(msgspec.Struct, kw_only=True):
    """What is written down. `id` was made by the form, so that the form sent twice is one line."""

    id: UUID
    channel: str
    words: str
    room_id: UUID | None = None
    person_id: UUID | None = None
    who: str | None = None
    phone: str | None = None


class Elsewhere(LookupError):
    """The room is not of this community, or the person has nothing to do with it."""


class NotOpen(Exception):
    """The visit is voided, or is settled already."""


async def receive(new: Arrival, *, by: Actor, at: dt.datetime | None = None) -> VisitView:
    """Write down a visit, or return the one this form has already made.

    Raise NotFoundException for who may not or for a strange id, Elsewhere for a strange room or person.
    """
    may_log(by)
    async with transaction():
        await check_place(new.room_id, new.person_id, by)
        inserted = await fetchval(
            "insert into visit (id, community_id, channel, room_id, person_id, who, phone, words, received_at, account_id,"
            " receiver_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing returning id",
            new.id, by.here, new.channel, new.room_id, new.person_id, new.who, new.phone, new.words, at or now(), by.account_id,
            by.name,
        )  # fmt: skip
        if inserted is not None:
            await record(by, "reception.log", community_id=by.here, entity="visit", entity_id=new.id, after=told(new))
        return await find(new.id, by=by)


async def correct(visit_id: UUID, new: Arrival, *, by: Actor, base: int) -> VisitView:
    """Correct a line as it was seen in version `base`; what became of it stays. Raise Overtaken, NotOpen or Elsewhere."""
    may_log(by)
    async with transaction():
        before = await seen(visit_id, by=by, base=base)
        await check_place(new.room_id, new.person_id, by)
        await changed(
            "update visit set channel = $2, room_id = $3, person_id = $4, who = $5, phone = $6, words = $7, version = version + 1"
            " where id = $1",
            visit_id, new.channel, new.room_id, new.person_id, new.who, new.phone, new.words,
        )  # fmt: skip
        await record(
            by, "reception.correct", community_id=by.here, entity="visit", entity_id=visit_id, before=told(before), after=told(new)
        )  # fmt: skip
        return await find(visit_id, by=by)


async def void(visit_id: UUID, reason: str, *, by: Actor, base: int) -> VisitView:
    """Void a line that should not be there; it stays, crossed out. Raise Overtaken or NotOpen."""
    may_log(by)
    async with transaction():
        await seen(visit_id, by=by, base=base)
        await changed(
            "update visit set voided_at = now(), void_reason = $2, version = version + 1 where id = $1",
            visit_id,
            reason,
        )
        await record(
            by, "reception.void", community_id=by.here, entity="visit", entity_id=visit_id, after={"voided": True}, reason=reason
        )  # fmt: skip
        return await find(visit_id, by=by)


def may_log(by: Actor) -> None:
    """Raise NotFoundException unless the actor writes at the front desk."""
    if not by.can("reception.log"):
        raise NotFoundException


async def seen(visit_id: UUID, *, by: Actor, base: int) -> VisitView:
    """Return a visit, locked, as the actor saw it; raise Overtaken when it has changed, NotOpen when it is voided."""
    visit = await find(visit_id, by=by, lock=True)
    if visit.version != base:
        raise Overtaken
    if visit.voided_at is not None:
        raise NotOpen
    return visit


async def check_place(room_id: UUID | None, person_id: UUID | None, by: Actor) -> None:
    """Raise Elsewhere unless the room is here, and the person is or was of that room."""
    if room_id is not None:
        query = "select exists (select from room where id = $1 and community_id = $2)"
        if not await fetchval(query, room_id, by.here):
            raise Elsewhere
    if person_id is not None:
        query = "select exists (select from occupancy where person_id = $1 and room_id = $2 and community_id = $3)"
        if not await fetchval(query, person_id, room_id, by.here):
            raise Elsewhere


def told(visit: Arrival | VisitView) -> dict[str, Any]:
    """Return a line as the audit shows it."""
    return {
        "channel": visit.channel, "room_id": visit.room_id, "person_id": visit.person_id, "who": visit.who, "phone": visit.phone,
        "words": visit.words,
    }  # fmt: skip

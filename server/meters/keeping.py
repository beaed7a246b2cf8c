"""Keeping meters: a new one is registered with where it begins; what was typed wrong is corrected."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from server.audit.recording import record
from server.communities.naming import sort_key
from server.db import execute, fetchrow, transaction
from server.lib.ids import uuid7
from server.meters.finding import MeterView, find
from server.meters.settling import settle
from server.security.actor import Actor


class NumberTaken(Exception):
    """Another meter of this kind hangs somewhere with the same number."""


class NewMeter(msgspec.Struct):
    """A meter to register. `place` is a room's label, or a common place in words."""

    kind: str
    number: str
    place: str
    digits: int
    ratio: Decimal
    installed_on: dt.date
    initial: Decimal


async def hang(new: NewMeter, *, by: Actor) -> UUID:
    """Register a meter with its first reading; return its id. Raise NumberTaken."""
    id_ = uuid7()
    try:
        async with transaction():
            room = await fetchrow(
                "select id, label, sort from room where community_id = $1 and label = $2", by.here, new.place
            )
            await execute(
                "insert into meter (id, community_id, kind, number, room_id, place, sort, digits, ratio, installed_on)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                id_, by.here, new.kind, new.number, room["id"] if room else None, new.place,
                room["sort"] if room else sort_key(new.place), new.digits, new.ratio, new.installed_on,
            )  # fmt: skip
            await execute(
                "insert into meter_reading (id, community_id, meter_id, period, kind, value, status, source, account_id,"
                " reader_name, read_at) values ($1, $2, $3, $4, 'initial', $5, 'ok', 'desk', $6, $7,"
                " ($8::date + time '12:00') at time zone 'Asia/Shanghai')",
                uuid7(), by.here, id_, f"{new.installed_on:%Y-%m}", new.initial, by.account_id, by.name, new.installed_on,
            )  # fmt: skip
            await record(
                by, "meter.hang", community_id=by.here, entity="meter", entity_id=id_, after=msgspec.structs.asdict(new)
            )
    except asyncpg.UniqueViolationError:
        raise NumberTaken(new.number) from None
    return id_


async def correct(meter_id: UUID, number: str, digits: int, ratio: Decimal, *, by: Actor) -> MeterView:
    """Correct what was typed wrong of a meter; its usages follow. Raise NotFoundException or NumberTaken."""
    try:
        async with transaction():
            meter = await find(meter_id, by=by, lock=True)
            await execute(
                "update meter set number = $2, digits = $3, ratio = $4, version = version + 1 where id = $1",
                meter.id, number, digits, ratio,
            )  # fmt: skip
            await settle([meter.id])
            before = {"number": meter.number, "digits": meter.digits, "ratio": meter.ratio}
            await record(
                by, "meter.correct", community_id=meter.community_id, entity="meter", entity_id=meter.id, before=before,
                after={"number": number, "digits": digits, "ratio": ratio},
            )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise NumberTaken(number) from None
    return await find(meter_id, by=by)

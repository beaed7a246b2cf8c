"""Meters and their routes as the documents that phones hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from server.communities.naming import sort_key
from server.db import fetch, fetchrow
from server.field.documents import Document, Kind, register
from server.meters.kinds import COUNTED
from server.meters.plausibility import usual_of
from server.meters.reducers import DONE
from server.meters.usage import plain
from server.security.actor import Actor
from server.storage.photos import StoredPhoto, photos_of

METERS = """
select meter.*, replacing.number as new_number, room.vacancy in ('occupied', 'let') as occupied, route_id
from meter left join room on room.id = meter.room_id
left join meter as replacing on replacing.id = meter.replaced_by
left join meter_stop on meter_stop.meter_id = meter.id
where meter.community_id = $1 and meter.id = any ($2::uuid[])
"""

ORDER = "array_position(array['initial', 'actual', 'final'], case when kind in ('estimated', 'unread') then 'actual' else kind::text end)"
"""The order of a meter's readings within a period: it begins, is read, ends."""

READINGS = f"""
select reading.* from unnest($1::uuid[]) as wanted (id)
cross join lateral (
    select id, meter_id, period, kind, value, usage, flags, status, reason, account_id, reader_name, read_at, device_at
    from meter_reading where meter_id = wanted.id and status in ('ok', 'accepted', 'doubtful')
    order by period desc, {ORDER} desc, read_at desc limit 14
) as reading
"""


def ms(value: datetime | None) -> int | None:
    """Return a moment in whole milliseconds since 1970."""
    return None if value is None else int(value.timestamp() * 1000)


def text_of(value: Decimal | None) -> str:
    """Return a figure as text, '' for none."""
    return "" if value is None else plain(value)


def reads(actor: Actor) -> bool:
    """Whether an actor has to do with reading meters."""
    return actor.community_id is not None and any(
        actor.can(name) for name in ("meter.read", "meter.review", "meter.manage")
    )


async def open_period(community_id: UUID) -> asyncpg.Record | None:
    """Return the period that is being read in a community, or None."""
    return await fetchrow("select * from meter_period where community_id = $1 and state = 'open'", community_id)


async def load_meters(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return meters as documents, in a fixed number of queries."""
    if not reads(by):
        return {}
    period = await open_period(by.here)
    name = str(period["period"]) if period else ""
    found = await fetch(METERS, by.here, list(ids))
    readings: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for one in await fetch(READINGS, [meter["id"] for meter in found]):
        readings[one["meter_id"]].append(one)
    current = [one["id"] for several in readings.values() for one in several if one["period"] == name]
    photos = await photos_of("meter_reading", current) if current else {}
    return {one["id"]: document(one, readings[one["id"]], name, photos) for one in found}


def document(
    meter: asyncpg.Record,
    readings: list[asyncpg.Record],
    period: str,
    photos: Mapping[UUID, list[StoredPhoto]] | None = None,
) -> Document:
    """Return one meter as phones and reducers know it; `readings` newest first, those that were not used left out."""
    photos = photos or {}
    counted = [one for one in readings if one["status"] in COUNTED]
    before = [one for one in counted if not period or one["period"] < period or is_start(one, period)]
    here = [one for one in readings if period and one["period"] == period and one["kind"] != "initial"]
    finals = [entry(one, photos) for one in here if one["kind"] == "final"]
    taken = sorted((one for one in here if one["kind"] != "final"), key=lambda one: one["read_at"])
    own = next((one for one in taken if one["status"] in COUNTED), taken[0] if taken else None)
    return {
        "kind": "meter",
        "id": str(meter["id"]),
        "v": meter["version"],
        "what": meter["kind"],
        "number": meter["number"],
        "place": meter["place"],
        "room": str(meter["room_id"] or ""),
        "route": str(meter["route_id"] or ""),
        "occupied": bool(meter["occupied"]),
        "digits": meter["digits"],
        "ratio": plain(meter["ratio"]),
        "period": period,
        "previous": previous_of(before),
        "usual": text_of(usual_of([one["usage"] for one in before if one["usage"] is not None])),
        "reading": entry(own, photos) if own else None,
        "others": [entry(one, photos) for one in taken if one is not own],
        "final": finals[0] if finals else None,
        "replaced": replaced_of(meter),
        "history": [history_of(one) for one in before[:3]],
    }


def is_start(reading: asyncpg.Record, period: str) -> bool:
    """Whether a reading of this period is where a new meter began."""
    return bool(reading["period"] == period and reading["kind"] == "initial")


def previous_of(before: list[asyncpg.Record]) -> Document | None:
    """Return the figure to reckon from, with the last real one when it is only an estimate; None for a meter never read."""
    figures = [one for one in before if one["value"] is not None]
    if not figures:
        return None
    last = figures[0]
    real = next((one["value"] for one in figures if one["kind"] != "estimated"), None)
    return {
        "value": plain(last["value"]),
        "real": text_of(real) if last["kind"] == "estimated" else "",
        "kind": last["kind"],
        "period": last["period"],
        "at": ms(last["read_at"]),
    }


def replaced_of(meter: asyncpg.Record) -> Document | None:
    """Return what hangs in the place of a meter that was changed, or None."""
    if meter["removed_on"] is None:
        return None
    new = str(meter["replaced_by"] or "")
    return {"id": new, "number": meter["new_number"] or "", "initial": "", "pending": False}


def history_of(reading: asyncpg.Record) -> Document:
    """Return a line of the history."""
    return {
        "period": reading["period"],
        "kind": reading["kind"],
        "value": text_of(reading["value"]),
        "usage": text_of(reading["usage"]),
    }


def entry(reading: asyncpg.Record, photos: Mapping[UUID, list[StoredPhoto]]) -> Document:
    """Return one reading of the period."""
    shown = [
        {"id": str(photo.id), "role": photo.role, "pending": photo.is_waiting}
        for photo in photos.get(reading["id"], [])
    ]
    return {
        "id": str(reading["id"]),
        "kind": reading["kind"],
        "value": text_of(reading["value"]),
        "usage": text_of(reading["usage"]),
        "at": ms(reading["read_at"]),
        "account": str(reading["account_id"] or ""),
        "name": reading["reader_name"],
        "flags": msgspec.json.decode(reading["flags"]),
        "status": reading["status"],
        "reason": reading["reason"] or "",
        "photos": shown,
        "pending": False,
    }


async def every_meter(actor: Actor) -> list[UUID]:
    """Return the ids of all meters that hang."""
    if not reads(actor):
        return []
    query = "select id from meter where community_id = $1 and removed_on is null order by id"
    return [one["id"] for one in await fetch(query, actor.here)]


def scope(actor: Actor) -> str | None:
    """Return the feed scope of the meters of the community the actor works in."""
    return f"meter:{actor.here}" if actor.community_id is not None and actor.can("meter.read") else None


# ---- Routes ---------------------------------------------------------------------------------------------------------

ROUTES = """
select meter_route.*, person.name as reader_name from meter_route left join person on person.id = meter_route.reader_id
where meter_route.community_id = $1 and meter_route.id = any ($2::uuid[])
"""

STOPS = f"""
select meter_stop.route_id, meter.id, meter.place, meter.number, meter.kind, before.value as last,
    here.value, here.kind as how, here.status, here.twice
from meter_stop join meter on meter.id = meter_stop.meter_id
left join lateral (
    select value from meter_reading where meter_id = meter.id and status in ('ok', 'accepted') and value is not null
    and ($3 = '' or period < $3 or (period = $3 and kind = 'initial'))
    order by period desc, {ORDER} desc, read_at desc limit 1
) as before on true
left join lateral (
    select value, kind, status, count(*) filter (where status = 'doubtful') over () as twice
    from meter_reading where meter_id = meter.id and period = $3 and status in ('ok', 'accepted', 'doubtful')
    order by kind = 'initial', status = 'doubtful', read_at limit 1
) as here on true
where meter_stop.community_id = $1 and meter_stop.route_id = any ($2::uuid[])
order by meter_stop.route_id, meter_stop.position, meter_stop.id
"""

MARKS = {"actual": "read", "estimated": "estimated", "initial": "changed", "final": "changed", "unread": "unread"}


async def load_routes(ids: Sequence[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return routes as documents: their meters in order, and how far the open period has come."""
    if not reads(by):
        return {}
    period = await open_period(by.here)
    found = {one["id"]: route_of(one, period) for one in await fetch(ROUTES, by.here, list(ids))}
    for one in await fetch(STOPS, by.here, list(found), period["period"] if period else ""):
        found[one["route_id"]]["stops"].append(stop_of(one))
    for route in found.values():
        route["total"] = len(route["stops"])
        route["done"] = sum(1 for stop in route["stops"] if stop["mark"] in DONE)
    return found


def route_of(route: asyncpg.Record, period: asyncpg.Record | None) -> dict[str, Any]:
    """Return a route's document, still without its meters."""
    return {
        "kind": "meter_route",
        "id": str(route["id"]),
        "v": route["version"],
        "name": route["name"],
        "order": sort_key(route["name"]),
        "reader": str(route["reader_id"] or ""),
        "reader_name": route["reader_name"] or "",
        "period": period["period"] if period else "",
        "opens": period["opens_on"].isoformat() if period else "",
        "due": period["due_on"].isoformat() if period else "",
        "done": 0,
        "total": 0,
        "stops": [],
    }


def stop_of(stop: asyncpg.Record) -> Document:
    """Return a meter as its route's list shows it."""
    mark = "doubtful" if stop["twice"] else MARKS.get(stop["how"] or "", "")
    return {
        "id": str(stop["id"]),
        "place": stop["place"],
        "number": stop["number"],
        "what": stop["kind"],
        "last": text_of(stop["last"]),
        "value": text_of(stop["value"]),
        "mark": mark,
        "pending": False,
    }


async def every_route(actor: Actor) -> list[UUID]:
    """Return the ids of all routes in use."""
    if not reads(actor):
        return []
    query = "select id from meter_route where community_id = $1 and in_use order by id"
    return [one["id"] for one in await fetch(query, actor.here)]


register(Kind("meter", load_meters, every_meter, scope))
register(Kind("meter_route", load_routes, every_route, scope))

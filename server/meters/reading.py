"""Taking a reading in: judged by the reducer that judged it on the phone, written as a fact, settled at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from server.audit.recording import as_json, record
from server.db import execute, fetchval
from server.field.documents import Document
from server.field.reducers import reduce
from server.lib.formats import local
from server.meters.documents import load_meters
from server.meters.finding import MeterView
from server.meters.settling import settle
from server.security.actor import Actor
from server.storage.photos import attach


@dataclass(frozen=True)
class Taken:
    """What a reading brings along: the photos promised by the phone or stored already, and where it comes from."""

    waiting: tuple[UUID, ...] = ()
    stored: tuple[UUID, ...] = ()
    device_at: datetime | None = None
    source: str = "phone"


async def judged(meter: MeterView, op: dict[str, Any], *, by: Actor) -> tuple[Document, Document]:
    """Return a meter's document before and after `op` (as `Op.plain()`); raise Refusal."""
    before = (await load_meters([meter.id], by))[meter.id]
    after = reduce("meter", before, op)
    assert after is not None
    return before, after


def entry_of(doc: Document, id_: str) -> Document:
    """Return the reading with this id out of a document that has just got it."""
    candidates: list[Document] = [one for one in (doc["reading"], doc["final"], *doc["others"]) if one]
    return next(one for one in candidates if one["id"] == id_)


def period_at(doc: Document, op: dict[str, Any]) -> str:
    """Return the period a reading is for: what its reader saw, else the open one, else the month it was read in."""
    asked = op["args"].get("period")
    if isinstance(asked, str) and is_period(asked):
        return asked
    return doc["period"] or f"{local(op['at']):%Y-%m}"


def is_period(text: str) -> bool:
    """Whether `text` is a month like 2026-11."""
    try:
        return len(text) == 7 and date.fromisoformat(f"{text}-01").year >= 2000
    except ValueError:
        return False


async def take(meter: MeterView, op: dict[str, Any], taken: Taken, *, by: Actor) -> int:
    """Write the reading that `op` makes; return the meter's version after it. The meter is locked by the caller."""
    before, after = await judged(meter, op, by=by)
    new = entry_of(after, op["id"])
    if after["reading"] and after["reading"]["id"] == op["id"] and before["reading"]:
        await supersede([UUID(before["reading"]["id"])])  # an estimate or an excuse: the real figure takes its place
    await write(meter, new, period_at(before, op), taken, by=by)
    return await version_of(meter.id)


async def write(meter: MeterView, new: Document, period: str, taken: Taken, *, by: Actor) -> None:
    """Write one reading with its photos and its audit row, and settle its meter."""
    id_ = UUID(new["id"])
    await execute(
        "insert into meter_reading (id, community_id, meter_id, period, kind, value, usage, flags, status, reason, source,"
        " account_id, reader_name, read_at, device_at) values ($1, $2, $3, $4, $5, $6::text::numeric, $7::text::numeric, $8,"
        " $9, $10, $11, $12, $13, $14, $15)",
        id_, meter.community_id, meter.id, period, new["kind"], new["value"] or None, new["usage"] or None,
        as_json(new["flags"]), new["status"], new["reason"] or None, taken.source, by.account_id, by.name,
        datetime.fromtimestamp(new["at"] / 1000, UTC), taken.device_at,
    )  # fmt: skip
    await settle([meter.id])
    role = "final" if new["kind"] == "final" else "reading"
    await attach(
        taken.stored, entity="meter_reading", entity_id=id_, role=role, by=by, community_id=meter.community_id,
        waiting=taken.waiting,
    )  # fmt: skip
    after = {name: new[name] for name in ("kind", "value", "flags", "status")} | {
        "period": period,
        "meter": meter.number,
    }
    await record(
        by, "meter.read" if new["kind"] != "unread" else "meter.unreadable", community_id=meter.community_id,
        entity="meter", entity_id=meter.id, after=after, reason=new["reason"] or None, device_at=taken.device_at,
    )  # fmt: skip


async def supersede(reading_ids: Iterable[UUID]) -> None:
    """Let other readings take the place of these."""
    await execute(
        "update meter_reading set status = 'superseded', usage = null where id = any ($1::uuid[])", list(reading_ids)
    )


async def version_of(meter_id: UUID) -> int:
    """Return a meter's version now."""
    return int(await fetchval("select version from meter where id = $1", meter_id))

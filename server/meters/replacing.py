"""A meter is changed 换表: the old one gets its last figure, the new one hangs in its place, on the route, too."""

from typing import Any
from uuid import UUID

from server.audit.recording import record
from server.db import execute, fetchval
from server.field.documents import Document
from server.lib.formats import local
from server.lib.ids import uuid7
from server.meters.finding import MeterView
from server.meters.reading import Taken, entry_of, judged, period_at, version_of, write
from server.security.actor import Actor


class NumberTaken(Exception):
    """Another meter of this kind hangs somewhere with the same number."""


async def replace(meter: MeterView, op: dict[str, Any], taken: Taken, *, by: Actor) -> int:
    """Change a meter as `op` says; return the old one's version. The meter is locked by the caller. Raise Refusal or NumberTaken."""
    before, after = await judged(meter, op, by=by)
    final, new, day = entry_of(after, op["id"]), after["replaced"], local(op["at"]).date()
    period = period_at(before, op)
    query = (
        "select exists (select from meter where community_id = $1 and kind = $2 and number = $3 and removed_on is null)"
    )
    if await fetchval(query, meter.community_id, meter.kind, new["number"]):
        raise NumberTaken(new["number"])
    new_id = await hang(meter, new, day, by=by)
    await execute(
        "update meter set removed_on = greatest(installed_on, $2), replaced_by = $3 where id = $1",
        meter.id,
        day,
        new_id,
    )
    await execute("update meter_stop set meter_id = $2 where meter_id = $1", meter.id, new_id)
    await write(meter, final, period, taken, by=by)
    await begin(meter, new_id, new["initial"], final, period, by=by, taken=taken)
    await record(
        by, "meter.replace", community_id=meter.community_id, entity="meter", entity_id=meter.id,
        before={"number": meter.number}, after={"number": new["number"], "final": final["value"], "initial": new["initial"]},
        device_at=taken.device_at,
    )  # fmt: skip
    return await version_of(meter.id)


async def hang(meter: MeterView, new: Document, day: Any, *, by: Actor) -> UUID:
    """Make the row of the meter that takes the place of another; return its id: the phone's, if it is a new one."""
    id_ = as_new_id(new["id"])
    if await fetchval("select exists (select from meter where id = $1)", id_):
        id_ = uuid7()
    await execute(
        "insert into meter (id, community_id, kind, number, room_id, place, sort, digits, ratio, installed_on)"
        " select $2, community_id, kind, $3, room_id, place, sort, digits, ratio, $4 from meter where id = $1",
        meter.id, id_, new["number"], day,
    )  # fmt: skip
    return id_


def as_new_id(text: str) -> UUID:
    """Return the id that the phone made, or one of ours when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return uuid7()


async def begin(
    old: MeterView, new_id: UUID, initial: str, final: Document, period: str, *, by: Actor, taken: Taken
) -> None:
    """Write where the new meter begins."""
    new = final | {
        "id": str(uuid7()), "kind": "initial", "value": initial, "usage": "", "flags": [], "status": "ok", "reason": "",
    }  # fmt: skip
    place = MeterView(
        new_id, old.community_id, old.kind, "", old.room_id, old.place, old.digits, old.ratio, None, None, None, 1
    )
    await write(place, new, period, Taken(device_at=taken.device_at, source=taken.source), by=by)

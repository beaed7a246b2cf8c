"""Readings from a spreadsheet: what a file would do (dry run), and doing it. Good rows go in, bad ones wait, twice changes nothing.

A meter the register does not know is made from its first row, with the file's previous figure as where it begins. A reading below
the one before waits with its reason; one that is only odd goes in and is doubtful until somebody has looked at it.
"""

import asyncio
from typing import Any
from uuid import UUID

from server.audit.recording import as_json, record
from server.communities.importing.headers import Layout
from server.communities.importing.importers import Importer, PlanChanged, Progress, register
from server.db import execute, rows, transaction
from server.lib.formats import today
from server.meters.planning import Known, KnownMeter, KnownReading, KnownRoom, Plan, plan
from server.meters.settling import settle
from server.meters.sheets import SHEETS, Readings, parse
from server.security.actor import Actor

ROOMS = "select id, code, label, sort, vacancy in ('occupied', 'let') as occupied from room where community_id = $1"
METERS = """select id, kind, number, room_id, place, digits, ratio from meter
    where community_id = $1 and removed_on is null order by number"""
LAST = """select reading.* from meter cross join lateral (
        select meter_id, period, kind, value, usage, status from meter_reading
        where meter_id = meter.id and status in ('ok', 'accepted', 'doubtful')
        order by period desc, kind = 'initial', read_at desc limit 14
    ) as reading where meter.community_id = $1 and meter.removed_on is null"""


async def load(community_id: UUID) -> Known:
    """Return the rooms, meters and last readings of a community."""
    return Known(
        {room.code: room for room in await rows(KnownRoom, ROOMS, community_id)},
        await rows(KnownMeter, METERS, community_id),
        await rows(KnownReading, LAST, community_id),
    )


async def dry_run(readings: Readings, layouts: dict[str, Layout], community_id: UUID) -> Plan:
    """Return what `readings` would do now. Writes nothing."""
    known = await load(community_id)
    return await asyncio.to_thread(plan, readings, known, today())


async def apply(
    readings: Readings,
    layouts: dict[str, Layout],
    community_id: UUID,
    import_id: UUID,
    *,
    by: Actor,
    facts: dict[str, Any],
    expected: dict[str, dict[str, int]] | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Put `readings` in, all or nothing, with one audit row; return what was done. Raise PlanChanged as importers do."""
    async with transaction() as connection:
        await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"meters {community_id}")
        decided = await dry_run(readings, layouts, community_id)
        if expected is not None and decided.figures() != expected:
            raise PlanChanged(decided)
        await write(decided, community_id, import_id, by)
        if progress is not None:
            await progress(decided.rows, decided.rows)
        done = {f"{what}_created": counts["created"] for what, counts in decided.figures().items()}
        await record(
            by, "import.apply", community_id=community_id, entity="import", entity_id=import_id,
            after=facts | {"refused": decided.refused_rows} | done,
        )  # fmt: skip
    return decided


async def write(decided: Plan, community_id: UUID, import_id: UUID, by: Actor) -> None:
    """Write new meters and readings, in one statement each, and settle what they amount to."""
    await execute(
        "insert into meter (id, community_id, kind, number, room_id, place, sort, digits, ratio, import_id)"
        " select id, $1, kind, number, room_id, place, sort, digits, ratio, $2 from jsonb_to_recordset($3) as made (id uuid,"
        " kind text, number text, room_id uuid, place text, sort text, digits int, ratio numeric)",
        community_id, import_id, as_json(decided.meters),
    )  # fmt: skip
    await execute(
        "insert into meter_reading (id, community_id, meter_id, period, kind, value, usage, flags, status, source, account_id,"
        " reader_name, read_at, import_id) select id, $1, meter_id, period, kind, value, usage, flags, status, 'import', $2, $3,"
        " (read_on + time '12:00') at time zone 'Asia/Shanghai', $4 from jsonb_to_recordset($5) as made (id uuid,"
        " meter_id uuid, period text, kind text, value numeric, usage numeric, flags jsonb, status text, read_on date)",
        community_id, by.account_id, by.name, import_id, as_json(decided.readings),
    )  # fmt: skip
    await settle({UUID(str(one["meter_id"])) for one in decided.readings})


register(Importer(SHEETS, parse, dry_run, apply))

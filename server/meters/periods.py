"""The rounds of reading 抄表期: one is open at a time; its readings go to whoever makes the bills."""

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.communities.exporting import watermark
from server.db import changed, execute, fetch, fetchrow, rows, transaction
from server.lib.formats import CHINA, now
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.meters.books import book
from server.meters.kinds import KINDS, READING_KINDS, STATUSES
from server.security.actor import Actor


class PeriodTaken(Exception):
    """This period has been opened before."""


class Period(msgspec.Struct):
    """A period with how far it has come. `meters` hang now; `read` have a figure; `doubtful` wait; `unread` could not be read."""

    id: UUID
    period: str
    opens_on: dt.date
    due_on: dt.date
    state: str
    meters: int
    read: int
    doubtful: int
    unread: int


PERIODS = """
select p.id, p.period, p.opens_on, p.due_on, p.state,
    (select count(*) from meter where community_id = $1 and removed_on is null) as meters,
    coalesce(done.read, 0) as read, coalesce(done.doubtful, 0) as doubtful, coalesce(done.unread, 0) as unread
from meter_period as p left join (
    select period, count(distinct meter_id) filter (where kind in ('actual', 'estimated') and status in ('ok', 'accepted')) as read,
        count(*) filter (where status = 'doubtful') as doubtful,
        count(*) filter (where kind = 'unread' and status = 'ok') as unread
    from meter_reading where community_id = $1 group by period
) as done on done.period = p.period
where p.community_id = $1 order by p.period desc limit 24
"""


async def all_of(actor: Actor) -> list[Period]:
    """Return the periods of the last two years, the newest first."""
    return await rows(Period, PERIODS, actor.here)


async def open_new(period: str, opens_on: dt.date, due_on: dt.date, *, by: Actor) -> None:
    """Open a period; the one before is closed by it. Raise PeriodTaken."""
    try:
        async with transaction():
            await _close(by)
            await execute(
                "insert into meter_period (id, community_id, period, opens_on, due_on, state)"
                " values ($1, $2, $3, $4, $5, 'open')",
                uuid7(), by.here, period, opens_on, due_on,
            )  # fmt: skip
            await _tell_phones(by)
            after = {"period": period, "opens_on": opens_on, "due_on": due_on}
            await record(by, "meter.open_period", community_id=by.here, entity="meter", after=after)
    except asyncpg.UniqueViolationError:
        raise PeriodTaken(period) from None


async def close(*, by: Actor) -> None:
    """Close the open period; raise NotFoundException when there is none. What is read for it later is doubtful."""
    async with transaction():
        if not await _close(by):
            raise NotFoundException
        await _tell_phones(by)


async def _close(by: Actor) -> bool:
    open_ = await fetchrow(
        "select period from meter_period where community_id = $1 and state = 'open' for update", by.here
    )
    if open_ is None:
        return False
    query = "update meter_period set state = 'closed', closed_at = now() where community_id = $1 and state = 'open'"
    await changed(query, by.here)
    after = {"period": open_["period"]}
    await record(by, "meter.close_period", community_id=by.here, entity="meter", after=after)
    return True


async def _tell_phones(by: Actor) -> None:
    """Every meter and route shows its period."""
    await execute("update meter set version = version + 1 where community_id = $1 and removed_on is null", by.here)
    await execute("update meter_route set version = version + 1 where community_id = $1 and in_use", by.here)


READ = """
select meter.place, room.code, meter.kind, meter.number, meter.ratio, before.value as before, reading.value, reading.usage,
    reading.kind as how, reading.status, reading.read_at, reading.reader_name, reading.reason, reading.rolled, meter.removed_on
from meter_reading as reading join meter on meter.id = reading.meter_id left join room on room.id = meter.room_id
left join lateral (
    select value from meter_reading where meter_id = meter.id and status in ('ok', 'accepted') and value is not null
    and (period < reading.period or (period = reading.period and (kind = 'initial' or reading.kind = 'final' and kind <> 'final')))
    and id <> reading.id and reading.kind <> 'initial'
    order by period desc, kind = 'initial', read_at desc limit 1
) as before on true
where reading.community_id = $1 and reading.period = $2 and reading.status in ('ok', 'accepted', 'doubtful')
order by meter.sort, meter.kind, meter.place, meter.number, reading.read_at
"""


async def readings_book(period: str, *, by: Actor) -> bytes:
    """Return all readings of a period for billing, as an .xlsx file, put on record. Doubtful ones have no usage yet."""
    async with transaction():
        found = await fetch(READ, by.here, period)
        after = {"period": period, "readings": len(found)}
        await record(by, "meter.export", community_id=by.here, entity="meter", after=after)
    heads = [
        _("位置"), _("房屋编号"), _("类型"), _("表号"), _("倍率"), _("上期读数"), _("本期读数"), _("用量"), _("读数类型"), _("状态"),
        _("抄表日期"), _("抄表人"), _("说明"),
    ]  # fmt: skip
    lines = [cells(one) for one in found]
    return await asyncio.to_thread(book, f"{period} {_('抄表')}", heads, lines, watermark(by, now()))


def cells(one: asyncpg.Record) -> list[Any]:
    """Return a reading's cells."""
    counts = one["status"] != "doubtful"
    meter, how, status = KINDS[one["kind"]].label, READING_KINDS[one["how"]], STATUSES[one["status"]]
    return [
        one["place"], one["code"], _(meter), one["number"], one["ratio"], one["before"], one["value"],
        one["usage"] if counts else None, _(how), _(status), one["read_at"].astimezone(CHINA).date(),
        one["reader_name"], _("走满归零") if one["rolled"] else None,
    ]  # fmt: skip

"""Doubtful readings: somebody else than their reader accepts them with a reason, approves a roll-over, refuses or corrects them."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import as_json, record
from server.db import execute, fetchrow, fetchval, row, rows, transaction
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.meters.finding import MeterView
from server.meters.finding import find as find_meter
from server.meters.kinds import KINDS
from server.meters.reading import supersede
from server.meters.settling import settle
from server.meters.usage import plain
from server.security.actor import Actor

VERDICTS = {
    "accept": N_("读数属实，通过"),
    "rollover": N_("走满归零，批准"),
    "correct": N_("抄错了，按正确读数改"),
    "reject": N_("不采用"),
}
OWN = N_("自己抄的读数要由别人核对")
DECIDED = N_("这个读数已经有人核对过了")
LOWER = N_("比上一个读数 %(value)s 小，不能直接通过：走满归零请批准归零，抄错请改正，换了表请办换表")
HIGHER = N_("比后面一期的读数 %(value)s 大，不能通过")
NOT_LOWER = N_("没有比上一个读数小，不是走满归零")
FIGURE_MISSING = N_("请填写正确的读数")


class Refused(Exception):
    """The rules do not allow this verdict. `field` of the form, `message` a msgid, `details` what it needs."""

    def __init__(self, field: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.field, self.message, self.details = field, message, details


class Doubt(msgspec.Struct):
    """A reading with what a reviewer has to know."""

    id: UUID
    meter_id: UUID
    place: str
    meter_kind: str
    number: str
    digits: int
    period: str
    kind: str
    value: Decimal | None
    usage: Decimal | None
    flags: Any
    status: str
    reason: str | None
    account_id: UUID | None
    reader_name: str
    read_at: dt.datetime
    before: Decimal | None
    before_period: str | None
    standing: Decimal | None  #: the figure that counts for this period already

    def __post_init__(self) -> None:
        self.flags = msgspec.json.decode(self.flags, type=list[str])

    @property
    def label(self) -> str:
        """What kind of meter it is, untranslated."""
        return KINDS[self.meter_kind].label


DOUBTS = """
select reading.id, reading.meter_id, meter.place, meter.kind as meter_kind, meter.number, meter.digits, reading.period,
    reading.kind, reading.value, reading.usage, reading.flags, reading.status, reading.reason, reading.account_id,
    reading.reader_name, reading.read_at, before.value as before, before.period as before_period, standing.value as standing
from meter_reading as reading join meter on meter.id = reading.meter_id
left join lateral (
    select value, period from meter_reading where meter_id = meter.id and status in ('ok', 'accepted') and value is not null
    and (period < reading.period or (period = reading.period and kind = 'initial'))
    order by period desc, kind = 'initial', read_at desc limit 1
) as before on true
left join lateral (
    select value from meter_reading where meter_id = meter.id and status in ('ok', 'accepted') and period = reading.period
    and kind in ('actual', 'estimated', 'unread') and id <> reading.id limit 1
) as standing on true
where reading.community_id = $1
"""


async def waiting(actor: Actor, number: int) -> Page[Doubt]:
    """Return a page of the readings that wait for a decision, the oldest first."""
    total = await how_many(actor)
    query = f"{DOUBTS} and reading.status = 'doubtful' order by reading.read_at, reading.id limit $2 offset $3"
    return Page(await rows(Doubt, query, actor.here, PAGE_SIZE, offset(number)), total, max(number, 1))


async def how_many(actor: Actor) -> int:
    """Return how many readings wait."""
    query = "select count(*) from meter_reading where community_id = $1 and status = 'doubtful'"
    return int(await fetchval(query, actor.here))


async def find(reading_id: UUID, *, by: Actor) -> Doubt:
    """Return one reading of the actor's community; raise NotFoundException."""
    found = await row(Doubt, f"{DOUBTS} and reading.id = $2", by.here, reading_id)
    if found is None:
        raise NotFoundException
    return found


async def decide(reading_id: UUID, verdict: str, reason: str, value: Decimal | None = None, *, by: Actor) -> None:
    """Decide about a doubtful reading; raise NotFoundException or Refused."""
    async with transaction():
        doubt = await find(reading_id, by=by)
        meter = await find_meter(doubt.meter_id, by=by, lock=True)
        doubt = await find(reading_id, by=by)
        await check(doubt, verdict, value, by)
        if verdict in ("accept", "rollover"):
            await accept(doubt, rolled=verdict == "rollover")
        elif verdict == "reject":
            await execute("update meter_reading set status = 'rejected', usage = null where id = $1", doubt.id)
        else:
            assert value is not None
            await replace(doubt, meter, value, reason, by)
        await settle([meter.id])
        await execute(
            "insert into meter_review (id, community_id, reading_id, verdict, reason, account_id, reviewer_name)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            uuid7(), by.here, doubt.id, verdict, reason, by.account_id, by.name,
        )  # fmt: skip
        after = {"verdict": verdict, "period": doubt.period, "value": value if verdict == "correct" else doubt.value}
        await record(
            by, "meter.review", community_id=by.here, entity="meter", entity_id=meter.id, before={"value": doubt.value},
            after=after, reason=reason,
        )  # fmt: skip


async def check(doubt: Doubt, verdict: str, value: Decimal | None, by: Actor) -> None:
    """Raise Refused when this verdict is not allowed."""
    if doubt.status != "doubtful":
        raise Refused("verdict", DECIDED)
    if doubt.account_id is not None and doubt.account_id == by.account_id:
        raise Refused("verdict", OWN)
    if verdict == "reject":
        return
    figure = value if verdict == "correct" else doubt.value
    if figure is None:
        raise Refused("value", FIGURE_MISSING)
    field = "value" if verdict == "correct" else "verdict"
    floor = await floor_of(doubt)
    if verdict == "rollover" and (floor is None or figure >= floor):
        raise Refused(field, NOT_LOWER)
    if verdict != "rollover" and floor is not None and figure < floor:
        raise Refused(field, LOWER, value=plain(floor))
    above = await fetchrow(NEXT, doubt.meter_id, doubt.period)
    if above is not None and not above["rolled"] and figure > above["value"]:
        raise Refused(field, HIGHER, value=plain(above["value"]))


NEXT = """select value, rolled from meter_reading where meter_id = $1 and status in ('ok', 'accepted') and value is not null
    and period > $2 and kind <> 'estimated' order by period, read_at limit 1"""
REAL = """select value from meter_reading where meter_id = $1 and status in ('ok', 'accepted') and kind <> 'estimated'
    and value is not null and (period < $2 or (period = $2 and kind = 'initial'))
    order by period desc, kind = 'initial', read_at desc limit 1"""


async def floor_of(doubt: Doubt) -> Decimal | None:
    """Return what the reading must not be below: the last real figure before it; None when there is none."""
    found: Decimal | None = await fetchval(REAL, doubt.meter_id, doubt.period)
    return found


async def accept(doubt: Doubt, *, rolled: bool) -> None:
    """Let a reading count, in the place of any other of its period."""
    if doubt.kind != "final":
        await supersede(await others(doubt))
    await execute("update meter_reading set status = 'accepted', rolled = $2 where id = $1", doubt.id, rolled)


async def others(doubt: Doubt) -> list[UUID]:
    """Return the readings that count for this meter and period now."""
    query = """select array_agg(id) from meter_reading where meter_id = $1 and period = $2 and status in ('ok', 'accepted')
        and kind in ('actual', 'estimated', 'unread') and id <> $3"""
    return list(await fetchval(query, doubt.meter_id, doubt.period, doubt.id) or [])


async def replace(doubt: Doubt, meter: MeterView, value: Decimal, reason: str, by: Actor) -> None:
    """Put a new reading in the place of a wrong one; both stay."""
    await supersede([doubt.id, *(await others(doubt) if doubt.kind != "final" else [])])
    await execute(
        "insert into meter_reading (id, community_id, meter_id, period, kind, value, flags, status, reason, source,"
        " account_id, reader_name, read_at) values ($1, $2, $3, $4, $5, $6, $7, 'accepted', $8, 'desk', $9, $10, $11)",
        uuid7(), by.here, meter.id, doubt.period, doubt.kind, value, as_json([]), reason, by.account_id, by.name,
        doubt.read_at,
    )  # fmt: skip

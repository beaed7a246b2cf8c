"""The register of meters: search, filters, one page at a time, all of it as a spreadsheet."""

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import fetchval, rows, transaction
from server.lib.formats import now
from server.lib.i18n import _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.meters.books import book
from server.meters.kinds import KINDS
from server.security.actor import Actor

MOST_ROWS = 20_000


class Filters(msgspec.Struct, frozen=True):
    """What the register is narrowed to."""

    q: str = ""
    kind: str = ""
    hangs: str = ""  #: "" in use | removed
    route: str = ""  #: "" any | none: on no route

    def address(self, path: str = "/meters", **changes: str) -> str:
        """Return the address of the register with these filters, some of them changed."""
        kept = {name: value for name, value in (msgspec.structs.asdict(self) | changes).items() if value}
        return path + (f"?{urlencode(kept)}" if kept else "")

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out beside what was taken down."""
        return bool(self.q or self.kind or self.hangs or self.route)


def filters_from(query: Any) -> Filters:
    """Return the filters that an address asks for; nonsense counts as none."""
    kind, hangs, route = (str(query.get(name, "")) for name in ("kind", "hangs", "route"))
    return Filters(
        q=str(query.get("q", "")).replace("\0", "").strip()[:60],
        kind=kind if kind in KINDS else "",
        hangs=hangs if hangs == "removed" else "",
        route=route if route == "none" else "",
    )


class MeterLine(msgspec.Struct):
    """A meter as the register shows it, with its last counted reading."""

    id: UUID
    kind: str
    number: str
    place: str
    room_id: UUID | None
    digits: int
    ratio: Decimal
    installed_on: dt.date | None
    removed_on: dt.date | None
    route_name: str | None
    value: Decimal | None
    usage: Decimal | None
    period: str | None
    how: str | None

    @property
    def label(self) -> str:
        """What kind of meter it is, untranslated."""
        return KINDS[self.kind].label


WHERE = """meter.community_id = $1 and ($2 = '' or meter.kind = $2)
    and lower(meter.place || ' ' || meter.number) like all ($3::text[])
    and ($4 = 'removed') = (meter.removed_on is not null)
    and ($5 = '' or not exists (select from meter_stop where meter_stop.meter_id = meter.id))"""

LINES = f"""
select meter.id, meter.kind, meter.number, meter.place, meter.room_id, meter.digits, meter.ratio, meter.installed_on,
    meter.removed_on, meter_route.name as route_name, last.value, last.usage, last.period, last.kind as how
from meter left join meter_stop on meter_stop.meter_id = meter.id left join meter_route on meter_route.id = meter_stop.route_id
left join lateral (
    select value, usage, period, kind from meter_reading
    where meter_id = meter.id and status in ('ok', 'accepted') and value is not null
    order by period desc, kind = 'initial', read_at desc limit 1
) as last on true
where {WHERE} order by meter.sort, meter.place, meter.kind, meter.number limit $6 offset $7
"""


async def listed(actor: Actor, filters: Filters, number: int, size: int = PAGE_SIZE) -> Page[MeterLine]:
    """Return a page of the register."""
    chosen = (actor.here, filters.kind, patterns(filters.q), filters.hangs, filters.route)
    total = await fetchval(f"select count(*) from meter where {WHERE}", *chosen)
    items = await rows(MeterLine, LINES, *chosen, size, offset(number, size))
    return Page(items, total, max(number, 1), size)


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the meters as an .xlsx file, put on record; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        await record(
            by,
            "meter.export",
            community_id=by.here,
            entity="meter",
            after={"kind": filters.kind, "meters": found.total},
        )
    heads = [
        _("位置"),
        _("类型"),
        _("表号"),
        _("倍率"),
        _("表盘位数"),
        _("路线"),
        _("装表日期"),
        _("拆表日期"),
        _("最近读数"),
        _("期"),
        _("用量"),
    ]
    lines: list[list[Any]] = [
        [
            one.place, _(one.label), one.number, one.ratio, one.digits, one.route_name, one.installed_on, one.removed_on,
            one.value, one.period, one.usage,
        ]
        for one in found.items
    ]  # fmt: skip
    return await asyncio.to_thread(book, _("表计台账"), heads, lines, watermark(by, now()))

"""How repairs were drawn: a month's accepted work with its lots, so that anybody can draw again and get the same."""

import datetime as dt
from uuid import UUID

import msgspec

from server.db import fetchval, rows
from server.followups.drawing import lot
from server.lib.formats import today
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import Actor
from server.tickets.rules import rules_of


class Accepted(msgspec.Struct):
    """An accepted repair, and why it was drawn, if it was."""

    id: UUID
    number: str
    summary: str
    place: str
    accepted_work_at: dt.datetime
    reason: str | None
    call_id: UUID | None

    @property
    def lot(self) -> int:
        """Its lot, 0 to 99; below the rate it is drawn."""
        return lot(self.id)


OF_MONTH = """ticket.community_id = $1 and ticket.accepted_work_at >= ($2::date)::timestamp at time zone 'Asia/Shanghai'
    and ticket.accepted_work_at < ($2::date + interval '1 month')::timestamp at time zone 'Asia/Shanghai'"""


def month_from(text: str) -> dt.date:
    """Return the first day of the month `text` (2026-11); this month's for nonsense and for months to come."""
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        found = today()
    return min(found, today()).replace(day=1)


def last_months(count: int = 12) -> list[dt.date]:
    """Return the first days of the last `count` months, this one first."""
    first, found = today().replace(day=1), []
    for _at in range(count):
        found.append(first)
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return found


async def percent_here(actor: Actor) -> int:
    """Return the rate at which ordinary repairs are drawn here today."""
    return (await rules_of(actor.here)).follow_up_percent


async def repairs(actor: Actor, month: dt.date, number: int = 1) -> Page[Accepted]:
    """Return one page of the repairs accepted in a month, the newest first."""
    total = await fetchval(f"select count(*) from ticket where {OF_MONTH}", actor.here, month)
    query = f"""select ticket.id, ticket.number, ticket.summary, ticket.place, ticket.accepted_work_at, call.reason, call.id as call_id
        from ticket left join lateral (select id, reason from follow_up where entity = 'ticket' and entity_id = ticket.id
            order by drawn_at desc limit 1) as call on true
        where {OF_MONTH} order by ticket.accepted_work_at desc, ticket.id limit {PAGE_SIZE} offset {offset(number)}"""
    return Page(await rows(Accepted, query, actor.here, month), total, number)

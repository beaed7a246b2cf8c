"""The lists: the office's board, a repairman's jobs, a resident's own reports."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from server.db import fetchrow, fetchval, rows
from server.lib.formats import now
from server.lib.i18n import N_, _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor
from server.tickets import states
from server.tickets.finding import JOINED, TicketView, reach, select


def among(names: frozenset[str] | set[str]) -> str:
    """Return the condition that a ticket's state is one of `names` (our own constants)."""
    return "ticket.state in (" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


class Filter(msgspec.Struct, frozen=True):
    """A chip above the board."""

    label: str
    condition: str


LATE = f"{among(states.LATE_STATES)} and ticket.due_at < now()"
MONTH = "ticket.finished_at >= date_trunc('month', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'"

FILTERS = {
    "open": Filter(N_("未完成"), among(states.OPEN)),
    "late": Filter(N_("超时"), LATE),
    "new": Filter(N_("待派单"), among(states.UNASSIGNED)),
    "working": Filter(N_("处理中"), among(states.ASSIGNED)),
    "finished": Filter(N_("待验收"), among({"finished"})),
    "urgent": Filter(N_("急修"), f"{among(states.OPEN)} and ticket.level in ('P1', 'P2')"),
    "common": Filter(N_("公共部位"), f"{among(states.OPEN)} and ticket.location = 'common'"),
    "all": Filter(N_("全部"), "true"),
}
DEFAULT_FILTER = "open"

JOBS = {
    "todo": Filter(N_("待接"), among({"dispatched", "rework"})),
    "doing": Filter(N_("处理中"), among({"taken", "in_progress"})),
    "done": Filter(N_("已完成"), among({"finished", "owner_accepted", "closed", "cancelled"})),
}


class Tallies(msgspec.Struct):
    """The figures on the board."""

    counts: dict[str, int]
    month_done: int
    month_in_time: int

    @property
    def rate(self) -> str:
        """This month's share of work finished in time, or a dash while there is none."""
        return f"{100 * self.month_in_time / self.month_done:.1f}%" if self.month_done else "—"


async def tallies(actor: Actor) -> Tallies:
    """Return the board's figures in one pass over the tickets within reach."""
    condition, arguments = reach(actor)
    chips = ", ".join(f"count(*) filter (where {one.condition}) as {key}_" for key, one in FILTERS.items())
    found = await fetchrow(
        f"select {chips}, count(*) filter (where {MONTH}) as month_done,"
        f" count(*) filter (where {MONTH} and ticket.finished_at <= ticket.due_at) as month_in_time"
        f" from ticket where {condition}",
        *arguments,
    )
    assert found is not None
    counts = {key: found[f"{key}_"] for key in FILTERS}
    return Tallies(counts, found["month_done"], found["month_in_time"])


SEARCHED = (
    "concat_ws(' ', ticket.number, ticket.summary, ticket.place, ticket.description, reporter.name, assignee.name)"
)
ORDERS = {
    "open": "ticket.reported_at desc",
    "late": "ticket.due_at",
}


async def board(actor: Actor, chosen: str, text: str, number: int) -> Page[TicketView]:
    """Return one page of the board: the tickets of the chip `chosen` in which every word of `text` is found."""
    condition = f"({FILTERS[chosen].condition}) and {SEARCHED} ilike all ({{0}}::text[])"
    words = patterns(text)
    reached, arguments = reach(actor)
    counted = condition.format(f"${len(arguments) + 1}")
    total = await fetchval(f"select count(*) from {JOINED} where {reached} and {counted}", *arguments, words)
    items = await select(
        condition,
        words,
        by=actor,
        order=ORDERS.get(chosen, "ticket.reported_at desc"),
        limit=PAGE_SIZE,
        skip=offset(number),
    )
    return Page(items, total, number)


async def jobs(actor: Actor, tab: str, number: int) -> Page[TicketView]:
    """Return one page of a repairman's jobs: what is due first comes first, what is done last comes first."""
    condition = f"ticket.assignee_id = {{0}} and {JOBS[tab].condition}"
    order = "ticket.finished_at desc nulls last" if tab == "done" else "ticket.level, ticket.due_at nulls last"
    items = await select(condition, actor.person_id, by=actor, order=order, limit=PAGE_SIZE, skip=offset(number))
    return Page(items, (await job_counts(actor))[tab], number)


async def job_counts(actor: Actor) -> dict[str, int]:
    """Return how many jobs a repairman has under each tab."""
    chips = ", ".join(f"count(*) filter (where {one.condition}) as {key}" for key, one in JOBS.items())
    query = f"select {chips} from ticket where community_id = $1 and assignee_id = $2"
    found = await fetchrow(query, actor.here, actor.person_id)
    assert found is not None
    return dict(found)


async def own(actor: Actor, number: int = 1, *, open_only: bool = False, limit: int = PAGE_SIZE) -> Page[TicketView]:
    """Return the reports of a resident and of their rooms, newest first; for staff those they reported themselves."""
    condition = "(ticket.assignee_id is distinct from {0} or ticket.reporter_account_id = {1})" + (
        f" and {among(states.OPEN)}" if open_only else ""
    )
    reached, arguments = reach(actor)
    counted = condition.format(f"${len(arguments) + 1}", f"${len(arguments) + 2}")
    extra = (actor.person_id, actor.account_id)
    total = await fetchval(f"select count(*) from ticket where {reached} and {counted}", *arguments, *extra)
    return Page(await select(condition, *extra, by=actor, limit=limit, skip=offset(number)), total, number)


class Nearby(msgspec.Struct):
    """A trouble of the common parts as neighbours are told it: what and where, how far it is, and nobody's name."""

    id: UUID
    state: str
    category: str
    place: str
    summary: str
    reported_at: dt.datetime
    finished_at: dt.datetime | None
    voices: int  #: how many others met with it


NEARBY = f"""
select id, state, category, place, summary, reported_at, finished_at,
    (select count(*) from ticket_voice where ticket_id = ticket.id and kind = 'too') as voices from ticket
where community_id = $1 and location = 'common' and state not in ('cancelled', 'rejected')
and reporter_account_id is distinct from $3
and ({among(states.OPEN)} or finished_at > now() - interval '7 days')
and (building_id is null or building_id in (select building_id from room where id = any ($2::uuid[])))
order by reported_at desc limit 30
"""


async def nearby(actor: Actor) -> list[Nearby]:
    """Return what is reported of the common parts of a resident's buildings, and of the grounds, newest first."""
    return await rows(Nearby, NEARBY, actor.here, list(actor.room_ids), actor.account_id) if actor.is_resident else []


async def version(actor: Actor) -> str:
    """Return what changes whenever a list within the actor's reach does: cheap enough to be asked every few seconds.

    The minute is part of it, because limits run.
    """
    condition, arguments = reach(actor)
    query = f"select count(*) || '-' || coalesce(sum(version), 0) from ticket where {condition}"
    return f"{await fetchval(query, *arguments)}-{actor.unread}-{int(now().timestamp()) // 60}"


def chips(items: dict[str, Filter], counts: dict[str, int], current: str, address: str) -> list[dict[str, Any]]:
    """Return filters as the page draws them."""
    return [
        {"href": f"{address}{key}", "label": _(one.label), "count": counts.get(key), "current": key == current}
        for key, one in items.items()
    ]

"""The lists: the office's board, a repairman's jobs, a resident's own reports."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from server.db import fetchrow, fetchval, rows
from server.lib.filtering import Narrowing, Sent
from server.lib.formats import now
from server.lib.i18n import N_
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor
from server.tickets import states
from server.tickets.finding import TicketView, reach, select
from server.tickets.kinds import CATEGORIES, LEVELS


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
    "waiting": Filter(N_("等待中"), among({"suspended", "quoted"})),
    "finished": Filter(N_("待验收"), among({"finished"})),
    "urgent": Filter(N_("急修"), f"{among(states.OPEN)} and ticket.level in ('P1', 'P2')"),
    "common": Filter(N_("公共部位"), f"{among(states.OPEN)} and ticket.location = 'common'"),
    "all": Filter(N_("全部"), "true"),
}
"""The chips above the board. All but the last concern open tickets, which an index holds apart."""

DEFAULT_FILTER = "open"


SORTS = {
    "newest": (N_("最新的在前"), "ticket.reported_at", "desc"),
    "oldest": (N_("最早的在前"), "ticket.reported_at", "asc"),
    "due": (N_("先到期的在前"), "ticket.due_at", "asc"),
    "level": (N_("急的在前"), "ticket.level", "asc"),
}
"""The orders of the board: what each is called, its key, its direction."""


class Filters(Narrowing, frozen=True):
    """What the board is narrowed to; dates are days in China, of the report."""

    PATH = "/tickets"
    KEPT = frozenset({"sort"})

    filter: str = DEFAULT_FILTER
    q: str = ""
    building: str = ""
    category: str = ""
    level: str = ""
    person: str = ""
    payer: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""

    @property
    def _sort(self) -> tuple[str, str, str]:
        return SORTS[self.sort or ("due" if self.filter == "late" else "newest")]

    @property
    def key(self) -> str:
        """Return the column the list is ordered by."""
        return self._sort[1]

    @property
    def direction(self) -> str:
        """Return which end of it comes first."""
        return self._sort[2]

    def address(self, path: str = "", **changes: str) -> str:
        """Return the address of the board with these filters and `changes`; never a bare one, which begins with who asks' own filter."""
        return f"{path or self.PATH}?{self.query(**changes) or f'filter={DEFAULT_FILTER}'}"

    def condition(self, actor: Actor) -> tuple[str, list[Any]]:
        """Return the condition on `ticket` for what fits within reach, and its arguments. What is not asked for is not in it."""
        found, arguments = reach(actor)
        parts = [found, f"({FILTERS[self.filter].condition})"]

        def add(condition: str, value: Any) -> None:
            arguments.append(value)
            parts.append(condition.format(f"${len(arguments)}"))

        if self.q:
            add("ticket.words like all ({}::text[])", patterns(self.q))
        for name, column in (("building", "building_id"), ("person", "assignee_id")):
            if value := getattr(self, name):
                add(f"ticket.{column} = {{}}", UUID(value))
        for name in ("category", "level", "payer"):
            if value := getattr(self, name):
                add(f"ticket.{name} = {{}}", value)
        if self.since:
            add(
                "ticket.reported_at >= ({}::date)::timestamp at time zone 'Asia/Shanghai'",
                dt.date.fromisoformat(self.since),
            )
        if self.until:
            add(
                "ticket.reported_at < ({}::date + 1)::timestamp at time zone 'Asia/Shanghai'",
                dt.date.fromisoformat(self.until),
            )
        return " and ".join(parts), arguments


def filters_from(sent: Any) -> Filters:
    """Read filters from an address; nonsense counts as none."""
    given = Sent(sent)
    return Filters(
        given.one_of("filter", FILTERS) or DEFAULT_FILTER,
        given.text("q"),
        given.read("building", UUID),
        given.one_of("category", CATEGORIES),
        given.one_of("level", LEVELS),
        given.read("person", UUID),
        given.one_of("payer", states.PAYERS),
        given.read("since", dt.date.fromisoformat),
        given.read("until", dt.date.fromisoformat),
        given.one_of("sort", SORTS),
    )


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
    """Return the board's figures in one query: open ones counted one by one, all and the month's by their indexes."""
    condition, arguments = reach(actor)
    chips = ", ".join(
        f"count(*) filter (where {one.condition}) as {key}_" for key, one in FILTERS.items() if key != "all"
    )
    found = await fetchrow(
        f"""select of_open.*, of_month.*, (select count(*) from ticket where {condition}) as all_
        from (select {chips} from ticket where {condition} and {among(states.OPEN)}) as of_open,
            (select count(*) as month_done, count(*) filter (where ticket.finished_at <= ticket.due_at) as month_in_time
                from ticket where {condition} and {MONTH}) as of_month""",
        *arguments,
    )
    assert found is not None
    counts = {key: found[f"{key}_"] for key in FILTERS}
    return Tallies(counts, found["month_done"], found["month_in_time"])


async def board(
    actor: Actor, filters: Filters, number: int, size: int = PAGE_SIZE, *, total: int | None = None
) -> Page[TicketView]:
    """Return one page of the board; what fits is looked for once, then counted and the page's part of it read.

    `total`: how many fit, where that is known: then only the page's part is looked for, in the order of an index.
    """
    condition, arguments = filters.condition(actor)
    hit = f"select ticket.id, {filters.key} as key from ticket where {condition}"
    page = f"order by key {filters.direction}, id limit {size} offset {offset(number, size)}"
    if total is None:
        found = await fetchrow(
            f"""with hit as materialized ({hit})
            select (select count(*) from hit) as total, array(select id from hit {page}) as ids""",
            *arguments,
        )
    else:
        found = await fetchrow(
            f"select {total} as total, array(select id from ({hit} {page}) as hit) as ids", *arguments
        )
    assert found is not None
    order = f"{filters.key} {filters.direction}, ticket.id"
    items = await select("ticket.id = any ({0}::uuid[])", found["ids"], by=actor, order=order, limit=size)
    return Page(items, found["total"], number, size)


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

    The office asks for the newest step of the community (and how many there were lately: a slow transaction writes an older one after
    it), others add up their own. The minute is part of it, because limits run.
    """
    if actor.can("ticket.read"):
        query = """select coalesce(extract(epoch from max(at)), 0)::text || '-' || count(*) from ticket_event
            where community_id = $1 and at > now() - interval '1 hour'"""
        arguments = [actor.here]
    else:
        condition, arguments = reach(actor)
        query = f"select count(*) || '-' || coalesce(sum(version), 0) from ticket where {condition}"
    return f"{await fetchval(query, *arguments)}-{actor.unread}-{int(now().timestamp()) // 60}"

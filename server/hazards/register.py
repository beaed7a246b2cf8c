"""The register of hazards at the desk: filters, pages, and the figures above it."""

from typing import Any
from uuid import UUID

import msgspec

from server.db import fetch, fetchrow, fetchval
from server.hazards import states
from server.hazards.finding import JOINED, HazardView, select
from server.hazards.kinds import CATEGORIES, GRADES
from server.lib.filtering import Narrowing, Sent
from server.lib.i18n import N_, _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor


def among(names: frozenset[str] | set[str]) -> str:
    """Return the condition that a hazard's state is one of `names` (our own constants)."""
    return "hazard.state in (" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


LATE = f"{among(states.CLOCK)} and hazard.due_at < now()"
MONTH = "date_trunc('month', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'"

VIEWS = {
    "open": (N_("未销号"), among(states.OPEN)),
    "late": (N_("超期"), LATE),
    "found": (N_("待登记"), among({"found"})),
    "registered": (N_("待下通知"), among({"registered"})),
    "working": (N_("整改中"), among(states.ON_IT)),
    "recheck": (N_("待复查"), among(states.RECHECK)),
    "waiting": (N_("待审批延期"), "extension.id is not null"),
    "major": (N_("重大"), f"{among(states.OPEN)} and hazard.grade = 'major'"),
    "closed": (N_("已销号"), among({"closed"})),
    "all": (N_("全部"), "true"),
}
"""The chips above the list: what each is called, and its condition."""

SEARCHED = "concat_ws(' ', hazard.number, hazard.summary, hazard.place, hazard.description, hazard.reporter_name, responsible.name)"


class Filters(Narrowing, frozen=True):
    """What the list is narrowed to."""

    PATH = "/hazards"

    view: str = "open"
    q: str = ""
    grade: str = ""
    category: str = ""
    responsible: str = ""


def filters_from(sent: Any) -> Filters:
    """Read filters from an address; nonsense counts as none."""
    given = Sent(sent)
    return Filters(
        given.one_of("view", VIEWS) or "open",
        given.text("q"),
        given.one_of("grade", GRADES),
        given.one_of("category", CATEGORIES),
        given.read("responsible", UUID),
    )


CONDITION = f"""({{view}}) and {SEARCHED} ilike all ($2::text[]) and ($3 = '' or hazard.grade = $3)
    and ($4 = '' or hazard.category = $4) and ($5 = '' or hazard.responsible_id::text = $5)"""


async def listed(actor: Actor, filters: Filters, number: int = 1, size: int = PAGE_SIZE) -> Page[HazardView]:
    """Return one page of the register; among open ones what is due first comes first, else the newest."""
    condition = CONDITION.format(view=VIEWS[filters.view][1])
    arguments = (patterns(filters.q), filters.grade, filters.category, filters.responsible)
    total = await fetchval(
        f"select count(*) from {JOINED} where hazard.community_id = $1 and ({condition})", actor.here, *arguments
    )
    order = "hazard.found_at desc, hazard.id" if filters.view in {"closed", "all"} else "hazard.due_at, hazard.id"
    items = await select(condition, *arguments, by=actor, order=order, limit=size, skip=offset(number, size))
    return Page(items, total, number, size)


class Tallies(msgspec.Struct):
    """The figures above the register."""

    counts: dict[str, int]
    closed: int  #: closed this month
    in_time: int  #: of them, handed in by their deadline

    @property
    def rate(self) -> str:
        """This month's share of close-outs in time, or a dash while there is none."""
        return f"{100 * self.in_time / self.closed:.1f}%" if self.closed else "—"


async def tallies(actor: Actor) -> Tallies:
    """Return the figures in one pass."""
    chips = ", ".join(f"count(*) filter (where {condition}) as {name}_" for name, (_label, condition) in VIEWS.items())
    found = await fetchrow(
        f"select {chips}, count(*) filter (where hazard.state = 'closed' and hazard.closed_at >= {MONTH}) as closed,"
        f" count(*) filter (where hazard.state = 'closed' and hazard.closed_at >= {MONTH}"
        f" and hazard.submitted_at <= hazard.due_at) as in_time from {JOINED} where hazard.community_id = $1",
        actor.here,
    )
    assert found is not None
    return Tallies({name: found[f"{name}_"] for name in VIEWS}, found["closed"], found["in_time"])


def chips(filters: Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the chips as the page draws them."""
    return [
        {
            "href": filters.address(view=name),
            "label": _(label),
            "count": counts[name],
            "current": name == filters.view,
        }
        for name, (label, _condition) in VIEWS.items()
    ]


class Month(msgspec.Struct):
    """One month's figures."""

    month: str  #: 2026-11
    found: int
    closed: int
    in_time: int


class Share(msgspec.Struct):
    """One category's figures."""

    category: str
    label: str
    found: int
    open: int


MONTHS = """
select to_char(month, 'YYYY-MM') as month,
    (select count(*) from hazard where community_id = $1 and state <> 'dismissed'
        and found_at >= start and found_at < stop) as found,
    (select count(*) from hazard where community_id = $1 and state = 'closed'
        and closed_at >= start and closed_at < stop) as closed,
    (select count(*) from hazard where community_id = $1 and state = 'closed'
        and closed_at >= start and closed_at < stop and submitted_at <= due_at) as in_time
from generate_series(
    date_trunc('month', now() at time zone 'Asia/Shanghai') - interval '5 months',
    date_trunc('month', now() at time zone 'Asia/Shanghai'), interval '1 month'
) as month
cross join lateral (
    select month at time zone 'Asia/Shanghai' as start, (month + interval '1 month') at time zone 'Asia/Shanghai' as stop
) as span
order by month
"""

SHARES = f"""
select category, count(*) as found, count(*) filter (where {among(states.OPEN)}) as open
from hazard where community_id = $1 and state <> 'dismissed' and found_at >= now() - interval '180 days'
group by category order by found desc, category
"""


async def months(actor: Actor) -> list[Month]:
    """Return the last six months, oldest first."""
    return [Month(**dict(one)) for one in await fetch(MONTHS, actor.here)]


async def shares(actor: Actor) -> list[Share]:
    """Return half a year by category, the most frequent first."""
    found = await fetch(SHARES, actor.here)
    return [Share(key, _(CATEGORIES[key].label), count, still) for key, count, still in (tuple(one) for one in found)]

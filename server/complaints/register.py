"""The lists: the office's with its figures, a handler's, a resident's own."""

from typing import Any

import msgspec

from server.complaints import states
from server.complaints.finding import JOINED, REACH, ComplaintView, reach, select
from server.complaints.kinds import CAUSES, CHANNELS, KINDS
from server.db import fetchrow, fetchval
from server.lib.filtering import Narrowing, Sent
from server.lib.i18n import N_, _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor


def among(names: frozenset[str] | set[str]) -> str:
    """Return the condition that a complaint's state is one of `names` (our own constants)."""
    return "complaint.state in (" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


LATE = f"""{among(states.WORKING)}
    and (case when complaint.replied_at is null then complaint.reply_by else complaint.due_at end) < now()"""
MONTH = "date_trunc('month', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'"

VIEWS = {
    "open": (N_("未办结"), among(states.OPEN)),
    "received": (N_("待处理"), among({"received", "reopened"})),
    "late": (N_("超时"), LATE),
    "major": (N_("重大"), f"{among(states.OPEN)} and complaint.major is not null"),
    "mine": (N_("交给我的"), f"{among(states.WORKING)} and complaint.handler_id = $3"),
    "resulted": (N_("等业主评价"), among({"resulted"})),
    "closed": (N_("已办结"), among({"closed", "withdrawn"})),
    "all": (N_("全部"), "true"),
}
"""The chips above the list: what each is called, and its condition."""

SEARCHED = (
    "concat_ws(' ', complaint.number, complaint.summary, complaint.place, complaint.description, complaint.case_no, filer.name,"
    " handler.name)"
)


class Filters(Narrowing, frozen=True):
    """What the list is narrowed to."""

    PATH = "/complaints"

    view: str = "open"
    q: str = ""
    kind: str = ""
    channel: str = ""
    cause: str = ""


def filters_from(sent: Any) -> Filters:
    """Read filters from an address; nonsense counts as none."""
    given = Sent(sent)
    return Filters(
        given.one_of("view", VIEWS) or "open",
        given.text("q"),
        given.one_of("kind", KINDS),
        given.one_of("channel", CHANNELS),
        given.one_of("cause", CAUSES),
    )


CONDITION = f"""({{view}}) and {SEARCHED} ilike all ($5::text[]) and ($6 = '' or complaint.kind = $6)
    and ($7 = '' or complaint.channel = $7) and ($8 = '' or complaint.cause = $8)"""


async def listed(actor: Actor, filters: Filters, number: int = 1, size: int = PAGE_SIZE) -> Page[ComplaintView]:
    """Return one page of the register: among open ones what is due first comes first, else the newest."""
    condition = CONDITION.format(view=VIEWS[filters.view][1])
    arguments = (patterns(filters.q), filters.kind, filters.channel, filters.cause)
    query = f"select count(*) from {JOINED} where {REACH} and {condition}"
    total = await fetchval(query, *reach(actor), *arguments)
    newest = filters.view in {"closed", "all", "resulted"}
    order = (
        "complaint.received_at desc, complaint.id"
        if newest
        else ("complaint.major is null, complaint.due_at, complaint.id")
    )
    items = await select(condition, *arguments, by=actor, order=order, limit=size, skip=offset(number, size))
    return Page(items, total, number, size)


async def own(actor: Actor, number: int = 1) -> Page[ComplaintView]:
    """Return what somebody made themselves or was given to answer, the newest first."""
    mine = "complaint.filer_account_id = $2 or complaint.handler_id = $3"
    total = await fetchval(f"select count(*) from complaint where {REACH} and ({mine})", *reach(actor))
    return Page(await select(mine, by=actor, skip=offset(number)), total, number)


class Tallies(msgspec.Struct):
    """The figures above the register."""

    counts: dict[str, int]
    answered: int  #: this month
    in_time: int  #: of them, within the time for the answer
    judged: int  #: verdicts this month
    content: int  #: of them, A or B

    @property
    def rate(self) -> str:
        """This month's share of answers in time, or a dash."""
        return f"{100 * self.in_time / self.answered:.1f}%" if self.answered else "—"

    @property
    def satisfaction(self) -> str:
        """This month's share of A and B, or a dash."""
        return f"{100 * self.content / self.judged:.1f}%" if self.judged else "—"


async def tallies(actor: Actor) -> Tallies:
    """Return the figures in one pass over what is within reach."""
    chips = ", ".join(f"count(*) filter (where {condition}) as {name}_" for name, (_label, condition) in VIEWS.items())
    found = await fetchrow(
        f"""select {chips}, count(*) filter (where complaint.resulted_at >= {MONTH}) as answered,
            count(*) filter (where complaint.resulted_at >= {MONTH} and complaint.resulted_at <= complaint.due_at) as in_time,
            count(*) filter (where complaint.verdict is not null and complaint.resulted_at >= {MONTH}) as judged,
            count(*) filter (where complaint.verdict in ('A', 'B') and complaint.resulted_at >= {MONTH}) as content
        from complaint where {REACH}""",
        *reach(actor),
    )
    assert found is not None
    counts = {name: found[f"{name}_"] for name in VIEWS}
    return Tallies(counts, found["answered"], found["in_time"], found["judged"], found["content"])


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

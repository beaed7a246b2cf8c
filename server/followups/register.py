"""The list of calls at the desk: filters, pages, and the figures above it."""

import datetime as dt
from typing import Any

import msgspec

from server.db import fetchrow, fetchval, rows
from server.followups.finding import COLUMNS, JOINED, OTHERS_ONLY, FollowUpView
from server.followups.kinds import ENTITIES, RATINGS, REASONS
from server.lib.filtering import Narrowing, Sent
from server.lib.i18n import N_, _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.security.actor import Actor

MONTH = "date_trunc('month', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'"

VIEWS = {
    "due": (N_("待回访"), "call.state = 'due'"),
    "late": (N_("超期"), "call.state = 'due' and call.due_at < now()"),
    "done": (N_("已回访"), "call.state = 'done'"),
    "poor": (N_("不满意"), "call.rating = 'C'"),
    "unreached": (N_("联系不上"), "call.state = 'unreached'"),
    "all": (N_("全部"), "true"),
}
"""The chips above the list: what each is called, and its condition."""

SEARCHED = "concat_ws(' ', thing.number, thing.summary, thing.place, thing.reporter, call.respondent, call.caller_name)"


class Filters(Narrowing, frozen=True):
    """What the list is narrowed to; dates are days in China, of when the call was drawn."""

    PATH = "/followups"

    view: str = "due"
    q: str = ""
    entity: str = ""
    reason: str = ""
    rating: str = ""
    since: str = ""
    until: str = ""


def filters_from(sent: Any) -> Filters:
    """Read filters from an address; nonsense counts as none."""
    given = Sent(sent)
    return Filters(
        given.one_of("view", VIEWS) or "due",
        given.text("q"),
        given.one_of("entity", ENTITIES),
        given.one_of("reason", REASONS),
        given.one_of("rating", RATINGS),
        given.read("since", dt.date.fromisoformat),
        given.read("until", dt.date.fromisoformat),
    )


CONDITION = f"""call.community_id = $1 and {OTHERS_ONLY} and ({{view}}) and {SEARCHED} ilike all ($3::text[])
    and ($4 = '' or call.entity = $4) and ($5 = '' or call.reason = $5) and ($6 = '' or call.rating = $6)
    and ($7::date is null or call.drawn_at >= ($7::date)::timestamp at time zone 'Asia/Shanghai')
    and ($8::date is null or call.drawn_at < ($8::date + 1)::timestamp at time zone 'Asia/Shanghai')"""


async def listed(actor: Actor, filters: Filters, number: int = 1, size: int = PAGE_SIZE) -> Page[FollowUpView]:
    """Return one page of the calls: what is due first comes first, what was made last comes first."""
    condition = CONDITION.format(view=VIEWS[filters.view][1])
    since, until = (dt.date.fromisoformat(day) if day else None for day in (filters.since, filters.until))
    arguments = (
        actor.here,
        actor.person_id,
        patterns(filters.q),
        filters.entity,
        filters.reason,
        filters.rating,
        since,
        until,
    )
    total = await fetchval(f"select count(*) from {JOINED} where {condition}", *arguments)
    is_open = filters.view in {"due", "late"}
    order = "call.due_at, call.id" if is_open else "coalesce(call.called_at, call.drawn_at) desc, call.id"
    query = (
        f"select {COLUMNS} from {JOINED} where {condition} order by {order} limit {size} offset {offset(number, size)}"
    )
    return Page(await rows(FollowUpView, query, *arguments), total, number, size)


class Tallies(msgspec.Struct):
    """The figures above the list."""

    counts: dict[str, int]
    made: int  #: calls answered this month
    content: int  #: of them, A or B
    accepted: int  #: repairs accepted this month
    drawn: int  #: of them, drawn for a call

    @property
    def satisfaction(self) -> str:
        """This month's share of A and B, or a dash while nobody was asked."""
        return f"{100 * self.content / self.made:.1f}%" if self.made else "—"

    @property
    def coverage(self) -> str:
        """The share of this month's accepted repairs that were drawn (at least 30 % by the trade's grades)."""
        return f"{100 * self.drawn / self.accepted:.1f}%" if self.accepted else "—"


async def tallies(actor: Actor) -> Tallies:
    """Return the figures in one query."""
    chips = ", ".join(f"count(*) filter (where {condition}) as {name}_" for name, (_label, condition) in VIEWS.items())
    found = await fetchrow(
        f"""select {chips}, count(*) filter (where call.state = 'done' and call.called_at >= {MONTH}) as made,
            count(*) filter (where call.rating in ('A', 'B') and call.called_at >= {MONTH}) as content,
            (select count(*) from ticket where community_id = $1 and accepted_work_at >= {MONTH}) as accepted,
            (select count(*) from ticket where community_id = $1 and accepted_work_at >= {MONTH} and exists (
                select from follow_up where entity = 'ticket' and entity_id = ticket.id)) as drawn
        from follow_up as call where call.community_id = $1 and {OTHERS_ONLY}""",
        actor.here,
        actor.person_id,
    )
    assert found is not None
    counts = {name: found[f"{name}_"] for name in VIEWS}
    return Tallies(counts, found["made"], found["content"], found["accepted"], found["drawn"])


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

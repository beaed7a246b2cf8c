"""Counts the repairs of some months, in all and by category, level, building, cause and person: one query, no rates.

A repair is counted where the thing happened: reported, there, finished, come back, judged, asked about, paid in the month. What was
cancelled or refused is only counted as such. Deadlines are the stored ones, which a pause moves (tickets/clocks.py);
who comes a second time because of a rework was there when he came first.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.db import fetch, fetchval, rows
from server.lib.formats import now
from server.quality import months
from server.tickets import states
from server.tickets.board import among

REPEATED_WITHIN = "30 days"
"""A repair of the same kind in the same room, or at the same place of the common parts, within so long was not solved."""


class Count(msgspec.Struct, array_like=True, frozen=True):
    """What happened in one month, in all (`by` is '') or under one `key` of a dimension.

    Fixed reports keep it as an array: a new field goes to the end and has a default.
    """

    month: str
    by: str = ""  #: '' | category | level | building | cause | person
    key: str = ""
    reported: int = 0
    repeated: int = 0  #: of the reported
    dropped: int = 0  #: cancelled or refused, of what was reported beside these
    arrivals: int = 0
    arrived_in_time: int = 0
    finished: int = 0
    promised: int = 0  #: of the finished, those with a deadline
    finished_in_time: int = 0
    median_seconds: int | None = None  #: from the report to the finish, without pauses
    again: int = 0  #: sent back as not solved
    worked: int = 0  #: finished or sent back
    good: int = 0
    fair: int = 0
    poor: int = 0
    call_a: int = 0
    call_b: int = 0
    call_c: int = 0
    open: int = 0  #: at the end of the month
    open_3: int = 0  #: of them, reported at most 3 days before
    open_7: int = 0
    open_30: int = 0
    open_more: int = 0
    charged: int = 0  #: 分, of the finished
    received: int = 0  #: 分


class Repeat(msgspec.Struct, array_like=True, frozen=True):
    """A trouble that comes back: so many reports of one kind in one room or place in the month, and the 30 days before each."""

    place: str
    category: str
    count: int


DONE = among(frozenset(states.STATES) - states.UNASSIGNED - states.ASSIGNED - {"cancelled", "rejected"})

FACTS = f"""
with span as (
    select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as span (month, starts, ends)
), came as (
    select ticket_id, min(coalesce(device_at, at)) as at from ticket_event
    where community_id = $1 and kind = 'arrive' group by ticket_id
), seen as (
    select ticket.id, category, level, building_id, cause, assignee_id, place, room_id, reported_at, coalesce(came.at, arrived_at) as arrived_at, arrive_by, due_at, closed_at,
        accepted_work_at, rating, charge, paid_at, paused_seconds, {among({"cancelled", "rejected"})} as dropped,
        case when {DONE} then finished_at end as done_at,
        reported_at - lag(reported_at) over (
            partition by {among({"cancelled", "rejected"})}, category, coalesce(room_id::text, place) order by reported_at, ticket.id
        ) <= interval '{REPEATED_WITHIN}' as repeated
    from ticket left join came on came.ticket_id = ticket.id where ticket.community_id = $1
), facts as (
    select month, 'reported' as what, seen.id, category, level, building_id, cause, assignee_id, place, room_id,
        repeated as good, null::text as mark, 0::bigint as amount, 0::bigint as seconds
    from span join seen on reported_at >= starts and reported_at < ends and not dropped
    union all
    select month, 'dropped', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, null, 0, 0
    from span join seen on reported_at >= starts and reported_at < ends and dropped
    union all
    select month, 'arrived', seen.id, category, level, building_id, cause, assignee_id, place, room_id, arrived_at <= arrive_by, null, 0, 0
    from span join seen on arrived_at >= starts and arrived_at < ends and arrive_by is not null and not dropped
    union all
    select month, 'finished', seen.id, category, level, building_id, cause, assignee_id, place, room_id, done_at <= due_at, null, charge,
        greatest(extract(epoch from done_at - reported_at)::bigint - paused_seconds, 0)
    from span join seen on done_at >= starts and done_at < ends
    union all
    select month, 'again', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, null, 0, 0
    from span join seen on exists (
        select from ticket_event as e where e.ticket_id = seen.id and e.kind in ('rework', 'reopen')
        and coalesce(e.device_at, e.at) >= starts and coalesce(e.device_at, e.at) < ends
    )
    union all
    select month, 'rated', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, rating, 0, 0
    from span join seen on accepted_work_at >= starts and accepted_work_at < ends and rating is not null
    union all
    select month, 'called', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, follow_up.rating, 0, 0
    from span join follow_up on called_at >= starts and called_at < ends and follow_up.state = 'done' and entity = 'ticket'
    join seen on seen.id = follow_up.entity_id
    union all
    select month, 'paid', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, null, charge, 0
    from span join seen on paid_at >= starts and paid_at < ends
    union all
    select month, 'open', seen.id, category, level, building_id, cause, assignee_id, place, room_id, null, null, 0,
        extract(epoch from ends - reported_at)::bigint
    from span join seen on reported_at < ends and case when dropped then coalesce(closed_at, reported_at) else done_at end >= ends is not false
)
"""
"""$1 community, $2 months, $3 their beginnings, $4 their ends (of the present one: now)."""

COUNTS = f"""{FACTS}
select month,
    case grouping(category, level, building_id, cause, assignee_id)
        when 15 then 'category' when 23 then 'level' when 27 then 'building' when 29 then 'cause' when 30 then 'person' else '' end as by,
    coalesce(category, level, building_id::text, cause, assignee_id::text, '') as key,
    count(*) filter (where what = 'reported') as reported,
    count(*) filter (where what = 'reported' and good) as repeated,
    count(*) filter (where what = 'dropped') as dropped,
    count(*) filter (where what = 'arrived') as arrivals,
    count(*) filter (where what = 'arrived' and good) as arrived_in_time,
    count(*) filter (where what = 'finished') as finished,
    count(*) filter (where what = 'finished' and good is not null) as promised,
    count(*) filter (where what = 'finished' and good) as finished_in_time,
    percentile_disc(0.5) within group (order by seconds) filter (where what = 'finished') as median_seconds,
    count(*) filter (where what = 'again') as again,
    count(distinct id) filter (where what in ('finished', 'again')) as worked,
    count(*) filter (where what = 'rated' and mark = 'good') as good,
    count(*) filter (where what = 'rated' and mark = 'fair') as fair,
    count(*) filter (where what = 'rated' and mark = 'poor') as poor,
    count(*) filter (where what = 'called' and mark = 'A') as call_a,
    count(*) filter (where what = 'called' and mark = 'B') as call_b,
    count(*) filter (where what = 'called' and mark = 'C') as call_c,
    count(*) filter (where what = 'open') as open,
    count(*) filter (where what = 'open' and seconds <= 3 * 86400) as open_3,
    count(*) filter (where what = 'open' and seconds > 3 * 86400 and seconds <= 7 * 86400) as open_7,
    count(*) filter (where what = 'open' and seconds > 7 * 86400 and seconds <= 30 * 86400) as open_30,
    count(*) filter (where what = 'open' and seconds > 30 * 86400) as open_more,
    coalesce(sum(amount) filter (where what = 'finished'), 0)::bigint as charged,
    coalesce(sum(amount) filter (where what = 'paid'), 0)::bigint as received
from facts
group by grouping sets ((month), (month, category), (month, level), (month, building_id), (month, cause), (month, assignee_id))
order by month, by, reported desc, key
"""

REPEATS = f"""{FACTS}
select place, category, count(*) as count from facts where what = 'reported' and good
group by coalesce(room_id::text, place), place, category order by count desc, place, category limit 20
"""

HOMES = """select coalesce(building_id::text, '') as building, count(*) as homes from room
where community_id = $1 and kind = 'home' group by rollup (building_id)"""

NAMES = """select id::text, name from building where community_id = $1
union all select id::text, name from person where community_id = $1 and id in (select assignee_id from ticket where community_id = $1)"""


class Counted(msgspec.Struct):
    """Everything the section of repairs shows of one month, as it was counted at one moment."""

    month: str
    at: dt.datetime
    homes: dict[str, int]  #: by building; '' for all
    names: dict[str, str]  #: of buildings and people
    counts: list[Count]
    repeats: list[Repeat]

    def of(self, month: str | None = None, by: str = "", key: str = "") -> Count:
        """Return the counts of a month (of the report's own, without one) under a key; nothing at all when there was nothing."""
        month = month or self.month
        found = (one for one in self.counts if one.month == month and one.by == by and one.key == key)
        return next(found, Count(month, by, key))

    def under(self, by: str) -> list[Count]:
        """Return the counts of the report's month under every key of a dimension, the most reported first."""
        return [one for one in self.counts if one.month == self.month and one.by == by]


def spans(wanted: Sequence[str], at: dt.datetime) -> tuple[list[str], list[dt.datetime], list[dt.datetime]]:
    """Return months, their beginnings and their ends; a month that still runs ends at the moment `at`."""
    return list(wanted), [months.starts(one) for one in wanted], [min(months.ends(one), at) for one in wanted]


async def names(community_id: UUID) -> dict[str, str]:
    """Return what the community's buildings, and the people who were given repairs, are called, by their ids."""
    return {one["id"]: one["name"] for one in await fetch(NAMES, community_id)}


async def count(community_id: UUID, month: str) -> Counted:
    """Count a month and the twelve before it; of those older than the last, only the totals and categories."""
    at = now()
    wanted = months.up_to(month, months.TREND + 1)
    last_two = set(wanted[-2:])
    counts = [
        one
        for one in await rows(Count, COUNTS, community_id, *spans(wanted, at))
        if one.month in last_two or one.by in ("", "category")
    ]
    return Counted(
        month,
        at,
        homes={one["building"]: one["homes"] for one in await fetch(HOMES, community_id)},
        names=await names(community_id),
        counts=counts,
        repeats=await rows(Repeat, REPEATS, community_id, *spans([month], at)),
    )


BEHIND = {
    "reported": "what = 'reported'", "repeated": "what = 'reported' and good", "dropped": "what = 'dropped'",
    "arrivals": "what = 'arrived'", "arrived_late": "what = 'arrived' and not good", "finished": "what = 'finished'",
    "finished_late": "what = 'finished' and not good", "again": "what = 'again'", "rated": "what = 'rated'",
    "poor": "what = 'rated' and mark = 'poor'", "called": "what = 'called'", "call_c": "what = 'called' and mark = 'C'",
    "open": "what = 'open'", "charged": "what = 'finished' and amount > 0", "received": "what = 'paid'",
}  # fmt: skip
"""The figures whose tickets can be listed, each with its condition on the facts."""

COLUMNS = {
    "category": "category",
    "level": "level",
    "building": "building_id::text",
    "cause": "cause",
    "person": "assignee_id::text",
}


async def behind(community_id: UUID, month: str, figure: str, by: str = "", key: str = "") -> list[UUID]:
    """Return the ids of the tickets that a figure counts, all of them or those under one key."""
    at = now()
    narrowed = f"coalesce({COLUMNS[by]}, '') = $5" if by else "$5 = ''"
    query = f"{FACTS} select coalesce(array_agg(distinct id), '{{}}') from facts where {BEHIND[figure]} and {narrowed}"
    return list(await fetchval(query, community_id, *spans([month], at), key))

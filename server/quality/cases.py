"""Counts the complaints of some months, in all and by cause and by how they came: one query, no rates.

A reply or answer is counted in the month in which it was due; one that never came is late. What was taken back is left out, and an
answer that was refused is none.
"""

import datetime as dt
from uuid import UUID

import msgspec

from server.complaints import states
from server.complaints.register import among
from server.db import fetchval, rows
from server.lib.formats import now
from server.quality import months
from server.quality.counting import HOMES, spans


class CaseCount(msgspec.Struct, array_like=True, frozen=True):
    """What happened in one month, in all (`by` is '') or under one `key` of a dimension; kept like counting.Count."""

    month: str
    by: str = ""  #: '' | cause | channel
    key: str = ""
    received: int = 0
    major: int = 0  #: of the received
    withdrawn: int = 0  #: beside these
    suggestions: int = 0
    praises: int = 0
    replies: int = 0  #: due
    replied_in_time: int = 0
    answers: int = 0  #: due
    answered_in_time: int = 0
    beyond: int = 0  #: not answered by the very last day
    verdict_a: int = 0
    verdict_b: int = 0
    verdict_c: int = 0
    open: int = 0  #: at the end of the month


class CountedCases(msgspec.Struct):
    """Everything the section of complaints shows of one month, as it was counted at one moment."""

    month: str
    at: dt.datetime
    homes: int
    counts: list[CaseCount]

    def of(self, month: str | None = None, by: str = "", key: str = "") -> CaseCount:
        """Return the counts of a month (of the report's own, without one) under a key; nothing at all when there was nothing."""
        month = month or self.month
        found = (one for one in self.counts if one.month == month and one.by == by and one.key == key)
        return next(found, CaseCount(month, by, key))

    def under(self, by: str) -> list[CaseCount]:
        """Return the counts of the report's month under every key of a dimension, the most received first."""
        return [one for one in self.counts if one.month == self.month and one.by == by]


FACTS = f"""
with span as (
    select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as span (month, starts, ends)
), seen as (
    select id, kind, cause, channel, major, state = 'withdrawn' as withdrawn, received_at, reply_by, replied_at, due_at, last_by, closed_at,
        case when {among(states.WORKING)} then null else resulted_at end as answered_at
    from complaint where community_id = $1
), facts as (
    select month, case when withdrawn then 'withdrawn' when kind = 'complaint' then 'received' else kind end as what,
        seen.id, cause, channel, major is not null as good, null::text as mark
    from span join seen on received_at >= starts and received_at < ends
    union all
    select month, 'reply', seen.id, cause, channel, replied_at <= reply_by, null
    from span join seen on reply_by >= starts and reply_by < ends and kind = 'complaint' and not withdrawn
    union all
    select month, 'answer', seen.id, cause, channel, answered_at <= due_at, null
    from span join seen on due_at >= starts and due_at < ends and kind = 'complaint' and not withdrawn
    union all
    select month, 'beyond', seen.id, cause, channel, null, null
    from span join seen on last_by >= starts and last_by < ends and kind = 'complaint' and not withdrawn
    where answered_at <= last_by is not true
    union all
    select month, 'verdict', seen.id, seen.cause, seen.channel, null, e.detail ->> 'verdict'
    from span join complaint_event as e on e.at >= starts and e.at < ends and e.kind in ('accept', 'refuse')
    join seen on seen.id = e.complaint_id and seen.kind = 'complaint'
    union all
    select month, 'open', seen.id, cause, channel, null, null
    from span join seen on received_at < ends and closed_at >= ends is not false and kind = 'complaint'
)
"""
"""$1 community, $2 months, $3 their beginnings, $4 their ends (of the present one: now)."""

COUNTS = f"""{FACTS}
select month, case grouping(cause, channel) when 1 then 'cause' when 2 then 'channel' else '' end as by, coalesce(cause, channel, '') as key,
    count(*) filter (where what = 'received') as received,
    count(*) filter (where what = 'received' and good) as major,
    count(*) filter (where what = 'withdrawn') as withdrawn,
    count(*) filter (where what = 'suggestion') as suggestions,
    count(*) filter (where what = 'praise') as praises,
    count(*) filter (where what = 'reply') as replies,
    count(*) filter (where what = 'reply' and good) as replied_in_time,
    count(*) filter (where what = 'answer') as answers,
    count(*) filter (where what = 'answer' and good) as answered_in_time,
    count(*) filter (where what = 'beyond') as beyond,
    count(*) filter (where what = 'verdict' and mark = 'A') as verdict_a,
    count(*) filter (where what = 'verdict' and mark = 'B') as verdict_b,
    count(*) filter (where what = 'verdict' and mark = 'C') as verdict_c,
    count(*) filter (where what = 'open') as open
from facts group by grouping sets ((month), (month, cause), (month, channel)) order by month, by, received desc, key
"""

BEHIND = {
    "received": "what = 'received'", "major": "what = 'received' and good", "late_replies": "what = 'reply' and good is not true",
    "late_answers": "what = 'answer' and good is not true", "beyond": "what = 'beyond'", "verdicts": "what = 'verdict'",
    "refused": "what = 'verdict' and mark = 'C'", "open": "what = 'open'", "suggestions": "what = 'suggestion'",
}  # fmt: skip
"""The figures whose complaints can be listed, each with its condition on the facts."""


async def count(community_id: UUID, month: str) -> CountedCases:
    """Count a month and the twelve before it."""
    at = now()
    wanted = months.up_to(month, months.TREND + 1)
    homes = await fetchval(f"select homes from ({HOMES}) as h where building = ''", community_id)
    return CountedCases(month, at, homes or 0, await rows(CaseCount, COUNTS, community_id, *spans(wanted, at)))


async def behind(community_id: UUID, month: str, figure: str, by: str = "", key: str = "") -> list[UUID]:
    """Return the ids of the complaints that a figure counts, all of them or those under one key."""
    narrowed = {"": "$5 = ''", "cause": "coalesce(cause, '') = $5", "channel": "channel = $5"}[by]
    query = f"{FACTS} select coalesce(array_agg(distinct id), '{{}}') from facts where {BEHIND[figure]} and {narrowed}"
    return list(await fetchval(query, community_id, *spans([month], now()), key))

"""Rates of completion and of findings, by route, post, checkpoint and item, and how they went day by day."""

import datetime as dt

import msgspec

from server.db import rows
from server.patrols.board import bounds
from server.security.actor import Actor


class Rate(msgspec.Struct):
    """One line: of `whole` so many were `good`, and `found` is what was wrong."""

    label: str
    whole: int
    good: int
    found: int

    @property
    def percent(self) -> str:
        """The share as people read it; a dash when there is nothing to divide."""
        return f"{100 * self.good / self.whole:.1f}%" if self.whole else "—"


WITHIN = (
    "patrol_round.community_id = $1 and due_at >= $2 and due_at < $3 and patrol_round.state not in ('pending', 'doing')"
)

BY_ROUTE = f"""select patrol_round.name as label, count(*) as whole, count(*) filter (where state <> 'missed') as good,
    coalesce(sum(found), 0)::bigint as found from patrol_round where {WITHIN} group by 1 order by 1"""

BY_POST = f"""select post as label, count(*) as whole, count(*) filter (where state <> 'missed') as good,
    coalesce(sum(found), 0)::bigint as found from patrol_round where {WITHIN} group by 1 order by 1"""

BY_POINT = f"""select patrol_point.name as label, count(*) as whole, count(done_at) as good,
    coalesce(sum((select count(*) from patrol_check where point_id = patrol_point.id and is_bad and counts)), 0)::bigint as found
    from patrol_round join patrol_point on round_id = patrol_round.id where {WITHIN}
    group by 1 order by 4 desc, count(done_at)::numeric / count(*), 1 limit 20"""

BY_ITEM = f"""select label, count(*) as whole, count(*) filter (where not is_bad) as good, count(*) filter (where is_bad) as found
    from patrol_round join patrol_check on round_id = patrol_round.id and counts where {WITHIN}
    group by 1 having count(*) filter (where is_bad) > 0 order by 4 desc, 1 limit 20"""

BY_DAY = f"""select to_char(due_at at time zone 'Asia/Shanghai', 'MM-DD') as label, count(*) as whole,
    count(*) filter (where state <> 'missed') as good, coalesce(sum(found), 0)::bigint as found
    from patrol_round where {WITHIN} group by 1 order by min(due_at)"""

TABLES = {"route": BY_ROUTE, "post": BY_POST, "point": BY_POINT, "item": BY_ITEM, "day": BY_DAY}


async def rates(actor: Actor, since: dt.date, until: dt.date) -> dict[str, list[Rate]]:
    """Return the rates of the rounds that were due from `since` to `until`, both included."""
    span = bounds(since)[0], bounds(until)[1]
    return {name: await rows(Rate, query, actor.here, *span) for name, query in TABLES.items()}


class Bar(msgspec.Struct):
    """One bar of a chart, in the units of its picture (600 × 102)."""

    x: int
    y: int
    width: int
    height: int
    label: str
    value: str


def chart(values: list[tuple[str, int, str]], most: int) -> list[Bar]:
    """Return bars for (label, value, text) with `most` as full height."""
    wide = 600 // max(len(values), 1)
    bars = []
    for place, (label, value, text) in enumerate(values):
        height = round(100 * value / most) if most else 0
        bars.append(Bar(place * wide + 2, 101 - height, max(wide - 4, 2), height, label, text))
    return bars

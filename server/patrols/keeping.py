"""Keeps the rounds coming: makes them ahead, writes down those that were missed, takes old ones off the phones.

It runs every few minutes. A server that was down makes up what it missed: the rounds of that time come into being as missed ones,
because nobody had them on a phone.
"""

import datetime as dt
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import record
from server.db import changed, execute, fetch, rows, system_reach, transaction
from server.jobs.queue import JobRun, job
from server.lib.formats import now
from server.lib.ids import uuid7
from server.patrols.installing import install
from server.patrols.occurrences import Rhythm, as_times, is_night, occurrences
from server.security.actor import SYSTEM

AHEAD = dt.timedelta(hours=60)
"""How far ahead rounds are made: a phone that sees no network for two days still has its work."""

FARTHEST_BACK = dt.timedelta(days=92)
"""How much of a long outage is made up; what lies further back nobody could give a reason for."""

KEPT_ON_PHONES = dt.timedelta(hours=30)


class Stop(msgspec.Struct):
    """A point of a route as a round takes it over."""

    checkpoint_id: UUID
    list_id: UUID
    name: str
    place: str


class Plan(msgspec.Struct):
    """A schedule with its route."""

    id: UUID
    community_id: UUID
    route_id: UUID
    kind: str
    clock_times: str
    weekdays: str
    month_day: int | None
    since: dt.date
    made_until: dt.datetime | None
    name: str
    post: str
    ordering: str
    dwell: int
    early: int
    slack: int
    length: int
    two_at_night: bool

    @property
    def rhythm(self) -> Rhythm:
        """When it is due."""
        times = as_times(msgspec.json.decode(self.clock_times))
        return Rhythm(self.kind, times, tuple(msgspec.json.decode(self.weekdays)), self.month_day or 1, self.since)


PLANS = """
select patrol_schedule.id, patrol_schedule.community_id, route_id, kind, clock_times, weekdays, month_day, since, made_until, name, post,
    ordering, dwell, early, slack, length, two_at_night
from patrol_schedule join patrol_route on patrol_route.id = route_id
where patrol_schedule.is_active and patrol_route.is_active and (made_until is null or made_until < $1)
    and ($2::uuid is null or patrol_schedule.community_id = $2)
order by patrol_schedule.id
for update of patrol_schedule skip locked
"""

STOPS = """
select checkpoint.id as checkpoint_id, newest.id as list_id, checkpoint.name, checkpoint.place
from patrol_stop join checkpoint on checkpoint.id = checkpoint_id and checkpoint.is_active
join lateral (
    select id from checklist_version where checklist_version.checklist_id = patrol_stop.checklist_id order by number desc limit 1
) as newest on true
where route_id = $1 order by position
"""


@job("patrols.keep")
async def keep(_run: JobRun) -> dict[str, Any]:
    """Do all of it, in every community."""
    async with system_reach():
        for one in await fetch(
            "select id from community where not exists (select from checklist where community_id = community.id)"
        ):
            await install(one["id"])
        made = await make_ahead()
        missed = await mark_missed()
        await clear_phones()
    return {"made": made, "missed": missed}


async def make_ahead(community_id: UUID | None = None) -> int:
    """Make the rounds of the next AHEAD of every schedule (of one community, or all); return how many."""
    until, made = now() + AHEAD, 0
    async with transaction():
        for plan in await rows(Plan, PLANS, until, community_id):
            made += await make(plan, until)
    return made


async def make(plan: Plan, until: dt.datetime) -> int:
    """Make the rounds of one schedule up to `until`; return how many."""
    stops = await rows(Stop, STOPS, plan.route_id)
    since = max(plan.made_until or now() - dt.timedelta(minutes=plan.slack), now() - FARTHEST_BACK)
    dues = list(occurrences(plan.rhythm, since, until)) if stops else []
    for due in dues:
        await insert_round(plan, stops, due)
    await execute("update patrol_schedule set made_until = $2 where id = $1", plan.id, until)
    return len(dues)


ROUND = """
insert into patrol_round (id, community_id, route_id, schedule_id, name, post, state, opens_at, due_at, late_at, ends_at, in_order,
    dwell, needs_two)
values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $10, $11, $12, $13)
on conflict (schedule_id, due_at) where schedule_id is not null do nothing
"""
POINTS = """
insert into patrol_point (id, community_id, round_id, position, checkpoint_id, list_id, name, place)
select id, $2, $3, place.nth, checkpoint_id, list_id, name, place
from unnest($1::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[]) with ordinality
    as place (id, checkpoint_id, list_id, name, place, nth)
"""


async def insert_round(plan: Plan, stops: list[Stop], due: dt.datetime) -> None:
    """Write one round and its points."""
    id_, stops = uuid7(), ordered(plan, stops, due)
    made = await changed(
        ROUND, id_, plan.community_id, plan.route_id, plan.id, plan.name, plan.post,
        due - dt.timedelta(minutes=plan.early), due, due + dt.timedelta(minutes=plan.slack),
        due + dt.timedelta(minutes=plan.length), plan.ordering != "free", plan.dwell,
        plan.two_at_night and is_night(due),
    )  # fmt: skip
    if made:
        await execute(
            POINTS, [uuid7() for _ in stops], plan.community_id, id_, [one.checkpoint_id for one in stops],
            [one.list_id for one in stops], [one.name for one in stops], [one.place for one in stops],
        )  # fmt: skip


def ordered(plan: Plan, stops: list[Stop], due: dt.datetime) -> list[Stop]:
    """Return the points in the order of this round: another one each time on a shuffled route, the same if asked again."""
    if plan.ordering != "shuffled":
        return stops
    mixed = list(stops)
    Random(f"{plan.id} {due.isoformat()}").shuffle(mixed)  # noqa: S311 - no secret, only variety
    return mixed


MISSED = """
update patrol_round set state = 'missed', version = version + 1
where state in ('pending', 'doing') and ends_at < now() and ($1::uuid is null or community_id = $1)
returning id, community_id
"""


async def mark_missed(community_id: UUID | None = None) -> int:
    """Write down as missed what nobody finished in time; return how many. A round that a phone brings later comes back."""
    async with transaction():
        found = await fetch(MISSED, community_id)
        for community in sorted({one["community_id"] for one in found}):
            count = sum(1 for one in found if one["community_id"] == community)
            await record(SYSTEM, "patrol.miss", community_id=community, entity="patrol_round", after={"rounds": count})
    return len(found)


async def clear_phones() -> None:
    """Take off the phones what is over, and the lists that no round on them needs any more."""
    await execute(
        """update patrol_round set is_on_phones = false
        where is_on_phones and ends_at < $1 and (finished_at is not null or state = 'missed')""",
        now() - KEPT_ON_PHONES,
    )
    await execute(
        """update checklist_version set is_on_phones = false where is_on_phones
        and exists (select from checklist_version as newer where newer.checklist_id = checklist_version.checklist_id
            and newer.number > checklist_version.number)
        and not exists (select from patrol_point join patrol_round on patrol_round.id = round_id
            where list_id = checklist_version.id and is_on_phones)"""
    )

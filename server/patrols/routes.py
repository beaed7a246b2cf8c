"""Routes and their schedules: the office draws them, `keeping.py` makes their rounds."""

import datetime as dt
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetch, row, rows, transaction
from server.lib.formats import now, today
from server.lib.ids import uuid7
from server.patrols.keeping import make_ahead
from server.security.actor import Actor


class RouteView(msgspec.Struct):
    """A route as the office sees it."""

    id: UUID
    name: str
    post: str
    ordering: str
    dwell: int
    early: int
    slack: int
    length: int
    two_at_night: bool
    is_active: bool
    version: int
    stops: int
    schedules: int


class StopView(msgspec.Struct):
    """A point of a route."""

    checkpoint_id: UUID
    checklist_id: UUID
    name: str
    place: str
    list_name: str


class ScheduleView(msgspec.Struct):
    """When a route is walked."""

    id: UUID
    kind: str
    clock_times: str
    weekdays: str
    month_day: int | None
    is_active: bool

    @property
    def times(self) -> list[str]:
        """The clock times."""
        found: list[str] = msgspec.json.decode(self.clock_times)
        return found

    @property
    def days(self) -> list[int]:
        """The weekdays."""
        found: list[int] = msgspec.json.decode(self.weekdays)
        return found


class RouteFigures(msgspec.Struct, kw_only=True):
    """What is set of a route. Minutes, and seconds for the dwell."""

    name: str
    post: str
    ordering: str
    dwell: int
    early: int
    slack: int
    length: int
    two_at_night: bool
    is_active: bool


class Overtaken(Exception):
    """Somebody else has saved the route meanwhile."""


VIEW = """select id, name, post, ordering, dwell, early, slack, length, two_at_night, is_active, version,
    (select count(*) from patrol_stop where route_id = patrol_route.id) as stops,
    (select count(*) from patrol_schedule where route_id = patrol_route.id and is_active) as schedules
from patrol_route"""


async def listed(actor: Actor) -> list[RouteView]:
    """Return the routes of the actor's community."""
    return await rows(RouteView, f"{VIEW} where community_id = $1 order by is_active desc, id", actor.here)


async def find(id_: UUID, *, by: Actor) -> RouteView:
    """Return a route of the actor's community; raise NotFoundException for a strange id."""
    found = await row(RouteView, f"{VIEW} where id = $1 and community_id = $2", id_, by.here)
    if found is None:
        raise NotFoundException
    return found


async def stops_of(route_id: UUID) -> list[StopView]:
    """Return a route's points in order; the caller knows that the actor may see the route."""
    query = """select checkpoint_id, checklist_id, checkpoint.name, checkpoint.place, checklist.name as list_name
        from patrol_stop join checkpoint on checkpoint.id = checkpoint_id join checklist on checklist.id = checklist_id
        where route_id = $1 order by position"""
    return await rows(StopView, query, route_id)


async def schedules_of(route_id: UUID) -> list[ScheduleView]:
    """Return a route's schedules; the caller knows that the actor may see the route."""
    query = """select id, kind, clock_times, weekdays, month_day, is_active from patrol_schedule
        where route_id = $1 order by is_active desc, id"""
    return await rows(ScheduleView, query, route_id)


async def create(figures: RouteFigures, *, by: Actor) -> UUID:
    """Make a route without points; return its id."""
    async with transaction():
        id_ = uuid7()
        await execute(
            """insert into patrol_route (id, community_id, name, post, ordering, dwell, early, slack, length, two_at_night, is_active)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
            id_, by.here, *msgspec.structs.astuple(figures),
        )  # fmt: skip
        after = msgspec.structs.asdict(figures)
        await record(by, "patrol.route", community_id=by.here, entity="patrol_route", entity_id=id_, after=after)
    return id_


async def edit(id_: UUID, version: int, figures: RouteFigures, stops: list[tuple[UUID, UUID]], *, by: Actor) -> None:
    """Save a route with its points as (checkpoint, checklist); rounds that nobody has begun are made anew.

    Raise NotFoundException when the route or one of its points or lists is a stranger's, Overtaken when it was saved meanwhile.
    """
    async with transaction():
        before = await find(id_, by=by)
        await _must_be_here(stops, by)
        query = """update patrol_route set name = $3, post = $4, ordering = $5, dwell = $6, early = $7, slack = $8, length = $9,
            two_at_night = $10, is_active = $11, version = version + 1 where id = $1 and version = $2"""
        if not await changed(query, id_, version, *msgspec.structs.astuple(figures)):
            raise Overtaken
        await execute("delete from patrol_stop where route_id = $1", id_)
        for position, (checkpoint, checklist) in enumerate(stops, start=1):
            await execute(
                """insert into patrol_stop (id, community_id, route_id, checkpoint_id, checklist_id, position)
                values ($1, $2, $3, $4, $5, $6)""",
                uuid7(), by.here, id_, checkpoint, checklist, position,
            )  # fmt: skip
        await record(
            by, "patrol.route", community_id=by.here, entity="patrol_route", entity_id=id_,
            before={"name": before.name}, after=msgspec.structs.asdict(figures) | {"point": len(stops)},
        )  # fmt: skip
        await plan_anew(id_, by)


async def _must_be_here(stops: list[tuple[UUID, UUID]], by: Actor) -> None:
    """Raise NotFoundException unless every checkpoint and list belongs to the actor's community."""
    points, lists = {one for one, _list in stops}, {one for _point, one in stops}
    here = await fetch(
        """select id from checkpoint where community_id = $1 and id = any ($2::uuid[])
        union all select id from checklist where community_id = $1 and id = any ($3::uuid[]) and published > 0""",
        by.here, list(points), list(lists),
    )  # fmt: skip
    if len(here) != len(points) + len(lists):
        raise NotFoundException


async def add_schedule(
    route_id: UUID, kind: str, times: list[dt.time], weekdays: list[int], month_day: int | None, *, by: Actor
) -> None:
    """Let a route be walked from now on; raise NotFoundException for a strange route."""
    async with transaction():
        await find(route_id, by=by)
        clocks = [f"{one:%H:%M}" for one in times]
        await execute(
            """insert into patrol_schedule (id, community_id, route_id, kind, clock_times, weekdays, month_day, since)
            values ($1, $2, $3, $4, $5, $6, $7, $8)""",
            uuid7(), by.here, route_id, kind, msgspec.json.encode(clocks).decode(),
            msgspec.json.encode(weekdays).decode(), month_day, today(),
        )  # fmt: skip
        await record(
            by, "patrol.schedule", community_id=by.here, entity="patrol_route", entity_id=route_id,
            after={"kind": kind, "value": " ".join(clocks)},
        )  # fmt: skip
        await make_ahead(by.here)


async def stop_schedule(route_id: UUID, schedule_id: UUID, *, by: Actor) -> None:
    """Switch a schedule off: the one way it ever ends. Raise NotFoundException for a strange one."""
    async with transaction():
        await find(route_id, by=by)
        query = "update patrol_schedule set is_active = false where id = $1 and route_id = $2 and is_active"
        if not await changed(query, schedule_id, route_id):
            raise NotFoundException
        await record(
            by, "patrol.schedule", community_id=by.here, entity="patrol_route", entity_id=route_id,
            after={"state": "off"},
        )  # fmt: skip
        await drop_coming(route_id, by)
        await make_ahead(by.here)


async def plan_anew(route_id: UUID, by: Actor) -> None:
    """Make the coming rounds of a route again, as it is now."""
    await drop_coming(route_id, by)
    await make_ahead(by.here)


async def drop_coming(route_id: UUID, by: Actor) -> None:
    """Take back the rounds that have not opened yet, and let their schedules make them again from here on."""
    coming = "select id from patrol_round where route_id = $1 and state = 'pending' and opens_at > now()"
    await execute(f"delete from patrol_point where round_id in ({coming})", route_id)
    await execute(f"delete from patrol_round where id in ({coming})", route_id)
    await execute(
        """update patrol_schedule set made_until = least(made_until, greatest($2,
            (select max(due_at) + interval '1 second' from patrol_round where schedule_id = patrol_schedule.id)))
        where route_id = $1""",
        route_id,
        now(),
    )

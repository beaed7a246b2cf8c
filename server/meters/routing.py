"""Reading routes 抄表路线: which meters one person reads, in which order."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.communities.naming import sort_key
from server.db import changed, execute, fetch, row, rows, transaction
from server.lib.ids import uuid7
from server.meters.documents import open_period
from server.security.actor import Actor
from server.security.capabilities import granted


class NameTaken(Exception):
    """Another route is called so."""


class Route(msgspec.Struct):
    """A route with how far the open period has come."""

    id: UUID
    name: str
    reader_id: UUID | None
    reader_name: str | None
    total: int
    done: int
    doubtful: int
    unread: int


HAS = "exists (select from meter_reading as g where g.meter_id = s.meter_id and g.period = $2 and {})"
ROUTES = f"""
select r.id, r.name, r.reader_id, person.name as reader_name, count(s.id) as total,
    count(s.id) filter (where {HAS.format("g.status in ('ok', 'accepted', 'doubtful') and g.kind <> 'unread'")}) as done,
    count(s.id) filter (where {HAS.format("g.status = 'doubtful'")}) as doubtful,
    count(s.id) filter (where {HAS.format("g.status = 'ok' and g.kind = 'unread'")}) as unread
from meter_route as r left join person on person.id = r.reader_id left join meter_stop as s on s.route_id = r.id
where r.community_id = $1 and r.in_use {{more}} group by r.id, person.name
"""


async def all_of(actor: Actor) -> list[Route]:
    """Return the routes in use, with the progress of the open period."""
    period = await open_period(actor.here)
    found = await rows(Route, ROUTES.format(more=""), actor.here, period["period"] if period else "")
    return sorted(found, key=lambda one: sort_key(one.name))


async def find(route_id: UUID, *, by: Actor) -> Route:
    """Return one route in use; raise NotFoundException."""
    period = await open_period(by.here)
    found = await row(Route, ROUTES.format(more="and r.id = $3"), by.here, period["period"] if period else "", route_id)
    if found is None:
        raise NotFoundException
    return found


READERS = """
select person.id, person.name, array_agg(distinct post.post::text) as posts,
    (select array_agg(g.post || ' ' || g.capability || ' ' || g.granted::text) from capability_grant as g
        where g.company_id = (select company_id from community where id = $1)) as grants
from post join person on person.id = post.person_id
where post.community_id = $1 and post.since <= (now() at time zone 'Asia/Shanghai')::date
    and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
group by person.id, person.name order by person.name
"""


async def readers(actor: Actor) -> list[tuple[str, str]]:
    """Return who may read meters here, as options of a select."""
    return [
        (str(one["id"]), one["name"])
        for one in await fetch(READERS, actor.here)
        if "meter.read" in granted(one["posts"], one["grants"] or [])
    ]


BUILDINGS = "select id, name from building where community_id = $1 order by sort, name"


async def buildings(actor: Actor) -> list[tuple[str, str]]:
    """Return the buildings, as options of a select."""
    return [(str(one["id"]), one["name"]) for one in await fetch(BUILDINGS, actor.here)]


async def make(name: str, reader_id: UUID | None, kind: str, building_id: UUID | None, *, by: Actor) -> UUID:
    """Make a route of the meters that are on none yet: of a kind ('' all) and building (None: all). Raise NameTaken."""
    id_ = uuid7()
    try:
        async with transaction():
            await execute(
                "insert into meter_route (id, community_id, name, reader_id)"
                " select $1, $2, $3, (select id from person where id = $4 and community_id = $2)",
                id_, by.here, name, reader_id,
            )  # fmt: skip
            count = await _add(id_, kind, building_id, by)
            after = {"name": name, "reader": reader_id, "meters": count}
            await record(by, "meter.make_route", community_id=by.here, entity="meter", entity_id=id_, after=after)
    except asyncpg.UniqueViolationError:
        raise NameTaken(name) from None
    return id_


ADD = """
insert into meter_stop (id, community_id, route_id, meter_id, position)
select gen_random_uuid(), $1, $2, meter.id, (select coalesce(max(position), 0) from meter_stop where route_id = $2)
    + row_number() over (order by meter.sort, meter.kind, meter.number)
from meter left join room on room.id = meter.room_id
where meter.community_id = $1 and meter.removed_on is null and ($3 = '' or meter.kind = $3)
    and ($4::uuid is null or room.building_id = $4)
    and not exists (select from meter_stop where meter_stop.meter_id = meter.id)
"""


async def _add(route_id: UUID, kind: str, building_id: UUID | None, by: Actor) -> int:
    return await changed(ADD, by.here, route_id, kind, building_id)


async def change(
    route_id: UUID, name: str, reader_id: UUID | None, kind: str, building_id: UUID | None, *, add: bool, by: Actor
) -> None:
    """Rename a route, give it to somebody, and `add` meters that are on no route yet. Raise NotFoundException or NameTaken."""
    try:
        async with transaction():
            before = await find(route_id, by=by)
            await execute(
                "update meter_route set name = $3, version = version + 1,"
                " reader_id = (select id from person where id = $4 and community_id = $2)"
                " where id = $1 and community_id = $2",
                route_id, by.here, name, reader_id,
            )  # fmt: skip
            count = await _add(route_id, kind, building_id, by) if add else 0
            after: dict[str, Any] = {"name": name, "reader": reader_id, "added": count}
            await record(
                by, "meter.change_route", community_id=by.here, entity="meter", entity_id=route_id,
                before={"name": before.name, "reader": before.reader_id}, after=after,
            )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise NameTaken(name) from None


async def end(route_id: UUID, *, by: Actor) -> None:
    """Take a route out of use; its meters are free for others. Raise NotFoundException."""
    async with transaction():
        route = await find(route_id, by=by)
        await execute("delete from meter_stop where route_id = $1 and community_id = $2", route_id, by.here)
        await execute(
            "update meter_route set in_use = false, version = version + 1 where id = $1 and community_id = $2",
            route_id, by.here,
        )  # fmt: skip
        await record(
            by, "meter.end_route", community_id=by.here, entity="meter", entity_id=route_id, before={"name": route.name}
        )

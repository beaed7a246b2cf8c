"""Sets the stage for tests of patrols: checkpoints, a route with its schedule, a round due now, and phones that walk it."""

from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from server.db import DB, execute, fetch, fetchval, transaction
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.patrols import keeping, operations  # noqa: F401 - registers the operations
from server.patrols.installing import install
from server.security.actor import Actor
from server.security.capabilities import granted
from server.sync.operations import Applied, Op, Promised
from server.sync.operations import operations as registered
from tests.cast import COMMUNITIES, Character


def actor_for(who: Character) -> Actor:
    """Return the actor of somebody of the cast."""
    return Actor(
        account_id=who.account_id,
        name=who.name,
        person_id=who.person_id,
        community_id=COMMUNITIES[who.community],
        posts=frozenset(who.posts),
        capabilities=granted(who.posts, ()),
    )


def reach(community: str = "阳光花园"):
    """Return a database scope that sees one community only, as a request does."""
    return DB.scope(str(COMMUNITIES[community]))


def on_stage(test: Any) -> Any:
    """Run a test with the reach of 阳光花园 (a fixture cannot: it runs in a task of its own)."""

    @wraps(test)
    async def within(*args: Any, **kwargs: Any) -> None:
        async with reach():
            await test(*args, **kwargs)

    return within


async def a_route(
    names: tuple[str, ...] = ("东门岗", "生活水泵房"),
    lists: tuple[str, ...] = ("fire_daily", "water_pump_room"),
    community: str = "阳光花园",
    times: tuple[str, ...] = (),
    **options: Any,
) -> UUID:
    """Make a route over new checkpoints, with a daily schedule that is due within the last minutes; return the schedule's id."""
    here = COMMUNITIES[community]
    await install(here)
    route, schedule = uuid7(), uuid7()
    figures = {
        "ordering": "fixed",
        "dwell": 20,
        "early": 30,
        "slack": 30,
        "length": 240,
        "two_at_night": False,
    } | options
    await execute(
        "insert into patrol_route (id, community_id, name, post, ordering, dwell, early, slack, length, two_at_night)"
        " values ($1, $2, '设备日检', 'patrol', $3, $4, $5, $6, $7, $8)",
        route, here, *figures.values(),
    )  # fmt: skip
    for position, (name, key) in enumerate(zip(names, lists, strict=True), start=1):
        checkpoint = uuid7()
        await execute(
            "insert into checkpoint (id, community_id, name, place, kind, code, secret, nfc, latitude, longitude)"
            " values ($1, $2, $3, '地下一层', 'pump', $4, $5, $6, 30.25, 120.15)",
            checkpoint, here, name, uuid4().hex[:8].upper(), f"secret{position}", f"04:{uuid4().hex[:12]}",
        )  # fmt: skip
        await execute(
            "insert into patrol_stop (id, community_id, route_id, checkpoint_id, checklist_id, position)"
            " select $1, $2, $3, $4, id, $6 from checklist where community_id = $2 and key = $5",
            uuid7(), here, route, checkpoint, key, position,
        )  # fmt: skip
    due = now().astimezone(CHINA) - timedelta(minutes=5)
    await execute(
        "insert into patrol_schedule (id, community_id, route_id, kind, clock_times, since, made_until)"
        " values ($1, $2, $3, 'daily', $4, '2024-01-01', $5)",
        schedule, here, route, str(list(times or (f"{due:%H:%M}",))).replace("'", '"'), now() - timedelta(minutes=10),
    )  # fmt: skip
    return schedule


async def a_round(**options: Any) -> UUID:
    """Make a route and its rounds; return the round that is due now."""
    schedule = await a_route(**options)
    await keeping.make_ahead()
    return await fetchval("select id from patrol_round where schedule_id = $1 order by due_at limit 1", schedule)


async def code_of(round_id: UUID, position: int = 1) -> str:
    """Return what is printed on the plate of a round's point."""
    query = """select 'NY.' || code || '.' || secret from patrol_point join checkpoint on checkpoint.id = checkpoint_id
        where round_id = $1 and position = $2"""
    return await fetchval(query, round_id, position)


async def entries_of(round_id: UUID, position: int = 1) -> list:
    """Return the list of a round's point."""
    from server.patrols.entries import read

    query = """select content from patrol_point join checklist_version on checklist_version.id = list_id
        where round_id = $1 and position = $2"""
    return read(await fetchval(query, round_id, position))


def an_op(
    type_: str, round_id: UUID, who: Character, at: datetime | None = None, photos: int = 0, base: int = 0, **args: Any
) -> Op:
    """Return an operation as a phone sends it."""
    moment = at or now()
    return Op(
        id=uuid7(),
        type=type_,
        entity_id=round_id,
        base_version=base,
        args=args,
        photos=tuple(Promised(uuid7(), uuid4().hex * 2, 1000, "item") for _ in range(photos)),
        by=actor_for(who),
        device_id=uuid7(),
        made_at=moment,
        effective_at=moment,
    )


async def do(type_: str, round_id: UUID, who: Character, at: datetime | None = None, **more: Any) -> Applied:
    """Carry out an operation as the sync does: in a transaction of its own."""
    async with transaction():
        return await registered()[type_].carry_out(an_op(type_, round_id, who, at, **more))


async def answer_all(round_id: UUID, who: Character, position: int, at: datetime | None = None) -> None:
    """Give every entry of a point a good answer."""
    for entry in await entries_of(round_id, position):
        value = {"tri": "ok", "number": entry.low or entry.high or "1"}[entry.kind]
        await do("round.tick", round_id, who, at, point=str(position), item=entry.id, value=value, what=entry.kind)


async def the_checks(round_id: UUID) -> list:
    """Return the answers of a round as rows."""
    return await fetch("select * from patrol_check where round_id = $1 order by received_at, id", round_id)

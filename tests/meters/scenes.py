"""Sets the stage for tests of meters: some meters with a past, a route, an open period, and phones that read them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from server.db import execute, fetch, fetchrow, transaction
from server.field.documents import load
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.meters import operations  # noqa: F401 - registers the operations
from server.meters.settling import settle
from server.sync.operations import Applied, Op, Promised
from server.sync.operations import operations as registered
from tests.cast import COMMUNITIES, SHIFU, Character, room_id
from tests.patrols.scenes import actor_for

ROOMS = ("3栋1单元1301", "3栋1单元1302", "3栋2单元101")


async def a_meter(
    label: str = "3栋1单元1301",
    past: tuple[str, ...] = ("100", "110", "121"),
    *,
    kind: str = "water",
    number: str = "",
    digits: int = 5,
    ratio: str = "1",
    community: str = "阳光花园",
) -> UUID:
    """Hang a meter with readings for the months before 2026-11, the newest last; return its id."""
    id_ = uuid7()
    await execute(
        "insert into meter (id, community_id, kind, number, room_id, place, sort, digits, ratio, installed_on)"
        " values ($1, $2, $3, $4, $5, $6, $6, $7, $8::text::numeric, '2024-01-01')",
        id_, COMMUNITIES[community], kind, number or uuid4().hex[:8], room_id(label, community), label, digits, ratio,
    )  # fmt: skip
    for month, value in enumerate(past, start=11 - len(past)):
        await execute(
            "insert into meter_reading (id, community_id, meter_id, period, kind, value, status, source, reader_name, read_at)"
            " values ($1, $2, $3, $4, 'actual', $5::text::numeric, 'ok', 'import', '旧系统', $6)",
            uuid7(), COMMUNITIES[community], id_, f"2026-{month:02}", value, datetime(2026, month, 22, 10, tzinfo=CHINA),
        )  # fmt: skip
    await settle([id_])
    return id_


async def a_period(period: str = "2026-11", community: str = "阳光花园") -> None:
    """Open a period."""
    await execute(
        "insert into meter_period (id, community_id, period, opens_on, due_on, state)"
        " values ($1, $2, $3, '2026-11-20', '2026-11-25', 'open')",
        uuid7(), COMMUNITIES[community], period,
    )  # fmt: skip


async def a_route(*meters: UUID, reader: Character = SHIFU, name: str = "3栋水表") -> UUID:
    """Make a route of meters; return its id."""
    id_ = uuid7()
    community = COMMUNITIES[reader.community]
    await execute(
        "insert into meter_route (id, community_id, name, reader_id) values ($1, $2, $3, $4)",
        id_, community, name, reader.person_id,
    )  # fmt: skip
    for position, meter in enumerate(meters, start=1):
        await execute(
            "insert into meter_stop (id, community_id, route_id, meter_id, position) values ($1, $2, $3, $4, $5)",
            uuid7(), community, id_, meter, position,
        )  # fmt: skip
    return id_


def an_op(type_: str, meter: UUID, who: Character = SHIFU, base: int = 1000, photos: int = 0, **args: Any) -> Op:
    """Return an operation as a phone sends it; `base` as high as can be unless the phone is behind."""
    moment = now()
    return Op(
        id=uuid7(),
        type=type_,
        entity_id=meter,
        base_version=base,
        args={"period": "2026-11"} | args,
        photos=tuple(Promised(uuid7(), uuid4().hex * 2, 1000, "reading") for _ in range(photos)),
        by=actor_for(who),
        device_id=uuid7(),
        made_at=moment,
        effective_at=moment,
    )


async def do(type_: str, meter: UUID, who: Character = SHIFU, **more: Any) -> Applied:
    """Carry out an operation as the sync does: in a transaction of its own."""
    return await carry(an_op(type_, meter, who, **more))


async def carry(op: Op) -> Applied:
    """Carry out this operation."""
    async with transaction():
        return await registered()[op.type].carry_out(op)


async def doc_of(meter: UUID, who: Character = SHIFU) -> dict[str, Any]:
    """Return a meter's document."""
    return (await load("meter", [meter], actor_for(who)))[meter]


async def readings_of(meter: UUID) -> list[tuple[Any, ...]]:
    """Return (period, kind, value, usage, status) of a meter's readings in the order they came."""
    found = await fetch(
        "select period, kind, value, usage, status from meter_reading where meter_id = $1 order by period, received_at, id",
        meter,
    )
    return [(one["period"], one["kind"], text(one["value"]), text(one["usage"]), one["status"]) for one in found]


def text(value: Decimal | None) -> str:
    """Return a figure as text, '' for none."""
    from server.meters.usage import plain

    return "" if value is None else plain(value)


async def last_audit() -> Any:
    """Return the newest audit row."""
    return await fetchrow("select action, actor_name, device_at from audit order by seq desc nulls first limit 1")

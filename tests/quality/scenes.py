"""Short cuts for tests: repairs as rows, with only what a report counts."""

import datetime as dt
from typing import Any
from uuid import UUID

from server.db import execute
from server.lib.formats import CHINA
from server.lib.ids import uuid7
from tests.cast import SHIFU, SUNSHINE, cast_id, room_id


def at(day: int, hour: int = 9, month: int = 10) -> dt.datetime:
    """Return a moment of 2026."""
    return dt.datetime(2026, month, day, hour, tzinfo=CHINA)


async def a_ticket(reported_at: dt.datetime, **changes: Any) -> UUID:
    """Insert a repair of home 1302; return its id."""
    id_ = uuid7()
    values: dict[str, Any] = {
        "id": id_, "community_id": SUNSHINE, "number": f"GD-{id_.hex[-12:]}", "state": "closed", "category": "water", "level": "P3",
        "location": "private", "payer": "owner", "room_id": room_id("3栋1单元1302"), "building_id": cast_id("building 阳光花园 3"),
        "place": "3栋1单元1302", "summary": "水管漏水", "assignee_id": SHIFU.person_id, "code": "1234", "reported_at": reported_at,
    } | changes  # fmt: skip
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await execute(f"insert into ticket ({', '.join(values)}) values ({places})", *values.values())
    return id_


async def an_event(ticket_id: UUID, kind: str, moment: dt.datetime) -> None:
    """Insert a step of a ticket."""
    await execute(
        "insert into ticket_event (id, community_id, ticket_id, kind, state, actor_name, at) values ($1, $2, $3, $4, 'rework', '某人', $5)",
        uuid7(), SUNSHINE, ticket_id, kind, moment,
    )  # fmt: skip


async def a_call(ticket_id: UUID, rating: str, moment: dt.datetime) -> None:
    """Insert a follow-up that was made."""
    await execute(
        "insert into follow_up (id, community_id, entity, entity_id, reason, state, due_at, rating, called_at)"
        " values ($1, $2, 'ticket', $3, 'sample', 'done', $4, $5, $4)",
        uuid7(), SUNSHINE, ticket_id, moment, rating,
    )  # fmt: skip

"""Loading a room's stays under its lock, and carrying out a planned change with its audit row."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit import record
from server.communities.occupancies import Change, Stay, vacancy_on
from server.db import execute, row, rows
from server.lib.formats import today
from server.lib.ids import uuid7
from server.security.actor import Actor

STAY = "id, person_id, role, since, until, moved_in_on, ended_why"


class RoomHead(msgspec.Struct):
    """What a change needs to know of its room."""

    id: UUID
    label: str
    kind: str
    vacancy: str
    handover_on: date | None


async def head(by: Actor, room_id: UUID, *, lock: bool = False) -> RoomHead:
    """Return a room of the community `by` works in; raise NotFoundException. `lock` lets one change at a time in."""
    found = await row(
        RoomHead,
        "select id, label, kind, vacancy, handover_on from room where id = $1 and community_id = $2"
        + (" for update" if lock else ""),
        room_id,
        by.here,
    )
    if found is None:
        raise NotFoundException
    return found


async def stays_of(by: Actor, room_id: UUID) -> list[Stay]:
    """Return every stay of a room, also the corrected ones, oldest first."""
    return await rows(
        Stay,
        f"select {STAY} from occupancy where room_id = $1 and community_id = $2 order by since nulls first, id",
        room_id,
        by.here,
    )


async def stay_of(by: Actor, occupancy_id: UUID) -> tuple[UUID, Stay]:
    """Return a stay and its room's id; raise NotFoundException."""
    found = await row(
        StayInRoom,
        f"select room_id, {STAY} from occupancy where id = $1 and community_id = $2",
        occupancy_id,
        by.here,
    )
    if found is None:
        raise NotFoundException
    facts = msgspec.structs.asdict(found)
    return facts.pop("room_id"), Stay(**facts)


class StayInRoom(msgspec.Struct):
    """A row of `stay_of`."""

    room_id: UUID
    id: UUID
    person_id: UUID
    role: str
    since: date | None
    until: date | None
    moved_in_on: date | None
    ended_why: str | None


async def carry_out(
    by: Actor, room: RoomHead, stays: list[Stay], change: Change, action: str, *, reason: str | None = None
) -> None:
    """Write `change` and what it makes of the room's vacancy, with one audit row. The caller holds the room's lock."""
    before = {stay.id: stay for stay in stays}
    for stay in change.edits:  # in this order: an end makes room for a beginning in the unique indexes
        await execute(
            "update occupancy set until = $2, moved_in_on = $3, ended_why = $4 where id = $1",
            stay.id, stay.until, stay.moved_in_on, stay.ended_why,
        )  # fmt: skip
    started = [Stay(id=uuid7(), **msgspec.structs.asdict(start)) for start in change.starts]
    for stay in started:
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role, since, until, moved_in_on)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8)",
            stay.id, by.here, room.id, stay.person_id, stay.role, stay.since, stay.until, stay.moved_in_on,
        )  # fmt: skip
    edited = {stay.id: stay for stay in change.edits}
    after = [edited.get(stay.id, stay) for stay in stays] + started
    vacancy = vacancy_on(after, today(), change.otherwise or room.vacancy)
    if vacancy != room.vacancy:
        await execute("update room set vacancy = $2, version = version + 1 where id = $1", room.id, vacancy)
    await record(
        by,
        action,
        community_id=by.here,
        entity="room",
        entity_id=room.id,
        before={"stays": [told(before[stay.id]) for stay in change.edits], "vacancy": room.vacancy},
        after={"stays": [told(stay) for stay in (*change.edits, *started)], "vacancy": vacancy},
        reason=reason,
    )


def told(stay: Stay) -> dict[str, Any]:
    """Return a stay as an audit row keeps it: ids and dates, no names."""
    return {name: value for name, value in msgspec.structs.asdict(stay).items() if value is not None}

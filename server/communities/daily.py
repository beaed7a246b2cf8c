"""Once a day: what was dated ahead comes true. Vacancies follow stays that began or ended, and search forgets who left."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.audit import record
from server.communities.occupancies import Stay, vacancy_on
from server.communities.stays import StayInRoom
from server.db import execute, rows, transaction
from server.jobs import JobRun, job
from server.lib.formats import today
from server.security.actor import SYSTEM


class Standing(msgspec.Struct):
    """A room whose stays changed with the date."""

    id: UUID
    community_id: UUID
    vacancy: str


@job("rooms.follow_dates")
async def follow_dates(_run: JobRun) -> dict[str, Any]:
    """Bring vacancies and search up to date; return how many rooms changed. Looks back a week, in case a day was missed."""
    day, lately = today(), today() - timedelta(days=7)
    async with transaction():
        found = await rows(
            Standing,
            """select id, community_id, vacancy from room where id in (
                select room_id from occupancy where created_at < now() - interval '1 minute'
                    and (since between $1 and $2 or until between $1 and $2 - 1) and ended_why is distinct from 'corrected'
                union select room_id from vehicle where until between $1 and $2 - 1
            ) order by id for update""",
            lately,
            day,
        )
        stays = await rows(
            StayInRoom,
            "select room_id, id, person_id, role, since, until, moved_in_on, ended_why from occupancy where room_id = any ($1::uuid[])",
            [room.id for room in found],
        )
        changed = [(room, new) for room in found if (new := standing(room, stays, day)) != room.vacancy]
        await execute(
            "update room set vacancy = new.vacancy, version = version + 1"
            " from unnest($1::uuid[], $2::text[]) as new (id, vacancy) where room.id = new.id",
            [room.id for room, _new in changed],
            [new for _room, new in changed],
        )
        await execute("select refresh_room_search($1::uuid[])", [room.id for room in found])
        for community_id in {room.community_id for room, _new in changed}:
            await put_on_record(
                community_id, [(room, new) for room, new in changed if room.community_id == community_id]
            )
    return {"rooms": len(changed)}


async def put_on_record(community_id: UUID, changed: list[tuple[Standing, str]]) -> None:
    """Write one audit row for a community's day."""
    await record(
        SYSTEM,
        "room.follow_dates",
        community_id=community_id,
        entity="community",
        entity_id=community_id,
        before={str(room.id): room.vacancy for room, _new in changed},
        after={str(room.id): new for room, new in changed},
    )


def standing(room: Standing, stays: list[StayInRoom], day: date) -> str:
    """Return how `room` stands on `day`; it waits for owners whose first day this is to move in."""
    own = [
        Stay(**{name: value for name, value in msgspec.structs.asdict(stay).items() if name != "room_id"})
        for stay in stays
        if stay.room_id == room.id
    ]
    is_new = any(stay.role == "owner" and stay.since == day for stay in own)
    return vacancy_on(own, day, "vacant" if is_new else room.vacancy)

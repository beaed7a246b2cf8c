"""What owners and tenants see of their own rooms: the facts, their household, their vehicles. Nobody else's."""

from uuid import UUID

import msgspec

from server.communities.rooms import ROOM, CarLine, Resident, Room, SpaceLine
from server.db import rows
from server.lib.formats import today
from server.security.actor import Actor


class Home(msgspec.Struct):
    """One of the actor's rooms."""

    room: Room
    people: list[Resident]
    cars: list[CarLine]
    spaces: list[SpaceLine]
    mine: Resident

    @property
    def owns(self) -> bool:
        """Whether the actor owns it."""
        return self.mine.role in ("owner", "co_owner")


async def homes(by: Actor) -> list[Home]:
    """Return the rooms the actor belongs to today.

    An owner sees owners and household, not the tenants' names; a tenant or a member sees those in the same role.
    """
    if not by.room_ids or by.person_id is None:
        return []
    found = await rows(
        Room,
        f"{ROOM} where room.id = any ($1::uuid[]) and room.community_id = $2 order by room.sort",
        list(by.room_ids),
        by.here,
    )
    return [await home(by, room, by.person_id) for room in found]


async def home(by: Actor, room: Room, person_id: UUID) -> Home:
    """Return one room as the person sees it (nobody has more than a handful)."""
    people = await rows(
        Resident,
        """select occupancy.id, person_id, person.name, person.phone, person.kind, role, since, until, moved_in_on, ended_why,
            occupancy.created_at as registered_at
        from occupancy join person on person.id = occupancy.person_id
        where occupancy.room_id = $1 and occupancy.community_id = $2 and (since is null or since <= $3)
            and (until is null or until >= $3)
        order by array_position(array['owner', 'co_owner', 'tenant', 'member'], role::text), occupancy.id""",
        room.id,
        by.here,
        today(),
    )
    mine = next(one for one in people if one.person_id == person_id)
    shown = visible_roles(mine.role)
    cars = await rows(
        CarLine,
        "select vehicle.id, plate, description, space.code as space, since, until from vehicle"
        " left join space on space.id = vehicle.space_id where vehicle.room_id = $1 and vehicle.community_id = $2"
        " and (until is null or until >= $3) and (person_id is null or person_id = any ($4::uuid[])) order by plate",
        room.id,
        by.here,
        today(),
        [one.person_id for one in people if one.role in shown],
    )
    spaces = await rows(
        SpaceLine,
        "select code, zone, ownership from space where room_id = $1 and community_id = $2 order by code",
        room.id,
        by.here,
    )
    return Home(room, [one for one in people if one.role in shown], cars, spaces, mine)


def visible_roles(role: str) -> frozenset[str]:
    """Return whose names somebody in `role` sees in their own room: a tenant's and an owner's households are apart."""
    return frozenset({"tenant"}) if role == "tenant" else frozenset({"owner", "co_owner", "member"})

"""Tenants in, members of a household in, and either of them out."""

from datetime import date
from uuid import UUID

from server.communities import occupancies
from server.communities.parties import Party, settle
from server.communities.stays import carry_out, head, stay_of, stays_of
from server.db import transaction
from server.lib.formats import today
from server.security.actor import Actor


async def let(room_id: UUID, tenants: list[Party], since: date, until: date | None, *, by: Actor) -> None:
    """Register `tenants` from `since` to the end of the lease (None: open); raise Refused, NotFoundException."""
    async with transaction():
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        ids = await settle(by, tenants)
        change = occupancies.let(stays, ids, since, until, today())
        await carry_out(by, room, stays, change, "occupancy.let")


async def join(room_id: UUID, member: Party, since: date | None, *, by: Actor) -> None:
    """Register a member of the household; raise Refused, NotFoundException."""
    async with transaction():
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        ids = await settle(by, [member])
        change = occupancies.join(stays, ids[0], since, today())
        await carry_out(by, room, stays, change, "occupancy.join")


async def leave(occupancy_id: UUID, last_day: date, *, by: Actor) -> UUID:
    """End a tenant's or member's stay with `last_day`; return the room's id; raise Refused, NotFoundException."""
    async with transaction():
        room_id, _stay = await stay_of(by, occupancy_id)
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        stay = next(one for one in stays if one.id == occupancy_id)
        change = occupancies.leave(stay, last_day, today())
        await carry_out(by, room, stays, change, "occupancy.leave")
    return room_id

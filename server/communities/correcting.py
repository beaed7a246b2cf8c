"""Taking back what was entered by mistake: the entry stays in the history, marked as corrected, and counts for no day."""

from uuid import UUID

from server.communities import occupancies
from server.communities.stays import carry_out, head, stay_of, stays_of
from server.db import transaction
from server.lib.formats import today
from server.security.actor import Actor


async def correct(occupancy_id: UUID, reason: str, *, by: Actor) -> UUID:
    """Void a stay and what came with it; return the room's id; raise Refused, NotFoundException."""
    async with transaction():
        room_id, _stay = await stay_of(by, occupancy_id)
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        stay = next(one for one in stays if one.id == occupancy_id)
        change = occupancies.correct(stays, stay, today())
        await carry_out(by, room, stays, change, "occupancy.correct", reason=reason)
    return room_id


async def reopen(occupancy_id: UUID, reason: str, *, by: Actor) -> UUID:
    """Take back the end of a tenant's or member's stay; return the room's id; raise Refused, NotFoundException."""
    async with transaction():
        room_id, _stay = await stay_of(by, occupancy_id)
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        stay = next(one for one in stays if one.id == occupancy_id)
        change = occupancies.reopen(stays, stay)
        await carry_out(by, room, stays, change, "occupancy.reopen", reason=reason)
    return room_id

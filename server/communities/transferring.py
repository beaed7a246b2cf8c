"""Transfer of ownership 过户."""

from datetime import date
from uuid import UUID

from server.communities import occupancies
from server.communities.parties import Party, settle
from server.communities.stays import carry_out, head, stays_of
from server.db import transaction
from server.lib.formats import today
from server.security.actor import Actor


async def transfer(
    room_id: UUID,
    buyers: list[Party],
    on: date,
    *,
    by: Actor,
    members_leave: bool,
    moved_in: bool,
    reason: str | None = None,
) -> None:
    """End the owners the day before `on` and begin `buyers`, the first owner first; raise Refused, NotFoundException."""
    async with transaction():
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        ids = await settle(by, buyers)
        change = occupancies.transfer(stays, ids, on, today(), members_leave=members_leave, moved_in=moved_in)
        await carry_out(by, room, stays, change, "occupancy.transfer", reason=reason)

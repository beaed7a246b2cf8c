"""Handing a room over to its first owners, and moving in 入住."""

from datetime import date
from uuid import UUID

from server.communities import occupancies
from server.communities.parties import Party, settle
from server.communities.stays import carry_out, head, stays_of
from server.db import execute, transaction
from server.lib.formats import today
from server.security.actor import Actor


async def hand_over(room_id: UUID, buyers: list[Party], on: date, *, by: Actor, moved_in: bool = False) -> None:
    """Give a room nobody owns to `buyers` (the first owner first) from `on`; raise Refused, NotFoundException."""
    async with transaction():
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        ids = await settle(by, buyers)
        change = occupancies.hand_over(stays, ids, on, today(), moved_in_on=on if moved_in else None)
        await carry_out(by, room, stays, change, "occupancy.hand_over")
        if room.handover_on is None:
            await execute("update room set handover_on = $2, version = version + 1 where id = $1", room_id, on)


async def move_in(room_id: UUID, on: date, *, by: Actor) -> None:
    """Note that the owners moved in on `on`; raise Refused, NotFoundException."""
    async with transaction():
        room = await head(by, room_id, lock=True)
        stays = await stays_of(by, room_id)
        change = occupancies.move_in(stays, on, today())
        await carry_out(by, room, stays, change, "occupancy.move_in")

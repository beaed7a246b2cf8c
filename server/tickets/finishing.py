"""The repairman is done, and proves it."""

from uuid import UUID

from server.security.actor import Actor
from server.tickets.changing import Carried, change
from server.tickets.finding import TicketView


async def finish(ticket_id: UUID, *, by: Actor, version: int, result: str, photos: Carried) -> TicketView:
    """Finish the work with what was done (`result`) and at least one photo of it; raise Missing without."""
    return await change(
        ticket_id,
        "finish",
        by=by,
        version=version,
        note=result,
        photos=photos,
        role="after",
        values={"result": result},
        event="ticket_finished",
    )

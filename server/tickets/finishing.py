"""The repairman is done, and proves it."""

from uuid import UUID

from server.db import transaction
from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView
from server.tickets.lines import Line, write_lines
from server.tickets.quoting import identified


async def finish(
    ticket_id: UUID, *, by: Actor, act: Act, materials: list[Line] | None, cause: str | None = None
) -> TicketView:
    """Finish the work: what was done (the act's note), at least one photo of it, and the parts used; raise Missing without.

    `materials` [] says that none were used, None that nothing was said of them. What the owner pays is what was agreed to, whatever
    was used; the parts are what the store gives out.
    """
    act = identified(act)
    effect = Effect(
        values={"result": act.note} | ({"cause": cause} if cause else {}),
        detail={"cause": cause} if cause else {},
        brings=frozenset() if materials is None else frozenset({"materials"}),
        event="ticket_finished",
    )
    async with transaction():
        ticket = await change(ticket_id, "finish", by=by, act=act, effect=effect)
        await write_lines(ticket.id, ticket.community_id, act.id, "used", materials or [])
        return ticket

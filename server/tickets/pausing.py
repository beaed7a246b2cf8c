"""Work that cannot go on for a while: the clocks stand still until it does, with the reason on record."""

from uuid import UUID

from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView


async def suspend(ticket_id: UUID, *, by: Actor, act: Act, reason: str) -> TicketView:
    """Suspend the work for one of states.REASONS; the owner is told."""
    effect = Effect(
        values={"suspend_reason": reason},
        detail={"reason": reason},
        brings=frozenset({"reason"}),
        event="ticket_suspended",
    )
    return await change(ticket_id, "suspend", by=by, act=act, effect=effect)


async def resume(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Go on where it stopped."""
    return await change(ticket_id, "resume", by=by, act=act)

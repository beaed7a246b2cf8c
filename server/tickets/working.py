"""The repairman takes a job, gets there and starts on it."""

from uuid import UUID

from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView


async def take(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Say that one has the job and will come."""
    return await change(ticket_id, "take", by=by, act=act)


async def arrive(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Say that one is there; the clock of the arrival stops, the owner is told."""
    return await change(ticket_id, "arrive", by=by, act=act, effect=Effect(event="ticket_arrived"))


async def start(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Begin the work."""
    return await change(ticket_id, "start", by=by, act=act)

"""The repairman takes a job and starts on it."""

from uuid import UUID

from server.security.actor import Actor
from server.tickets.changing import change
from server.tickets.finding import TicketView


async def take(ticket_id: UUID, *, by: Actor, version: int) -> TicketView:
    """Say that one has the job and will come."""
    return await change(ticket_id, "take", by=by, version=version)


async def start(ticket_id: UUID, *, by: Actor, version: int) -> TicketView:
    """Begin the work on the spot; the owner is told."""
    return await change(ticket_id, "start", by=by, version=version, event="ticket_started")

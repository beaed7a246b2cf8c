"""The word of the owner on the work; of the office for common parts, or for an owner who said it on the phone."""

from uuid import UUID

from server.audit.recording import record
from server.db import execute, transaction
from server.security.actor import SYSTEM, Actor
from server.tickets import states
from server.tickets.changing import NO_PHOTOS, Carried, change
from server.tickets.events import add_event
from server.tickets.finding import TicketView, find


async def confirm(ticket_id: UUID, *, by: Actor, version: int, rating: str, note: str | None = None) -> TicketView:
    """Accept the work with a rating. Nothing is left to pay or to ask yet, so the ticket is closed in the same breath."""
    async with transaction():
        ticket = await change(
            ticket_id,
            "confirm",
            by=by,
            version=version,
            note=note,
            brings=frozenset({"rating"}),
            values={"rating": rating},
            detail={"rating": rating},
            event="ticket_confirmed",
        )
        if ticket.state == "owner_accepted":
            await close(ticket)
        return await find(ticket_id, by=by)


async def close(ticket: TicketView) -> None:
    """Close a ticket that nothing more is waited for; the system does it, in the transaction of the last step."""
    step = states.check("close", ticket.state, frozenset({states.SYSTEM}), frozenset())
    await execute(
        "update ticket set state = $2, closed_at = now() where id = $1 and state = $3",
        ticket.id,
        step.target,
        ticket.state,
    )
    await add_event(ticket.id, "close", step.target, by=SYSTEM, community_id=ticket.community_id)
    await record(
        SYSTEM,
        "ticket.close",
        community_id=ticket.community_id,
        entity="ticket",
        entity_id=ticket.id,
        before={"state": ticket.state},
        after={"state": step.target},
    )


async def rework(ticket_id: UUID, *, by: Actor, version: int, note: str, photos: Carried = NO_PHOTOS) -> TicketView:
    """Say that it is not solved: the same repairman has to come again."""
    return await change(
        ticket_id, "rework", by=by, version=version, note=note, photos=photos, role="rework", event="ticket_rework"
    )


async def cancel(ticket_id: UUID, *, by: Actor, version: int, note: str) -> TicketView:
    """Take a report back before the work begins, with the reason."""
    return await change(ticket_id, "cancel", by=by, version=version, note=note, event="ticket_cancelled")

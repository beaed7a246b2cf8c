"""The word of the owner on the work; of the office for common parts, or for an owner who said it on the phone."""

from uuid import UUID

from server.db import transaction
from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView
from server.tickets.quoting import check_code
from server.tickets.settling import draw, settle


async def confirm(ticket_id: UUID, *, by: Actor, act: Act, rating: str) -> TicketView:
    """Accept the work with a rating. When nothing is left to pay or to ask, the ticket is closed in the same breath."""
    effect = Effect(
        values={"rating": rating}, detail={"rating": rating}, brings=frozenset({"rating"}), event="ticket_confirmed"
    )
    return await _accepted(ticket_id, "confirm", by, act, effect)


async def sign(ticket_id: UUID, *, by: Actor, act: Act, how: str, code: str = "") -> TicketView:
    """Accept the work on the repairman's phone, by the owner's signature or code. Raise WrongCode."""
    await check_code(ticket_id, how, code)
    effect = Effect(detail={"how": how}, brings=frozenset({"consent"}), event="ticket_confirmed")
    return await _accepted(ticket_id, "sign", by, act, effect)


async def lapse(ticket_id: UUID, *, by: Actor) -> TicketView:
    """Accept work that the owner has said nothing about for as long as the community's rules wait."""
    return await _accepted(ticket_id, "lapse", by, Act(), Effect(event="ticket_lapsed"), system=True)


async def _accepted(
    ticket_id: UUID, verb: str, by: Actor, act: Act, effect: Effect, *, system: bool = False
) -> TicketView:
    """Take one of the steps that end the work, draw whether somebody asks afterwards, and close what waits for nothing."""
    async with transaction():
        ticket = await change(ticket_id, verb, by=by, act=act, effect=effect, system=system)
        if ticket.state == "owner_accepted":
            await draw(ticket)
            ticket = await settle(ticket, by=by)
        return ticket


async def rework(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Say that it is not solved: the same repairman has to come again."""
    return await change(ticket_id, "rework", by=by, act=act, effect=Effect(event="ticket_rework"))


async def cancel(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Take a report back before the work begins, with the reason."""
    return await change(ticket_id, "cancel", by=by, act=act, effect=Effect(event="ticket_cancelled"))

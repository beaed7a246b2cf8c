"""After the work is accepted: what is still to pay and to ask; then the system closes the ticket."""

from uuid import UUID

from server.db import fetchval, transaction
from server.followups import drawing
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor, system_in
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView, find
from server.tickets.rules import deadlines, rules_of

DONE_BY_HANDS = frozenset({"grab", "take", "arrive", "quote", "start", "finish", "sign"})
"""The steps of whoever does the work."""


class WrongAmount(ValueError):
    """What is paid is not what was agreed to."""


async def draw(ticket: TicketView) -> None:
    """Decide whether somebody asks the owner how it was, in the transaction of the acceptance."""
    if ticket.contact_phone is None and ticket.reporter_id is None:
        return
    percent = (await rules_of(ticket.community_id)).follow_up_percent
    why = drawing.reason_of(
        ticket.id,
        percent,
        urgent=ticket.level in ("P1", "P2"),
        leak=ticket.category == "leak",
        poor=ticket.rating == "poor",
    )
    if why is not None:
        hands = await hands_on(ticket.id)
        await drawing.draw(ticket.community_id, "ticket", ticket.id, why, ticket.accepted_work_at, hands)


async def hands_on(ticket_id: UUID) -> list[UUID]:
    """Return the accounts of all who had their hands on a ticket: none of them asks how it was."""
    query = """select array_agg(distinct account_id) from ticket_event
        where ticket_id = $1 and kind = any ($2::text[]) and account_id is not null"""
    return await fetchval(query, ticket_id, sorted(DONE_BY_HANDS)) or []


async def settle(ticket: TicketView, *, by: Actor) -> TicketView:
    """Close a ticket that nothing more is waited for; return it as it is then."""
    if not ticket.owes and not await drawing.is_open("ticket", ticket.id):
        await change(ticket.id, "close", by=system_in(ticket.community_id, "ticket.read"), act=Act(), system=True)
    return await find(ticket.id, by=by)


async def pay(ticket_id: UUID, *, by: Actor, act: Act, amount: int, how: str) -> TicketView:
    """Note that the charge was paid, in full, at the counter; raise WrongAmount for any other amount (分)."""
    async with transaction():
        ticket = await find(ticket_id, by=by)
        if amount != ticket.charge:
            raise WrongAmount(ticket.charge)
        effect = Effect(
            values={"paid_how": how},
            detail={"amount": amount, "how": how},
            brings=frozenset({"payment"}),
            event="ticket_paid",
        )
        return await settle(await change(ticket_id, "pay", by=by, act=act, effect=effect), by=by)


async def follow_up(ticket_id: UUID, *, by: Actor, act: Act, rating: str | None) -> TicketView:
    """Note that the owner was asked afterwards: `rating` A, B or C, None when nobody could be reached."""
    async with transaction():
        ticket = await change(ticket_id, "follow_up", by=by, act=act, effect=Effect(detail={"call": rating or ""}))
        return await settle(ticket, by=by)


async def reopen(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Send somebody again, because it turned out not to be solved, with a new deadline; those who give out work hear of it."""
    async with transaction():
        seen = await find(ticket_id, by=by, lock=True)
        await drawing.void("ticket", ticket_id)
        due_at = (await deadlines(seen.community_id, seen.level, act.at or now()))["due_at"]
        again = {
            "reopened": seen.reopened + 1, "closed_at": None, "finished_at": None, "accepted_work_at": None,
            "due_at": due_at, "escalation": 0,
        }  # fmt: skip
        effect = Effect(values=again, event="ticket_reopened")
        return await change(ticket_id, "reopen", by=by, act=act, effect=effect)

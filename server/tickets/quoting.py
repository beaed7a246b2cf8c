"""What a repair will cost is said, and agreed to, before it is done.

Nobody is charged without having agreed to this very amount beforehand (Price Law art. 13, Civil Code art. 509: clearly marked prices,
nothing beyond what was agreed). A new quote needs a new word of the owner; what was agreed to before it no longer holds.
"""

from dataclasses import replace
from uuid import UUID

from server.db import fetchval, transaction
from server.lib.acting import Act
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView, find
from server.tickets.lines import Line, total, write_lines
from server.tickets.states import PAYING, Refused


class NotPayable(Refused):
    """Who bears the cost of this ticket is not charged: there is nothing to quote."""


class WrongCode(Refused):
    """The code is not the one on the owner's phone."""


def identified(act: Act) -> Act:
    """Return the act with an id, so that what comes with the step can name it."""
    return act if act.id is not None else replace(act, id=uuid7())


async def quote(ticket_id: UUID, lines: list[Line], *, by: Actor, act: Act) -> TicketView:
    """Name the price; the owner is asked. Raise NotPayable when nobody of the owner's side pays, or has paid already."""
    amount = total(lines)
    effect = Effect(
        values={"quote_amount": amount, "charge": 0, "agreed_how": None},
        detail={"amount": amount},
        brings=frozenset({"lines"} if lines else ()),
        event="ticket_quoted",
    )
    act = identified(act)
    async with transaction():
        seen = await find(ticket_id, by=by)
        if seen.payer not in PAYING or seen.paid_at is not None:
            raise NotPayable(ticket_id)
        ticket = await change(ticket_id, "quote", by=by, act=act, effect=effect)
        await write_lines(ticket.id, ticket.community_id, act.id, "quote", lines)
        return ticket


async def agree(ticket_id: UUID, *, by: Actor, act: Act, how: str, code: str = "") -> TicketView:
    """Agree to the quote as it stands: on the owner's own phone, by signature or code on the repairman's, or by phone to the office.

    Raise WrongCode. What was quoted is from now on what will be charged.
    """
    ticket = await find(ticket_id, by=by)
    await check_code(ticket_id, how, code)
    effect = Effect(
        values={"charge": ticket.quote_amount or 0, "agreed_how": how},
        detail={"amount": ticket.quote_amount or 0, "how": how},
        brings=frozenset({"consent"}),
        event="ticket_agreed",
    )
    return await change(ticket_id, "agree", by=by, act=act, effect=effect)


async def check_code(ticket_id: UUID, how: str, code: str) -> None:
    """Raise WrongCode unless the code is the ticket's, where a code is what shows the consent."""
    if how == "code" and code.strip() != await fetchval("select code from ticket where id = $1", ticket_id):
        raise WrongCode(ticket_id)


async def decline(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Say no to the price, with the reason; the repairman is told and stands where he stood before."""
    return await change(ticket_id, "decline", by=by, act=act, effect=Effect(event="ticket_declined"))


async def newest_quote(ticket_id: UUID) -> UUID | None:
    """Return the id of the step that named the price last, None when nobody has."""
    query = "select id from ticket_event where ticket_id = $1 and kind = 'quote' order by at desc, id desc limit 1"
    found = await fetchval(query, ticket_id)
    return None if found is None else UUID(str(found))

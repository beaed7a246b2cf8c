"""What people add to a ticket, and what the office corrects, without moving it on."""

from typing import Any
from uuid import UUID

from server.db import fetchval, transaction
from server.lib.acting import Act
from server.security.actor import Actor
from server.tickets.changing import Effect, change
from server.tickets.finding import TicketView, find
from server.tickets.reporting import building_of
from server.tickets.rules import deadlines
from server.tickets.states import PAYING, Refused

ADJUSTABLE = ("category", "level", "payer", "appoint_from", "appoint_until", "place")


class QuoteWaits(Refused):
    """Who pays cannot be changed while the owner is asked for a price."""


async def note(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Add words or photos to a ticket, or ask something; the other side is told."""
    brings = frozenset({"anything"} if act.note or act.photos.ids else ())
    return await change(ticket_id, "note", by=by, act=act, effect=Effect(brings=brings, event="ticket_note"))


async def urge(ticket_id: UUID, *, by: Actor, act: Act) -> TicketView:
    """Ask the office to hurry (催单); asked again within the hour it changes nothing."""
    query = """select exists (select from ticket_event where ticket_id = $1 and kind = 'urge' and account_id = $2
        and at > now() - interval '1 hour')"""
    if await fetchval(query, ticket_id, by.account_id):
        return await find(ticket_id, by=by)
    return await change(ticket_id, "urge", by=by, act=act, effect=Effect(event="ticket_urged"))


async def adjust(ticket_id: UUID, changes: dict[str, Any], *, by: Actor, act: Act) -> TicketView:
    """Correct columns of ADJUSTABLE; a new level or appointment sets the clocks anew. What stays the same is no change (Missing).

    Raise QuoteWaits. Where the cost is not the owner's any more, nothing that was agreed to is charged.
    """
    async with transaction():
        ticket = await find(ticket_id, by=by, lock=True)
        values = {name: value for name, value in changes.items() if getattr(ticket, name) != value}
        assert set(values) <= set(ADJUSTABLE)
        detail = {"was": {name: getattr(ticket, name) for name in values}, "is": dict(values)}
        if "payer" in values:
            values |= _no_charge(ticket, str(values["payer"]))
        if values.keys() & {"level", "appoint_until"}:
            level, until = values.get("level", ticket.level), values.get("appoint_until", ticket.appoint_until)
            values |= await deadlines(ticket.community_id, str(level), ticket.reported_at, until)
        if "place" in values and ticket.room_id is None:
            values["building_id"] = await building_of(ticket.community_id, None, str(values["place"]))
        effect = Effect(values=values, detail=detail, brings=frozenset({"change"} if values else ()))
        return await change(ticket_id, "adjust", by=by, act=act, effect=effect)


def _no_charge(ticket: TicketView, payer: str) -> dict[str, Any]:
    """Return what a new payer changes of the charge; raise QuoteWaits."""
    if ticket.state == "quoted" or ticket.paid_at is not None:
        raise QuoteWaits(ticket.id)
    return {} if payer in PAYING else {"charge": 0, "quote_amount": None, "agreed_how": None}

"""What the page of a ticket shows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.db import fetchval
from server.hazards.ticketing import hazard_of_ticket
from server.lib.formats import now
from server.reception.finding import visit_of
from server.scanning.voicing import voices_of
from server.security.actor import Actor
from server.storage.photos import StoredPhoto, find, photos_of
from server.sync import supervising
from server.sync.operations import Refusal
from server.tickets import appointments, reducers, states, words
from server.tickets.board import Nearby
from server.tickets.events import Event, events_of
from server.tickets.finding import TicketView, parties, sees_contact
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.lines import Line, lines_of, of_step


async def shown(ticket: TicketView, actor: Actor) -> dict[str, Any]:
    """Return the context of templates/tickets/_ticket.html."""
    events = (await events_of([ticket.id]))[ticket.id]
    photos = [one for one in (await photos_of("ticket", [ticket.id]))[ticket.id] if not one.is_waiting]
    limit, limit_tone = words.limit(ticket)
    known = parties(actor, ticket)
    lines = (await lines_of([ticket.id]))[ticket.id]
    quote = next((one.id for one in events if one.kind == "quote"), None)
    used = next((one.id for one in events if one.kind == "finish"), None)
    kept = await kept_from_phones(ticket.id, actor)
    return faces(ticket, actor) | {
        "kept": kept,
        "quote": of_step(lines, quote) if quote else [],
        "used": of_step(lines, used) if used and actor.is_staff else [],
        "clocks": words.clocks(ticket),
        "code": await code_for(ticket, known),
        "urged": is_urged(events),
        "payer": states.PAYERS[ticket.payer],
        "appointed": appointments.told,
        "ticket": ticket,
        "timeline": words.timeline(events, actor, {str(one.id): one for one in photos}),
        "verbs": states.verbs_of(ticket.standing, known),
        "parties": known,
        "contact": sees_contact(actor, ticket),
        "assignee": words.shown_name(ticket.assignee_name, actor) if ticket.assignee_id else None,
        "limit": limit,
        "limit_tone": limit_tone,
        "voices": await voices_of(ticket.id),
        "visit": await visit_of(ticket.id, by=actor),
        "hazard": await hazard_of_ticket(ticket.id, by=actor),
        "version": f"{ticket.version}-{ticket.state}-{len(photos)}-{actor.unread}-{len(kept)}",
    }


class Kept(msgspec.Struct):
    """What somebody did on a phone when it was too late: who, what they wrote, what they used, their photos."""

    id: UUID
    label: str
    name: str
    at: datetime
    note: str
    used: list[Line]
    photos: list[StoredPhoto]
    waits: int  #: photos that have not come yet


async def kept_from_phones(ticket_id: UUID, actor: Actor) -> list[Kept]:
    """Return what phones handed in of this ticket that took no effect, for who deals with it."""
    if not actor.can("sync.supervise"):
        return []
    return [await kept_of(one, actor) for one in await supervising.entries_about(ticket_id, by=actor)]


async def kept_of(entry: supervising.Entry, actor: Actor) -> Kept:
    """Return one record of a phone as the ticket's page shows it."""
    args, promised = (entry.sent.args, entry.sent.photos) if entry.sent else ({}, [])
    photos = [found for one in promised if (found := await find(one.id, by=actor)) and not found.is_waiting]
    note = args.get("note", "")
    return Kept(
        id=entry.id, label=entry.label, name=entry.actor_name, at=entry.effective_at,
        note=note if isinstance(note, str) else "", used=counted({"args": args}), photos=photos, waits=len(promised) - len(photos),
    )  # fmt: skip


def counted(op: dict[str, Any]) -> list[Line]:
    """Return the lines of an operation, [] where they cannot be read."""
    try:
        return reducers.lines_of(op)
    except Refusal:
        return []


async def code_for(ticket: TicketView, known: frozenset[str]) -> str | None:
    """Return the code by which the owner accepts on the spot: to who lives there, while somebody works for them."""
    if states.JUDGE not in known or ticket.state not in states.ASSIGNED | {"finished"}:
        return None
    return str(await fetchval("select code from ticket where id = $1", ticket.id))


def is_urged(events: list[Event]) -> bool:
    """Whether the owner has asked to hurry within the hour."""
    return any(one.kind == "urge" and now() - one.at < timedelta(hours=1) for one in events)


async def with_timelines(tickets: list[TicketView], actor: Actor) -> list[dict[str, Any]]:
    """Return tickets with their timelines, for the home page, in three queries however many they are."""
    ids: list[UUID] = [ticket.id for ticket in tickets]
    events, photos = await events_of(ids), await photos_of("ticket", ids)
    return [
        faces(ticket, actor)
        | {
            "ticket": ticket,
            "timeline": words.timeline(
                events[ticket.id], actor, {str(one.id): one for one in photos[ticket.id] if not one.is_waiting}
            ),
            "verbs": states.verbs_of(ticket.standing, parties(actor, ticket)),
        }
        for ticket in tickets
    ]


def faces(ticket: TicketView, actor: Actor) -> dict[str, Any]:
    """Return how a ticket's coded values look to somebody: labels (untranslated), tone of the badge, category."""
    tone, state = states.TONES.get(ticket.state, ""), states.STATES[ticket.state]
    if not actor.is_staff:  # that the office has not got round to it yet is its own alarm, not the owner's
        tone, state = tone.replace("bad", "brand"), states.SAID_TO_RESIDENTS.get(ticket.state, state)
    return {
        "state": state,
        "tone": tone,
        "category": CATEGORIES[ticket.category],
        "level": LEVELS[ticket.level],
    }


def line(ticket: TicketView, actor: Actor) -> dict[str, Any]:
    """Return a ticket as a row of a list; the limits the office works by are not the owner's business."""
    limit, limit_tone = words.limit(ticket) if actor.is_staff else ("—", "")
    return faces(ticket, actor) | {
        "ticket": ticket,
        "assignee": words.shown_name(ticket.assignee_name, actor) if ticket.assignee_id else "",
        "limit": limit,
        "limit_tone": limit_tone,
        "verbs": states.verbs_of(ticket.standing, parties(actor, ticket)),
    }


def heard(one: Nearby) -> dict[str, Any]:
    """Return a neighbour's trouble as the list shows it."""
    state = states.SAID_TO_RESIDENTS.get(one.state, states.STATES[one.state])
    return {
        "nearby": one,
        "state": state,
        "category": CATEGORIES[one.category],
        "tone": "brand" if one.state in states.OPEN else "",
    }

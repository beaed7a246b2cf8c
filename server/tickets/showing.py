"""What the page of a ticket shows."""

from typing import Any
from uuid import UUID

from server.hazards.ticketing import hazard_of_ticket
from server.security.actor import Actor
from server.storage.photos import photos_of
from server.tickets import states, words
from server.tickets.events import events_of
from server.tickets.finding import TicketView, parties, sees_contact
from server.tickets.kinds import CATEGORIES, LEVELS


async def shown(ticket: TicketView, actor: Actor) -> dict[str, Any]:
    """Return the context of templates/tickets/_ticket.html."""
    events = (await events_of([ticket.id]))[ticket.id]
    photos = [one for one in (await photos_of("ticket", [ticket.id]))[ticket.id] if not one.is_waiting]
    limit, limit_tone = words.limit(ticket)
    known = parties(actor, ticket)
    return faces(ticket, actor) | {
        "ticket": ticket,
        "timeline": words.timeline(events, actor, {str(one.id): one for one in photos}),
        "verbs": states.verbs_of(ticket.standing, known),
        "parties": known,
        "contact": sees_contact(actor, ticket),
        "assignee": words.shown_name(ticket.assignee_name, actor) if ticket.assignee_id else None,
        "limit": limit,
        "limit_tone": limit_tone,
        "hazard": await hazard_of_ticket(ticket.id, by=actor),
        "version": f"{ticket.version}-{ticket.state}-{len(photos)}-{actor.unread}",
    }


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

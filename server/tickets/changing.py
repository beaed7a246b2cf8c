"""How every step changes a ticket: rule, row, event, photos, audit and notice, all in one transaction."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, fetchval, transaction
from server.jobs.queue import enqueue
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets import states
from server.tickets.events import add_event, exists
from server.tickets.finding import TicketView, find, parties
from server.tickets.states import NotNow, NotYours, Step

SETTABLE = frozenset(
    {
        "assignee_id", "pooled", "level", "category", "location", "payer", "place", "room_id", "building_id",
        "appoint_from", "appoint_until", "respond_by", "arrive_by", "due_at", "quote_amount", "agreed_how", "charge",
        "paid_how", "suspend_reason", "cause", "result", "rating", "escalation", "reopened", "finished_at", "accepted_work_at",
        "closed_at",
    }
)  # fmt: skip

PHOTO_ROLES = {
    "report": "report",
    "arrive": "before",
    "start": "before",
    "finish": "after",
    "rework": "rework",
    "agree": "signature",
    "sign": "signature",
}
"""What the photos of a step show; those of any other step just belong to it ("note")."""

FIRST_WORD = frozenset({"accept", "dispatch", "offer", "reject"})
"""The steps that answer a report: the first of them stops the clock of the answer."""


class Overtaken(Exception):
    """Somebody else was first: the ticket is not what the actor saw. `ticket` is what it is now."""

    def __init__(self, ticket: TicketView, verb: str) -> None:
        super().__init__(verb)
        self.ticket = ticket
        self.verb = verb


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one step sets beyond its row in the table: columns, what its event tells, the notice to send."""

    values: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    brings: frozenset[str] = frozenset()
    event: str | None = None


NOTHING = Effect()


def role_of(verb: str) -> str:
    """Return the role of a step's photos."""
    return PHOTO_ROLES.get(verb, "note")


async def change(
    ticket_id: UUID, verb: str, *, by: Actor, act: Act, effect: Effect = NOTHING, system: bool = False
) -> TicketView:
    """Take the step `verb` on the ticket as the actor saw it (`act.base`; None: as it is); return the ticket after it.

    The same step of the same actor sent twice is done once. Raise NotFoundException for a stranger, Overtaken when it no longer
    fits, states.Refused when a phone that was away asks for what never was possible, states.Missing when it lacks something.
    """
    assert set(effect.values) <= SETTABLE
    async with transaction():
        ticket = await find(ticket_id, by=by, lock=True)
        if await _is_done(ticket, verb, by, act):
            return ticket
        step = _allowed(ticket, verb, by, act, effect, system)
        target, event_id, moment = states.target_of(verb, ticket.standing), act.id or uuid7(), act.at or now()
        await _write(ticket, step, target, moment, effect.values)
        ids = [str(id_) for id_ in act.photos.ids]
        detail = {"version": ticket.version + 1} | ({"photos": ids} if ids else {}) | effect.detail
        await add_event(
            ticket.id, verb, target, by=by, community_id=ticket.community_id, id_=event_id, note=act.note, detail=detail,
            device_at=act.at,
        )  # fmt: skip
        await attach(
            act.photos.stored, entity="ticket", entity_id=ticket.id, role=role_of(verb), by=by,
            community_id=ticket.community_id, waiting=act.photos.waiting,
        )  # fmt: skip
        await _audit(ticket, verb, target, by, act, effect.values)
        if effect.event:
            await notify(effect.event, ticket, by, effect.detail)
        return await find(ticket_id, by=by)


async def notify(event: str, ticket: TicketView, by: Actor, detail: dict[str, Any] | None = None) -> None:
    """Ask, in the transaction of the change, that those concerned are told of it."""
    facts = {"number": ticket.number, "summary": ticket.summary, "place": ticket.place, "level": ticket.level}
    await enqueue(
        "notices.deliver",
        {
            "event": event,
            "ticket_id": ticket.id,
            "by": by.account_id,
            "facts": facts,
            "previous": ticket.assignee_id,
            "detail": detail or {},
        },
        community_id=ticket.community_id,
        created_by=by.account_id,
    )


def _allowed(ticket: TicketView, verb: str, by: Actor, act: Act, effect: Effect, system: bool) -> Step:
    """Return the step's row; raise Overtaken or NotFoundException when this actor may not take it now."""
    if act.base is not None and ticket.version != act.base:
        raise Overtaken(ticket, verb)
    brings = effect.brings | ({"note"} if act.note else set()) | ({"photo"} if act.photos.ids else set())
    known = frozenset({states.SYSTEM}) if system else parties(by, ticket)
    try:
        return states.check(verb, ticket.standing, known, brings)
    except NotNow:
        raise Overtaken(ticket, verb) from None
    except NotYours:
        raise NotFoundException from None


async def _is_done(ticket: TicketView, verb: str, by: Actor, act: Act) -> bool:
    """Whether this very step has been taken already, by the same actor from the same page (a double tap, a resend)."""
    if act.id is not None and await exists(act.id):
        return True
    if act.base is None or ticket.version <= act.base:
        return False
    query = """select exists (select from ticket_event where ticket_id = $1 and kind = $2 and account_id = $3
        and detail ->> 'version' = $4)"""
    return bool(await fetchval(query, ticket.id, verb, by.account_id, str(act.base + 1)))


async def _write(ticket: TicketView, step: Step, target: str, moment: dt.datetime, values: dict[str, Any]) -> None:
    """Update the locked row: its state, the time of the step, the pause that begins or ends, the columns that are meant."""
    stamped = values | ({step.stamps: moment} if step.stamps else {})
    if ticket.state == "suspended" and target != "suspended":
        stamped |= resumed(ticket, moment) | {name: value for name, value in stamped.items() if name in CLOCKS}
    elif target == "suspended" and ticket.state != "suspended":
        stamped |= {"suspended_from": ticket.state}
    if step.verb in FIRST_WORD:
        stamped["accepted_at"] = ticket.accepted_at or moment
    columns = "".join(f", {name} = ${index}" for index, name in enumerate(stamped, start=5))
    query = f"""update ticket set state = $3, version = version + 1{columns}
        where id = $1 and version = $2 and state = $4"""
    if not await changed(query, ticket.id, ticket.version, target, ticket.state, *stamped.values()):
        raise Overtaken(ticket, step.verb)


CLOCKS = frozenset({"arrive_by", "due_at"})


def resumed(ticket: TicketView, moment: dt.datetime) -> dict[str, Any]:
    """Return what the end of a pause changes: the clocks that stood still go on with what was left."""
    assert ticket.suspended_at is not None
    pause = max(moment - ticket.suspended_at, dt.timedelta(0))
    waits = ticket.arrived_at is None and ticket.arrive_by is not None
    return {
        "suspended_at": None,
        "suspended_from": None,
        "suspend_reason": None,
        "paused_seconds": ticket.paused_seconds + int(pause.total_seconds()),
        "due_at": None if ticket.due_at is None else ticket.due_at + pause,
        "arrive_by": ticket.arrive_by + pause if waits and ticket.arrive_by else ticket.arrive_by,
    }


async def _audit(ticket: TicketView, verb: str, target: str, by: Actor, act: Act, values: dict[str, Any]) -> None:
    """Write the audit row of a step."""
    await record(
        by,
        f"ticket.{verb}",
        community_id=ticket.community_id,
        entity="ticket",
        entity_id=ticket.id,
        before={"state": ticket.state} | {name: getattr(ticket, name) for name in values},
        after={"state": target} | values,
        reason=act.note,
        device_at=act.device_at,
    )

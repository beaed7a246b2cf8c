"""How every step changes a ticket: rule, row, event, photos, audit and notice, all in one transaction."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, fetchval, transaction
from server.jobs.queue import enqueue
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets import states
from server.tickets.events import add_event
from server.tickets.finding import TicketView, find, parties
from server.tickets.states import NotNow, NotYours, Step

SETTABLE = frozenset({"assignee_id", "due_at", "level", "result", "rating"})


@dataclass(frozen=True)
class Carried:
    """The photos that come with a step: stored already, or promised by the phone that still sends them."""

    stored: tuple[UUID, ...] = ()
    waiting: tuple[UUID, ...] = ()

    @property
    def ids(self) -> list[UUID]:
        """All of them, in order."""
        return [*self.stored, *self.waiting]


NO_PHOTOS = Carried()


class Overtaken(Exception):
    """Somebody else was first: the ticket is not what the actor saw. `ticket` is what it is now."""

    def __init__(self, ticket: TicketView, verb: str) -> None:
        super().__init__(verb)
        self.ticket = ticket
        self.verb = verb


async def change(
    ticket_id: UUID,
    verb: str,
    *,
    by: Actor,
    version: int,
    note: str | None = None,
    photos: Carried = NO_PHOTOS,
    role: str = "after",
    brings: frozenset[str] = frozenset(),
    values: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
    event: str | None = None,
) -> TicketView:
    """Take the step `verb` on the ticket as the actor saw it (`version`); return the ticket after it.

    `values` are columns to set, `brings` what the step needs beyond note and photos, `event` the notice to send. The same step
    of the same actor sent twice is done once. Raise NotFoundException for a stranger, Overtaken when it no longer fits.
    """
    async with transaction():
        ticket = await find(ticket_id, by=by, lock=True)
        if await _is_done(ticket, verb, by, version):
            return ticket
        step = _allowed(ticket, verb, by, version, brings | _brought(note, photos))
        await _write(ticket, step, version, values or {})
        photo_ids = [str(id_) for id_ in photos.ids]
        known = {"version": version + 1} | ({"photos": photo_ids} if photo_ids else {}) | (detail or {})
        await add_event(ticket.id, verb, step.target, by=by, community_id=ticket.community_id, note=note, detail=known)
        await attach(
            photos.stored,
            entity="ticket",
            entity_id=ticket.id,
            role=role,
            by=by,
            community_id=ticket.community_id,
            waiting=photos.waiting,
        )
        await record(
            by,
            f"ticket.{verb}",
            community_id=ticket.community_id,
            entity="ticket",
            entity_id=ticket.id,
            before={"state": ticket.state} | {name: getattr(ticket, name) for name in values or {}},
            after={"state": step.target} | (values or {}),
            reason=note,
        )
        if event:
            await notify(event, ticket, by, detail)
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


def _brought(note: str | None, photos: Carried) -> frozenset[str]:
    """Return which of a step's needs its form has brought."""
    return frozenset(({"note"} if note else set()) | ({"photo"} if photos.ids else set()))


def _allowed(ticket: TicketView, verb: str, by: Actor, version: int, brings: frozenset[str]) -> Step:
    """Return the step's row; raise Overtaken or NotFoundException when this actor may not take it now."""
    if ticket.version != version:
        raise Overtaken(ticket, verb)
    try:
        return states.check(verb, ticket.state, parties(by, ticket), brings)
    except NotNow:
        raise Overtaken(ticket, verb) from None
    except NotYours:
        raise NotFoundException from None


async def _is_done(ticket: TicketView, verb: str, by: Actor, version: int) -> bool:
    """Whether this very step has been taken already, by the same actor from the same page (a double tap, a resend)."""
    query = """select exists (select from ticket_event where ticket_id = $1 and kind = $2 and account_id = $3
        and detail ->> 'version' = $4)"""
    return ticket.version > version and bool(await fetchval(query, ticket.id, verb, by.account_id, str(version + 1)))


async def _write(ticket: TicketView, step: Step, version: int, values: dict[str, Any]) -> None:
    """Update the row if it still is what was seen; raise Overtaken when it is not."""
    assert set(values) <= SETTABLE
    columns = "".join(f", {name} = ${index}" for index, name in enumerate(values, start=5))
    stamp = f", {step.stamps} = now()" if step.stamps else ""
    query = f"""update ticket set state = $3, version = version + 1{stamp}{columns}
        where id = $1 and version = $2 and state = $4"""
    if not await changed(query, ticket.id, version, step.target, ticket.state, *values.values()):
        raise Overtaken(ticket, step.verb)

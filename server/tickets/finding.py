"""The only door to tickets: every query starts from what the actor may reach, so a stranger finds nothing."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import row, rows
from server.lib.formats import now
from server.security.actor import Actor
from server.storage.photos import photo_rule
from server.tickets import states
from server.tickets.states import Doer, Standing


class TicketView(msgspec.Struct):
    """A ticket with the names a page shows."""

    id: UUID
    community_id: UUID
    number: str
    state: str
    category: str
    level: str
    location: str
    room_id: UUID | None
    place: str
    summary: str
    description: str | None
    contact_phone: str | None
    reporter_id: UUID | None
    reporter_account_id: UUID | None
    assignee_id: UUID | None
    payer: str
    pooled: bool
    appoint_from: dt.datetime | None
    appoint_until: dt.datetime | None
    respond_by: dt.datetime | None
    arrive_by: dt.datetime | None
    due_at: dt.datetime | None
    reported_at: dt.datetime
    accepted_at: dt.datetime | None
    assigned_at: dt.datetime | None
    arrived_at: dt.datetime | None
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    accepted_work_at: dt.datetime | None
    closed_at: dt.datetime | None
    suspended_at: dt.datetime | None
    suspended_from: str | None
    suspend_reason: str | None
    paused_seconds: int
    quote_amount: int | None  #: 分
    agreed_at: dt.datetime | None
    agreed_how: str | None
    charge: int  #: 分
    paid_at: dt.datetime | None
    paid_how: str | None
    cause: str | None
    escalation: int
    reopened: int
    result: str | None
    rating: str | None
    version: int
    reporter_name: str | None
    assignee_name: str | None

    @property
    def standing(self) -> Standing:
        """What the rules need to know of it."""
        return Standing(
            self.state, self.location, self.room_id, self.reporter_account_id, self.assignee_id, self.pooled,
            self.suspended_from, self.owes,
        )  # fmt: skip

    @property
    def owes(self) -> bool:
        """Whether a charge was agreed to that nobody has paid yet."""
        return self.charge > 0 and self.paid_at is None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in states.OPEN

    @property
    def is_late(self) -> bool:
        """Whether it should have been finished by now."""
        return self.state in states.LATE_STATES and self.due_at is not None and self.due_at < now()

    @property
    def short_number(self) -> str:
        """The number without the year, for lists: GD-1123-018."""
        return self.number[:3] + self.number[7:11] + self.number[11:]


NAMES = {"reporter_name": "reporter.name", "assignee_name": "assignee.name"}
COLUMNS = ", ".join(
    f"{NAMES.get(one.name, 'ticket.' + one.name)} as {one.name}" for one in msgspec.structs.fields(TicketView)
)

JOINED = """ticket left join person as reporter on reporter.id = ticket.reporter_id
    left join person as assignee on assignee.id = ticket.assignee_id"""

OFFICE_REACH = "ticket.community_id = $1"

# Neighbours in time do not read each other's repairs: a room's tickets are seen by who lived there when they were reported.
RESIDENT_REACH = """ticket.community_id = $1 and (
    ticket.reporter_account_id = $2
    or (ticket.assignee_id = $3 and $4)
    or (ticket.pooled and ticket.assignee_id is null and $4)
    or (ticket.location = 'private' and ticket.room_id = any ($5::uuid[]) and exists (
        select from occupancy where occupancy.person_id = $3 and occupancy.room_id = ticket.room_id
        and occupancy.ended_why is distinct from 'corrected'
        and (occupancy.since is null or occupancy.since <= (ticket.reported_at at time zone 'Asia/Shanghai')::date)
    ))
)"""

# Who once had the job may still look at it, to see why it is gone.
FORMER_REACH = """ticket.community_id = $1 and (({reach}) or ($4 and exists (
    select from ticket_event where ticket_event.ticket_id = ticket.id
    and (ticket_event.account_id = $2 or ticket_event.detail ->> 'assignee' = $3::text)
)))"""


def reach(actor: Actor) -> tuple[str, list[Any]]:
    """Return the condition on `ticket` for what `actor` may see, and its arguments ($1, $2, …)."""
    if actor.can("ticket.read"):
        return OFFICE_REACH, [actor.here]
    works = actor.can("ticket.work")
    return RESIDENT_REACH, [actor.here, actor.account_id, actor.person_id, works, list(actor.room_ids)]


async def find(ticket_id: UUID, *, by: Actor, lock: bool = False) -> TicketView:
    """Return a ticket the actor may see, locked until the end of the transaction if asked; raise NotFoundException."""
    condition, arguments = reach(by)
    if len(arguments) > 1:
        condition = FORMER_REACH.format(reach=condition)
    query = f"select {COLUMNS} from {JOINED} where ticket.id = ${len(arguments) + 1} and {condition}"
    found = await row(TicketView, query + (" for update of ticket" if lock else ""), *arguments, ticket_id)
    if found is None:
        raise NotFoundException
    return found


async def select(
    condition: str, *extra: Any, by: Actor, order: str = "ticket.reported_at desc", limit: int = 50, skip: int = 0
) -> list[TicketView]:
    """Return tickets within reach for which `condition` holds; in it, `{0}`, `{1}` stand for the `extra` arguments."""
    reached, arguments = reach(by)
    condition = condition.format(*[f"${len(arguments) + 1 + index}" for index in range(len(extra))])
    query = (
        f"select {COLUMNS} from {JOINED} where {reached} and ({condition}) order by {order} limit {limit} offset {skip}"
    )
    return await rows(TicketView, query, *arguments, *extra)


def doer_of(actor: Actor) -> Doer:
    """Return what the rules know of an actor."""
    return Doer(
        actor.account_id,
        actor.person_id,
        frozenset(actor.room_ids),
        actor.can("ticket.assign"),
        actor.can("ticket.work"),
        actor.can("ticket.charge"),
        actor.can("followup.call"),
    )


def parties(actor: Actor, ticket: TicketView) -> frozenset[str]:
    """Return which parties of `ticket` the actor is."""
    return states.parties_of(doer_of(actor), ticket.standing)


def sees_contact(actor: Actor, ticket: TicketView) -> bool:
    """Whether the reporter's name and phone are shown in full: to who has to reach them, while there is something to do.

    Personal Information Protection Law art. 6: no more than the purpose needs.
    """
    if actor.account_id is not None and actor.account_id == ticket.reporter_account_id:
        return True
    return ticket.is_open and bool(parties(actor, ticket) & {states.ASSIGNEE, states.OFFICE})


@photo_rule("ticket")
async def may_see_photos(actor: Actor, ticket_id: UUID) -> bool:
    """Whoever may see a ticket may see its photos."""
    if actor.community_id is None:
        return False
    try:
        await find(ticket_id, by=actor)
    except NotFoundException:
        return False
    return True

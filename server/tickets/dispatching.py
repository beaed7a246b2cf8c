"""The office takes a report in and gives it to a repairman."""

from uuid import UUID

import msgspec

from server.db import row, rows
from server.security.actor import Actor
from server.tickets import states
from server.tickets.changing import change
from server.tickets.finding import TicketView, find
from server.tickets.kinds import finish_by


class Repairman(msgspec.Struct):
    """Somebody who may be given work, with how much they have."""

    id: UUID
    name: str
    phone: str | None
    open_jobs: int
    urgent_jobs: int


class NoSuchRepairman(LookupError):
    """The person does no repairs here today, or has this ticket already."""


# The posts that may work on tickets are the matrix's business; a company's own cells override the default (repair only).
REPAIRMEN = """
select person.id, person.name, person.phone,
    (select count(*) from ticket where ticket.assignee_id = person.id and ticket.state = any ($2::text[])) as open_jobs,
    (select count(*) from ticket where ticket.assignee_id = person.id and ticket.state = any ($2::text[])
        and ticket.level in ('P1', 'P2')) as urgent_jobs
from person
where person.community_id = $1 and ($3::uuid is null or person.id = $3) and exists (
    select from post
    where post.person_id = person.id and post.since <= (now() at time zone 'Asia/Shanghai')::date
    and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
    and coalesce(
        (select granted from capability_grant as cell
            where cell.company_id = (select company_id from community where id = $1)
            and cell.post = post.post and cell.capability = 'ticket.work'),
        post.post = 'repair'
    )
)
order by open_jobs, person.name, person.id
"""


async def repairmen(community_id: UUID) -> list[Repairman]:
    """Return who may be given work, the least busy first."""
    return await rows(Repairman, REPAIRMEN, community_id, list(states.ASSIGNED), None)


async def accept(ticket_id: UUID, *, by: Actor, version: int) -> TicketView:
    """Tell the owner that the office has read the report."""
    return await change(ticket_id, "accept", by=by, version=version)


async def dispatch(
    ticket_id: UUID, repairman_id: UUID, *, by: Actor, version: int, level: str | None = None, note: str | None = None
) -> TicketView:
    """Give the ticket to a repairman, or to another one; `level` corrects the urgency. Raise NoSuchRepairman."""
    ticket = await find(ticket_id, by=by)
    chosen = await row(Repairman, REPAIRMEN, ticket.community_id, list(states.ASSIGNED), repairman_id)
    if chosen is None or chosen.id == ticket.assignee_id:
        raise NoSuchRepairman(repairman_id)
    values: dict[str, object] = {"assignee_id": chosen.id}
    if level is not None and level != ticket.level:
        values |= {"level": level, "due_at": finish_by(level, ticket.reported_at)}
    return await change(
        ticket_id,
        "dispatch" if ticket.state in states.UNASSIGNED else "reassign",
        by=by,
        version=version,
        note=note,
        brings=frozenset({"assignee"}),
        values=values,
        detail={"assignee": chosen.id, "assignee_name": chosen.name},
        event="ticket_assigned",
    )

"""Who hears of what. One function per event; whoever did it themselves is never told."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from server.db import fetch, row
from server.security.capabilities import granted


class TicketPeople(msgspec.Struct):
    """The accounts around a ticket."""

    community_id: UUID
    location: str
    reporter: UUID | None
    assignee: UUID | None
    previous: UUID | None


Choice = Callable[[TicketPeople], Awaitable[set[UUID | None]]]

PEOPLE = """
select ticket.community_id, ticket.location, ticket.reporter_account_id as reporter,
    (select account_id from person where person.id = ticket.assignee_id) as assignee,
    (select account_id from person where person.id = $2) as previous
from ticket where ticket.id = $1
"""


async def holders_of(capability: str, community_id: UUID) -> set[UUID | None]:
    """Return the accounts whose posts have `capability` in a community today; system administrators are left in peace."""
    found = await fetch(
        """select person.account_id, array_agg(distinct post.post::text) as posts,
            (select array_agg(g.post || ' ' || g.capability || ' ' || g.granted::text) from capability_grant as g
                where g.company_id = (select company_id from community where id = $1)) as grants
        from post join person on person.id = post.person_id
        where post.community_id = $1 and person.account_id is not null and post.post <> 'admin'
        and post.since <= (now() at time zone 'Asia/Shanghai')::date
        and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
        group by person.account_id""",
        community_id,
    )
    return {one["account_id"] for one in found if capability in granted(one["posts"], one["grants"] or [])}


async def _reported(people: TicketPeople) -> set[UUID | None]:
    return await holders_of("ticket.assign", people.community_id)


async def _assigned(people: TicketPeople) -> set[UUID | None]:
    return {people.assignee}


async def _withdrawn(people: TicketPeople) -> set[UUID | None]:
    return {people.previous} - {people.assignee}


async def _started(people: TicketPeople) -> set[UUID | None]:
    return {people.reporter}


async def _finished(people: TicketPeople) -> set[UUID | None]:
    office = await holders_of("ticket.assign", people.community_id)
    return {people.reporter} | (office if people.location == "common" or people.reporter is None else set())


async def _confirmed(people: TicketPeople) -> set[UUID | None]:
    return {people.assignee}


async def _rework(people: TicketPeople) -> set[UUID | None]:
    return {people.assignee} | await holders_of("ticket.assign", people.community_id)


async def _cancelled(people: TicketPeople) -> set[UUID | None]:
    return {people.assignee, people.reporter} | await holders_of("ticket.assign", people.community_id)


TICKET_EVENTS: dict[str, Choice] = {
    "ticket_reported": _reported,
    "ticket_assigned": _assigned,
    "ticket_withdrawn": _withdrawn,
    "ticket_started": _started,
    "ticket_finished": _finished,
    "ticket_confirmed": _confirmed,
    "ticket_rework": _rework,
    "ticket_cancelled": _cancelled,
}


async def recipients(event: str, ticket_id: UUID, *, by: UUID | None, previous: UUID | None = None) -> list[UUID]:
    """Return the accounts to tell of a ticket's event. `previous` is the person who had the job before."""
    people = await row(TicketPeople, PEOPLE, ticket_id, previous)
    if people is None:
        return []
    chosen = await TICKET_EVENTS[event](people)
    return sorted(account for account in chosen if account is not None and account != by)

"""Who hears of what. One function per event; whoever did it themselves is never told."""

from collections.abc import Awaitable, Callable
from typing import Any
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


Accounts = set[UUID | None]
Choice = Callable[[TicketPeople, dict[str, Any]], Awaitable[Accounts]]

PEOPLE = """
select ticket.community_id, ticket.location, ticket.reporter_account_id as reporter,
    (select account_id from person where person.id = ticket.assignee_id) as assignee,
    (select account_id from person where person.id = $2) as previous
from ticket where ticket.id = $1
"""


async def holders_of(capability: str, community_id: UUID) -> Accounts:
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


async def _office(people: TicketPeople, _detail: dict[str, Any]) -> Accounts:
    return await holders_of("ticket.assign", people.community_id)


async def _hands(people: TicketPeople, _detail: dict[str, Any]) -> Accounts:
    return await holders_of("ticket.work", people.community_id)


async def _assignee(people: TicketPeople, _detail: dict[str, Any]) -> Accounts:
    return {people.assignee}


async def _withdrawn(people: TicketPeople, _detail: dict[str, Any]) -> Accounts:
    return {people.previous} - {people.assignee}


async def _reporter(people: TicketPeople, _detail: dict[str, Any]) -> Accounts:
    return {people.reporter}


async def _finished(people: TicketPeople, detail: dict[str, Any]) -> Accounts:
    asked = people.location == "common" or people.reporter is None
    return {people.reporter} | (await _office(people, detail) if asked else set())


async def _quoted(people: TicketPeople, detail: dict[str, Any]) -> Accounts:
    return {people.reporter} if people.reporter else await _office(people, detail)


async def _with_office(people: TicketPeople, detail: dict[str, Any]) -> Accounts:
    return {people.assignee} | await _office(people, detail)


async def _everybody(people: TicketPeople, detail: dict[str, Any]) -> Accounts:
    return {people.reporter} | await _with_office(people, detail)


async def _overdue(people: TicketPeople, detail: dict[str, Any]) -> Accounts:
    """First who has it and those who give out work, then the site's manager, then the company."""
    level = int(detail.get("level", 1))
    if level == 1:
        return await _with_office(people, detail)
    return await holders_of("ticket.rules", people.community_id) if level == 2 else await company(people.community_id)


async def company(community_id: UUID) -> Accounts:
    """Return the accounts of the company's administrators."""
    query = """select account.id from account join community on community.company_id = account.company_id
        where community.id = $1 and account.is_company_admin and account.disabled_at is null"""
    return {one["id"] for one in await fetch(query, community_id)}


TICKET_EVENTS: dict[str, Choice] = {
    "ticket_reported": _office,
    "ticket_rejected": _reporter,
    "ticket_offered": _hands,
    "ticket_assigned": _assignee,
    "ticket_withdrawn": _withdrawn,
    "ticket_transferred": _office,
    "ticket_arrived": _reporter,
    "ticket_quoted": _quoted,
    "ticket_agreed": _assignee,
    "ticket_declined": _with_office,
    "ticket_suspended": _everybody,
    "ticket_finished": _finished,
    "ticket_confirmed": _assignee,
    "ticket_lapsed": _everybody,
    "ticket_paid": _reporter,
    "ticket_rework": _with_office,
    "ticket_reopened": _with_office,
    "ticket_cancelled": _everybody,
    "ticket_note": _everybody,
    "ticket_urged": _with_office,
    "ticket_overdue": _overdue,
}


async def recipients(
    event: str, ticket_id: UUID, *, by: UUID | None, previous: UUID | None = None, detail: dict[str, Any] | None = None
) -> list[UUID]:
    """Return the accounts to tell of a ticket's event. `previous` is the person who had the job before."""
    people = await row(TicketPeople, PEOPLE, ticket_id, previous)
    if people is None:
        return []
    chosen = await TICKET_EVENTS[event](people, detail or {})
    return sorted(account for account in chosen if account is not None and account != by)

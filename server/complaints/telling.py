"""Who hears of what happens to a complaint. Whoever did it is not told, and whoever it is about never is."""

from typing import Any
from uuid import UUID

import msgspec

from server.db import row
from server.notices.recipients import Accounts, company, holders_of
from server.notices.telling import tell
from server.security.actor import Actor


class People(msgspec.Struct):
    """The accounts around a complaint, and what is told of it."""

    community_id: UUID
    number: str
    kind: str
    summary: str
    place: str
    filer: UUID | None
    handler: UUID | None
    about: UUID | None


PEOPLE = """
select community_id, number, kind, summary, place, filer_account_id as filer,
    (select account_id from person where person.id = handler_id) as handler,
    (select account_id from person where person.id = about_id) as about
from complaint where id = $1
"""


async def _office(people: People) -> Accounts:
    return await holders_of("complaint.handle", people.community_id)


async def _managers(people: People) -> Accounts:
    """Those who oversee complaints; the company where the only one is who it is about."""
    found = await holders_of("complaint.oversee", people.community_id) - {people.about}
    return found or await company(people.community_id)


async def _at_it(people: People) -> Accounts:
    return {people.handler} if people.handler else await _office(people)


async def _chosen(event: str, people: People, by: Actor, detail: dict[str, Any]) -> Accounts:
    """Return whom an event concerns."""
    if event == "complaint_filed":
        return await _office(people)
    if event == "complaint_major":
        return await _managers(people)
    if event in {"complaint_assigned", "complaint_accepted"}:
        return {people.handler}
    if event in {"complaint_replied", "complaint_resulted", "complaint_extended"}:
        return {people.filer}
    if event == "complaint_refused":
        return await _at_it(people) | await _managers(people)
    if event == "complaint_withdrawn":
        return await _at_it(people)
    if event == "complaint_note":
        return await _at_it(people) if by.account_id == people.filer else {people.filer}
    level = int(detail.get("level", 1))
    if level == 1:
        return await _at_it(people) | await _office(people)
    return await _managers(people) if level == 2 else await company(people.community_id)


async def tell_of(event: str, complaint_id: UUID, *, by: Actor, detail: dict[str, Any] | None = None) -> None:
    """Tell those concerned, in the transaction of the change."""
    people = await row(People, PEOPLE, complaint_id)
    assert people is not None
    chosen = await _chosen(event, people, by, detail or {})
    facts = {"number": people.number, "kind": people.kind, "summary": people.summary, "place": people.place} | (
        {"note": (detail or {}).get("note", "")[:200]}
    )
    await tell(
        sorted(one for one in chosen if one is not None and one not in {by.account_id, people.about}),
        event, facts, link=f"/complaints/{complaint_id}", entity_id=complaint_id, community_id=people.community_id,
    )  # fmt: skip

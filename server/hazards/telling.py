"""Who hears of what happens to a hazard. Whoever did it themselves is never told."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from server.db import row, transaction
from server.hazards.people import Hand, staff
from server.jobs.queue import JobRun, job
from server.notices.recipients import company
from server.notices.telling import tell


class Happened(msgspec.Struct):
    """What a change asked to be told."""

    event: str
    hazard_id: UUID
    facts: dict[str, Any]
    by: UUID | None = None
    detail: dict[str, Any] = {}


class People(msgspec.Struct):
    """The accounts around a hazard."""

    community_id: UUID
    grade: str
    reporter: UUID | None
    responsible: UUID | None
    asked_by: UUID | None  #: of the newest request for more time


PEOPLE = """
select hazard.community_id, hazard.grade, hazard.reporter_account_id as reporter,
    (select account_id from person where person.id = hazard.responsible_id) as responsible,
    (select asked_by from hazard_extension as e where e.hazard_id = hazard.id order by e.asked_at desc limit 1) as asked_by
from hazard where hazard.id = $1
"""

Accounts = set[UUID | None]
Choice = Callable[[People, dict[str, Any]], Awaitable[Accounts]]


def with_(hands: list[Hand], capability: str) -> Accounts:
    """Return the accounts of those with a capability; system administrators are left in peace."""
    return {one.account_id for one in hands if capability in one.capabilities and one.posts != ["admin"]}


async def _office(people: People, _detail: dict[str, Any]) -> Accounts:
    return with_(await staff(people.community_id), "hazard.manage")


async def _alarm(people: People, detail: dict[str, Any]) -> Accounts:
    return await _office(people, detail) | await company(people.community_id)


async def _responsible(people: People, _detail: dict[str, Any]) -> Accounts:
    return {people.responsible}


async def _submitted(people: People, detail: dict[str, Any]) -> Accounts:
    return await company(people.community_id) if people.grade == "major" else await _office(people, detail)


async def _closed(people: People, _detail: dict[str, Any]) -> Accounts:
    return {people.responsible, people.reporter}


async def _decided(people: People, _detail: dict[str, Any]) -> Accounts:
    return {people.asked_by, people.responsible}


async def _overdue(people: People, detail: dict[str, Any]) -> Accounts:
    """First who has it and those who manage hazards, then the site's manager, then the company."""
    level = int(detail.get("level", 1))
    if level == 1:
        return {people.responsible} | await _office(people, detail)
    if level == 2:
        return {one.account_id for one in await staff(people.community_id) if "manager" in one.posts}
    return await company(people.community_id)


EVENTS: dict[str, Choice] = {
    "hazard_reported": _office,
    "hazard_major": _alarm,
    "hazard_assigned": _responsible,
    "hazard_submitted": _submitted,
    "hazard_failed": _responsible,
    "hazard_closed": _closed,
    "hazard_extension": _office,
    "hazard_extension_decided": _decided,
    "hazard_told": _office,
    "hazard_not_dissuaded": _office,
    "hazard_overdue": _overdue,
}


@job("hazards.tell")
async def deliver(run: JobRun) -> dict[str, Any]:
    """Put the message into the inboxes of those concerned; done twice, it is there once."""
    happened = msgspec.convert(run.args, Happened)
    people = await row(People, PEOPLE, happened.hazard_id)
    if people is None:
        return {"told": 0}
    chosen = await EVENTS[happened.event](people, happened.detail)
    accounts = sorted(one for one in chosen if one is not None and one != happened.by)
    async with transaction():
        told = await tell(
            accounts,
            happened.event,
            happened.facts | happened.detail,
            link=f"/hazards/{happened.hazard_id}",
            entity_id=happened.hazard_id,
            community_id=people.community_id,
            once=run.id,
        )
    return {"told": told}

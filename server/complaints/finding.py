"""The only door to complaints: who made one sees it, who handles them sees it, whoever it is about does not."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.complaints import states
from server.complaints.states import Doer, Standing, parties_of
from server.db import row, rows
from server.lib.formats import now
from server.security.actor import Actor
from server.storage.photos import photo_rule


class ComplaintView(msgspec.Struct):
    """A complaint with the names a page shows. `filer_name`, phone and room are empty where it is anonymous."""

    id: UUID
    community_id: UUID
    number: str
    kind: str
    channel: str
    case_no: str | None
    state: str
    cause: str | None
    anonymous: bool
    filer_account_id: UUID | None
    contact_phone: str | None
    place: str
    summary: str
    description: str
    about_id: UUID | None
    ticket_id: UUID | None
    major: str | None
    handler_id: UUID | None
    received_at: dt.datetime
    reply_by: dt.datetime
    due_at: dt.datetime
    last_by: dt.datetime
    replied_at: dt.datetime | None
    resulted_at: dt.datetime | None
    result: str | None
    verdict: str | None
    closed_at: dt.datetime | None
    reopened: int
    version: int
    filer_name: str | None
    handler_name: str | None
    about_name: str | None
    ticket_number: str | None

    @property
    def standing(self) -> Standing:
        """What the rules need to know of it."""
        return Standing(self.state, self.filer_account_id, self.handler_id, self.about_id)

    @property
    def is_open(self) -> bool:
        """Whether the answer is still owed."""
        return self.state in states.WORKING

    @property
    def limit(self) -> dt.datetime:
        """The deadline that runs: the first reply's, then the answer's."""
        return self.reply_by if self.replied_at is None else self.due_at

    @property
    def is_late(self) -> bool:
        """Whether that has passed."""
        return self.is_open and self.limit < now()


NAMES = {
    "filer_name": "filer.name",
    "handler_name": "handler.name",
    "about_name": "about.name",
    "ticket_number": "ticket.number",
}
COLUMNS = ", ".join(
    f"{NAMES.get(one.name, 'complaint.' + one.name)} as {one.name}" for one in msgspec.structs.fields(ComplaintView)
)
JOINED = """complaint left join person as filer on filer.id = complaint.filer_id and not complaint.anonymous
    left join person as handler on handler.id = complaint.handler_id left join person as about on about.id = complaint.about_id
    left join ticket on ticket.id = complaint.ticket_id"""

# Whoever it is about never sees it, whatever their post; unless they made it themselves.
REACH = """complaint.community_id = $1 and (complaint.filer_account_id = $2
    or ((complaint.about_id is null or complaint.about_id is distinct from $3) and (complaint.handler_id = $3 or $4)))"""


def reach(actor: Actor) -> list[Any]:
    """Return the arguments of REACH for what `actor` may see."""
    sees_all = actor.can("complaint.handle") or actor.can("complaint.oversee") or actor.can("followup.call")
    return [actor.here, actor.account_id, actor.person_id, sees_all]


def doer_of(actor: Actor) -> Doer:
    """Return what the rules know of an actor."""
    return Doer(
        actor.account_id, actor.person_id, actor.can("complaint.handle"), actor.can("complaint.oversee"),
        actor.can("followup.call"),
    )  # fmt: skip


def parties(actor: Actor, case: ComplaintView) -> frozenset[str]:
    """Return which parties of a complaint `actor` is."""
    return parties_of(doer_of(actor), case.standing)


async def find(complaint_id: UUID, *, by: Actor, lock: bool = False) -> ComplaintView:
    """Return a complaint the actor may see, locked if asked; raise NotFoundException."""
    query = f"select {COLUMNS} from {JOINED} where complaint.id = $5 and {REACH}"
    query += " for update of complaint" if lock else ""
    found = await row(ComplaintView, query, *reach(by), complaint_id)
    if found is None:
        raise NotFoundException
    return discreet(found, by)


async def select(
    condition: str,
    *arguments: Any,
    by: Actor,
    order: str = "complaint.received_at desc",
    limit: int = 50,
    skip: int = 0,
) -> list[ComplaintView]:
    """Return complaints within reach that fulfil `condition`, whose arguments begin at $5."""
    query = (
        f"select {COLUMNS} from {JOINED} where {REACH} and ({condition}) order by {order} limit {limit} offset {skip}"
    )
    return [discreet(one, by) for one in await rows(ComplaintView, query, *reach(by), *arguments)]


def discreet(case: ComplaintView, actor: Actor) -> ComplaintView:
    """Return a complaint as `actor` may know it: of an anonymous one nobody else learns who made it, or from where."""
    if not case.anonymous or case.filer_account_id == actor.account_id:
        return case
    return msgspec.structs.replace(case, filer_account_id=None, filer_name=None, contact_phone=None)


@photo_rule("complaint")
async def may_see_photos(actor: Actor, complaint_id: UUID) -> bool:
    """Whether the actor may see the photos of a complaint."""
    try:
        await find(complaint_id, by=actor)
    except NotFoundException:
        return False
    return True

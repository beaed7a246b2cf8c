"""The only door to follow-ups: what a call is about, and who may make it."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import row, rows
from server.followups.kinds import ADDRESSES, THINGS
from server.lib.formats import now
from server.security.actor import Actor


class FollowUpView(msgspec.Struct):
    """A call with the facts of the thing it is about."""

    id: UUID
    community_id: UUID
    entity: str
    entity_id: UUID
    reason: str
    state: str
    due_at: dt.datetime
    drawn_at: dt.datetime
    tries: int
    rating: str | None
    answers: Any
    respondent: str | None
    note: str | None
    caller_name: str | None
    called_at: dt.datetime | None
    barred: list[UUID]
    version: int
    number: str
    summary: str
    place: str
    phone: str | None
    reporter: str | None
    handled_at: dt.datetime | None
    result: str | None
    owner_rating: str | None

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.answers, str):
            self.answers = msgspec.json.decode(self.answers)

    @property
    def is_late(self) -> bool:
        """Whether the call should have been made by now."""
        return self.state == "due" and self.due_at < now()

    @property
    def address(self) -> str:
        """Return the page of the thing it is about."""
        return ADDRESSES[self.entity] % self.entity_id

    def bars(self, actor: Actor) -> bool:
        """Whether `actor` did the work, and so may not ask how it was (trade practice: never who did it)."""
        return actor.account_id in self.barred


OF_THING = frozenset({"number", "summary", "place", "phone", "reporter", "handled_at", "result", "owner_rating"})
COLUMNS = ", ".join(
    f"{'thing' if one.name in OF_THING else 'call'}.{one.name}" for one in msgspec.structs.fields(FollowUpView)
)
JOINED = f"""follow_up as call join ({" union all ".join(THINGS.values())}) as thing
    on thing.entity = call.entity and thing.id = call.entity_id"""


def others_only(person: str) -> str:
    """Return the condition under which the person in the placeholder `person` sees `call`: not when it is about a complaint about them."""
    return f"""not exists (select from complaint where call.entity = 'complaint' and complaint.id = call.entity_id
        and complaint.about_id = {person})"""


OTHERS_ONLY = others_only("$2")


async def find(call_id: UUID, *, by: Actor, lock: bool = False) -> FollowUpView:
    """Return a follow-up of the actor's community, locked if asked; raise NotFoundException for who calls nobody."""
    if not by.can("followup.call"):
        raise NotFoundException
    query = f"select {COLUMNS} from {JOINED} where call.community_id = $1 and {OTHERS_ONLY} and call.id = $3"
    found = await row(FollowUpView, query + (" for update of call" if lock else ""), by.here, by.person_id, call_id)
    if found is None:
        raise NotFoundException
    return found


async def about(entity: str, entity_id: UUID) -> list[FollowUpView]:
    """Return the calls about one thing, the newest first; the caller of this has looked the thing up and may see it."""
    query = f"select {COLUMNS} from {JOINED} where call.entity = $1 and call.entity_id = $2 order by call.drawn_at desc"
    return await rows(FollowUpView, query, entity, entity_id)

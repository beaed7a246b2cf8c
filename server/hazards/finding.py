"""The only door to hazards: every query starts from the community in which the actor may report hazards; a stranger finds nothing."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import row, rows
from server.hazards import states
from server.hazards.kinds import CATEGORIES, ILLEGAL_REPORT, MAJOR_REPORT
from server.hazards.states import Doer, Standing
from server.lib.formats import now
from server.security.actor import Actor
from server.storage.photos import photo_rule

READERS = ("hazard.report", "hazard.handle", "hazard.manage", "hazard.company")
"""Who has one of these sees the community's hazards: what is dangerous is no secret among the staff."""


class HazardView(msgspec.Struct):
    """A hazard with the names a page shows."""

    id: UUID
    community_id: UUID
    number: str
    state: str
    grade: str
    category: str
    source: str
    round_id: UUID | None
    checkpoint_id: UUID | None
    item: str | None
    building_id: UUID | None
    place: str
    summary: str
    description: str | None
    measure: str | None
    demand: str | None
    pace: str
    due_at: dt.datetime
    responsible_id: UUID | None
    reporter_account_id: UUID | None
    reporter_name: str
    budget: int | None
    cost: int | None
    plan: Any
    result: str | None
    submitted_by: UUID | None
    rechecked_by: UUID | None
    ticket_id: UUID | None
    escalation: int
    found_at: dt.datetime
    registered_at: dt.datetime | None
    noticed_at: dt.datetime | None
    submitted_at: dt.datetime | None
    closed_at: dt.datetime | None
    isolated_at: dt.datetime | None
    told_company_at: dt.datetime | None
    told_authority_at: dt.datetime | None
    dissuaded_at: dt.datetime | None
    on_phones: bool
    version: int
    responsible_name: str | None
    ticket_number: str | None
    rectifiers: list[UUID]
    extension_id: UUID | None
    extension_by: UUID | None
    extension_name: str | None
    extension_until: dt.datetime | None
    extension_reason: str | None

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.plan, str):
            self.plan = msgspec.json.decode(self.plan)

    @property
    def illegal(self) -> bool:
        """Whether it is decoration or storage against the law."""
        return CATEGORIES[self.category].illegal

    @property
    def standing(self) -> Standing:
        """What the rules need to know of it."""
        return Standing(
            self.state,
            self.grade,
            self.illegal,
            self.responsible_id,
            frozenset(self.rectifiers),
            self.extension_by,
            frozenset(verb for verb, column in states.ONCE.items() if getattr(self, column) is not None),
            bool(self.plan),
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in states.OPEN

    @property
    def is_late(self) -> bool:
        """Whether it should have been put right by now."""
        return self.state in states.CLOCK and self.due_at < now()

    @property
    def in_time(self) -> bool | None:
        """Whether it was handed in within its limit; None while nobody can say."""
        return None if self.submitted_at is None else self.submitted_at <= self.due_at

    @property
    def report_by(self) -> dt.datetime | None:
        """By when company and authority have to know of it: an hour for a major one, a day for illegal building or storage."""
        if self.grade == "major":
            return self.found_at + MAJOR_REPORT
        return self.found_at + ILLEGAL_REPORT if self.illegal else None

    @property
    def short_number(self) -> str:
        """The number without the year, for lists: YH-1125-003."""
        return self.number[:3] + self.number[7:11] + self.number[11:]


OWN = [field.name for field in msgspec.structs.fields(HazardView)][:-8]
COLUMNS = (
    ", ".join(f"hazard.{name}" for name in OWN)
    + """, responsible.name as responsible_name,
    ticket.number as ticket_number,
    array(select distinct account_id from hazard_event where hazard_event.hazard_id = hazard.id
        and kind in ('start', 'submit') and account_id is not null) as rectifiers,
    extension.id as extension_id, extension.asked_by as extension_by, extension.asked_name as extension_name,
    extension.until as extension_until, extension.reason as extension_reason"""
)

JOINED = """hazard left join person as responsible on responsible.id = hazard.responsible_id
    left join ticket on ticket.id = hazard.ticket_id
    left join hazard_extension as extension on extension.hazard_id = hazard.id and extension.granted is null"""


def reads(actor: Actor) -> bool:
    """Whether the actor may see the hazards of the community they work in."""
    return actor.community_id is not None and any(actor.can(name) for name in READERS)


async def find(hazard_id: UUID, *, by: Actor, lock: bool = False) -> HazardView:
    """Return a hazard the actor may see, locked until the end of the transaction if asked; raise NotFoundException."""
    if not reads(by):
        raise NotFoundException
    query = f"select {COLUMNS} from {JOINED} where hazard.id = $1 and hazard.community_id = $2"
    found = await row(HazardView, query + (" for update of hazard" if lock else ""), hazard_id, by.here)
    if found is None:
        raise NotFoundException
    return found


async def select(
    condition: str,
    *arguments: Any,
    by: Actor,
    order: str = "hazard.found_at desc, hazard.id",
    limit: int = 50,
    skip: int = 0,
) -> list[HazardView]:
    """Return hazards of the actor's community for which `condition` holds; in it the `arguments` are $2, $3, …"""
    if not reads(by):
        return []
    query = (
        f"select {COLUMNS} from {JOINED} where hazard.community_id = $1 and ({condition})"
        f" order by {order} limit {limit} offset {skip}"
    )
    return await rows(HazardView, query, by.here, *arguments)


async def several(ids: Iterable[UUID], *, by: Actor) -> list[HazardView]:
    """Return the hazards with these ids that the actor may see."""
    wanted = list(ids)
    return await select("hazard.id = any ($2::uuid[])", wanted, by=by, limit=max(len(wanted), 1))


def doer_of(actor: Actor) -> Doer:
    """Return what the rules know of an actor."""
    return Doer(
        actor.account_id,
        actor.person_id,
        actor.can("hazard.report"),
        actor.can("hazard.handle"),
        actor.can("hazard.manage"),
        actor.can("hazard.company"),
    )


@photo_rule("hazard")
async def may_see_photos(actor: Actor, hazard_id: UUID) -> bool:
    """Whoever may see a hazard may see its photos."""
    try:
        await find(hazard_id, by=actor)
    except NotFoundException:
        return False
    return True

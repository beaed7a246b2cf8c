"""The register of visits 接待登记表: every query starts from the actor's community."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import fetchrow, fetchval, row, rows
from server.lib.formats import CHINA, today
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.reception.words import CHANNELS, RESULTS
from server.security.actor import Actor


class Overtaken(Exception):
    """Somebody else has changed it meanwhile."""


class VisitView(msgspec.Struct):
    """A visit with the names a page shows."""

    id: UUID
    community_id: UUID
    channel: str
    room_id: UUID | None
    person_id: UUID | None
    who: str | None
    phone: str | None
    words: str
    received_at: dt.datetime
    receiver_name: str
    outcome: str | None
    said: str | None
    told_name: str | None
    linked_id: UUID | None
    linked_label: str | None
    settled_at: dt.datetime | None
    settler_name: str | None
    voided_at: dt.datetime | None
    void_reason: str | None
    version: int
    room_label: str | None
    person_name: str | None
    person_account_id: UUID | None
    person_phone: str | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what becomes of it."""
        return self.outcome is None and self.voided_at is None

    @property
    def name(self) -> str | None:
        """Who it was."""
        return self.person_name or self.who

    @property
    def number_to_call(self) -> str | None:
        """The phone they left, else the register's."""
        return self.phone or self.person_phone


NAMES = {
    "room_label": "room.label", "person_name": "person.name", "person_account_id": "person.account_id",
    "person_phone": "person.phone",
}  # fmt: skip
COLUMNS = ", ".join(f"{NAMES.get(f.name, 'visit.' + f.name)} as {f.name}" for f in msgspec.structs.fields(VisitView))
JOINED = "visit left join room on room.id = visit.room_id left join person on person.id = visit.person_id"
OPEN = "visit.outcome is null and visit.voided_at is null"
SEARCHED = "concat_ws(' ', room.label, person.name, visit.who, visit.words, visit.said, visit.linked_label, visit.receiver_name)"


class Filters(msgspec.Struct, frozen=True):
    """What the register is narrowed to; without words or another day it is today's."""

    day: dt.date | None = None
    q: str = ""
    channel: str = ""
    result: str = ""  #: an outcome, "open" or "void"

    @property
    def is_narrowed(self) -> bool:
        """Whether words, a channel or a result narrow it."""
        return bool(self.q or self.channel or self.result)

    @property
    def shown_day(self) -> dt.date | None:
        """The day that is shown; None: a search through all days."""
        return self.day or (None if self.q or self.result == "open" else today())

    def address(self, path: str = "/reception", **changes: Any) -> str:
        """Return the address of the list with these filters and `changes`."""
        values = msgspec.structs.asdict(self) | changes
        kept = {name: str(value) for name, value in values.items() if value}
        return path + (f"?{urlencode(kept)}" if kept else "")


def filters_from(sent: Any) -> Filters:
    """Read filters from an address; nonsense counts as none."""

    def one_of(name: str, choices: Any) -> str:
        value = str(sent.get(name, ""))
        return value if value in choices else ""

    try:
        day = dt.date.fromisoformat(str(sent.get("day", "")))
    except ValueError:
        day = None
    if day is not None and not 2000 <= day.year <= 2200:
        day = None
    return Filters(
        day=day,
        q=str(sent.get("q", "")).replace("\0", "")[:60],
        channel=one_of("channel", CHANNELS),
        result=one_of("result", {*RESULTS, "open", "void"}),
    )


CONDITION = f"""visit.community_id = $1 and ($2::timestamptz is null or visit.received_at >= $2 and visit.received_at < $3)
    and ($4 = '' or visit.channel = $4) and {SEARCHED} ilike all ($5::text[])
    and case $6 when '' then true when 'open' then {OPEN} when 'void' then visit.voided_at is not null
        else visit.outcome = $6 and visit.voided_at is null end"""


async def listed(actor: Actor, filters: Filters, number: int = 1, size: int = PAGE_SIZE) -> Page[VisitView]:
    """Return one page of the register, newest first."""
    since, until = bounds(filters.shown_day)
    arguments = (actor.here, since, until, filters.channel, patterns(filters.q), filters.result)
    total = await fetchval(f"select count(*) from {JOINED} where {CONDITION}", *arguments)
    query = f"""select {COLUMNS} from {JOINED} where {CONDITION} order by visit.received_at desc, visit.id desc
        limit {size} offset {offset(number, size)}"""
    return Page(await rows(VisitView, query, *arguments), total, number, size)


def bounds(day: dt.date | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return when a day begins and ends in China; (None, None) for every day."""
    if day is None:
        return None, None
    start = dt.datetime.combine(day, dt.time(), CHINA)
    return start, start + dt.timedelta(days=1)


async def open_ones(actor: Actor, limit: int = 30) -> list[VisitView]:
    """Return the visits nobody has settled yet, the oldest first."""
    query = f"select {COLUMNS} from {JOINED} where visit.community_id = $1 and {OPEN} order by visit.received_at limit {limit}"
    return await rows(VisitView, query, actor.here)


class Tallies(msgspec.Struct):
    """The figures above the register."""

    open: int
    today: int
    calls: int
    keys_late: int
    letters: int


async def tallies(actor: Actor) -> Tallies:
    """Return the figures in one pass."""
    since, _until = bounds(today())
    found = await fetchrow(
        f"""select count(*) filter (where {OPEN}) as open,
            count(*) filter (where received_at >= $2 and voided_at is null) as today,
            count(*) filter (where received_at >= $2 and voided_at is null and channel = 'call') as calls,
            (select count(*) from key_loan where community_id = $1 and returned_at is null and due_at < now()) as keys_late,
            (select count(*) from letter where community_id = $1 and state = 'waiting') as letters
            from visit where community_id = $1 and ({OPEN} or received_at >= $2)""",
        actor.here, since,
    )  # fmt: skip
    assert found is not None
    return Tallies(**dict(found))


async def find(visit_id: UUID, *, by: Actor, lock: bool = False) -> VisitView:
    """Return a visit of the actor's community, locked until the end of the transaction if asked; raise NotFoundException."""
    query = f"select {COLUMNS} from {JOINED} where visit.id = $1 and visit.community_id = $2"
    found = await row(VisitView, query + (" for update of visit" if lock else ""), visit_id, by.here)
    if found is None or not by.can("reception.read"):
        raise NotFoundException
    return found


async def visit_of(linked_id: UUID, *, by: Actor) -> tuple[UUID, dt.datetime] | None:
    """Return id and time of the visit that a ticket or complaint was made of, if the actor may see it."""
    if not by.can("reception.read"):
        return None
    query = "select id, received_at from visit where linked_id = $1 and community_id = $2"
    found = await fetchrow(query, linked_id, by.here)
    return None if found is None else (found["id"], found["received_at"])

"""Keys 钥匙: which there are, who has which, when they have to be back. A key that is out is not handed out again."""

import datetime as dt
from uuid import UUID

import asyncpg
import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetchval, row, rows, transaction
from server.lib.formats import now
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.reception.finding import Overtaken
from server.reception.receiving import check_place, may_log
from server.security.actor import Actor


class Key(msgspec.Struct):
    """A key, and who has it now."""

    id: UUID
    name: str
    hook: str | None
    room_id: UUID | None
    is_active: bool
    version: int
    room_label: str | None = None
    loan_id: UUID | None = None
    borrower: str | None = None
    phone: str | None = None
    purpose: str | None = None
    lent_at: dt.datetime | None = None
    lender_name: str | None = None
    due_at: dt.datetime | None = None

    @property
    def is_late(self) -> bool:
        """Whether it should be back by now."""
        return self.due_at is not None and self.due_at < now()


class Loan(msgspec.Struct):
    """Once that a key was out."""

    id: UUID
    borrower: str
    phone: str | None
    purpose: str
    lent_at: dt.datetime
    lender_name: str
    due_at: dt.datetime
    returned_at: dt.datetime | None
    taker_name: str | None
    note: str | None

    @property
    def was_late(self) -> bool:
        """Whether it came, or has yet to come, after it was due."""
        return (self.returned_at or now()) > self.due_at


class Taken(Exception):
    """There is a key of this name already."""


class IsOut(Exception):
    """The key is out: somebody has it."""


class TooSoon(ValueError):
    """It would be due before it is lent."""


JOINED = """place_key as key left join room on room.id = key.room_id
    left join key_loan as loan on loan.key_id = key.id and loan.returned_at is null"""
COLUMNS = """key.id, key.name, key.hook, key.room_id, key.is_active, key.version, room.label as room_label, loan.id as loan_id,
    loan.borrower, loan.phone, loan.purpose, loan.lent_at, loan.lender_name, loan.due_at"""
VIEWS = {
    "": "key.is_active",
    "out": "loan.id is not null",
    "late": "loan.due_at < now()",
    "in": "key.is_active and loan.id is null",
    "off": "not key.is_active",
}


async def listed(actor: Actor, words: str, view: str, number: int = 1) -> Page[Key]:
    """Return one page of the keys: what is late first, then what is out."""
    condition = f"key.community_id = $1 and {VIEWS[view]} and concat_ws(' ', key.name, key.hook, room.label, loan.borrower) ilike all ($2::text[])"
    arguments = (actor.here, patterns(words))
    total = await fetchval(f"select count(*) from {JOINED} where {condition}", *arguments)
    query = f"""select {COLUMNS} from {JOINED} where {condition} order by loan.due_at nulls last, key.hook, key.name
        limit {PAGE_SIZE} offset {offset(number)}"""
    return Page(await rows(Key, query, *arguments), total, number)


async def find(key_id: UUID, *, by: Actor, lock: bool = False) -> Key:
    """Return a key of the actor's community; raise NotFoundException."""
    query = f"select {COLUMNS} from {JOINED} where key.id = $1 and key.community_id = $2"
    found = await row(Key, query + (" for update of key" if lock else ""), key_id, by.here)
    if found is None or not by.can("reception.read"):
        raise NotFoundException
    return found


async def loans_of(key_id: UUID, limit: int = 50) -> list[Loan]:
    """Return the last times a key was out; the caller knows that the actor may see it."""
    names = ", ".join(field.name for field in msgspec.structs.fields(Loan))
    return await rows(
        Loan, f"select {names} from key_loan where key_id = $1 order by lent_at desc limit {limit}", key_id
    )


async def save(key: Key, *, by: Actor) -> None:
    """Add a key, or change it as seen in `key.version` (0: it is new); raise Taken, Overtaken or Elsewhere; IsOut before it is put out of use."""
    may_log(by)
    try:
        async with transaction():
            await check_place(key.room_id, None, by)
            before = await find(key.id, by=by, lock=True) if key.version else None
            if before is not None and before.version != key.version:
                raise Overtaken
            if before is not None and before.loan_id is not None and not key.is_active:
                raise IsOut
            await execute(
                "insert into place_key (id, community_id, name, hook, room_id, is_active) values ($1, $2, $3, $4, $5, $6)"
                " on conflict (id) do update set name = $3, hook = $4, room_id = $5, is_active = $6, version = place_key.version + 1"
                " where place_key.community_id = $2",
                key.id, by.here, key.name, key.hook, key.room_id, key.is_active,
            )  # fmt: skip
            await record(
                by, "key.save", community_id=by.here, entity="key", entity_id=key.id,
                before=_told(before) if before else None, after=_told(key),
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise Taken from error


def _told(key: Key) -> dict[str, object]:
    return {"name": key.name, "hook": key.hook, "room_id": key.room_id, "is_active": key.is_active}


async def lend(
    key_id: UUID,
    *,
    by: Actor,
    borrower: str,
    phone: str | None,
    purpose: str,
    due_at: dt.datetime,
    at: dt.datetime | None = None,
) -> None:
    """Hand a key out; raise IsOut when somebody has it (also when two clerks hand it out at once), TooSoon."""
    may_log(by)
    lent_at = at or now()
    if due_at <= lent_at:
        raise TooSoon
    try:
        async with transaction():
            key = await find(key_id, by=by)
            if not key.is_active:
                raise NotFoundException
            await execute(
                "insert into key_loan (id, community_id, key_id, borrower, phone, purpose, lent_at, lender_name, due_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                uuid7(), by.here, key_id, borrower, phone, purpose, lent_at, by.name, due_at,
            )  # fmt: skip
            after = {"name": key.name, "borrower": borrower, "purpose": purpose, "due_at": due_at}
            await record(by, "key.lend", community_id=by.here, entity="key", entity_id=key_id, after=after)
    except asyncpg.UniqueViolationError as error:
        raise IsOut from error


async def take_back(
    key_id: UUID, *, by: Actor, loan_id: UUID, note: str | None = None, at: dt.datetime | None = None
) -> None:
    """Take a key back; raise Overtaken when it is back already, or is out with somebody else."""
    may_log(by)
    async with transaction():
        key = await find(key_id, by=by)
        done = await changed(
            "update key_loan set returned_at = $2, taker_name = $3, note = $4 where id = $1 and key_id = $5 and returned_at is null",
            loan_id, at or now(), by.name, note, key_id,
        )  # fmt: skip
        if not done:
            raise Overtaken
        after = {"name": key.name, "borrower": key.borrower}
        await record(by, "key.take_back", community_id=by.here, entity="key", entity_id=key_id, after=after)

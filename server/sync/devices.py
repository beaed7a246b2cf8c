"""Every phone, and what it still holds: each push says so, so that a loss cannot be silent.

A phone numbers what it makes without gaps. A number that is neither here nor waiting there is missing; a phone that has not been heard of
while it held unsent work has vanished. Both are shown to the supervisor (`supervising.py`), and told (`alerting.py`).
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from server.db import execute, row, system_reach, transaction
from server.lib.formats import now
from server.security.actor import Actor
from server.security.sessions import token_hash
from server.sync import reading
from server.sync.custody import Taken, claim
from server.sync.reading import Report

TOKEN_LIFETIME = timedelta(days=90)
RENEWED_AFTER = timedelta(days=30)


class Contact(msgspec.Struct):
    """What was known of a phone before this push."""

    community_id: UUID
    emptied_at: datetime | None
    token_until: datetime | None
    token_revoked_at: datetime | None


def row_id(device_id: UUID, account_id: UUID | None) -> UUID:
    """Return the key of the row of one person's work on one phone."""
    return uuid5(device_id, str(account_id))


async def last_contact(device_id: UUID, by: Actor) -> Contact | None:
    """Return what is known of this phone in this person's hands, wherever they worked then."""
    async with system_reach():
        query = "select community_id, emptied_at, token_until, token_revoked_at from sync_device where id = $1"
        return await row(Contact, query, row_id(device_id, by.account_id))


async def take_discarded(report: Report, by: Actor, contact: Contact | None, at: datetime) -> list[UUID]:
    """Keep that a person threw work away on the phone, and why; return which were taken."""
    taken: list[UUID] = []
    community = by.community_id or (contact.community_id if contact else None)
    for raw in report.discarded:
        one = reading.discarded(raw)
        if one is None or community is None:
            continue
        row_ = Taken(
            id=one.id, community_id=community, device_id=report.device, seq=one.seq, type=one.type, version=0,
            entity_id=one.entity, hash=one.hash, body=reading.canonical(raw), made_at=None, effective_at=at, received_at=at,
        )  # fmt: skip
        async with system_reach(), transaction():
            message = reading.CONTROL.sub("", one.reason) or None
            if not await claim(row_, "discarded", by=by, message=message):
                # Taken in before, and still waiting: for photos that will not be sent any more, or for the office.
                await execute(GIVEN_UP, one.id, by.account_id, one.hash, message)
        taken.append(one.id)
    return taken


GIVEN_UP = """
update sync_op set outcome = 'discarded', message = $4, settled_at = clock_timestamp()
where id = $1 and account_id = $2 and hash = $3 and outcome in ('deferred', 'stuck')
"""

# A report that the network brings late, or once more, says nothing of how things stand now. An outbox that was deleted counts its reports
# from the clock on, and work that is new shows by its numbers.
NOTE = """
insert into sync_device (id, device_id, account_id, community_id, user_agent, build, first_seen_at, last_seen_at, emptied_at, next_seq,
    unsent, oldest_at, clock_offset, storage_used, storage_quota, persisted, report_number)
values ($1, $2, $3, $4, $5, $6, $7, $7, case when $9 = 0 then $7::timestamptz end, $8, $9, $10, $11, $12, $13, $14, coalesce($15::bigint, 0))
on conflict (id) do update set community_id = excluded.community_id, user_agent = excluded.user_agent, build = excluded.build,
    last_seen_at = excluded.last_seen_at, emptied_at = coalesce(excluded.emptied_at, sync_device.emptied_at),
    next_seq = greatest(excluded.next_seq, sync_device.next_seq), unsent = excluded.unsent, oldest_at = excluded.oldest_at,
    clock_offset = excluded.clock_offset, storage_used = excluded.storage_used, storage_quota = excluded.storage_quota,
    persisted = excluded.persisted, report_number = greatest(excluded.report_number, sync_device.report_number)
where $15 is null or excluded.report_number > sync_device.report_number or excluded.next_seq > sync_device.next_seq
"""

# A number counts once, whatever became of it; those up to `whole_to` are all here, and need not be counted again with each push. What waits on the phone is not missing, nor what the office has dealt with.
MISSING = """
update sync_device set missing = gap.n - least(written_off, gap.n), written_off = least(written_off, gap.n),
    missing_since = case when gap.n > written_off then coalesce(sync_device.missing_since, $2) end,
    told = case when gap.n > written_off then told else array_remove(told, 'missing') end,
    whole_to = case when gap.n = 0 and unsent = 0 then next_seq - 1 else whole_to end
from (
    select least(greatest(device.next_seq - 1 - device.unsent - device.whole_to - count(distinct op.seq), 0), 2147483647) as n
    from sync_device as device
    left join sync_op as op on op.device_id = device.device_id and op.account_id = device.account_id
        and op.seq > device.whole_to and op.seq < device.next_seq
    where device.id = $1 group by device.id
) as gap
where sync_device.id = $1
"""


async def note(
    report: Report, by: Actor, contact: Contact | None, *, left: int, at: datetime, user_agent: str
) -> str | None:
    """Write what the phone said of itself; `left`: operations of this push that it must keep. Return a new push token if it needs one."""
    community = by.community_id or (contact.community_id if contact else None)
    if community is None:
        return None
    id_, unsent = row_id(report.device, by.account_id), min(report.unsent + left, 2**31 - 1)
    storage = report.storage or reading.Storage()
    offset = reading.milliseconds(at) - report.now if report.now is not None else 0
    async with system_reach(), transaction():
        await execute(
            NOTE, id_, report.device, by.account_id, community, _short(user_agent, 300), _short(report.build, 60), at,
            max(report.next_seq, 1), unsent, oldest(report, unsent, at), offset, storage.used, storage.quota, storage.persisted,
            report.number,
        )  # fmt: skip
        await execute(MISSING, id_, at)
        return await _new_token(id_, by) if needs_token(report, by, contact, at) else None


def oldest(report: Report, unsent: int, at: datetime) -> datetime | None:
    """Return since when the oldest unsent work waits, or None when there is none."""
    age = min(report.oldest_age, reading.milliseconds(at))
    return at - timedelta(milliseconds=age) if unsent else None


def needs_token(report: Report, by: Actor, contact: Contact | None, at: datetime) -> bool:
    """Tell whether the phone should get a (new) push token: only from a session, and not from one older than a revocation."""
    if by.session_since is None:
        return False
    if contact is not None and contact.token_revoked_at is not None and by.session_since < contact.token_revoked_at:
        return False
    fresh = contact is not None and contact.token_until is not None and contact.token_revoked_at is None
    if not fresh or report.token is False:
        return True
    assert contact is not None
    assert contact.token_until is not None
    return contact.token_until - TOKEN_LIFETIME + RENEWED_AFTER < at


async def _new_token(id_: UUID, by: Actor) -> str:
    """Give the phone a token of its own; only its hash stays here."""
    token = secrets.token_urlsafe(32)
    await execute(
        "update sync_device set token_hash = $2, token_until = $3, token_revoked_at = null where id = $1 and account_id = $4",
        id_,
        token_hash(token),
        now() + TOKEN_LIFETIME,
        by.account_id,
    )
    return token


def _short(text: Any, length: int) -> str:
    return reading.CONTROL.sub("", str(text))[:length]

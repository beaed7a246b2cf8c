"""What the supervisor sees: every phone with what it still holds, and the records that did not take effect until somebody deals with them.

Those that our own code failed at are stuck; whoever supervises tries them again when the fault is mended, or does the work another way.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.accounts.signing_in import device_name
from server.audit.recording import record
from server.db import changed, fetchval, row, rows, transaction
from server.lib.formats import now
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security.actor import Actor
from server.storage.photos import photo_rule
from server.sync import reading
from server.sync.alerting import HOLDS, SILENT, STANDING
from server.sync.carrying import carry_out_of
from server.sync.operations import operations


class Device(msgspec.Struct):
    """A phone in one person's hands, as the list shows it."""

    id: UUID
    owner: str
    user_agent: str
    build: str
    last_seen_at: datetime
    next_seq: int
    unsent: int
    oldest_at: datetime | None
    clock_offset: int
    storage_used: int | None
    storage_quota: int | None
    persisted: bool | None
    missing: int
    missing_since: datetime | None
    token_until: datetime | None
    token_revoked_at: datetime | None
    open: int
    deferred: int
    stuck: int
    silent: bool

    @property
    def name(self) -> str:
        """What kind of phone it is, as far as its browser says."""
        return device_name(self.user_agent)

    @property
    def troubles(self) -> list[str]:
        """What is wrong and needs somebody: missing | stuck | open | silent, the worst first."""
        found = {"missing": self.missing, "stuck": self.stuck, "open": self.open, "silent": self.silent}
        return [name for name, wrong in found.items() if wrong]

    @property
    def state(self) -> str:
        """What its line says: the worst trouble, or waiting | "" (nothing)."""
        return self.troubles[0] if self.troubles else "waiting" if self.unsent or self.deferred else ""

    @property
    def has_token(self) -> bool:
        """Whether the phone can hand in without anybody being signed in."""
        return self.token_until is not None and self.token_revoked_at is None and self.token_until > now()

    @property
    def used_percent(self) -> int | None:
        """How full the browser's storage is."""
        if not self.storage_quota or self.storage_used is None:
            return None
        return min(100 * self.storage_used // self.storage_quota, 100)

    @property
    def clock_minutes(self) -> int:
        """By how many minutes the phone's clock is off; 0 below five."""
        minutes = round(self.clock_offset / 60_000)
        return minutes if abs(minutes) >= 5 else 0


DEVICES = f"""
select device.id, account.name as owner, device.user_agent, device.build, device.last_seen_at, device.next_seq, device.unsent,
    device.oldest_at, device.clock_offset, device.storage_used, device.storage_quota, device.persisted, device.missing,
    device.missing_since, device.token_until, device.token_revoked_at, coalesce(op.open, 0) as open, coalesce(op.deferred, 0) as deferred,
    coalesce(op.stuck, 0) as stuck, {SILENT} as silent
from {STANDING}
where device.community_id = $2 and ($3::uuid is null or device.id = $3)
order by device.missing > 0 desc, op.stuck > 0 desc nulls last, op.open > 0 desc nulls last, silent desc, {HOLDS} desc,
    device.last_seen_at desc
limit {PAGE_SIZE * 4}
"""


async def devices(by: Actor) -> list[Device]:
    """Return the phones of this community, those in trouble first: the worst trouble before the next, as in `Device.troubles`."""
    return await rows(Device, DEVICES, now(), by.here, None)


async def device(id_: UUID, *, by: Actor) -> Device:
    """Return one phone; raise NotFoundException."""
    found = await row(Device, DEVICES, now(), by.here, id_)
    if found is None:
        raise NotFoundException
    return found


async def revoke(device_id: UUID, reason: str, *, by: Actor) -> None:
    """Take a phone's own token away: from now on it can hand in only when its owner signs in anew. Raise NotFoundException."""
    async with transaction():
        done = await changed(
            "update sync_device set token_hash = null, token_until = null, token_revoked_at = now()"
            " where id = $1 and community_id = $2 and token_hash is not null",
            device_id,
            by.here,
        )
        if not done:
            raise NotFoundException
        await record(by, "sync.revoke", community_id=by.here, entity="sync_device", entity_id=device_id, reason=reason)


async def write_off(device_id: UUID, note: str, *, by: Actor) -> None:
    """Note how what a phone lost, or keeps without a word, was dealt with: nobody waits for it any more, but what still comes is taken in.

    Raise NotFoundException when nothing is missing there and it is not silent with work unsent.
    """
    phone = await device(device_id, by=by)
    held = phone.unsent if phone.silent else 0
    async with transaction():
        done = await changed(
            "update sync_device set written_off = written_off + missing + $3, missing = 0, missing_since = null, unsent = unsent - $3,"
            " oldest_at = case when unsent > $3 then oldest_at end, told = array_remove(array_remove(told, 'missing'), 'silent')"
            " where id = $1 and community_id = $2 and missing = $4 and unsent >= $3 and missing + $3 > 0",
            device_id, by.here, held, phone.missing,
        )  # fmt: skip
        if not done:
            raise NotFoundException
        await record(
            by, "sync.write_off", community_id=by.here, entity="sync_device", entity_id=device_id, reason=note,
            before={"missing": phone.missing, "unsent": held},
        )  # fmt: skip


class Entry(msgspec.Struct):
    """A record from a phone that did not take effect, or was thrown away there."""

    id: UUID
    type: str
    actor_name: str
    entity_id: UUID | None
    outcome: str
    message: str | None
    body: str
    flags: str
    made_at: datetime | None
    effective_at: datetime
    received_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    resolver: str | None

    @property
    def label(self) -> str:
        """What the person was doing, a msgid."""
        operation = operations().get(self.type)
        return operation.label if operation else self.type

    @property
    def sent(self) -> reading.Sent | None:
        """The operation as it came, if it can be read."""
        return reading.operation(reading.parsed(self.body.encode())) if self.body.startswith("{") else None


ENTRY = """
select op.id, op.type, op.actor_name, op.entity_id, op.outcome, op.message, op.body, op.flags, op.made_at, op.effective_at,
    op.received_at, op.resolved_at, op.resolution, (select name from account where account.id = op.resolved_by) as resolver
from sync_op as op
"""
STATES = {
    "open": "op.outcome in ('conflict', 'rejected') and op.resolved_at is null",
    "stuck": "op.outcome = 'stuck'",
    "done": "op.outcome in ('conflict', 'rejected') and op.resolved_at is not null",
    "discarded": "op.outcome = 'discarded'",
}


async def count_entries(by: Actor) -> dict[str, int]:
    """Return how many records there are of each state."""
    counts = ", ".join(f"count(*) filter (where {where}) as {name}" for name, where in STATES.items())
    found = await rows(Counts, f"select {counts} from sync_op as op where op.community_id = $1", by.here)
    return msgspec.to_builtins(found[0])  # type: ignore[no-any-return]


class Counts(msgspec.Struct):
    """How many records there are of each state."""

    open: int
    stuck: int
    done: int
    discarded: int


async def entries(state: str, number: int, *, by: Actor) -> Page[Entry]:
    """Return a page of the records in `state`, newest first."""
    where = f"where op.community_id = $1 and {STATES[state]}"
    total = await fetchval(f"select count(*) from sync_op as op {where}", by.here)
    query = f"{ENTRY} {where} order by op.received_at desc, op.id limit {PAGE_SIZE} offset {offset(number)}"
    return Page(await rows(Entry, query, by.here), total, number)


async def entries_about(entity_id: UUID, *, by: Actor) -> list[Entry]:
    """Return the records about one thing that did not take effect and wait for somebody, oldest first."""
    query = (
        f"{ENTRY} where op.community_id = $1 and op.entity_id = $2 and {STATES['open']} order by op.received_at, op.id"
    )
    return await rows(Entry, query, by.here, entity_id)


async def entries_of(device_id: UUID, *, by: Actor) -> list[Entry]:
    """Return the records from one phone that wait for somebody, oldest first."""
    query = (
        f"{ENTRY} join sync_device as device on device.device_id = op.device_id and device.account_id = op.account_id"
        f" where device.id = $2 and op.community_id = $1 and ({STATES['open']} or {STATES['stuck']})"
        f" order by op.received_at, op.id limit {PAGE_SIZE}"
    )
    return await rows(Entry, query, by.here, device_id)


async def entry(id_: UUID, *, by: Actor) -> Entry:
    """Return one record; raise NotFoundException."""
    query = f"{ENTRY} where op.community_id = $1 and op.id = $2 and op.outcome in ('conflict', 'rejected', 'stuck', 'discarded')"
    found = await row(Entry, query, by.here, id_)
    if found is None:
        raise NotFoundException
    return found


async def resolve(id_: UUID, note: str, *, by: Actor) -> None:
    """Note how what did not take effect was dealt with: it never will. Raise NotFoundException when it is no such record, or no more."""
    async with transaction():
        done = await changed(
            "update sync_op set resolved_at = now(), resolved_by = $3, resolution = $4, settled_at = coalesce(settled_at, now()),"
            " outcome = case outcome when 'stuck' then 'rejected' else outcome end"
            " where id = $1 and community_id = $2 and outcome in ('conflict', 'rejected', 'stuck') and resolved_at is null",
            id_, by.here, by.account_id, note,
        )  # fmt: skip
        if not done:
            raise NotFoundException
        await record(by, "sync.resolve", community_id=by.here, entity="sync_op", entity_id=id_, reason=note)


async def try_again(id_: UUID, *, by: Actor) -> None:
    """Carry a stuck record out once more, as the person who made it; raise NotFoundException when it is none, or no more.

    When it fails again it is stuck again; when its photos or an earlier record are missing, it waits for them.
    """
    async with transaction():
        account_id = await fetchval(
            "update sync_op set outcome = 'deferred', message = null"
            " where id = $1 and community_id = $2 and outcome = 'stuck' returning account_id",
            id_,
            by.here,
        )
        if account_id is None:
            raise NotFoundException
        await record(by, "sync.try_again", community_id=by.here, entity="sync_op", entity_id=id_)
    await carry_out_of(account_id, by.here)


@photo_rule("sync")
async def may_see(actor: Actor, photo_id: UUID) -> bool:
    """Tell whether a photo that belongs to nothing yet may be seen: by the supervisor of its community."""
    here = "select exists (select from photo where id = $1 and community_id = $2)"
    return actor.can("sync.supervise") and bool(await fetchval(here, photo_id, actor.here))

"""What was taken in stays: each operation is a row for ever, with what came of it. Three functions decide whether one is new.

`found` looks operations up; `claim` takes one in, `claim_all` all of a push. The primary key makes the second of two equal pushes wait for the first and then
see its outcome, so nothing is ever done twice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from server.db import changed, execute, rows
from server.lib.i18n import N_
from server.security.actor import Actor
from server.sync.reading import Sent

FINAL = frozenset({"applied", "merged", "conflict", "rejected", "discarded"})

LOST = N_("你已不在这个小区负责这件事，办公室会处理你留下的记录")
OTHER_HASH = N_("同一编号的另一条记录已经收到过")
UNREADABLE = N_("这条记录的格式不对，已原样保存，办公室会处理")
PHOTO_NOT_YOURS = N_("照片不是你的，或已用在别处")
FAILED = N_("程序出错，这条记录没有做成，已原样交给办公室处理")
REASONS = {LOST: "scope", OTHER_HASH: "hash", UNREADABLE: "form", FAILED: "stuck"}


class Custody(msgspec.Struct):
    """What is known of an operation."""

    id: UUID
    account_id: UUID
    hash: str
    outcome: str
    message: str | None = None
    result_version: int | None = None


class Taken(msgspec.Struct):
    """Everything that is kept of an operation when it is taken in."""

    id: UUID
    community_id: UUID
    device_id: UUID
    seq: int
    type: str
    version: int
    entity_id: UUID | None
    hash: str
    body: str
    made_at: datetime | None
    effective_at: datetime
    received_at: datetime
    flags: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        sent: Sent,
        body: str,
        community_id: UUID,
        device_id: UUID,
        at: datetime,
        received_at: datetime,
        flags: tuple[str, ...],
    ) -> "Taken":
        """Return the row of an operation that could be read."""
        return cls(
            id=sent.id, community_id=community_id, device_id=device_id, seq=sent.seq, type=sent.type, version=sent.version,
            entity_id=sent.entity, hash=sent.hash, body=body, made_at=sent.made, effective_at=at, received_at=received_at,
            flags=flags,
        )  # fmt: skip


COLUMNS = "id, account_id, hash, outcome, message, result_version"


async def found(ids: Iterable[UUID]) -> dict[UUID, Custody]:
    """Return which of these operations are in custody already, as far as the actor reaches."""
    known = await rows(Custody, f"select {COLUMNS} from sync_op where id = any ($1::uuid[])", list(ids))
    return {one.id: one for one in known}


class Claim(msgspec.Struct):
    """An operation to be taken in, and by whom it was handed in."""

    taken: Taken
    by: Actor


async def claim(taken: Taken, outcome: str, *, by: Actor, message: str | None = None) -> bool:
    """Take an operation in; return whether it was new. Call it first in the operation's transaction."""
    return await _insert([Claim(taken, by)], outcome, message) == 1


async def claim_all(claims: Sequence[Claim]) -> bool:
    """Take operations in that are to be carried out; return whether all were new. When not, roll back: some are claimed now.

    In the order of their ids, so that two pushes with the same operations wait for each other in one order.
    """
    claims = sorted(claims, key=lambda one: one.taken.id)
    return not claims or await _insert(claims, "taken", None) == len(claims)


INSERT = """
insert into sync_op (id, community_id, account_id, actor_name, device_id, seq, type, version, entity_id, hash, body, flags, made_at,
    effective_at, received_at, settled_at, outcome, message)
select *, $17, $18 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::text[], $8::int[], $9::uuid[],
    $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[])
on conflict (id) do nothing
"""


async def _insert(claims: Sequence[Claim], outcome: str, message: str | None) -> int:
    """Insert operations; return how many were new."""
    rows_ = [
        (
            one.id, one.community_id, by.account_id, by.name[:60], one.device_id, one.seq, one.type, one.version, one.entity_id, one.hash,
            one.body, " ".join(one.flags), one.made_at, one.effective_at, one.received_at, one.received_at if outcome in FINAL else None,
        )
        for one, by in ((claim_.taken, claim_.by) for claim_ in claims)
    ]  # fmt: skip
    return await changed(INSERT, *map(list, zip(*rows_, strict=True)), outcome, message)


async def settle(id_: UUID, outcome: str, *, message: str | None = None, version: int | None = None) -> None:
    """Write what came of an operation, in its transaction."""
    await _settle([(id_, outcome, message, version)])


async def settle_all(known: Sequence[Custody]) -> None:
    """Write what came of operations, in their transaction."""
    await _settle([(one.id, one.outcome, one.message, one.result_version) for one in known])


async def _settle(outcomes: Sequence[tuple[UUID, str, str | None, int | None]]) -> None:
    """Write outcomes."""
    if outcomes:
        await execute(SETTLE, *map(list, zip(*outcomes, strict=True)))


SETTLE = """
update sync_op set outcome = came.outcome, message = came.message, result_version = came.version, settled_at = clock_timestamp()
from unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) as came (id, outcome, message, version) where sync_op.id = came.id
"""

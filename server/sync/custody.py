"""What was taken in stays: each operation is a row for ever, with what came of it. Two functions decide whether one is new.

`found` looks operations up; `claim` takes one in. The primary key makes the second of two equal pushes wait for the first and then
see its outcome, so nothing is ever done twice.
"""

from collections.abc import Iterable
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


async def claim(taken: Taken, outcome: str, *, by: Actor, message: str | None = None) -> bool:
    """Take an operation in; return whether it was new. Call it first in the operation's transaction."""
    settled = taken.received_at if outcome in FINAL else None
    return await changed(
        "insert into sync_op (id, community_id, account_id, actor_name, device_id, seq, type, version, entity_id, hash, outcome,"
        " message, body, flags, made_at, effective_at, received_at, settled_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) on conflict (id) do nothing",
        taken.id, taken.community_id, by.account_id, by.name[:60], taken.device_id, taken.seq, taken.type, taken.version,
        taken.entity_id, taken.hash, outcome, message, taken.body, " ".join(taken.flags), taken.made_at, taken.effective_at,
        taken.received_at, settled,
    ) == 1  # fmt: skip


async def settle(id_: UUID, outcome: str, *, message: str | None = None, version: int | None = None) -> None:
    """Write what came of an operation, in its transaction."""
    await execute(
        "update sync_op set outcome = $2, message = $3, result_version = $4, settled_at = clock_timestamp() where id = $1",
        id_,
        outcome,
        message,
        version,
    )

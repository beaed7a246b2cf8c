"""Operations that our own code cannot carry out: a bug of ours is nothing a phone can mend by sending them again.

The first failure may be chance, so the operation is tried once more. After the second it is `stuck`: kept just as it came, out of the
phone's hands, until the office tries it again (`supervising.py`). The count stands outside the transaction that was rolled back.
"""

from uuid import UUID

import asyncpg

from server.db import changed, fetchval, transaction
from server.sync.custody import FAILED

TRIES = 2

PASSING = (
    asyncpg.TransactionRollbackError,  # a deadlock's victim
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    TimeoutError,
)


def is_passing(error: Exception) -> bool:
    """Tell whether `error` says nothing of the operation: the same may work the next time."""
    return isinstance(error, PASSING)


COUNT = """
insert into sync_failure (id, community_id, account_id) values ($1, $2, $3)
on conflict (id) do update set times = sync_failure.times + 1, failed_at = now() where sync_failure.account_id = excluded.account_id
returning times
"""


async def failed_again(id_: UUID, community_id: UUID, account_id: UUID | None) -> bool:
    """Count a failure of an operation; return whether it has had its tries."""
    return (await fetchval(COUNT, id_, community_id, account_id) or 0) >= TRIES


async def set_aside(id_: UUID, community_id: UUID, account_id: UUID | None) -> None:
    """Count a failure of an operation that is in custody and waits; after its last try it waits for the office."""
    async with transaction():
        if await failed_again(id_, community_id, account_id):
            await changed(
                "update sync_op set outcome = 'stuck', message = $2 where id = $1 and outcome = 'deferred'", id_, FAILED
            )


async def forget_failures(days: int) -> int:
    """Forget the count of what has not failed for `days`."""
    return await changed("delete from sync_failure where failed_at < now() - make_interval(days => $1)", days)

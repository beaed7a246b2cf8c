"""What sync does by itself: carries out what waited for photos, clears away what nobody needs any more, looks for phones in trouble."""

from typing import Any

import server.field.features  # noqa: F401 - registers the operations that wait
from server.db import changed, execute, fetch, transaction
from server.jobs.queue import JobRun, job
from server.sync.alerting import tell_of_trouble
from server.sync.carrying import carry_out_of
from server.sync.failing import forget_failures

TOMBSTONES_KEPT = 90
"""Days; a phone that has not asked for longer begins again."""

PIECES_KEPT = 30
"""Days an unfinished photo waits for its next piece."""

FAILURES_KEPT = 90
"""Days for which it is known how often an operation failed."""


@job("sync.tidy")
async def tidy(_run: JobRun) -> dict[str, Any]:
    """Clear away old tombstones, the pieces of photos that were given up, and old failures; return how many of each."""
    return {
        "tombstones": await clear_tombstones(),
        "photos": await clear_pieces(),
        "failures": await forget_failures(FAILURES_KEPT),
    }


async def clear_tombstones(days: int = TOMBSTONES_KEPT) -> int:
    """Forget what went from the feed more than `days` ago, and remember up to where in each scope."""
    old = "gone and changed_at < now() - make_interval(days => $1)"
    async with transaction():
        # The scopes first, as the numbering does, so that neither waits for the other for ever.
        await execute(
            f"select from sync_scope where scope in (select scope from sync_entry where {old}) order by scope for update",
            days,
        )
        cleared = await fetch(f"delete from sync_entry where {old} returning scope, seq", days)
        floors = {one["scope"]: one["seq"] for one in sorted(cleared, key=lambda one: int(one["seq"]))}
        await execute(
            "update sync_scope set floor = greatest(floor, cleared.seq)"
            " from unnest($1::text[], $2::bigint[]) as cleared (scope, seq) where sync_scope.scope = cleared.scope",
            list(floors),
            list(floors.values()),
        )
    return len(cleared)


async def clear_pieces(days: int = PIECES_KEPT) -> int:
    """Forget photos whose next piece has not come for `days`; the phone begins such a one again."""
    return await changed("delete from sync_blob where changed_at < now() - make_interval(days => $1)", days)


@job("sync.watch")
async def watch(_run: JobRun) -> dict[str, Any]:
    """Carry out what can be now, and tell of phones in trouble; return how many records and troubles."""
    return {"carried_out": await carry_out_all(), "told": await tell_of_trouble()}


async def carry_out_all() -> int:
    """Carry out operations whose photos have come though nobody was there to do it: the process that took the last one was killed."""
    query = "select distinct account_id, community_id from sync_op where outcome = 'deferred'"
    return sum([await carry_out_of(one["account_id"], one["community_id"]) for one in await fetch(query)])

"""What sync does by itself: carries out what waited for photos, clears away what nobody needs any more, looks for phones in trouble."""

from typing import Any
from uuid import UUID

import server.field.features  # noqa: F401 - registers the operations that wait
from server.db import changed, execute, fetch, held, row, transaction
from server.jobs.queue import JobRun, job
from server.security.actor import Actor
from server.security.sessions import Standing
from server.sync.carrying import carry_out_waiting
from server.sync.custody import LOST
from server.sync.supervising import tell_of_trouble

TOMBSTONES_KEPT = 90
"""Days; a phone that has not asked for longer begins again."""

PIECES_KEPT = 30
"""Days an unfinished photo waits for its next piece."""


@job("sync.tidy")
async def tidy(_run: JobRun) -> dict[str, Any]:
    """Clear away old tombstones and the pieces of photos that were given up; return how many of each."""
    return {"tombstones": await clear_tombstones(), "photos": await clear_pieces()}


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
    """Carry out what can be now, and tell of phones in trouble; return how many of each."""
    return {"carried_out": await carry_out_all(), "told": await tell_of_trouble()}


# Whoever made it is nobody there any more: it will never be carried out, so the office must see it.
NOBODY = """
update sync_op set outcome = 'rejected', message = $3, settled_at = clock_timestamp()
where account_id = $1 and community_id = $2 and outcome = 'deferred'
"""


async def carry_out_all() -> int:
    """Carry out operations whose photos have come though nobody was there to do it: the process that took the last one was killed."""
    done = 0
    query = "select distinct account_id, community_id from sync_op where outcome = 'deferred'"
    for waiting in await fetch(query):
        actor = await actor_of(waiting["account_id"], waiting["community_id"])
        if actor is not None:
            held().set_reach(",".join(str(id_) for id_, _name in actor.communities))
            done += await carry_out_waiting(actor)
        held().set_reach("*")
        if actor is None:
            done += await changed(NOBODY, waiting["account_id"], waiting["community_id"], LOST)
    return done


async def actor_of(account_id: UUID, community_id: UUID) -> Actor | None:
    """Return what an account is in a community today, or None."""
    found = await row(Standing, "select * from standing_of($1, $2)", account_id, community_id)
    held().set_reach("*")
    return found.actor() if found is not None and found.community_id == community_id else None

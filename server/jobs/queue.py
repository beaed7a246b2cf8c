"""The job table: enqueue, claim, finish."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import as_json
from server.db import execute, fetchval, row
from server.lib.formats import now
from server.lib.ids import uuid7

LEASE_SECONDS = 60
"""How long a claimed job is left alone; a worker that lives renews it, one that was killed loses it."""

CHANNEL = "neiye_jobs"


class JobRun(msgspec.Struct):
    """A claimed job, as its handler sees it."""

    id: UUID
    kind: str
    community_id: UUID | None
    args: Any
    attempts: int
    max_attempts: int
    created_by: UUID | None

    async def progress(self, done: int, total: int, result: dict[str, Any] | None = None) -> None:
        """Show people how far it is, and keep the lease."""
        await execute(
            "update job set done_count = $2, total_count = $3, result = coalesce($4, result),"
            " lease_until = now() + make_interval(secs => $5) where id = $1",
            self.id,
            done,
            total,
            as_json(result),
            LEASE_SECONDS,
        )


Handler = Callable[[JobRun], Awaitable[dict[str, Any] | None]]
handlers: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register a handler for jobs of `kind`. It may run more than once, so it must not mind. What it returns is kept."""

    def register(handler: Handler) -> Handler:
        if kind in handlers and handlers[kind] is not handler:
            raise ValueError(f"two handlers for the job {kind}")
        handlers[kind] = handler
        return handler

    return register


async def enqueue(
    kind: str,
    args: dict[str, Any],
    *,
    community_id: UUID | None = None,
    run_at: datetime | None = None,
    dedupe: str | None = None,
    max_attempts: int = 8,
    created_by: UUID | None = None,
) -> UUID | None:
    """Ask for a job, in the caller's transaction. With `dedupe`, one that already waits is enough (returns None)."""
    id_ = await fetchval(
        "insert into job (id, kind, args, community_id, state, run_at, dedupe, max_attempts, created_by)"
        " values ($1, $2, $3, $4, 'ready', $5, $6, $7, $8)"
        " on conflict (kind, dedupe) where state in ('ready', 'running') do nothing returning id",
        uuid7(),
        kind,
        as_json(args),
        community_id,
        run_at or now(),
        dedupe,
        max_attempts,
        created_by,
    )
    await execute(f"notify {CHANNEL}")
    return None if id_ is None else UUID(str(id_))


CLAIM = f"""
update job set state = 'running', attempts = attempts + 1, lease_until = now() + interval '{LEASE_SECONDS} seconds'
where id = (
    select id from job
    where (state = 'ready' and run_at <= now()) or (state = 'running' and lease_until < now() and attempts < max_attempts)
    order by run_at limit 1 for update skip locked
)
returning id, kind, community_id, args, attempts, max_attempts, created_by
"""

BURY = """
update job set state = 'dead', finished_at = now(), last_error = coalesce(last_error, 'the worker died each time')
where state = 'running' and lease_until < now() and attempts >= max_attempts
"""


async def claim() -> JobRun | None:
    """Take the next job that is due, or whose worker died; attempts count from here, so a poison job dies out."""
    await execute(BURY)
    claimed = await row(JobRun, CLAIM)
    if claimed is not None:
        claimed.args = msgspec.json.decode(claimed.args)
    return claimed


async def renew(run: JobRun) -> None:
    """Keep the lease of a job that is still being worked on."""
    await execute(
        "update job set lease_until = now() + make_interval(secs => $2) where id = $1 and attempts = $3 and state = 'running'",
        run.id,
        LEASE_SECONDS,
        run.attempts,
    )


async def finish(run: JobRun, result: dict[str, Any] | None) -> None:
    """Mark a job as done, unless its lease was lost to another worker meanwhile."""
    await execute(
        "update job set state = 'done', finished_at = now(), lease_until = null, last_error = null,"
        " result = coalesce($3, result) where id = $1 and attempts = $2 and state = 'running'",
        run.id,
        run.attempts,
        as_json(result),
    )


async def fail(run: JobRun, error: str) -> None:
    """Put a failed job back with a growing pause (2ⁿ s, jittered, one hour at most), or bury it."""
    await execute(
        "update job set last_error = $3, lease_until = null,"
        " state = case when attempts >= max_attempts then 'dead' else 'ready' end,"
        " finished_at = case when attempts >= max_attempts then now() end,"
        " run_at = now() + least(interval '1 hour', make_interval(secs => power(2, attempts) * (0.75 + random() / 2)))"
        " where id = $1 and attempts = $2 and state = 'running'",
        run.id,
        run.attempts,
        error[:2000],
    )


async def retry(id_: UUID) -> bool:
    """Give a dead job another life; return whether there was one."""
    found = await fetchval(
        "update job set state = 'ready', attempts = 0, run_at = now(), finished_at = null where id = $1 and state = 'dead'"
        " returning id",
        id_,
    )
    await execute(f"notify {CHANNEL}")
    return found is not None

"""The worker: claims jobs as they come, keeps the timetable, stops when told to."""

import asyncio
import contextlib
import logging
import traceback
from datetime import datetime

from server.db import DB, EVERYWHERE, execute, fetch, fetchval, is_away, transaction
from server.jobs.queue import CHANNEL, LEASE_SECONDS, JobRun, claim, enqueue, fail, finish, handlers, renew
from server.lib.formats import now
from server.recurring import TIMETABLE, Recurring, due_at

log = logging.getLogger("neiye.jobs")

IDLE_SECONDS = 5.0
CONCURRENCY = 2


async def run(stop: asyncio.Event | None = None) -> None:
    """Work until `stop` is set (for ever without one). The pool must be open."""
    stop = stop or asyncio.Event()
    wake = asyncio.Event()
    listener = asyncio.create_task(_listen(wake))
    workers = [asyncio.create_task(_work(stop, wake)) for _ in range(CONCURRENCY)]
    clock = asyncio.create_task(_keep_time(stop, wake))
    await stop.wait()
    wake.set()
    listener.cancel()
    clock.cancel()
    await asyncio.gather(*workers, listener, clock, return_exceptions=True)


async def _listen(wake: asyncio.Event) -> None:
    """Wake the workers when a job is committed; without the line, they look every few seconds anyway."""
    while True:
        with contextlib.suppress(OSError, Exception):
            line = await DB.get_new_connection()
            gone = asyncio.Event()
            line.add_termination_listener(lambda *_args, gone=gone: gone.set())
            try:
                await line.add_listener(CHANNEL, lambda *_args: wake.set())
                await gone.wait()
            finally:
                await line.close(timeout=1)
        await asyncio.sleep(1)


async def _work(stop: asyncio.Event, wake: asyncio.Event) -> None:
    """Take one job after another; when there is none, wait to be woken."""
    while not stop.is_set():
        try:
            busy = await run_one()
        except Exception as error:  # noqa: BLE001 - a worker goes on, whatever happens
            _complain("the worker could not claim a job", error)
            busy = False
            await asyncio.sleep(1)
        if not busy:
            wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), IDLE_SECONDS)


def _complain(what: str, error: Exception) -> None:
    """Log `error`; a database that is away comes back, and is no bug that needs a traceback."""
    if is_away(error):
        log.warning("%s: the database is away: %s", what, error)
    else:
        log.error(what, exc_info=error)


async def run_one() -> bool:
    """Claim and do one job; return whether there was one."""
    async with DB.scope(EVERYWHERE):
        run = await claim()
    if run is None:
        return False
    keeper = asyncio.create_task(_keep_lease(run))
    try:
        async with DB.scope(EVERYWHERE):
            result = await handlers[run.kind](run)
            await finish(run, result)
    except Exception as error:  # noqa: BLE001 - whatever a job raises is kept with it and shown on the screen
        log.warning("job %s (%s) failed: %s", run.kind, run.id, error)
        async with DB.scope(EVERYWHERE):
            await fail(run, "".join(traceback.format_exception(error)[-3:]))
    finally:
        keeper.cancel()
    return True


async def drain() -> int:
    """Do every job that is due now, one after another; return how many (for commands and tests)."""
    count = 0
    while await run_one():
        count += 1
    return count


async def _keep_lease(run: JobRun) -> None:
    """Renew the lease while the job runs."""
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        async with DB.scope(EVERYWHERE):
            await renew(run)


async def _keep_time(stop: asyncio.Event, wake: asyncio.Event) -> None:
    """Enqueue what the timetable says is due; several workers may look, one enqueues."""
    while not stop.is_set():
        try:
            if await keep_timetable():
                wake.set()
        except Exception as error:  # noqa: BLE001 - a worker goes on, whatever happens
            _complain("the timetable could not be kept", error)
        await asyncio.sleep(20)


async def keep_timetable(at: datetime | None = None) -> int:
    """Enqueue each recurring job whose time has come since it last ran; return how many. A missed time is made up once."""
    moment, count = at or now(), 0
    async with DB.scope(EVERYWHERE), transaction():
        if not await fetchval("select pg_try_advisory_xact_lock(7261914)"):
            return 0
        last = {
            record["kind"]: record["last_run_at"] for record in await fetch("select kind, last_run_at from timetable")
        }
        for entry in TIMETABLE:
            if due_at(entry, last.get(entry.kind)) <= moment:
                await _start(entry, moment)
                count += 1
    return count


async def _start(entry: Recurring, moment: datetime) -> None:
    """Enqueue one recurring job and note the time."""
    await enqueue(entry.kind, {}, dedupe="timetable", max_attempts=3)
    await execute(
        "insert into timetable (id, kind, last_run_at) values ($1, $2, $3)"
        " on conflict (id) do update set last_run_at = excluded.last_run_at",
        entry.id,
        entry.kind,
        moment,
    )

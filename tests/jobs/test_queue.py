"""Jobs: committed with the change, done at least once, buried when they kill their worker."""

import asyncio
import contextvars
from datetime import UTC, datetime, time, timedelta

import pytest

from server.db import DB, EVERYWHERE, execute, fetchrow, fetchval, transaction
from server.jobs.queue import JobRun, claim, enqueue, handlers, retry
from server.jobs.worker import drain, keep_timetable
from server.recurring import TIMETABLE, Recurring, due_at


@pytest.fixture
def done(monkeypatch) -> list[dict]:
    """A kind of job that notes its arguments, and fails when they say so."""
    seen: list[dict] = []

    async def handler(run: JobRun) -> dict:
        if run.args.get("fail"):
            raise RuntimeError("坏了")
        seen.append(run.args)
        return {"n": len(seen)}

    monkeypatch.setitem(handlers, "test.note", handler)
    return seen


async def ask(**args) -> None:
    async with DB.scope(EVERYWHERE), transaction():
        await enqueue("test.note", args)


async def test_a_job_rolled_back_is_never_done(db, done):
    async with DB.scope(EVERYWHERE):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await enqueue("test.note", {})
                raise ZeroDivisionError
    assert await drain() == 0


async def test_two_workers_do_each_job_once(db, done):
    for n in range(20):
        await ask(n=n)
    await asyncio.gather(*(asyncio.create_task(drain(), context=contextvars.Context()) for _ in range(3)))
    assert sorted(args["n"] for args in done) == list(range(20))


async def test_one_that_waits_is_enough(db, done):
    async with DB.scope(EVERYWHERE), transaction():
        assert await enqueue("test.note", {"n": 1}, dedupe="x") is not None
        assert await enqueue("test.note", {"n": 2}, dedupe="x") is None
    await drain()
    assert done == [{"n": 1}]


async def test_a_failed_job_waits_longer_each_time_and_keeps_its_error(db, done):
    await ask(fail=True)
    await drain()
    async with DB.scope(EVERYWHERE):
        job = await fetchrow(
            "select state, attempts, last_error, run_at > now() as later from job where kind = 'test.note'"
        )
    assert (job["state"], job["attempts"], job["later"]) == ("ready", 1, True)
    assert "坏了" in job["last_error"]


async def test_a_job_that_kills_its_worker_is_buried(db, done):
    async with DB.scope(EVERYWHERE), transaction():
        await enqueue("test.note", {}, max_attempts=3)
    async with DB.scope(EVERYWHERE):
        for _ in range(3):
            assert await claim() is not None
            await execute("update job set lease_until = now() - interval '1 second'")
        assert await claim() is None
        assert await fetchval("select state from job where kind = 'test.note'") == "dead"
        assert await retry(await fetchval("select id from job where kind = 'test.note'"))
    assert await drain() == 1


async def test_the_timetable_starts_each_job_once_and_makes_up_a_missed_time(db):
    assert await keep_timetable() == len(TIMETABLE)
    assert await keep_timetable() == 0
    assert await keep_timetable(datetime.now(UTC) + timedelta(days=3)) == len(TIMETABLE)


def test_a_daily_job_is_due_at_its_hour_in_china():
    entry = Recurring("x", "x", at=time(3, 10))
    last = datetime(2026, 11, 22, 19, 10, tzinfo=UTC)  # 03:10 on the 23rd in China
    assert due_at(entry, last) == datetime(2026, 11, 23, 19, 10, tzinfo=UTC)
    assert due_at(entry, last - timedelta(minutes=5)) == last

"""kill -9 of everything in turn while phones send photos: nothing acknowledged is lost, nothing is left running."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from server.db import DB, EVERYWHERE, database, fetch, fetchval, transaction
from server.jobs import enqueue
from tests.cast import CHEN, COMMUNITIES, HE, LIN, ZHOU
from tests.support.instance import Instance, neiye
from tests.survival.phones import Phone, phone_of

CHILDREN = ("children web", "postgres -D", "juicefs", "children worker")


@asynccontextmanager
async def crowd(url: str) -> AsyncIterator[list[Phone]]:
    """Let four people send photos all the time."""
    phones = [await phone_of(url, who) for who in (CHEN, HE, LIN, ZHOU)]
    enough = asyncio.Event()
    sending = [asyncio.create_task(phone.send_until(enough)) for phone in phones]
    try:
        yield phones
    finally:
        enough.set()
        await asyncio.gather(*sending)


async def until(happened: Callable[[], bool], seconds: float) -> None:
    """Return as soon as `happened()`; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.05)


async def more(phones: list[Phone], count: int) -> None:
    """Return when `count` more photos have been taken."""
    before = taken(phones)
    await until(lambda: taken(phones) >= before + count, 30)


def taken(phones: list[Phone]) -> int:
    """Return how many photos the server says it has."""
    return sum(len(phone.promised) for phone in phones)


async def ask_for_a_job(instance: Instance) -> UUID:
    """Enqueue a job that needs database and storage; return its id."""
    async with database(instance.parts.database_url, max_size=1), DB.scope(EVERYWHERE), transaction():
        id_ = await enqueue("storage.collect_orphans", {}, community_id=COMMUNITIES["阳光花园"])
    assert id_ is not None
    return id_


@pytest.mark.timeout(150)
async def test_nothing_acknowledged_is_lost_whatever_is_killed(inhabited: Instance) -> None:
    jobs = []
    async with crowd(inhabited.url) as phones:
        for words in CHILDREN:
            await more(phones, 8)
            jobs.append(await ask_for_a_job(inhabited))
            killed = inhabited.kill_child(words)
            await until(lambda words=words, killed=killed: inhabited.child(words) not in (None, killed), 20)
            await more(phones, 4)
        jobs.append(await ask_for_a_job(inhabited))
        inhabited.process.kill()
        inhabited.process.wait()
        await until(lambda: not inhabited.left_over(), 20)
        took = await asyncio.to_thread(inhabited.start_ready)
        await more(phones, 4)

    answers = sum((phone.answers for phone in phones), Counter())
    print(f"\n{taken(phones)} photos acknowledged, answers {dict(answers)}, restart {took:.1f} s")
    unclear = [name for name in answers if name.isdigit() and name not in {"201", "503"}]
    assert not unclear, inhabited.said()
    assert "Traceback" not in inhabited.said(), inhabited.said()
    await every_photo_is_there(inhabited, phones)
    await every_job_is_done(inhabited, jobs)
    checked = neiye("audit", "verify", "--json", "--data", str(inhabited.folder.path))
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout)["breaks"] == []


async def every_photo_is_there(instance: Instance, phones: list[Phone]) -> None:
    """Check rows and pictures: the same bytes as when each was first shown, and one row for each."""
    photos = [(phone, photo) for phone in phones for photo in phone.promised]
    shown = await asyncio.gather(*(phone.look(photo) for phone, photo in photos))
    lost = [photo.id for (_phone, photo), sha in zip(photos, shown, strict=True) if sha is None]
    changed = [photo.id for (_, photo), sha in zip(photos, shown, strict=True) if photo.served not in (None, sha)]
    assert (lost, changed) == ([], [])
    async with database(instance.parts.database_url, max_size=1), DB.scope(EVERYWHERE):
        rows = {str(record["id"]) for record in await fetch("select id from photo where size > 0")}
    assert {photo.id for _, photo in photos} <= rows


async def every_job_is_done(instance: Instance, jobs: list[UUID]) -> None:
    """Check that the jobs are done; those whose worker was killed are taken up when their lease has ended."""
    end = time.monotonic() + 30
    async with database(instance.parts.database_url, max_size=1), DB.scope(EVERYWHERE):
        await fetchval("update job set lease_until = now() where state = 'running'")  # a minute later
        while left := await fetch(
            "select kind, state, last_error from job where id = any ($1) and state <> 'done'", jobs
        ):
            assert time.monotonic() < end, left
            await asyncio.sleep(0.1)

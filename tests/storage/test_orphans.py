"""What nothing came of is collected, and nothing else."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.db import DB, EVERYWHERE, execute, fetch, fetchval, transaction
from server.jobs.queue import JobRun
from server.lib.formats import now
from server.storage import orphans
from server.storage.objects import ObjectStore, new_key
from server.storage.photos import attach
from tests.cast import CHEN, SUNSHINE
from tests.storage.pictures import encoded, picture
from tests.storage.sending import actor, uploaded


def run() -> Any:
    return orphans.collect_orphans(JobRun(uuid4(), "storage.collect_orphans", None, {}, 1, 8, None))


async def test_photos_unattached_for_a_week_go_with_their_objects(
    client_for: Callable[..., Any], store: ObjectStore
) -> None:
    chen = await client_for(CHEN)
    old, kept, fresh = [UUID((await uploaded(chen, encoded(picture(60 + n, 60))))["id"]) for n in range(3)]
    async with DB.scope(EVERYWHERE):
        async with transaction():
            await attach([kept], entity="thing", entity_id=uuid4(), role="report", by=actor(CHEN))
        await execute("update photo set created_at = now() - interval '8 days' where id = any ($1)", [old, kept])
        keys = {row["id"]: row["key"] for row in await fetch("select id, key from photo")}
        assert (await run())["photos"] == 1
        assert {row["id"] for row in await fetch("select id from photo")} == {kept, fresh}
        assert await fetchval("select after->>'photos' from audit where action = 'photo.collect'") == "1"
    there = {found.key for found in await store.listing(f"photos/{SUNSHINE}/")}
    assert keys[old] not in there
    assert {keys[kept], keys[fresh]} <= there


async def test_objects_that_no_row_knows_go_when_they_are_a_week_old(
    client_for: Callable[..., Any], store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "AT_ONCE", 2)
    await uploaded(await client_for(CHEN), encoded(picture(60, 60)))
    stray, other = [new_key(SUNSHINE) for _ in range(3)], f"documents/{uuid4()}"
    for key in [*stray, other]:
        await store.put(key, b"stray", "image/jpeg")
    async with DB.scope(EVERYWHERE):
        key = await fetchval("select key from photo")
        assert await orphans.collect_objects(now() - orphans.KEPT) == 0
        await orphans.collect_objects(now() + dt.timedelta(minutes=1))
    there = {found.key for found in await store.listing()}
    assert not there & set(stray)
    assert {key, other} <= there
    await store.remove([other])


async def test_a_night_with_nothing_to_collect_leaves_no_audit_row(db: str, store: ObjectStore) -> None:
    async with DB.scope(EVERYWHERE):
        assert await run() == {"photos": 0, "objects": 0}
        assert await fetchval("select count(*) from audit where action = 'photo.collect'") == 0

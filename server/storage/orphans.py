"""Photos that nothing came of are collected: a week after they were uploaded, their rows and objects go."""

import datetime as dt
from typing import Any

from server.audit.recording import record
from server.db import fetch, transaction
from server.jobs.queue import JobRun, job
from server.lib.formats import now
from server.security.actor import SYSTEM
from server.storage.objects import PHOTOS, THUMB, ObjectStore, Stat, object_store, thumb_key

KEPT = dt.timedelta(days=7)
KEPT_FOR_PHONES = dt.timedelta(days=60)
"""How long a photo from a phone's outbox waits for its operation: longer than any phone is without a signal."""

AT_ONCE = 500


@job("storage.collect_orphans")
async def collect_orphans(_run: JobRun) -> dict[str, Any]:
    """Remove unattached photos, and objects that no row knows (a server died in between); return how many of each."""
    before = now() - KEPT
    photos = await collect_rows(before) + await collect_rows(now() - KEPT_FOR_PHONES, "entity = 'sync'")
    objects = await collect_objects(before)
    if photos or objects:
        async with transaction():
            gone = {"photos": photos, "objects": objects}
            await record(SYSTEM, "photo.collect", community_id=None, entity="photo", after=gone)
    return {"photos": photos, "objects": objects}


async def collect_rows(before: dt.datetime, which: str = "entity_id is null") -> int:
    """Remove unattached photos uploaded before `before`: the row first, so that no page ever shows a missing picture."""
    total = 0
    while True:
        query = f"""delete from photo where id in (
            select id from photo where {which} and created_at < $1 limit {AT_ONCE} for update skip locked
        ) returning key"""
        keys = [found["key"] for found in await fetch(query, before)]
        if not keys:
            return total
        await object_store().remove([*keys, *map(thumb_key, keys)])
        total += len(keys)


async def collect_objects(before: dt.datetime) -> int:
    """Remove the photos' objects written before `before` whose key is in no row."""
    store, after, total = object_store(), "", 0
    while page := await store.listing(PHOTOS, after, AT_ONCE):
        total += await _remove_unknown(store, [found for found in page if found.written_at < before])
        after = page[-1].key
    return total


async def _remove_unknown(store: ObjectStore, page: list[Stat]) -> int:
    """Remove those objects of `page` that no row refers to; return how many."""
    keys = [found.key for found in page]
    photos = [key.removesuffix(THUMB) for key in keys]
    query = """select key from unnest($1::text[], $2::text[]) as there (key, of)
        where not exists (select from photo where photo.key = there.of)"""
    unknown = [found["key"] for found in await fetch(query, keys, photos)]
    return await store.remove(unknown) if unknown else 0

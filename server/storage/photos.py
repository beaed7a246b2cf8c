"""Photos: taken in, attached to what they prove, found again."""

import asyncio
import datetime as dt
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID, uuid5

import msgspec
from litestar.datastructures import UploadFile

from server.audit.recording import record
from server.db import DB, execute, fetchval, row, rows, system_reach, transaction
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.images import MAX_BYTES, TOO_BIG, Facts, PhotoRefused, Prepared, prepare, prepare_quickly, thumbnail
from server.storage.objects import ObjectMissing, StorageUnavailable, new_key, object_store, thumb_key

AT_ONCE = 8
"""Photos one process works on at the same time: at most that many times 15 MB in memory."""

PATIENCE = 20.0
"""Seconds a photo waits for its turn before its sender is asked to try again later."""

ON_ITS_WAY = "sync"
"""The entity of a photo that came from a phone's outbox under its own id, until its operation attaches it to something."""

MAX_AT_ONCE = 9
FORM_BYTES = 96 * 1024 * 1024
"""`request_max_body_size` of a route whose form takes photos without JavaScript."""

TRY_LATER = N_("照片暂时存不了，已留在手机上，稍后自动再传")
TRY_LATER_PLAIN = N_("照片暂时存不了，没有提交。请稍后再试，或先不带照片提交")
NOT_YOURS = N_("有照片已经找不到了，请重新添加")
TOO_MANY = N_("一次最多 9 张照片")

T = TypeVar("T")
_threads = ThreadPoolExecutor(max(2, min(4, os.cpu_count() or 2)), thread_name_prefix="photos")
_turns = asyncio.Semaphore(AT_ONCE)


Latitude = Annotated[Decimal, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[Decimal, msgspec.Meta(ge=-180, le=180)]


class StoredPhoto(msgspec.Struct, frozen=True):
    """A row of `photo`. The object at `key` is the photo, a JPEG of `size` bytes; its thumbnail is made at the first look."""

    id: UUID
    community_id: UUID
    sha256: str
    key: str
    content_type: str
    size: int
    width: int
    height: int
    taken_at: dt.datetime | None
    latitude: Decimal | None
    longitude: Decimal | None
    place: str | None
    account_id: UUID | None  #: None: somebody who is not signed in
    entity: str | None
    entity_id: UUID | None
    role: str | None
    sort: int
    created_at: dt.datetime

    @property
    def is_waiting(self) -> bool:
        """Whether the picture is still on the phone that promised it."""
        return self.size == 0


class Sent(msgspec.Struct):
    """One photo as a phone sends it. What the phone says of it counts only where the file itself says nothing.

    `is_expected`: a place is kept for it (`expect`, `attach`), so that is looked for first.
    """

    data: bytes
    id: UUID | None = None
    sha256: str | None = None
    taken_at: dt.datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    place: str | None = None
    is_expected: bool = False


class Garbled(ValueError):
    """The bytes that arrived are not those that were sent: send them again."""


class PhotosMissing(LookupError):
    """A photo to be attached is not there, not the actor's own, or already belongs to something else (see NOT_YOURS)."""


COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(StoredPhoto))


async def store_photos(
    files: Sequence[UploadFile], *, by: Actor, community_id: UUID | None = None, key: UUID | None = None
) -> list[StoredPhoto]:
    """Store the files of a plain form, in their order; call it outside of any transaction.

    `key` names the form: sent twice, its photos are the same photos.
    Raise PhotoRefused (with the message for the field) when one of them is no photo we take, StorageUnavailable when S3 is
    down; what was stored before that is collected a week later.
    """
    if len(files) > MAX_AT_ONCE:
        raise PhotoRefused(TOO_MANY)
    ids = [uuid5(key, f"photo {number}") if key else None for number in range(len(files))]
    return [
        await store(Sent(await read_whole(file), id=id_), by=by, community_id=community_id)
        for id_, file in zip(ids, files, strict=True)
    ]


async def read_whole(file: UploadFile) -> bytes:
    """Return the file's bytes and close it; raise PhotoRefused when there are too many."""
    try:
        data = await file.read(MAX_BYTES + 1)
    finally:
        await file.close()
    if len(data) > MAX_BYTES:
        raise PhotoRefused(TOO_BIG)
    return data


async def store(sent: Sent, *, by: Actor, community_id: UUID | None = None) -> StoredPhoto:
    """Check, clean and store one photo of the actor's; the same photo sent again is the same photo.

    Raise PhotoRefused, Garbled or StorageUnavailable; then nothing is stored.
    """
    held = DB.held.get()
    if held is not None:
        await held.release()  # pictures and S3 take their time; nobody else should wait for our connection meanwhile
    try:
        await asyncio.wait_for(_turns.acquire(), PATIENCE)
    except TimeoutError as error:
        raise StorageUnavailable("too many photos at once") from error
    try:
        ready = prepare_quickly(sent.data)
        if ready is None:
            ready = await _in_thread(prepare, sent.data)
        if sent.sha256 and sent.sha256.lower() != ready.sha256:
            raise Garbled(sent.sha256)
        return await _keep(sent, ready, by, community_id or by.here)
    finally:
        _turns.release()


async def _in_thread(work: Callable[[bytes], T], data: bytes) -> T:
    """Return what `work` makes of `data`, in one of the few threads for pictures."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work, data)


async def _keep(sent: Sent, ready: Prepared, by: Actor, community_id: UUID) -> StoredPhoto:
    """Write the object, then the row; when the photo is there already, take the object away again."""
    key = new_key(community_id)
    await object_store().put(key, ready.photo, "image/jpeg")
    values = _values(sent, ready, by, community_id, key)
    insert, fulfil = (
        partial(row, StoredPhoto, INSERT, *values),
        partial(row, StoredPhoto, FULFIL, values[0], *values[2:]),
    )
    first, second = (fulfil, insert) if sent.is_expected else (insert, fulfil)
    found = await first() or await second()
    if found is None:
        await object_store().remove([key])
        found = await row(StoredPhoto, AGAIN, sent.id, by.account_id, ready.sha256)
    if found is None:
        raise PhotoRefused(NOT_YOURS)  # the id is somebody else's: no phone of ours makes one twice
    return found


def _values(sent: Sent, ready: Prepared, by: Actor, community_id: UUID, key: str) -> tuple[object, ...]:
    """Return the arguments of INSERT and FULFIL."""
    facts, told = ready.facts, Facts(sent.taken_at, sent.latitude, sent.longitude)
    where = facts if facts.latitude is not None else told
    return (
        sent.id or uuid7(), community_id, ready.sha256, key, len(ready.photo), ready.width, ready.height,
        facts.taken_at or told.taken_at, where.latitude, where.longitude, sent.place, by.account_id,
    )  # fmt: skip


INSERT = f"""
insert into photo (id, community_id, sha256, key, content_type, size, width, height, taken_at, latitude, longitude, place,
    account_id, sort)
values ($1, $2, $3, $4, 'image/jpeg', $5, $6, $7, $8, $9, $10, $11, $12, 0)
on conflict do nothing returning {COLUMNS}
"""

# A promised photo (attach) has a row without a picture: it belongs to something already, the picture now arrives.
FULFIL = f"""
update photo set sha256 = $2, key = $3, size = $4, width = $5, height = $6, taken_at = $7, latitude = $8, longitude = $9,
    place = $10
where id = $1 and account_id = $11 and size = 0 returning {COLUMNS}
"""

AGAIN = f"""
select {COLUMNS} from photo
where account_id = $2 and (id = $1 or (sha256 = $3 and entity_id is null)) order by id = $1 desc nulls last limit 1
"""


async def attach(
    photo_ids: Iterable[UUID],
    *,
    entity: str,
    entity_id: UUID,
    role: str,
    by: Actor,
    community_id: UUID | None = None,
    waiting: Iterable[UUID] = (),
    written_as: Actor | None = None,
) -> int:
    """Attach the actor's own photos to an entity, in the order given; call it inside the transaction of the change.

    `waiting` are photos the phone has promised and not yet sent; each has its place until it arrives. `written_as`: who stands in the
    record, if the actor is to stay unknown. Return how many photos.
    Raise PhotosMissing when one of `photo_ids` is not an unattached photo of the actor's in this community (default: `by.here`).
    """
    stored, promised = list(dict.fromkeys(photo_ids)), list(dict.fromkeys(waiting))
    promised = [id_ for id_ in promised if id_ not in stored]
    if not stored and not promised:
        return 0
    if len(stored) + len(promised) > MAX_AT_ONCE * 2:
        raise PhotosMissing
    community = community_id or by.here
    async with transaction():
        start = await fetchval("select coalesce(max(sort), 0) from photo where entity_id = $1", entity_id)
        found: list[Attached] = []
        if stored:
            found = await rows(Attached, ATTACH, stored, by.account_id, community, entity, entity_id, role, start)
        if len(found) != len(stored):
            raise PhotosMissing
        if promised:
            found += await rows(
                Attached, PROMISE, promised, by.account_id, community, entity, entity_id, role, start + len(stored)
            )
        await record(
            written_as or by, "photo.attach", community_id=community, entity=entity, entity_id=entity_id,
            after={"role": role, "photos": [photo.id for photo in found], "waiting": len(promised)},
        )  # fmt: skip
    return len(found)


async def expect(photo_ids: Iterable[UUID], *, by: Actor, community_id: UUID) -> None:
    """Keep a place for photos that an outbox will send under these ids; `store` fills it, `attach` takes it over.

    Each has its own place even when two have the same bytes: both operations that show them must be able to attach theirs.
    """
    await adopt(photo_ids, by=by, community_id=community_id)
    await execute(EXPECT, list(photo_ids), by.account_id, community_id, ON_ITS_WAY)


async def adopt(photo_ids: Iterable[UUID], *, by: Actor, community_id: UUID) -> None:
    """Let photos that came before their operation, while their owner stood in another community, follow it to its own."""
    async with system_reach():
        await execute(ADOPT, list(photo_ids), by.account_id, community_id, ON_ITS_WAY)


ADOPT = """
update photo set community_id = $3
where id = any ($1::uuid[]) and account_id = $2 and community_id <> $3 and entity = $4
"""


EXPECT = """
insert into photo (id, community_id, sha256, key, content_type, size, width, height, account_id, entity, entity_id, sort)
select id, $3, '', 'waiting/' || id, 'image/jpeg', 0, 0, 0, $2, $4, id, 0 from unnest($1::uuid[]) as expected (id)
on conflict do nothing
"""


class Attached(msgspec.Struct):
    """A photo that has just been attached."""

    id: UUID


# Attached to this very thing already: the same form sent twice, which is no error.
ATTACH = """
update photo set entity = $4, entity_id = $5, role = $6, sort = $7 + array_position($1::uuid[], id)
where id = any ($1::uuid[]) and account_id is not distinct from $2 and community_id = $3
    and (entity_id is null or entity = 'sync' or (entity = $4 and entity_id = $5)) returning id
"""

PROMISE = """
insert into photo (id, community_id, sha256, key, content_type, size, width, height, account_id, entity, entity_id, role, sort)
select promised.id, $3, '', 'waiting/' || promised.id, 'image/jpeg', 0, 0, 0, $2, $4, $5, $6, $7 + promised.nth
from unnest($1::uuid[]) with ordinality as promised (id, nth)
on conflict (id) do update set entity = excluded.entity, entity_id = excluded.entity_id, role = excluded.role, sort = excluded.sort
where photo.account_id = excluded.account_id and photo.community_id = excluded.community_id
    and (photo.entity_id is null or photo.entity = 'sync')
returning id
"""


async def photos_of(entity: str, entity_ids: Iterable[UUID]) -> dict[UUID, list[StoredPhoto]]:
    """Return the photos of several entities, in their order; the caller knows that the actor may see these entities."""
    ids = list(entity_ids)
    found: dict[UUID, list[StoredPhoto]] = {id_: [] for id_ in ids}
    query = f"select {COLUMNS} from photo where entity = $1 and entity_id = any ($2::uuid[]) order by sort, id"
    for photo in await rows(StoredPhoto, query, entity, ids):
        if photo.entity_id is not None:
            found[photo.entity_id].append(photo)
    return found


async def unattached(photo_ids: Iterable[UUID], *, by: Actor) -> list[StoredPhoto]:
    """Return which of these photos are the actor's own and still wait for their form, in the order asked."""
    query = f"""select {COLUMNS} from photo where id = any ($1::uuid[]) and account_id = $2 and entity_id is null
        order by array_position($1::uuid[], id)"""
    return await rows(StoredPhoto, query, list(photo_ids), by.account_id)


async def discard(photo_id: UUID, *, by: Actor) -> bool:
    """Remove a photo of the actor's own that belongs to nothing yet; return whether there was one."""
    query = "delete from photo where id = $1 and account_id = $2 and entity_id is null returning key"
    key = await fetchval(query, photo_id, by.account_id)
    if key is not None:
        await object_store().remove([key, thumb_key(key)])
    return key is not None


# ---- Who may see a photo --------------------------------------------------------------------------------------------

Rule = Callable[[Actor, UUID], Awaitable[bool]]
_rules: dict[str, Rule] = {}


def photo_rule(entity: str) -> Callable[[Rule], Rule]:
    """Register who may see photos of `entity`: `@photo_rule("ticket") async def may_see(actor, ticket_id) -> bool`."""

    def register(rule: Rule) -> Rule:
        if _rules.get(entity, rule) is not rule:
            raise ValueError(f"two photo rules for {entity}")
        _rules[entity] = rule
        return rule

    return register


async def find(photo_id: UUID, *, by: Actor) -> StoredPhoto | None:
    """Return a photo that `by` may see, or None: the uploader until it is attached, then whom its entity's rule lets."""
    found = await row(StoredPhoto, f"select {COLUMNS} from photo where id = $1", photo_id)
    if found is None or found.is_waiting:
        return None
    if found.entity in (None, ON_ITS_WAY) and found.account_id == by.account_id:
        return found
    if found.entity is None or found.entity_id is None:
        return None
    rule = _rules.get(found.entity)
    return found if rule is not None and await rule(by, found.entity_id) else None


async def read_photo(photo: StoredPhoto, start: int = 0, length: int = 0) -> bytes:
    """Return the photo's bytes from `start` on (`length` 0: all); raise ObjectMissing or StorageUnavailable."""
    return await object_store().get(photo.key, start, length)


async def read_thumb(photo: StoredPhoto) -> bytes:
    """Return the thumbnail, made and stored when the first person looks; raise ObjectMissing or StorageUnavailable."""
    store = object_store()
    try:
        return await store.get(thumb_key(photo.key))
    except ObjectMissing:
        whole = await store.get(photo.key)
    try:
        made = await _in_thread(thumbnail, whole)
    except OSError as error:
        raise ObjectMissing(photo.key) from error
    await store.put(thumb_key(photo.key), made, "image/jpeg")
    return made

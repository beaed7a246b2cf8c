"""Photos on their way in: whole or in pieces, resumable, verified as a whole before the phone may let go of its bytes.

Header names and offsets as in the IETF draft on resumable uploads (draft-ietf-httpbis-resumable-upload). Pieces wait in the database, so that
any process can take the next one; when the last has come the photo goes the way of every photo (`server/storage/photos.py`).

A photo belongs where its operation was made, which may be a community that its owner stands in no more: each statement here names the
owner, so they run without the walls between communities.
"""

import hashlib
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import changed, execute, fetch, fetchval, row, system_reach, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.images import MAX_BYTES, TOO_BIG, PhotoRefused
from server.storage.photos import NOT_YOURS, Sent, expect, store

PIECE = 256 * 1024
"""Bytes of one piece; a phone on a bad network loses no more than one."""

WAITING_AT_ONCE = 64 * 1024 * 1024
"""Bytes of unfinished photos one person may leave with us."""


class State(msgspec.Struct, frozen=True):
    """How much of a photo has come. `complete`: it is verified and stored."""

    offset: int
    complete: bool = False


class WrongOffset(Exception):
    """The next piece must start at `state.offset`: 0 when what had come was not what it should be."""

    def __init__(self, state: State) -> None:
        super().__init__(state.offset)
        self.state = state


class TooMuch(Exception):
    """This person has too many unfinished photos here; later there will be room again."""


class Known(msgspec.Struct):
    """What is here of a photo already. `account_id`, `community_id`: of the row that waits for it, or holds it; `come`: bytes in pieces."""

    account_id: UUID | None
    community_id: UUID | None
    size: int | None
    come: int

    @property
    def state(self) -> State:
        """How much of the photo has come."""
        return State(self.size, complete=True) if self.size else State(self.come)

    def place(self, by: Actor) -> UUID:
        """Return the community the photo goes to: its operation's, if that is here already, else the one its owner stands in.

        Raise PhotoRefused when the id is that of somebody else's photo, NotFoundException for somebody who is nowhere.
        """
        if self.community_id is not None and self.account_id != by.account_id:
            raise PhotoRefused(NOT_YOURS)
        if self.community_id is not None:
            return self.community_id
        if by.community_id is None or by.account_id is None:
            raise NotFoundException
        return by.community_id


KNOWN = """
select photo.account_id, photo.community_id, case when photo.account_id = $2 and photo.sha256 = $3 then photo.size end as size,
    coalesce(blob.size, 0) as come
from (select $1::uuid as id) as asked left join photo on photo.id = asked.id
    left join sync_blob as blob on blob.photo_id = asked.id and blob.account_id = $2 and blob.sha256 = $3
"""


async def known(sha256: str, photo_id: UUID, by: Actor) -> Known:
    """Return what is here of a photo."""
    found = await row(Known, KNOWN, photo_id, by.account_id, sha256)
    assert found is not None
    return found


@system_reach()
async def state_of(sha256: str, photo_id: UUID, by: Actor) -> State:
    """Return how much of a photo has come."""
    return (await known(sha256, photo_id, by)).state


@system_reach()
async def put(sha256: str, photo_id: UUID, data: bytes, by: Actor) -> State:
    """Take a photo whole; raise as `append` does."""
    if len(data) > MAX_BYTES:
        raise PhotoRefused(TOO_BIG)
    there = await known(sha256, photo_id, by)
    return there.state if there.state.complete else await finish(sha256, photo_id, data, by, there)


@system_reach()
async def append(sha256: str, photo_id: UUID, start: int, piece: bytes, by: Actor, *, last: bool) -> State:
    """Take the piece that starts at byte `start`; after the last one verify and store the photo. One that is the whole photo is not kept meanwhile.

    Raise WrongOffset, TooMuch, PhotoRefused (it will never be taken) or StorageUnavailable (what has come in
    pieces stays, what came whole is to be sent again).
    """
    there = await known(sha256, photo_id, by)
    if there.state.complete:
        return there.state
    if start + len(piece) > MAX_BYTES:
        await forget(sha256, photo_id, by)
        raise PhotoRefused(TOO_BIG)
    if start == 0 and last:
        return await finish(sha256, photo_id, piece, by, there)
    async with transaction():
        blob = await _open(sha256, photo_id, by, there.place(by))
        if blob.size != start:
            raise WrongOffset(State(blob.size))
        if piece:
            await execute(
                "insert into sync_piece (id, community_id, blob_id, start, content) values ($1, $2, $3, $4, $5)",
                uuid7(), blob.community_id, blob.id, start, piece,
            )  # fmt: skip
            await changed(
                "update sync_blob set size = size + $2, changed_at = now() where id = $1", blob.id, len(piece)
            )
    there.come = start + len(piece)
    if not last:
        return there.state
    return await finish(sha256, photo_id, await _whole(blob.id), by, there)


class Blob(msgspec.Struct):
    """An unfinished photo."""

    id: UUID
    community_id: UUID
    size: int


async def _open(sha256: str, photo_id: UUID, by: Actor, place: UUID) -> Blob:
    """Return the unfinished photo, locked; begin it when there is none; raise TooMuch."""
    query = "select id, community_id, size from sync_blob where account_id = $1 and photo_id = $2 and sha256 = $3 for update"
    found = await row(Blob, query, by.account_id, photo_id, sha256)
    if found is not None:
        return found
    waiting = await fetchval("select coalesce(sum(size), 0) from sync_blob where account_id = $1", by.account_id)
    if waiting > WAITING_AT_ONCE:
        raise TooMuch
    await execute(
        "insert into sync_blob (id, community_id, account_id, sha256, photo_id) values ($1, $2, $3, $4, $5) on conflict do nothing",
        uuid7(), place, by.account_id, sha256, photo_id,
    )  # fmt: skip
    found = await row(Blob, query, by.account_id, photo_id, sha256)
    if found is None:
        raise PhotoRefused(NOT_YOURS)
    return found


async def _whole(blob_id: UUID) -> bytes:
    """Return all bytes that have come."""
    pieces = await fetch("select content from sync_piece where blob_id = $1 order by start", blob_id)
    return b"".join(bytes(piece["content"]) for piece in pieces)


async def finish(sha256: str, photo_id: UUID, data: bytes, by: Actor, there: Known) -> State:
    """Verify and store a photo; forget its pieces unless the store is away."""
    if hashlib.sha256(data).hexdigest() != sha256:
        await forget(sha256, photo_id, by)
        raise WrongOffset(State(0))
    place = there.place(by)
    if there.community_id is None:
        await expect([photo_id], by=by, community_id=place)
    try:
        sent = Sent(data, id=photo_id, sha256=sha256, is_expected=True)
        stored = await store(sent, by=by, community_id=place)
    except PhotoRefused:
        await forget(sha256, photo_id, by)
        raise
    if stored.id != photo_id or stored.sha256 != sha256:
        raise PhotoRefused(NOT_YOURS)
    if there.come:
        await forget(sha256, photo_id, by)
    return State(len(data), complete=True)


async def forget(sha256: str, photo_id: UUID, by: Actor) -> None:
    """Drop the pieces of a photo: it is stored, or will be sent from the start."""
    await execute(
        "delete from sync_blob where account_id = $1 and photo_id = $2 and sha256 = $3", by.account_id, photo_id, sha256
    )

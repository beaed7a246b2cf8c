"""Carries operations out: at once, or when the photos they cannot be without have come."""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException, PermissionDeniedException

from server.db import changed, fetch, fetchval, held, is_away, row, rows, system_reach, transaction
from server.security.actor import Actor
from server.security.sessions import Standing, actor_in
from server.storage.photos import PhotosMissing
from server.sync import reading
from server.sync.custody import LOST, PHOTO_NOT_YOURS, UNREADABLE, settle
from server.sync.failing import is_passing, set_aside
from server.sync.operations import Conflict, Op, Operation, Promised, Refusal, operations, upcast

log = logging.getLogger("neiye.sync")


class Settled(msgspec.Struct, frozen=True):
    """What came of an operation."""

    outcome: str
    message: str | None = None
    version: int | None = None


def op_of(
    sent: reading.Sent, operation: Operation, by: Actor, device_id: UUID, effective_at: datetime, flags: tuple[str, ...]
) -> Op:
    """Return what the feature gets: the arguments in the operation's present version."""
    return Op(
        id=sent.id,
        type=sent.type,
        entity_id=sent.entity,
        base_version=sent.base,
        args=upcast(operation, sent.version, reading.clean(sent.args)),
        photos=tuple(Promised(one.id, one.sha256, one.size, reading.CONTROL.sub("", one.role)) for one in sent.photos),
        by=msgspec.structs.replace(by, device_at=sent.made),
        device_id=device_id,
        made_at=sent.made,
        effective_at=effective_at,
        clock_offset=sent.offset,
        flags=flags,
    )


async def carry_out(operation: Operation, op: Op) -> Settled:
    """Do it, inside the operation's transaction; what was begun is taken back when it cannot be done."""
    try:
        async with transaction():
            done = await operation.carry_out(op)
    except Refusal as error:
        return Settled("rejected", error.message)
    except Conflict as error:
        return Settled("conflict", error.message)
    except (NotFoundException, PermissionDeniedException):
        return Settled("rejected", LOST)
    except PhotosMissing:
        return Settled("rejected", PHOTO_NOT_YOURS)
    return Settled("merged" if done.merged else "applied", None, done.version)


async def photos_are_there(photos: Iterable[reading.Photo], by: Actor) -> bool:
    """Tell whether every photo that an operation names has come, whole."""
    wanted = {one.id: one.sha256 for one in photos}
    if not wanted:
        return True
    here = await fetch(
        "select id, sha256 from photo where id = any ($1::uuid[]) and account_id = $2 and size > 0",
        list(wanted),
        by.account_id,
    )
    return {one["id"]: one["sha256"] for one in here} == wanted


class Waiting(msgspec.Struct):
    """An operation that waits for photos, or for another one that does."""

    id: UUID
    community_id: UUID
    device_id: UUID
    body: str
    effective_at: datetime
    flags: str


WAITING = """
select id, community_id, device_id, body, effective_at, flags from sync_op
where account_id = $1 and outcome = 'deferred' order by device_id, seq
"""


async def carry_out_waiting(by: Actor) -> int:
    """Carry out what has waited for photos and can be done now, in the order it was made; return how many.

    Each is carried out in the community it was made in, wherever `by` stands now. Who is nobody there any more leaves it to the job.
    """
    done, actors = 0, {by.community_id: by}
    for one in await rows(Waiting, WAITING, by.account_id):
        if one.community_id not in actors and (found := await actor_in(one.community_id, by)):
            actors[one.community_id] = found
        if (actor := actors.get(one.community_id)) is None:
            continue
        try:
            async with transaction():
                done += await _carry_out_one(one, actor)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("the operation %s still waits", one.id)
            if not is_passing(error):
                await set_aside(one.id, one.community_id, by.account_id)
    return done


async def _carry_out_one(one: Waiting, by: Actor) -> bool:
    """Carry out one that waits, unless somebody else just did or something is still missing."""
    state = "select outcome from sync_op where id = $1 for update"
    if await fetchval(state, one.id) != "deferred":
        return False
    sent = reading.operation(reading.parsed(one.body.encode()))
    operation = operations().get(sent.type) if sent else None
    if sent is None:
        await settle(one.id, "rejected", message=UNREADABLE)
        return True
    if operation is None:  # another process, of a newer version, took it in
        return False
    if not await is_free(sent.deps) or (operation.waits_for_photos and not await photos_are_there(sent.photos, by)):
        return False
    op = op_of(sent, operation, by, one.device_id, one.effective_at, tuple(one.flags.split()))
    settled = await carry_out(operation, op)
    await settle(one.id, settled.outcome, message=settled.message, version=settled.version)
    return True


async def is_free(deps: list[UUID]) -> bool:
    """Tell whether nothing that an operation builds on still waits, for photos or for the office."""
    if not deps:
        return True
    return not await fetchval(
        "select exists (select from sync_op where id = any ($1::uuid[]) and outcome in ('deferred', 'stuck'))", deps
    )


# Whoever made it is nobody there any more: it will never be carried out, so the office must see it.
NOBODY = """
update sync_op set outcome = 'rejected', message = $3, settled_at = clock_timestamp()
where account_id = $1 and community_id = $2 and outcome = 'deferred'
"""


async def carry_out_of(account_id: UUID, community_id: UUID) -> int:
    """Carry out what an account left waiting in a community, as whoever it is there today; return how many were settled."""
    async with system_reach():
        actor = await actor_of(account_id, community_id)
        if actor is None:
            return await changed(NOBODY, account_id, community_id, LOST)
        held().set_reach(",".join(str(id_) for id_, _name in actor.communities))
        return await carry_out_waiting(actor)


async def actor_of(account_id: UUID, community_id: UUID) -> Actor | None:
    """Return what an account is in a community today, or None."""
    found = await row(Standing, "select * from standing_of($1, $2)", account_id, community_id)
    held().reach_was_lost()  # the statement opened that community
    return found.actor() if found is not None and found.community_id == community_id else None

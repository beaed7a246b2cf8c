"""Which finished work is asked about: a rule, and a draw that anybody can repeat."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from server.db import execute, fetchval
from server.lib.formats import now
from server.lib.ids import uuid7

WITHIN = timedelta(days=3)
"""How soon after the work is accepted the owner is asked (the trade's service grades)."""


def lot(entity_id: UUID) -> int:
    """Return a thing's lot, 0 to 99: the same whoever draws, and nothing that anybody could choose."""
    return int.from_bytes(hashlib.sha256(entity_id.bytes).digest()[:8], "big") % 100


def reason_of(
    entity_id: UUID, percent: int, *, urgent: bool = False, leak: bool = False, poor: bool = False
) -> str | None:
    """Return why a repair is asked about, None when it is not: leaks, urgent and badly rated ones all, `percent` of the others."""
    if poor:
        return "poor"
    if leak:
        return "leak"
    if urgent:
        return "urgent"
    return "sample" if lot(entity_id) < percent else None


async def draw(
    community_id: UUID, entity: str, entity_id: UUID, reason: str, done_at: datetime | None, barred: Sequence[UUID] = ()
) -> None:
    """Note that somebody has to ask, in the transaction that finished the thing; twice is once. `barred`: accounts that did the work."""
    at = done_at or now()
    await execute(
        "insert into follow_up (id, community_id, entity, entity_id, reason, state, due_at, drawn_at, barred)"
        " values ($1, $2, $3, $4, $5, 'due', $6, $7, $8) on conflict (entity, entity_id) where state = 'due' do nothing",
        uuid7(),
        community_id,
        entity,
        entity_id,
        reason,
        at + WITHIN,
        at,
        list(barred),
    )


async def answered_by_owner(entity: str, entity_id: UUID, rating: str, respondent: str) -> None:
    """Note that the owner has said it of themselves, on their phone: nobody has to call any more."""
    await execute(
        "update follow_up set state = 'done', rating = $3, respondent = $4, called_at = now(), version = version + 1"
        " where entity = $1 and entity_id = $2 and state = 'due'",
        entity, entity_id, rating, respondent,
    )  # fmt: skip


async def void(entity: str, entity_id: UUID) -> None:
    """Note that nobody has to ask any more: the thing is being worked on again, and will be drawn again."""
    await execute(
        "update follow_up set state = 'void', version = version + 1 where entity = $1 and entity_id = $2 and state = 'due'",
        entity,
        entity_id,
    )


async def is_open(entity: str, entity_id: UUID) -> bool:
    """Whether somebody still has to ask about a thing."""
    query = "select exists (select from follow_up where entity = $1 and entity_id = $2 and state = 'due')"
    return bool(await fetchval(query, entity, entity_id))

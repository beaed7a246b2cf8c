"""The supervisor's word on what was not done in time: why a round was missed, and what was walked without a phone."""

import datetime as dt
from uuid import UUID

from server.audit.recording import record
from server.db import changed, execute, transaction
from server.patrols.board import find
from server.security.actor import Actor


class Overtaken(Exception):
    """The round is no longer as it was seen, or not one that this can be said of."""


async def explain(round_id: UUID, reason: str, *, by: Actor) -> None:
    """Write down why a round was missed; raise NotFoundException for a strange id, Overtaken when it was not missed."""
    async with transaction():
        before = await find(round_id, by=by)
        query = """update patrol_round set reason = $2, reason_by = $3, reason_at = now() where id = $1 and state = 'missed'"""
        if not await changed(query, round_id, reason, by.name):
            raise Overtaken
        await record(
            by, "patrol.explain", community_id=by.here, entity="patrol_round", entity_id=round_id,
            before={"reason": before.reason}, after={"reason": reason}, reason=reason,
        )  # fmt: skip


POINTS = """
update patrol_point set scanned_at = $2, received_at = now(), scanned_by = $3, done_at = $2, done_by = $3, grade = coalesce(grade, 'none'),
    reason = coalesce(reason, $4), signs = signs || '["backfilled"]'
where round_id = $1 and done_at is null
"""
ROUND = """
update patrol_round set state = case when found > 0 then 'abnormal' else 'late' end, started_at = coalesce(started_at, $2),
    finished_at = $2, signed = $3, reason = $4, reason_by = $5, reason_at = now(), signs = signs || '["backfilled"]',
    version = version + 1
where id = $1 and version = $6 and (state = 'missed' or ends_at < now() and state in ('pending', 'doing'))
"""


async def backfill(round_id: UUID, version: int, walked_by: str, at: dt.datetime, reason: str, *, by: Actor) -> None:
    """Write down that a round was walked after all, by whom and when; it carries the mark of it for ever.

    Raise NotFoundException for a strange id, Overtaken when the round has changed meanwhile or is still within its time.
    """
    async with transaction():
        before = await find(round_id, by=by)
        if not await changed(ROUND, round_id, at, walked_by, reason, by.name, version):
            raise Overtaken
        await execute(POINTS, round_id, at, walked_by, reason[:200])
        await record(
            by, "patrol.backfill", community_id=by.here, entity="patrol_round", entity_id=round_id,
            before={"state": before.state}, after={"state": "late", "signed": walked_by}, reason=reason,
        )  # fmt: skip

"""More time: asked for with a reason, granted or refused by another person."""

from datetime import datetime
from uuid import UUID

from server.db import execute, transaction
from server.hazards.changing import Effect, change
from server.hazards.events import exists
from server.hazards.finding import HazardView, find
from server.hazards.states import NotNow
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.ids import uuid7
from server.security.actor import Actor


async def extend(hazard_id: UUID, *, by: Actor, act: Act, until: datetime) -> HazardView:
    """Ask for time until `until`, later than the deadline, with the reason; raise NotNow when one waits or it is no later."""
    async with transaction():
        hazard = await find(hazard_id, by=by, lock=True)
        if act.id is not None and await exists(act.id):
            return hazard
        if until <= hazard.due_at:
            raise NotNow("until")
        effect = Effect(detail={"until": until}, brings=frozenset({"until"}), event="hazard_extension")
        hazard = await change(hazard_id, "extend", by=by, act=act, effect=effect)
        await execute(
            "insert into hazard_extension (id, community_id, hazard_id, reason, until, asked_by, asked_name, asked_at)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8)",
            act.id or uuid7(),
            hazard.community_id,
            hazard.id,
            act.note,
            until,
            by.account_id,
            by.name,
            act.at or now(),
        )
        return await find(hazard_id, by=by)


async def decide(
    hazard_id: UUID, *, by: Actor, act: Act, granted: bool, extension_id: UUID | None = None
) -> HazardView:
    """Grant or refuse the waiting request (`extension_id`: the one the actor saw); never one's own: states.OwnWork."""
    async with transaction():
        hazard = await find(hazard_id, by=by, lock=True)
        if act.id is not None and await exists(act.id):
            return hazard
        if extension_id is not None and extension_id != hazard.extension_id:
            raise NotNow("decide")
        waiting, until = hazard.extension_id, hazard.extension_until
        effect = Effect(
            values={"due_at": until} if granted else {},
            detail={"granted": granted, "until": until},
            event="hazard_extension_decided",
        )
        await change(hazard_id, "decide", by=by, act=act, effect=effect)
        await execute(
            "update hazard_extension set granted = $2, decided_by = $3, decided_name = $4, decided_at = $5 where id = $1",
            waiting,
            granted,
            by.account_id,
            by.name,
            act.at or now(),
        )
        return await find(hazard_id, by=by)

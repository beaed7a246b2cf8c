"""A second person looks at it: never who put it right; for a major hazard the company."""

from uuid import UUID

from server.hazards.changing import Effect, change
from server.hazards.finding import HazardView
from server.lib.acting import Act
from server.security.actor import Actor


async def inspect(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Say that one is on the way to look at it."""
    return await change(hazard_id, "inspect", by=by, act=act)


async def recheck(hazard_id: UUID, *, by: Actor, act: Act, passed: bool) -> HazardView:
    """Close it out (销号), or send it back with what is still wrong; both with a photo."""
    if passed:
        effect = Effect(values={"rechecked_by": by.account_id}, event="hazard_closed")
        return await change(hazard_id, "pass", by=by, act=act, effect=effect)
    return await change(hazard_id, "fail", by=by, act=act, effect=Effect(event="hazard_failed"))

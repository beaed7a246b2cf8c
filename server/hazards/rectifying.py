"""Putting it right, and proving it; and what anybody adds to the story."""

from typing import Any
from uuid import UUID

from server.hazards.changing import Effect, change
from server.hazards.finding import HazardView, find
from server.lib.acting import Act
from server.security.actor import Actor


async def start(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Begin the work. Whoever begins on what nobody was given has it."""
    hazard = await find(hazard_id, by=by)
    values: dict[str, Any] = {} if hazard.responsible_id else {"responsible_id": by.person_id}
    return await change(hazard_id, "start", by=by, act=act, effect=Effect(values=values))


async def submit(hazard_id: UUID, *, by: Actor, act: Act, cost: int | None = None) -> HazardView:
    """Hand the work in for the re-check: what was done, at least one photo of it, what it cost (分)."""
    values: dict[str, Any] = {"result": act.note, "submitted_by": by.account_id, "rechecked_by": None}
    values |= {} if cost is None else {"cost": cost}
    return await change(
        hazard_id,
        "submit",
        by=by,
        act=act,
        effect=Effect(values=values, detail={"cost": cost}, event="hazard_submitted"),
    )


async def note(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Add a note or photos, whatever the state: facts are never refused."""
    return await change(hazard_id, "note", by=by, act=act)

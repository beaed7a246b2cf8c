"""The office takes a hazard in, gives it a grade, and issues the notice of rectification 整改通知 with its deadline."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.hazards.changing import Effect, change
from server.hazards.finding import HazardView, find
from server.hazards.kinds import due_after, pace_of
from server.hazards.people import Hand, crew
from server.hazards.reporting import limits_here
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor


class NoSuchHand(LookupError):
    """The person puts no hazards right here today."""


async def register(
    hazard_id: UUID, *, by: Actor, act: Act, grade: str | None = None, category: str | None = None
) -> HazardView:
    """Take a report into the register; `grade` and `category` correct what the finder guessed, and with them the deadline."""
    hazard = await find(hazard_id, by=by)
    values: dict[str, Any] = {}
    detail: dict[str, Any] = {}
    if grade not in {None, hazard.grade} or category not in {None, hazard.category}:
        known = {"grade": grade or hazard.grade, "category": category or hazard.category}
        pace = pace_of(known["category"], known["grade"])
        due = due_after(pace, hazard.found_at, await limits_here(hazard.community_id))
        values, detail = known | {"pace": pace, "due_at": due}, known
    return await change(hazard_id, "register", by=by, act=act, effect=Effect(values=values, detail=detail))


async def notice(
    hazard_id: UUID,
    *,
    by: Actor,
    act: Act,
    responsible_id: UUID,
    pace: str,
    due_at: datetime | None = None,
    budget: int | None = None,
) -> HazardView:
    """Issue the notice: who puts it right, by when (`due_at`, else by the limit of `pace`), what it may cost (分).

    Raise NoSuchHand when the person works here no more.
    """
    hazard = await find(hazard_id, by=by)
    hand = await hand_of(hazard.community_id, responsible_id)
    due = due_at or due_after(pace, act.at or now(), await limits_here(hazard.community_id))
    values = {"responsible_id": hand.person_id, "pace": pace, "due_at": due, "demand": act.note}
    values |= {} if budget is None else {"budget": budget}
    effect = Effect(
        values=values,
        detail={"responsible": hand.person_id, "responsible_name": hand.name, "due_at": due},
        brings=frozenset({"responsible", "deadline"}),
        event="hazard_assigned",
    )
    return await change(hazard_id, "notice", by=by, act=act, effect=effect)


async def assign(hazard_id: UUID, *, by: Actor, act: Act, responsible_id: UUID) -> HazardView:
    """Give the rectification to somebody else; raise NoSuchHand."""
    hazard = await find(hazard_id, by=by)
    hand = await hand_of(hazard.community_id, responsible_id)
    effect = Effect(
        values={"responsible_id": hand.person_id},
        detail={"responsible": hand.person_id, "responsible_name": hand.name, "previous": hazard.responsible_id},
        brings=frozenset({"responsible"}),
        event="hazard_assigned",
    )
    return await change(hazard_id, "assign", by=by, act=act, effect=effect)


async def regrade(hazard_id: UUID, *, by: Actor, act: Act, grade: str) -> HazardView:
    """Call a hazard major or general after all, with the reason."""
    effect = Effect(
        values={"grade": grade}, detail={"grade": grade}, event="hazard_major" if grade == "major" else None
    )
    return await change(hazard_id, "grade", by=by, act=act, effect=effect)


async def dismiss(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Say that it is none (or reported already), with the reason."""
    return await change(hazard_id, "dismiss", by=by, act=act)


async def hand_of(community_id: UUID, person_id: UUID) -> Hand:
    """Return a member of the crew; raise NoSuchHand."""
    found = next((one for one in await crew(community_id) if one.person_id == person_id), None)
    if found is None:
        raise NoSuchHand(person_id)
    return found

"""The path of major hazards: keep people away at once, tell company and authority within the hour, then plan with all five 落实.

Also the report within a day of illegal decoration or storage that dissuasion did not end.
"""

from uuid import UUID

from server.hazards.changing import Effect, change
from server.hazards.finding import HazardView
from server.hazards.kinds import PLAN
from server.lib.acting import Act
from server.security.actor import Actor


async def isolate(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Say how people are kept away; it becomes the temporary measure."""
    return await change(hazard_id, "isolate", by=by, act=act, effect=Effect(values={"measure": act.note}))


async def tell_company(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Say whom of the company was told, and how."""
    return await change(hazard_id, "tell_company", by=by, act=act, effect=Effect(event="hazard_told"))


async def tell_authority(hazard_id: UUID, *, by: Actor, act: Act) -> HazardView:
    """Say which authority was told, and how (number of the receipt, name on the phone)."""
    return await change(hazard_id, "tell_authority", by=by, act=act, effect=Effect(event="hazard_told"))


async def dissuade(hazard_id: UUID, *, by: Actor, act: Act, helped: bool) -> HazardView:
    """Say who was talked to, and whether it helped; if not, the authority has to be told within a day."""
    effect = Effect(detail={"helped": helped}, event=None if helped else "hazard_not_dissuaded")
    return await change(hazard_id, "dissuade", by=by, act=act, effect=effect)


async def plan(hazard_id: UUID, *, by: Actor, act: Act, settled: dict[str, str]) -> HazardView:
    """Set the plan; `settled` has a text for each of the five: duty, measures, funds, term, emergency."""
    complete = {name: settled.get(name, "") for name in PLAN}
    brings = frozenset({"plan"}) if all(complete.values()) else frozenset()
    return await change(hazard_id, "plan", by=by, act=act, effect=Effect(values={"plan": complete}, brings=brings))

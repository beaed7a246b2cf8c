"""How every step changes a hazard: rule, row, event, photos, audit and notice, all in one transaction."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.audit.recording import as_json, record
from server.db import execute, transaction
from server.hazards import states
from server.hazards.events import add_event, exists
from server.hazards.finding import HazardView, doer_of, find
from server.hazards.states import NotNow, Step
from server.jobs.queue import enqueue
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor
from server.storage.photos import attach

SETTABLE = frozenset(
    {
        "responsible_id", "due_at", "pace", "grade", "category", "measure", "demand", "budget", "cost", "plan", "result",
        "submitted_by", "rechecked_by", "ticket_id",
    }
)  # fmt: skip

PHOTO_ROLES = {"report": "before", "submit": "after", "pass": "recheck", "fail": "recheck"}
"""What the photos of a step show; those of any other step just belong to it ("note")."""


class Overtaken(Exception):
    """Somebody else was first: the hazard is not what the actor saw. `hazard` is what it is now."""

    def __init__(self, hazard: HazardView, verb: str) -> None:
        super().__init__(verb)
        self.hazard = hazard
        self.verb = verb


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one step sets beyond its row in the table: columns, what its event tells, the notice to send."""

    values: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    brings: frozenset[str] = frozenset()
    event: str | None = None


NOTHING = Effect()


def role_of(verb: str) -> str:
    """Return the role of a step's photos."""
    return PHOTO_ROLES.get(verb, "note")


async def change(
    hazard_id: UUID, verb: str, *, by: Actor, act: Act, effect: Effect = NOTHING, system: bool = False
) -> HazardView:
    """Take the step `verb`; return the hazard after it.

    A step made on an older version counts when it is still possible: then nothing of anybody's is lost. Raise NotFoundException
    for a stranger, Overtaken when somebody was faster and it no longer fits, states.Refused when it never did or is not theirs.
    """
    assert set(effect.values) <= SETTABLE
    async with transaction():
        hazard = await find(hazard_id, by=by, lock=True)
        if act.id is not None and await exists(act.id):
            return hazard
        step = _allowed(hazard, verb, by, act, effect, system)
        moment = act.at or now()
        state = step.target or hazard.state
        await _write(hazard, step, state, moment, effect.values)
        ids = [str(id_) for id_ in act.photos.ids]
        detail = {"version": hazard.version + 1} | ({"photos": ids} if ids else {}) | effect.detail
        await add_event(
            hazard.id, verb, state, by=by, community_id=hazard.community_id, id_=act.id, note=act.note, detail=detail,
            happened_at=moment,
        )  # fmt: skip
        await attach(
            act.photos.stored, entity="hazard", entity_id=hazard.id, role=role_of(verb), by=by,
            community_id=hazard.community_id, waiting=act.photos.waiting,
        )  # fmt: skip
        await _audit(hazard, verb, state, by, act, effect.values)
        if effect.event:
            await notify(effect.event, hazard, by, effect.detail)
        return await find(hazard.id, by=by)


def _allowed(hazard: HazardView, verb: str, by: Actor, act: Act, effect: Effect, system: bool) -> Step:
    """Return the step's row; raise Overtaken or states.Refused when this actor may not take it now."""
    brings = effect.brings | ({"note"} if act.note else set()) | ({"photo"} if act.photos.ids else set())
    try:
        return states.check(verb, hazard.standing, doer_of(by), brings, system=system)
    except NotNow:
        if act.base is not None and act.base < hazard.version:
            raise Overtaken(hazard, verb) from None
        raise


async def _write(hazard: HazardView, step: Step, state: str, moment: dt.datetime, values: dict[str, Any]) -> None:
    """Update the locked row: its state, the time of the step, and the columns that are meant."""
    stamped = values | ({step.stamps: moment} if step.stamps else {})
    columns = "".join(f", {name} = ${index}" for index, name in enumerate(stamped, start=4))
    query = f"update hazard set state = $2, version = version + 1{columns} where id = $1 and version = $3"
    arguments = [as_json(value) if name == "plan" else value for name, value in stamped.items()]
    await execute(query, hazard.id, state, hazard.version, *arguments)


async def _audit(hazard: HazardView, verb: str, state: str, by: Actor, act: Act, values: dict[str, Any]) -> None:
    """Write the audit row of a step."""
    await record(
        by,
        f"hazard.{verb}",
        community_id=hazard.community_id,
        entity="hazard",
        entity_id=hazard.id,
        before={"state": hazard.state} | {name: getattr(hazard, name) for name in values},
        after={"state": state} | values,
        reason=act.note,
        device_at=act.device_at,
    )


async def notify(event: str, hazard: HazardView, by: Actor, detail: dict[str, Any] | None = None) -> None:
    """Ask, in the transaction of the change, that those concerned are told of it."""
    facts = {"number": hazard.number, "summary": hazard.summary, "place": hazard.place, "grade": hazard.grade}
    await enqueue(
        "hazards.tell",
        {"event": event, "hazard_id": hazard.id, "by": by.account_id, "facts": facts, "detail": detail or {}},
        community_id=hazard.community_id,
        created_by=by.account_id,
    )

"""How every step changes a complaint: rule, row, event, photos, audit and notices, all in one transaction."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from server.audit.recording import as_json, record
from server.complaints import states
from server.complaints.finding import ComplaintView, find, parties
from server.complaints.states import NotNow, Step
from server.complaints.telling import tell_of
from server.db import changed, execute, fetchval, row, rows, transaction
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets.events import post_of

SETTABLE = frozenset(
    {"handler_id", "cause", "due_at", "last_by", "major", "replied_at", "result", "verdict", "reopened", "escalation", "closed_at"}
)  # fmt: skip

NOBODY = N_("匿名业主")


class Overtaken(Exception):
    """Somebody else was first. `case` is what the complaint is now."""

    def __init__(self, case: ComplaintView, verb: str) -> None:
        super().__init__(verb)
        self.case, self.verb = case, verb


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one step sets beyond its row in the table: columns, what its event tells, the notice to send."""

    values: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    brings: frozenset[str] = frozenset()
    event: str | None = None


NOTHING = Effect()


class Event(msgspec.Struct):
    """One step as it is told."""

    id: UUID
    kind: str
    state: str
    account_id: UUID | None
    actor_name: str
    actor_post: str | None
    note: str | None
    detail: Any
    at: dt.datetime

    def __post_init__(self) -> None:
        """Read the JSON that the database hands out as text."""
        if isinstance(self.detail, str):
            self.detail = msgspec.json.decode(self.detail)


async def events_of(complaint_id: UUID) -> list[Event]:
    """Return what happened to a complaint, the newest first; the caller of this has found it for somebody."""
    columns = ", ".join(one.name for one in msgspec.structs.fields(Event))
    return await rows(
        Event, f"select {columns} from complaint_event where complaint_id = $1 order by at desc, id desc", complaint_id
    )


async def change(
    complaint_id: UUID, verb: str, *, by: Actor, act: Act, effect: Effect = NOTHING, system: bool = False
) -> ComplaintView:
    """Take the step `verb`; return the complaint after it. The same step (`act.id`) sent twice is done once.

    Raise NotFoundException for a stranger, Overtaken when somebody was faster and it no longer fits, states.Refused otherwise.
    """
    assert set(effect.values) <= SETTABLE
    async with transaction():
        case = await find(complaint_id, by=by, lock=True)
        if act.id is not None and await fetchval("select exists (select from complaint_event where id = $1)", act.id):
            return case
        step = _allowed(case, verb, by, act, effect, system)
        state, moment = step.target or case.state, act.at or now()
        values = effect.values | ({step.stamps: moment} if step.stamps else {})
        columns = "".join(f", {name} = ${index}" for index, name in enumerate(values, start=4))
        await changed(
            f"update complaint set state = $2, version = version + 1{columns} where id = $1 and version = $3",
            case.id, state, case.version, *values.values(),
        )  # fmt: skip
        doer = await written_as(case.id, by)
        ids = [str(id_) for id_ in act.photos.ids]
        detail = effect.detail | ({"photos": ids} if ids else {})
        await add_event(case.id, case.community_id, verb, state, by=doer, act=act, detail=detail)
        await attach(
            act.photos.stored, entity="complaint", entity_id=case.id, role="note", by=by, community_id=case.community_id,
            waiting=act.photos.waiting, written_as=doer,
        )  # fmt: skip
        await record(
            doer, f"complaint.{verb}", community_id=case.community_id, entity="complaint", entity_id=case.id,
            before={"state": case.state} | {name: getattr(case, name, None) for name in effect.values},
            after={"state": state} | effect.values, reason=act.note, device_at=act.device_at,
        )  # fmt: skip
        if effect.event:
            await tell_of(effect.event, case.id, by=by, detail=effect.detail | {"note": act.note or ""})
        return await find(case.id, by=by)


def _allowed(case: ComplaintView, verb: str, by: Actor, act: Act, effect: Effect, system: bool) -> Step:
    """Return the step's row; raise Overtaken or states.Refused when this actor may not take it now."""
    known = frozenset({states.SYSTEM}) if system else parties(by, case)
    try:
        return states.check(verb, case.standing, known, effect.brings | ({"note"} if act.note else set()))
    except NotNow:
        if act.base is not None and act.base < case.version:
            raise Overtaken(case, verb) from None
        raise


async def add_event(
    complaint_id: UUID, community_id: UUID, kind: str, state: str, *, by: Actor, act: Act, detail: dict[str, Any]
) -> None:
    """Write what happened."""
    await execute(
        "insert into complaint_event (id, community_id, complaint_id, kind, state, account_id, actor_name, actor_post, note,"
        " detail, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        act.id or uuid7(), community_id, complaint_id, kind, state, by.account_id, by.name, post_of(by), act.note,
        as_json(detail), act.at or now(),
    )  # fmt: skip


async def written_as(complaint_id: UUID, by: Actor) -> Actor:
    """Return who is written down for a step: of an anonymous complaint its maker is nobody, in the record, too (no name, no address)."""
    found = await row(Hidden, "select anonymous, filer_account_id from complaint where id = $1", complaint_id)
    is_maker = found is not None and found.anonymous and found.filer_account_id == by.account_id
    return nameless(by) if is_maker else by


class Hidden(msgspec.Struct):
    """Whether who made a complaint is to stay unknown, and who it is."""

    anonymous: bool
    filer_account_id: UUID | None


def nameless(by: Actor) -> Actor:
    """Return an actor without anything by which they could be known."""
    return msgspec.structs.replace(
        by, account_id=None, person_id=None, name=NOBODY, session_id=None, ip=None, device_id=None, room_ids=(), posts=frozenset()
    )  # fmt: skip

"""Measures: decided on the strength of a figure, done by somebody until a day, followed up in the months after."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, execute, fetchrow, fetchval, row, rows, transaction
from server.hazards.people import Hand, staff
from server.lib.formats import local, now, today
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.lib.searching import patterns
from server.notices.telling import tell
from server.quality import months
from server.quality.figures import say
from server.quality.notes import Fixed, Stale, counted, note_of
from server.quality.sections import SECTIONS, aims
from server.security.actor import Actor

STATES = {"open": N_("进行中"), "done": N_("已完成"), "dropped": N_("已取消")}
VIEWS = {
    "open": (N_("进行中"), "measure.state = 'open'"),
    "late": (N_("已逾期"), "measure.state = 'open' and due_on < (now() at time zone 'Asia/Shanghai')::date"),
    "done": (N_("已完成"), "measure.state = 'done'"),
    "dropped": (N_("已取消"), "measure.state = 'dropped'"),
    "all": (N_("全部"), "true"),
}


class Measure(msgspec.Struct):
    """A measure with the name of who does it."""

    id: UUID
    month: str
    what: str
    aim: str
    before: Decimal | None
    target: Decimal | None
    person_id: UUID
    person_name: str
    due_on: dt.date
    state: str
    proof: str | None
    decided_at: dt.datetime
    decided_name: str
    ended_at: dt.datetime | None
    ended_name: str | None
    version: int

    @property
    def is_late(self) -> bool:
        """Whether it should be done by now."""
        return self.state == "open" and self.due_on < today()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is decided: in the report of which month, what, to change which figure, who does it, until when, to what."""

    month: str
    what: str
    aim: str
    person_id: UUID
    due_on: dt.date
    target: Decimal | None = None


class Impossible(ValueError):
    """A decision cannot be meant so; `args[0]` is the field: aim, person_id or due_on."""


COLUMNS = ", ".join(
    "person.name as person_name" if field.name == "person_name" else f"measure.{field.name}"
    for field in msgspec.structs.fields(Measure)
)
JOINED = "report_measure as measure join person on person.id = measure.person_id"


async def hands(community_id: UUID) -> list[Hand]:
    """Return whom a measure can be given to: who holds a post here today."""
    return [one for one in await staff(community_id) if one.posts != ["admin"]]


async def find(measure_id: UUID, *, by: Actor, lock: bool = False) -> Measure:
    """Return a measure of those who read reports, or one's own; raise NotFoundException."""
    query = f"""select {COLUMNS} from {JOINED} where measure.id = $1 and measure.community_id = $2
        and ($3 or measure.person_id = $4){" for update of measure" if lock else ""}"""
    found = await row(Measure, query, measure_id, by.here, by.can("report.read"), by.person_id)
    if found is None:
        raise NotFoundException
    return found


async def of_report(community_id: UUID, month: str) -> list[Measure]:
    """Return what a report shows: what it decided itself, what the month before did, and what was still open from earlier ones."""
    query = f"""select {COLUMNS} from {JOINED} where measure.community_id = $1 and measure.month <= $2
        and (measure.month >= $3 or measure.ended_at is null or measure.ended_at >= $4)
        order by measure.month desc, measure.decided_at, measure.id limit 200"""
    return await rows(Measure, query, community_id, month, months.before(month), months.starts(month))


async def listed(by: Actor, view: str, text: str, number: int) -> Page[Measure]:
    """Return one page of all measures, those due first first."""
    condition = (
        f"measure.community_id = $1 and {VIEWS[view][1]} and concat_ws(' ', what, person.name) ilike all ($2::text[])"
    )
    words = patterns(text)
    total = await fetchval(f"select count(*) from {JOINED} where {condition}", by.here, words)
    order = "due_on, measure.id" if view in ("open", "late") else "ended_at desc nulls first, due_on, measure.id"
    query = (
        f"select {COLUMNS} from {JOINED} where {condition} order by {order} limit {PAGE_SIZE} offset {offset(number)}"
    )
    return Page(await rows(Measure, query, by.here, words), total, number)


async def tallies(community_id: UUID) -> dict[str, int]:
    """Return how many measures each view shows."""
    chips = ", ".join(f"count(*) filter (where {condition}) as {name}_" for name, (_label, condition) in VIEWS.items())
    found = await fetchrow(f"select {chips} from report_measure as measure where community_id = $1", community_id)
    assert found is not None
    return {name: found[f"{name}_"] for name in VIEWS}


async def decide(decision: Decision, *, by: Actor, at: dt.datetime | None = None) -> UUID:
    """Decide a measure, and tell who has to do it; return its id.

    Raise Impossible for a figure, person or day that cannot be meant, Fixed when the report is fixed already.
    """
    if not by.can("report.decide"):
        raise NotFoundException
    moment, section, _dot, key = at or now(), *decision.aim.partition(".")
    async with transaction():
        if (await note_of(by.here, decision.month)).fixed_at is not None:
            raise Fixed
        hand = next((one for one in await hands(by.here) if one.person_id == decision.person_id), None)
        _check(decision, hand, moment)
        figures = await counted(by.here, decision.month, is_fixed=False)
        before = SECTIONS[section].value_of(figures[section], key)
        id_ = uuid7()
        await execute(
            "insert into report_measure (id, community_id, month, what, aim, before, target, person_id, due_on, state, decided_at,"
            " decided_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11)",
            id_, by.here, decision.month, decision.what, decision.aim, before, decision.target, decision.person_id, decision.due_on,
            moment, by.name,
        )  # fmt: skip
        await record(
            by, "report.decide", community_id=by.here, entity="report_measure", entity_id=id_,
            after={
                "month": decision.month, "what": decision.what, "aim": decision.aim, "before": before, "target": decision.target,
                "person_id": decision.person_id, "due_on": decision.due_on,
            },
        )  # fmt: skip
        if hand and hand.account_id and hand.account_id != by.account_id:
            facts = {"what": decision.what, "due": decision.due_on.isoformat()}
            await tell(
                [hand.account_id],
                "measure_decided",
                facts,
                link=f"/quality/measures/{id_}",
                entity_id=id_,
                community_id=by.here,
            )
        return id_


def _check(decision: Decision, hand: Hand | None, moment: dt.datetime) -> None:
    """Raise Impossible when a decision names a figure or person that is not there, or a day that is over."""
    if decision.aim not in aims():
        raise Impossible("aim")
    if hand is None:
        raise Impossible("person_id")
    if decision.due_on < local(moment).date():
        raise Impossible("due_on")


def may_end(measure: Measure, by: Actor) -> bool:
    """Whether somebody may say that a measure is done: who does it, and who decides."""
    return measure.state == "open" and (by.can("report.decide") or measure.person_id == by.person_id)


async def end(
    measure_id: UUID,
    state: Literal["done", "dropped"],
    proof: str,
    *,
    by: Actor,
    version: int,
    at: dt.datetime | None = None,
) -> Measure:
    """Say what was done, or (who decides alone) why it is dropped; return the measure. Raise Stale, NotFoundException."""
    async with transaction():
        seen = await find(measure_id, by=by, lock=True)
        if not may_end(seen, by) or (state == "dropped" and not by.can("report.decide")):
            raise Stale if seen.state != "open" else NotFoundException
        query = """update report_measure set state = $3, proof = $4, ended_at = $5, ended_name = $6, version = version + 1
            where id = $1 and version = $2 and state = 'open'"""
        if not await changed(query, measure_id, version, state, proof, at or now(), by.name):
            raise Stale
        await record(
            by, "report.complete" if state == "done" else "report.drop", community_id=by.here, entity="report_measure",
            entity_id=measure_id, before={"state": "open"}, after={"state": state}, reason=proof,
        )  # fmt: skip
        return await find(measure_id, by=by)


@dataclass(frozen=True)
class Followed:
    """A measure as a report shows it: its figure when it was decided, the target, the figure now, and whether that is reached."""

    measure: Measure
    label: str
    before: str
    target: str
    after: str
    reached: bool | None  #: None: no target, or nothing to compare with


def followed(measure: Measure, figures: dict[str, Any] | None = None) -> Followed:
    """Return a measure beside what the sections have counted of the report's month (None: nothing to compare with)."""
    label, unit, better = aims().get(measure.aim, (measure.aim, "件", 0))
    section, _dot, key = measure.aim.partition(".")
    known = figures is not None and section in figures
    after = SECTIONS[section].value_of(figures[section], key) if figures and known else None
    reached = None
    if after is not None and measure.target is not None and better:
        reached = (after - measure.target) * better >= 0
    return Followed(measure, label, say(measure.before, unit), say(measure.target, unit), say(after, unit), reached)

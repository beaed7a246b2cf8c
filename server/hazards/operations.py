"""What a phone may do to a hazard. Each operation is checked with the phone's own reducer, then carried out as the desk's forms are.

Notes, photos and what was done to keep people safe are facts: they are added, whatever happened meanwhile. A step made on an older
version counts when it is still possible; else it is a conflict that says who did what, and nothing that was typed or photographed is lost.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.field.documents import load
from server.field.reducers import reduce
from server.hazards import extending, majors, noticing, rechecking, rectifying, states, words
from server.hazards.changing import Overtaken
from server.hazards.events import events_of
from server.hazards.finding import HazardView, find
from server.hazards.kinds import PLAN
from server.hazards.noticing import NoSuchHand
from server.hazards.reducers import MISSING, NOT_NOW, OWN_REQUEST, OWN_WORK, text
from server.hazards.reporting import Report, report
from server.lib.acting import Act, Carried
from server.lib.i18n import N_
from server.sync.operations import ENTITY, Applied, Conflict, Op, Refusal, operation

NOT_YOURS = N_("这一步要由别的同事来做")
FACTS = frozenset({"isolate", "tell_company", "tell_authority", "dissuade"})
"""What is kept as a note when somebody else has done it already."""

TARGET = {"hazard": ENTITY}
Json = dict[str, Any]
Verb = Callable[[Op, Act, Json], Awaitable[HazardView]]


def act_of(op: Op) -> Act:
    """Return what comes with an operation's step."""
    return Act(
        note=text({"args": op.args}, "note") or None,
        photos=carried(op),
        base=op.base_version,
        id=op.id,
        at=op.effective_at,
        device_at=op.made_at,
    )


def carried(op: Op) -> Carried:
    """Return an operation's photos, which may come before or after it."""
    return Carried(waiting=tuple(photo.id for photo in op.photos))


def reduced(doc: Json | None, op: Op) -> Json:
    """Return the document after the operation; raise Refusal."""
    new = reduce("hazard", doc, op.plain())
    assert new is not None
    return new


def moment(milliseconds: int) -> datetime:
    """Return a document's moment."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@operation("hazard.report", N_("上报隐患"), targets=TARGET)
async def carry_report(op: Op) -> Applied:
    """Make a hazard."""
    doc = reduced(None, op)
    new = Report(
        id=op.entity_id,
        category=doc["category"],
        grade=doc["grade"],
        source=doc["source"],
        place=doc["place"],
        text=doc["description"],
        measure=doc["measure"] or None,
        round_id=as_id(doc["round"]),
        checkpoint_id=as_id(doc["checkpoint"]),
    )
    hazard = await report(new, carried(op), by=op.by, at=op.effective_at, event_id=op.id, device_at=op.made_at)
    return Applied(hazard.version)


def as_id(value: str) -> UUID | None:
    """Return a text as an id, or None when it is none."""
    try:
        return UUID(value)
    except ValueError:
        return None


async def carry(op: Op, verb: str, take: Verb) -> Applied:
    """Carry out one step; raise NotFoundException for a stranger, Refusal, or Conflict with who did what."""
    hazard = await find(op.entity_id, by=op.by, lock=True)
    merged = op.base_version < hazard.version
    late = merged and not states.fits(verb, hazard.standing)
    if late and verb in FACTS and hazard.state in states.STEPS[verb].sources:
        return Applied((await rectifying.note(hazard.id, by=op.by, act=act_of(op))).version, merged=True)
    if late:
        raise Conflict(words.overtaken((await events_of([hazard.id]))[hazard.id]))
    doc = (await load("hazard", [hazard.id], op.by))[hazard.id]
    new = reduced(doc, op)
    try:
        return Applied((await take(op, act_of(op), new)).version, merged)
    except Overtaken:
        raise Conflict(words.overtaken((await events_of([hazard.id]))[hazard.id])) from None
    except NoSuchHand:
        raise Refusal(MISSING["responsible"]) from None
    except states.Refused as error:
        raise Refusal(said(error, verb)) from None


def said(error: states.Refused, verb: str) -> str:
    """Return why the rules do not allow a step, as a message."""
    if isinstance(error, states.OwnWork):
        return OWN_REQUEST if verb == "decide" else OWN_WORK
    if isinstance(error, states.NotYours):
        return NOT_YOURS
    return MISSING[error.args[0]] if isinstance(error, states.Missing) else NOT_NOW


def step(type_: str, label: str) -> Callable[[Verb], Verb]:
    """Register an operation whose verb has the name of its type."""

    def register(take: Verb) -> Verb:
        async def carry_out(op: Op) -> Applied:
            return await carry(op, verb_of(op), take)

        operation(type_, label, targets=TARGET)(carry_out)
        return take

    return register


def verb_of(op: Op) -> str:
    """Return the verb of an operation; a re-check is two."""
    verb = op.type.split(".")[1]
    return ("fail" if op.args.get("result") == "fail" else "pass") if verb == "recheck" else verb


PLAIN: dict[str, tuple[str, Callable[..., Awaitable[HazardView]]]] = {
    "hazard.start": (N_("开始整改"), rectifying.start),
    "hazard.submit": (N_("提交整改"), rectifying.submit),
    "hazard.inspect": (N_("前往复查"), rechecking.inspect),
    "hazard.note": (N_("补充说明"), rectifying.note),
    "hazard.isolate": (N_("隔离现场"), majors.isolate),
    "hazard.tell_company": (N_("报告公司"), majors.tell_company),
    "hazard.tell_authority": (N_("报告主管部门"), majors.tell_authority),
}
"""The steps that bring nothing but words and photos: what each is called, and what does it."""


def plain(take: Callable[..., Awaitable[HazardView]]) -> Verb:
    """Return a step that needs only who takes it and what comes with it."""

    async def carry_plain(op: Op, act: Act, _new: Json) -> HazardView:
        return await take(op.entity_id, by=op.by, act=act)

    return carry_plain


for type_, (label, take) in PLAIN.items():
    step(type_, label)(plain(take))


@step("hazard.register", N_("登记隐患"))
async def carry_register(op: Op, act: Act, new: Json) -> HazardView:
    """Take it into the register."""
    return await noticing.register(op.entity_id, by=op.by, act=act, grade=new["grade"], category=new["category"])


@step("hazard.notice", N_("下发整改通知"))
async def carry_notice(op: Op, act: Act, new: Json) -> HazardView:
    """Issue the notice."""
    person = as_id(new["responsible"])
    if person is None:
        raise NoSuchHand(new["responsible"])
    due = moment(new["due"])
    return await noticing.notice(op.entity_id, by=op.by, act=act, responsible_id=person, pace=new["pace"], due_at=due)


@step("hazard.recheck", N_("复查隐患"))
async def carry_recheck(op: Op, act: Act, new: Json) -> HazardView:
    """Close it out or send it back."""
    return await rechecking.recheck(op.entity_id, by=op.by, act=act, passed=new["state"] == "closed")


@step("hazard.extend", N_("申请延期"))
async def carry_extend(op: Op, act: Act, new: Json) -> HazardView:
    """Ask for more time."""
    return await extending.extend(op.entity_id, by=op.by, act=act, until=moment(new["extension"]["until"]))


@step("hazard.decide", N_("审批延期"))
async def carry_decide(op: Op, act: Act, _new: Json) -> HazardView:
    """Grant or refuse it."""
    seen = as_id(text({"args": op.args}, "extension"))
    return await extending.decide(
        op.entity_id, by=op.by, act=act, granted=op.args["granted"] == "yes", extension_id=seen
    )


@step("hazard.dissuade", N_("劝阻"))
async def carry_dissuade(op: Op, act: Act, _new: Json) -> HazardView:
    """Talk to them."""
    return await majors.dissuade(op.entity_id, by=op.by, act=act, helped=op.args["helped"] == "yes")


@step("hazard.plan", N_("制定整改方案"))
async def carry_plan(op: Op, act: Act, new: Json) -> HazardView:
    """Settle all five."""
    return await majors.plan(op.entity_id, by=op.by, act=act, settled={name: new["plan"][name] for name in PLAN})

"""The steps of a hazard at the desk: one path for each, GET where there is something to fill in.

Somebody may have been faster: then the answer is 409 with what happened, and what was typed and photographed stays.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.hazards import extending, majors, noticing, rechecking, rectifying, states, ticketing, words
from server.hazards.changing import Overtaken
from server.hazards.events import events_of
from server.hazards.finding import READERS, HazardView, doer_of, find
from server.hazards.forms import StepForm
from server.hazards.kinds import CATEGORIES, GRADES, PACES, PLAN, end_of
from server.hazards.noticing import NoSuchHand
from server.hazards.operations import said
from server.hazards.people import crew
from server.hazards.reducers import NOT_LATER, NOT_NOW
from server.hazards.reporting import limits_here
from server.hazards.showing import faces
from server.hazards.words import STEP_LABELS
from server.lib.acting import Act
from server.lib.forms import REQUIRED, Form, blank, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can
from server.storage.links import photos_again
from server.storage.photos import FORM_BYTES, NOT_YOURS, PhotosMissing
from server.tickets.forms import carried

VERBS_OF = {"recheck": ("pass", "fail")} | {verb: (verb,) for verb in STEP_LABELS if verb != "recheck"}
"""The verbs behind each page; a re-check is one page with two ends."""

FIELD_OF = {"photo": "photos", "deadline": "pace", "plan": "duty"}
"""The field beside which it is said what is missing, where it has another name."""

ASKED = {"recheck": "result", "decide": "granted", "dissuade": "helped", "grade": "grade", "assign": "responsible",
         "notice": "responsible", "extend": "until"}  # fmt: skip
"""The choice a page cannot do without."""

Take = Callable[[UUID, Actor, Act, StepForm], Awaitable[HazardView]]


class HazardSteps(Controller):
    """What people do with a hazard."""

    path = "/hazards/{hazard_id:uuid}/steps/{name:str}"
    guards = (can(*READERS),)

    @get("/")
    async def ask(self, request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID, name: str) -> Response[Any]:
        """Show the form of a step, if the hazard is in a state for it; else lead back to the hazard."""
        hazard = await find_for(hazard_id, actor, name)
        if not offered(hazard, actor, name):
            return Redirect(f"/hazards/{hazard_id}", status_code=303)
        return await step_page(request, actor, hazard, name, blank())

    @post("/", request_max_body_size=FORM_BYTES)
    async def take(self, request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID, name: str) -> Response[Any]:
        """Take the step."""
        hazard = await find_for(hazard_id, actor, name)
        form = await read_form(request, StepForm)
        photos = await carried(form, actor)
        if form.struct is not None and name in ASKED and getattr(form.struct, ASKED[name]) is None:
            form.fail(ASKED[name], _(REQUIRED))
        if form.ok:
            act = Act(note=form.data.note, photos=photos, base=form.data.version)
            answer = await attempt(request, actor, hazard, name, act, form)
            if answer is not None:
                return answer
        return await step_page(request, actor, await find(hazard_id, by=actor), name, form, 422)


async def find_for(hazard_id: UUID, actor: Actor, name: str) -> HazardView:
    """Return a hazard whose step `name` may be this actor's; raise NotFoundException for a stranger and for no step."""
    if name not in VERBS_OF:
        raise NotFoundException
    return await find(hazard_id, by=actor)


def offered(hazard: HazardView, actor: Actor, name: str) -> bool:
    """Whether the actor may take the step now."""
    return bool(set(VERBS_OF[name]) & set(states.verbs_of(doer_of(actor), hazard.standing)))


async def attempt(
    request: Request[Any, Any, Any], actor: Actor, hazard: HazardView, name: str, act: Act, form: Form[StepForm]
) -> Response[Any] | None:
    """Take the step and lead to the hazard; return None after noting in the form what is wrong."""
    try:
        await STEPS[name](hazard.id, actor, act, form.data)
    except Overtaken as error:
        return await overtaken_page(request, actor, error, name, form)
    except states.Missing as error:
        form.fail(FIELD_OF.get(error.args[0], error.args[0]), _(said(error, VERBS_OF[name][0])))
    except states.OwnWork as error:
        form.fail("note", _(said(error, VERBS_OF[name][0])))
    except states.NotYours:
        raise NotFoundException from None
    except states.NotNow as error:
        form.fail("until" if name == "extend" and error.args == ("until",) else "note", _(said_now(error)))
    except PhotosMissing:
        form.fail("photos", _(NOT_YOURS))
    except NoSuchHand:
        form.fail("responsible", _("请从列表中选择"))
    else:
        return Redirect(f"/hazards/{hazard.id}", status_code=303)
    return None


def said_now(error: states.NotNow) -> str:
    """Return why a step does not follow, as a message."""
    return NOT_LATER if error.args == ("until",) else NOT_NOW


async def overtaken_page(
    request: Request[Any, Any, Any], actor: Actor, error: Overtaken, name: str, form: Form[Any]
) -> Response[Any]:
    """Say who was faster (409), with what was typed and photographed, to be copied or added as a note."""
    events = (await events_of([error.hazard.id]))[error.hazard.id]
    return page(
        request,
        "hazards/overtaken.html",
        409,
        hazard=error.hazard,
        news=words.sentence(events[0]),
        happened_at=events[0].happened_at,
        form=form,
        photos=await photos_again(form, by=actor),
        label=_(STEP_LABELS[name]),
        **faces(error.hazard),
    )


async def step_page(
    request: Request[Any, Any, Any], actor: Actor, hazard: HazardView, name: str, form: Form[Any], status: int = 200
) -> Response[Any]:
    """Answer with the form of a step."""
    gives = name in {"notice", "assign"}
    return page(
        request,
        "hazards/step.html",
        status,
        hazard=hazard,
        step=name,
        label=_(STEP_LABELS[name]),
        form=form,
        photos=await photos_again(form, by=actor),
        people=[(str(one.person_id), one.name) for one in await crew(actor.here)] if gives else [],
        limits=await limits_here(actor.here) if name == "notice" else {},
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
        grades=[(key, _(label)) for key, label in GRADES.items()],
        paces=PACES,
        plan_parts=PLAN,
        ticket_id=form.value("ticket") or uuid7(),
        **faces(hazard),
    )


# ---- What each step calls -------------------------------------------------------------------------------------------


def fen(yuan: Decimal | None) -> int | None:
    """Return an amount in 分, rounded half up as people do; None for none."""
    return None if yuan is None else int((yuan * 100).quantize(Decimal(1), "ROUND_HALF_UP"))


async def _register(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await noticing.register(id_, by=by, act=act, grade=data.grade, category=data.category)


async def _notice(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    if data.pace is None and data.due is None:
        raise states.Missing("deadline")
    if not act.note:
        raise states.Missing("note")
    assert data.responsible is not None
    due = end_of(data.due) if data.due else None
    return await noticing.notice(
        id_,
        by=by,
        act=act,
        responsible_id=data.responsible,
        pace=data.pace or "usual",
        due_at=due,
        budget=fen(data.budget),
    )


async def _assign(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    assert data.responsible is not None
    return await noticing.assign(id_, by=by, act=act, responsible_id=data.responsible)


async def _grade(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    assert data.grade is not None
    return await noticing.regrade(id_, by=by, act=act, grade=data.grade)


async def _dismiss(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await noticing.dismiss(id_, by=by, act=act)


async def _start(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await rectifying.start(id_, by=by, act=act)


async def _submit(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await rectifying.submit(id_, by=by, act=act, cost=fen(data.cost))


async def _note(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    if not act.note and not act.photos.ids:
        raise states.Missing("note")
    return await rectifying.note(id_, by=by, act=act)


async def _inspect(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await rechecking.inspect(id_, by=by, act=act)


async def _recheck(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await rechecking.recheck(id_, by=by, act=act, passed=data.result == "pass")


async def _extend(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    assert data.until is not None
    return await extending.extend(id_, by=by, act=act, until=end_of(data.until))


async def _decide(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await extending.decide(id_, by=by, act=act, granted=data.granted == "yes", extension_id=data.extension)


async def _isolate(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await majors.isolate(id_, by=by, act=act)


async def _tell_company(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await majors.tell_company(id_, by=by, act=act)


async def _tell_authority(id_: UUID, by: Actor, act: Act, _data: StepForm) -> HazardView:
    return await majors.tell_authority(id_, by=by, act=act)


async def _dissuade(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await majors.dissuade(id_, by=by, act=act, helped=data.helped == "yes")


async def _plan(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    return await majors.plan(id_, by=by, act=act, settled={part: getattr(data, part) or "" for part in PLAN})


async def _ticket(id_: UUID, by: Actor, act: Act, data: StepForm) -> HazardView:
    if not act.note:
        raise states.Missing("note")
    return await ticketing.make_ticket(id_, by=by, act=act, ticket_id=data.ticket or uuid7(), text=act.note)


STEPS: dict[str, Take] = {
    "register": _register, "notice": _notice, "assign": _assign, "grade": _grade, "dismiss": _dismiss, "start": _start,
    "submit": _submit, "note": _note, "inspect": _inspect, "recheck": _recheck, "extend": _extend, "decide": _decide,
    "isolate": _isolate, "tell_company": _tell_company, "tell_authority": _tell_authority, "dissuade": _dissuade,
    "plan": _plan, "ticket": _ticket,
}  # fmt: skip

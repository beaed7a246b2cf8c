"""The steps of a ticket over HTTP: one path per step, GET where there is something to fill in.

Somebody may have been faster: then the answer is 409 with what happened, and what was typed and photographed stays.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.lib.acting import Act
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can, in_community
from server.storage.links import photos_again
from server.storage.photos import FORM_BYTES, NOT_YOURS, PhotosMissing
from server.tickets import accepting, dispatching, states, words
from server.tickets.changing import Overtaken
from server.tickets.dispatching import NoSuchRepairman
from server.tickets.events import events_of
from server.tickets.finding import TicketView, find, parties, sees_contact
from server.tickets.forms import CancelForm, ConfirmForm, DispatchForm, ReworkForm, StepForm, carried
from server.tickets.kinds import LEVELS
from server.tickets.showing import faces

Done = Coroutine[Any, Any, TicketView]
FormPage = Callable[..., Awaitable[Response[Any]]]


class Steps(Controller):
    """What people do with a ticket."""

    path = "/tickets/{ticket_id:uuid}"
    guards = (in_community,)

    @post("/intake", guards=[can("ticket.assign")])
    async def accept(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Take a report in."""
        return await one_tap(request, actor, ticket_id, dispatching.accept)

    @get("/assignment", guards=[can("ticket.assign")])
    async def choose(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Show who could be given the job."""
        return await assignment_page(request, actor, ticket_id)

    @post("/assignment", guards=[can("ticket.assign")])
    async def dispatch(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Give the job to a repairman, or to another one."""
        form = await read_form(request, DispatchForm)
        if not form.ok:
            return await assignment_page(request, actor, ticket_id, form)
        data = form.data
        act = Act(base=data.version, note=data.note)
        step = dispatching.dispatch(ticket_id, data.repairman, by=actor, act=act, level=data.level)
        return await attempt(request, actor, ticket_id, step, form, assignment_page)

    @get("/acceptance")
    async def review(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask how the work is."""
        return await confirm_page(request, actor, ticket_id)

    @post("/acceptance")
    async def confirm(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Accept the work."""
        form = await read_form(request, ConfirmForm)
        await ask_who_said_so(form, actor, ticket_id)
        if not form.ok:
            return await confirm_page(request, actor, ticket_id, form)
        data = form.data
        act = Act(base=data.version, note=data.note)
        step = accepting.confirm(ticket_id, by=actor, act=act, rating=data.rating)
        return await attempt(request, actor, ticket_id, step, form, confirm_page)

    @get("/rework")
    async def rework_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask what is still wrong."""
        return await rework_page(request, actor, ticket_id)

    @post("/rework", request_max_body_size=FORM_BYTES)
    async def rework(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Send the repairman again."""
        form = await read_form(request, ReworkForm)
        photos = await carried(form, actor)
        if not form.ok:
            return await rework_page(request, actor, ticket_id, form)
        act = Act(base=form.data.version, note=form.data.note, photos=photos)
        step = accepting.rework(ticket_id, by=actor, act=act)
        return await attempt(request, actor, ticket_id, step, form, rework_page)

    @get("/cancellation")
    async def cancel_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask why the report is taken back."""
        return await cancel_page(request, actor, ticket_id)

    @post("/cancellation")
    async def cancel(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Take the report back."""
        form = await read_form(request, CancelForm)
        if not form.ok:
            return await cancel_page(request, actor, ticket_id, form)
        step = accepting.cancel(ticket_id, by=actor, act=Act(base=form.data.version, note=form.data.note))
        return await attempt(request, actor, ticket_id, step, form, cancel_page)


# ---- Doing it -------------------------------------------------------------------------------------------------------


async def one_tap(
    request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID, step: Callable[..., Done]
) -> Response[Any]:
    """Take a step that needs nothing but the version the actor saw."""
    form = await read_form(request, StepForm)
    version = form.data.version if form.ok else 0
    return await attempt(request, actor, ticket_id, step(ticket_id, by=actor, act=Act(base=version)), form)


async def attempt(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    step: Done,
    form: Form[Any],
    again: FormPage | None = None,
) -> Response[Any]:
    """Take the step and lead to the ticket; or say what stands in the way, with everything typed kept."""
    try:
        await step
    except Overtaken as error:
        return await overtaken_page(request, actor, error, form, again)
    except PhotosMissing:
        form.fail("photos", _(NOT_YOURS))
    except NoSuchRepairman as error:
        form.fail(
            "repairman",
            _("在班的人里没有会修这一类的，请选一位") if error.args == (ticket_id,) else _("请选择另一位维修工"),
        )
    else:
        return Redirect(f"/tickets/{ticket_id}", status_code=303)
    assert again is not None
    return await again(request, actor, ticket_id, form)


async def overtaken_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    error: Overtaken,
    form: Form[Any],
    again: FormPage | None,
) -> Response[Any]:
    """Say who was faster (409). When the step is still possible its form is shown again, else what was typed, to be copied."""
    events = (await events_of([error.ticket.id]))[error.ticket.id]
    news = next(words.sentence(one, actor) for one in events if one.kind != "close")
    still = error.verb in states.verbs_of(error.ticket.standing, parties(actor, error.ticket))
    if still and again is not None:
        form.values.pop("version", None)
        return await again(request, actor, error.ticket.id, form, news=news, status=409)
    return page(
        request,
        "tickets/overtaken.html",
        409,
        ticket=error.ticket,
        news=news,
        happened_at=events[0].at,
        typed=form.value("note"),
        photos=await photos_again(form, by=actor),
        **faces(error.ticket, actor),
    )


async def ask_who_said_so(form: Form[ConfirmForm], actor: Actor, ticket_id: UUID) -> None:
    """Ask the office for a note when it accepts work in somebody's home: who said on the phone that it is good."""
    ticket = await find(ticket_id, by=actor)
    own_word = states.JUDGE in parties(actor, ticket) or ticket.location == "common"
    if form.struct is not None and not own_word and not form.struct.note:
        form.fail("note", _("请写明是谁、怎么确认的，例如 电话问过业主"))


# ---- The forms ------------------------------------------------------------------------------------------------------


async def step_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    verbs: tuple[str, ...],
    template: str,
    form: Form[Any] | None,
    news: str,
    status: int,
    **more: Any,
) -> Response[Any]:
    """Return a step's form, if the ticket is in a state for it; else lead back to the ticket."""
    ticket = await find(ticket_id, by=actor)
    known = parties(actor, ticket)
    if not any(states.STEPS[verb].parties & known for verb in verbs):
        raise NotFoundException
    if not any(states.may(verb, ticket.standing, known) for verb in verbs):
        if form is None:
            return Redirect(f"/tickets/{ticket_id}", status_code=303)
        return await overtaken_page(request, actor, Overtaken(ticket, verbs[0]), form, None)
    return page(
        request,
        template,
        status or (422 if form else 200),
        ticket=ticket,
        form=form or blank(),
        news=news,
        photos=await photos_again(form, by=actor) if form else [],
        parties=known,
        contact=sees_contact(actor, ticket),
        **faces(ticket, actor),
        **more,
    )


async def assignment_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the list of repairmen."""
    people = await dispatching.repairmen(actor.here)
    verbs = ("dispatch", "reassign")
    return await step_page(
        request, actor, ticket_id, verbs, "tickets/assignment.html", form, news, status,
        repairmen=people, levels=LEVELS,
    )  # fmt: skip


def form_of(verb: str, template: str) -> FormPage:
    """Return the function that shows the form of a step."""

    async def show(
        request: Request[Any, Any, Any],
        actor: Actor,
        ticket_id: UUID,
        form: Form[Any] | None = None,
        news: str = "",
        status: int = 0,
    ) -> Response[Any]:
        return await step_page(request, actor, ticket_id, (verb,), template, form, news, status)

    return show


confirm_page = form_of("confirm", "tickets/acceptance.html")
rework_page = form_of("rework", "tickets/rework.html")
cancel_page = form_of("cancel", "tickets/cancellation.html")

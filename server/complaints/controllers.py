"""Complaints over HTTP: the lists, one complaint, a new one, its steps, its sheet."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.complaints import handling, judging, receiving, register, states
from server.complaints.changing import Overtaken
from server.complaints.exporting import spreadsheet
from server.complaints.finding import ComplaintView, find
from server.complaints.forms import OfficeForm, OwnForm, StepForm
from server.complaints.handling import NoSuchHandler, NotAhead
from server.complaints.kinds import CAUSES, CHANNELS, KINDS, MAJORS, OFFICE_CHANNELS, VERDICTS
from server.complaints.receiving import Complaint
from server.complaints.register import filters_from, listed
from server.complaints.showing import PAGES, line, offers, shown
from server.complaints.states import Missing, NotNow
from server.hazards.people import staff
from server.lib.acting import Act, Carried
from server.lib.formats import CHINA, now
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.paging import Page, base_address, page_number
from server.lib.refreshing import unchanged
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.notices import inbox
from server.security.actor import Actor, actor_of
from server.security.guards import can, in_community
from server.storage.links import photos_again
from server.storage.photos import FORM_BYTES, NOT_YOURS, PhotosMissing
from server.tickets import reporting
from server.tickets.controllers import office_context
from server.tickets.finding import find as find_ticket
from server.tickets.forms import carried

OFFICE = ("complaint.handle", "complaint.oversee")


async def may_file(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let in who lives here and who writes complaints down; raise NotFoundException for the others."""
    await in_community(connection, handler)
    actor = actor_of(connection)
    if actor is None or not (actor.is_resident or actor.can("complaint.handle")):
        raise NotFoundException


class Complaints(Controller):
    """The lists and the complaints themselves."""

    path = "/complaints"
    guards = (in_community,)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the office's register, or what somebody made or was given to answer."""
        if actor.can("complaint.handle") or actor.can("complaint.oversee"):
            return await register_page(request, actor)
        found = await register.own(actor, page_number(request))
        cases = Page([line(one) for one in found.items], found.total, found.number)
        return page(request, "complaints/own.html", cases=cases, base=base_address(request))

    @get("/export", guards=[can(*OFFICE)])
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the register as a spreadsheet."""
        try:
            content = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany as error:
            return await register_page(request, actor, 422, error)
        headers = {"content-disposition": 'attachment; filename="complaints.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @get("/new", guards=[may_file])
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form."""
        return await form_page(request, actor, None)

    @post("/", guards=[may_file], request_max_body_size=FORM_BYTES)
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Receive a complaint."""
        office = actor.can("complaint.handle")
        form: Form[Any] = await read_form(request, OfficeForm if office else OwnForm)
        new = await (office_complaint if office else own_complaint)(form, actor)
        photos = await carried(form, actor)
        if new is None or not form.ok:
            return await form_page(request, actor, form)
        try:
            case = await receiving.receive(new, photos, by=actor)
        except PhotosMissing:
            form.fail("photos", _(NOT_YOURS))
            return await form_page(request, actor, form)
        return Redirect(f"/complaints/{case.id}", status_code=303)

    @get("/{complaint_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, complaint_id: UUID) -> Response[Any]:
        """Show one complaint with everything that happened to it."""
        case = await find(complaint_id, by=actor)
        actor = await inbox.seen(case.id, by=actor)
        request.scope["actor"] = actor  # type: ignore[typeddict-unknown-key]  # the menus of this very page count what is left
        context = await shown(case, actor)
        return unchanged(request, context["version"]) or page(request, "complaints/show.html", **context)

    @get("/{complaint_id:uuid}/paper", guards=[can(*OFFICE)])
    async def paper(self, request: Request[Any, Any, Any], actor: Actor, complaint_id: UUID) -> Response[Any]:
        """Show the sheet 投诉处理单 to print and sign."""
        return page(request, "complaints/paper.html", **await shown(await find(complaint_id, by=actor), actor))

    @get("/{complaint_id:uuid}/steps/{step:str}")
    async def step_form(
        self, request: Request[Any, Any, Any], actor: Actor, complaint_id: UUID, step: str
    ) -> Response[Any]:
        """Show the form of a step."""
        return await step_page(request, actor, complaint_id, step)

    @post("/{complaint_id:uuid}/steps/{step:str}", request_max_body_size=FORM_BYTES)
    async def take_step(
        self, request: Request[Any, Any, Any], actor: Actor, complaint_id: UUID, step: str
    ) -> Response[Any]:
        """Take a step, or say beside the field what it lacks."""
        form = await read_form(request, StepForm)
        photos = await carried(form, actor)
        await find(complaint_id, by=actor)
        if step not in PAGES:
            raise NotFoundException
        if form.ok:
            try:
                await do_step(step, complaint_id, form, photos, actor)
            except Missing as error:
                form.fail(FIELDS.get(str(error.args[0]), "note"), _("请填写这一项"))
            except NoSuchHandler:
                form.fail("handler_id", _("请选择另一位同事"))
            except NotAhead:
                form.fail("until", _("要晚于现在的期限，最迟到收到投诉后第 30 天"))
            except PhotosMissing:
                form.fail("photos", _(NOT_YOURS))
            except (Overtaken, NotNow):
                return await step_page(request, actor, complaint_id, step, form, 409)
            else:
                return Redirect(f"/complaints/{complaint_id}", status_code=303)
        return await step_page(request, actor, complaint_id, step, form)


FIELDS = {"handler": "handler_id", "anything": "note"}
"""The field beside which a missing thing is said, where it has another name."""


async def do_step(step: str, complaint_id: UUID, form: Form[StepForm], photos: Carried, actor: Actor) -> None:
    """Take the step that a form means; raise NotFoundException for one that is not this person's."""
    data = form.data
    act = Act(base=data.version, note=data.note, photos=photos)
    try:
        if step == "assign":
            if data.handler_id is None:
                raise Missing("handler")
            await handling.assign(complaint_id, data.handler_id, by=actor, act=act)
        elif step == "reply":
            await handling.reply(complaint_id, by=actor, act=act)
        elif step == "result":
            if data.cause is None:
                raise Missing("cause")
            await handling.result(complaint_id, by=actor, act=act, cause=data.cause)
        elif step == "extend":
            if data.until is None:
                raise Missing("until")
            until = dt.datetime.combine(data.until, dt.time(23, 59), CHINA)
            await handling.extend(complaint_id, until, by=actor, act=act)
        elif step == "mark":
            if data.major is None:
                raise Missing("major")
            await handling.mark(complaint_id, data.major, by=actor, act=act)
        elif step == "verdict":
            await judge(complaint_id, data.verdict, act, actor)
        else:
            await (handling.note if step == "note" else judging.withdraw)(complaint_id, by=actor, act=act)
    except states.NotYours:
        raise NotFoundException from None


async def judge(complaint_id: UUID, verdict: str | None, act: Act, actor: Actor) -> None:
    """Take who complained at their word."""
    if verdict is None:
        raise Missing("verdict")
    if verdict == "C":
        await judging.refuse(complaint_id, by=actor, act=act)
    else:
        await judging.accept(complaint_id, by=actor, act=act, verdict=verdict)


async def step_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    complaint_id: UUID,
    step: str,
    form: Form[Any] | None = None,
    status: int = 0,
) -> Response[Any]:
    """Return a step's form with what was typed; lead back to the complaint when the step is not possible now."""
    case = await find(complaint_id, by=actor)
    if step not in PAGES:
        raise NotFoundException
    if step not in dict(offers(case, actor)) and form is None:
        return Redirect(f"/complaints/{complaint_id}", status_code=303)
    if status == 409 and form is not None:
        form.values.pop("version", None)
    return page(
        request,
        "complaints/step.html",
        status or (422 if form else 200),
        step=step,
        label=_(PAGES[step][0]),
        form=form or blank(),
        photos=await photos_again(form, by=actor) if form else [],
        possible=step in dict(offers(case, actor)),
        overtaken=status == 409,
        hands=await handling.hands(case) if step == "assign" else [],
        causes=CAUSES,
        majors=MAJORS,
        verdicts=VERDICTS,
        tomorrow=(now().astimezone(CHINA) + dt.timedelta(days=1)).date(),
        **line(case),
    )


async def register_page(
    request: Request[Any, Any, Any], actor: Actor, status: int = 200, too_many: TooMany | None = None
) -> Response[Any]:
    """Answer with the register."""
    filters, tallies = filters_from(request.query_params), await register.tallies(actor)
    found: Page[ComplaintView] = await listed(actor, filters, page_number(request))
    return page(
        request,
        "complaints/index.html",
        status,
        filters=filters,
        tallies=tallies,
        chips=register.chips(filters, tallies.counts),
        cases=Page([line(one) for one in found.items], found.total, found.number),
        kinds=[(key, _(label)) for key, label in KINDS.items()],
        channels=[(key, _(label)) for key, label in CHANNELS.items()],
        causes=[(key, _(label)) for key, label in CAUSES.items()],
        too_many=too_many,
    )


# ---- The form -------------------------------------------------------------------------------------------------------


async def form_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> Response[Any]:
    """Return the form for a complaint, with what was typed and what is wrong with it."""
    context: dict[str, Any] = {
        "form": form,
        "complaint_id": str(form.value("id") if form and "id" not in form.errors and form.value("id") else uuid7()),
        "kinds": [(key, _(label)) for key, label in KINDS.items()],
        "photos": await photos_again(form, by=actor) if form else [],
        "status": 422 if form else 200,
        "ticket": await ticket_asked_for(request, actor, form),
    }
    if not actor.can("complaint.handle"):
        rooms, phone = await reporting.rooms_of(actor), await reporting.own_phone(actor)
        return page(request, "complaints/new.html", **context, rooms=rooms, phone=phone)
    people = [(str(one.person_id), one.name) for one in await staff(actor.here) if one.posts != ["admin"]]
    return page(
        request,
        "complaints/register.html",
        **context,
        **await office_context(request, actor, form),
        people=people,
        majors=[(key, _(label)) for key, label in MAJORS.items()],
        channels=[(key, _(CHANNELS[key])) for key in OFFICE_CHANNELS],
    )


async def ticket_asked_for(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> Any:
    """Return the repair that a complaint is to be about, if the address or the form names one that the actor may see."""
    asked = str((form.value("ticket_id") if form else request.query_params.get("ticket")) or "")
    try:
        return await find_ticket(UUID(asked), by=actor) if asked else None
    except (ValueError, NotFoundException):
        return None


async def own_complaint(form: Form[OwnForm], actor: Actor) -> Complaint | None:
    """Return a complaint by somebody for themselves, or None after noting what is wrong."""
    data = form.struct
    if data is None:
        return None
    rooms = {room.id: room for room in await reporting.rooms_of(actor)}
    room = rooms.get(data.room_id) if data.room_id else next(iter(rooms.values()), None)
    if data.ticket_id is not None:
        await find_ticket(data.ticket_id, by=actor)
    place = data.place or ("" if data.anonymous or room is None else room.label)
    return Complaint(
        id=data.id, kind=data.kind, text=data.text, place=place, anonymous=data.anonymous,
        room_id=room.id if room and not data.anonymous else None, filer_id=None if data.anonymous else actor.person_id,
        contact_phone=None if data.anonymous else data.contact_phone, ticket_id=None if data.anonymous else data.ticket_id,
    )  # fmt: skip


async def office_complaint(form: Form[OfficeForm], actor: Actor) -> Complaint | None:
    """Return a complaint that the office writes down, or None after noting what is wrong."""
    data = form.struct
    if data is None:
        return None
    room = await reporting.room_of(actor.here, data.room_id) if data.room_id else None
    people = await reporting.callers_of(actor.here, room.id) if room else []
    filer = next((one for one in people if one.id == data.reporter_id), None)
    if data.channel == "hotline" and not data.case_no:
        form.fail("case_no", _("请填写热线的工单编号"))
    if data.about_id and data.about_id not in {one.person_id for one in await staff(actor.here)}:
        form.fail("about_id", _("请从列表中选择"))
    if data.ticket_id is not None:
        await find_ticket(data.ticket_id, by=actor)
    due = dt.datetime.combine(data.case_due, dt.time(18), CHINA) if data.case_due else None
    if due is not None and due <= now():
        form.fail("case_due", _("要晚于今天"))
    hidden = data.anonymous
    return Complaint(
        id=data.id, kind=data.kind, channel=data.channel, text=data.text, anonymous=hidden,
        place=data.place or ("" if hidden or room is None else room.label),
        room_id=room.id if room and not hidden else None, filer_id=filer.id if filer and not hidden else None,
        contact_phone=None if hidden else data.contact_phone, about_id=data.about_id, ticket_id=data.ticket_id,
        case_no=data.case_no, case_due=due, major=data.major,
    )  # fmt: skip

"""Tickets over HTTP: the lists, one ticket, a new one."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from server.lib.formats import now
from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.paging import Page, base_address, page_number
from server.lib.refreshing import unchanged
from server.lib.templating import page
from server.notices import inbox
from server.security.actor import Actor, actor_of
from server.security.guards import can, in_community
from server.storage.links import photos_again
from server.storage.photos import FORM_BYTES, NOT_YOURS, PhotosMissing
from server.tickets import board, reporting, showing
from server.tickets.appointments import SLOTS, NotAhead, appointment
from server.tickets.board_controllers import board_page
from server.tickets.finding import TicketView, find
from server.tickets.forms import RegisterForm, ReportForm, carried
from server.tickets.kinds import CATEGORIES, LEVELS, guess_level
from server.tickets.reporting import Report
from server.tickets.showing import line, shown


async def may_report(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let in who lives here and who reports for a living; raise NotFoundException for the others."""
    await in_community(connection, handler)
    actor = actor_of(connection)
    if actor is None or not (actor.is_resident or actor.can("ticket.report")):
        raise NotFoundException


class Tickets(Controller):
    """The lists and the tickets themselves."""

    path = "/tickets"
    guards = (in_community,)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the list this person works with: the office's board, a resident's own reports; a repairman's jobs are a field page."""
        if is_repairman(actor):
            return Redirect("/field/tickets", status_code=303)
        version = await board.version(actor)
        return unchanged(request, version) or await list_page(request, actor, version)

    @get("/new", guards=[may_report])
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form for a report."""
        return await form_page(request, actor, None)

    @post("/", guards=[may_report], request_max_body_size=FORM_BYTES)
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make a ticket of a report."""
        form: Form[Any] = await read_form(request, RegisterForm if for_callers(actor) else ReportForm)
        report = await (callers_report if for_callers(actor) else own_report)(form, actor)
        photos = await carried(form, actor)
        if report is None or not form.ok:
            return await form_page(request, actor, form)
        try:
            ticket = await reporting.report(report, photos, by=actor)
        except PhotosMissing:
            form.fail("photos", _(NOT_YOURS))
            return await form_page(request, actor, form)
        return Redirect(f"/tickets/{ticket.id}", status_code=303)

    @get("/{ticket_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Show one ticket with everything that happened to it."""
        ticket = await find(ticket_id, by=actor)
        actor = await inbox.seen(ticket.id, by=actor)
        if is_repairman(actor) and ticket.assignee_id == actor.person_id:
            return Redirect(f"/field/tickets/{ticket.id}", status_code=303)
        request.scope["actor"] = actor  # type: ignore[typeddict-unknown-key]  # the menus of this very page count what is left
        context = await shown(ticket, actor)
        return unchanged(request, context["version"]) or page(request, "tickets/show.html", **context)

    @get("/rooms", guards=[can("register.read")])
    async def rooms(self, request: Request[Any, Any, Any], actor: Actor, q: str = "") -> Response[Any]:
        """Answer the office's form with the rooms that fit what is being typed."""
        if "hx-request" not in request.headers:
            return Redirect(f"/tickets/new?{urlencode({'q': q})}", status_code=303)
        return page(request, "tickets/_rooms.html", rooms=await reporting.rooms_like(actor, q), words=q, chosen="")

    @get("/callers", guards=[can("register.read")])
    async def callers(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Answer the office's form with who lives in the room it has chosen."""
        if "hx-request" not in request.headers:
            return Redirect(f"/tickets/new?room={room_id}", status_code=303)
        found = await reporting.callers_of(actor.here, room_id)
        return page(request, "tickets/_callers.html", callers=found, form=None)


def for_callers(actor: Actor) -> bool:
    """Whether the actor reports for others, at the desk, rather than for themselves."""
    return actor.can("ticket.read") and actor.can("ticket.report")


def is_repairman(actor: Actor) -> bool:
    """Whether the actor repairs and has no board: their jobs are on their phone (server/tickets/field.py)."""
    return actor.can("ticket.work") and not actor.can("ticket.read")


# ---- Lists ----------------------------------------------------------------------------------------------------------


async def list_page(request: Request[Any, Any, Any], actor: Actor, version: str) -> Response[Any]:
    """Return the list that fits the actor."""
    if actor.can("ticket.read"):
        return await board_page(request, actor, version)
    tickets = await board.own(actor, page_number(request))
    around = [showing.heard(one) for one in await board.nearby(actor)]
    return page(
        request,
        "tickets/own.html",
        tickets=lines(tickets, actor),
        nearby=around,
        base=base_address(request),
        version=version,
    )


def lines(tickets: Page[TicketView], actor: Actor) -> Page[dict[str, Any]]:
    """Return a page of tickets as rows of a list."""
    return Page([line(ticket, actor) for ticket in tickets.items], tickets.total, tickets.number)


# ---- The form -------------------------------------------------------------------------------------------------------


async def form_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> Response[Any]:
    """Return the form for a report, with what was typed and what is wrong with it."""
    context: dict[str, Any] = {
        "form": form,
        "ticket_id": str(form.value("id") if form and "id" not in form.errors and form.value("id") else uuid7()),
        "categories": CATEGORIES,
        "photos": await photos_again(form, by=actor) if form else [],
        "status": 422 if form else 200,
    }
    if for_callers(actor):
        return page(request, "tickets/register.html", **context, **await office_context(request, actor, form))
    rooms = await reporting.rooms_of(actor)
    return page(
        request,
        "tickets/new.html",
        **context,
        rooms=rooms,
        phone=await reporting.own_phone(actor),
        office_phone=await reporting.office_phone(actor.here),
    )


def is_uuid(text: str) -> bool:
    """Whether `text` can be read as a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def office_context(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> dict[str, Any]:
    """Return what the office's form offers: rooms that fit the search, who lives in the chosen one, levels."""
    text = str((form.value("q") if form else request.query_params.get("q")) or "")[:60]
    asked = str((form.value("room_id") if form else request.query_params.get("room")) or "")
    chosen = await reporting.room_of(actor.here, UUID(asked)) if is_uuid(asked) else None
    return {
        "text": text,
        "rooms": [chosen] if chosen else await reporting.rooms_like(actor, text),
        "chosen": str(chosen.id) if chosen else "",
        "callers": await reporting.callers_of(actor.here, chosen.id) if chosen else [],
        "levels": LEVELS,
        "slots": SLOTS,
    }


async def own_report(form: Form[ReportForm], actor: Actor) -> Report | None:
    """Return a report by somebody for themselves, or None after noting what is wrong."""
    data = form.struct
    if data is None:
        return None
    rooms = {room.id: room for room in await reporting.rooms_of(actor)}
    place = data.place or ""
    room_id = None
    if data.location == "private":
        room = rooms.get(data.room_id) if data.room_id else next(iter(rooms.values()), None)
        if room is None:
            form.fail("room_id", _("请选择房号"))
        else:
            room_id, place = room.id, room.label
    elif not place:
        form.fail("place", _("请写明位置，例如 3栋1单元 大堂"))
    if not data.text and not data.photo_ids and not data.photo_waiting and "photos" not in form.files:
        form.fail("text", _("请拍张照片或写一句说明"))
    level = guess_level(data.category, data.text or "", hurried=data.urgency == "urgent")
    return Report(
        id=data.id, category=data.category, level=level, location=data.location, place=place, text=data.text or "",
        room_id=room_id, contact_phone=data.contact_phone, reporter_id=actor.person_id, reporter_account_id=actor.account_id,
    )  # fmt: skip


async def callers_report(form: Form[RegisterForm], actor: Actor) -> Report | None:
    """Return a report that the office writes down for a caller, or None after noting what is wrong."""
    data = form.struct
    if data is None:
        return None
    room = await reporting.room_of(actor.here, data.room_id) if data.room_id else None
    place = (data.place or "") if data.location == "common" else (room.label if room else "")
    if data.location == "private" and room is None:
        form.fail("room_id", _("请搜索并选择房号"))
    elif not place:
        form.fail("place", _("请写明位置，例如 3栋1单元 大堂"))
    since, until = appointed(form)
    people = await reporting.callers_of(actor.here, room.id) if room else []
    caller = next((one for one in people if one.id == data.reporter_id), None)
    return Report(
        id=data.id, category=data.category, level=data.level or guess_level(data.category, data.text),
        location=data.location, place=place, text=data.text,
        room_id=room.id if room and data.location == "private" else None,
        contact_phone=data.contact_phone or (caller.phone if caller else None),
        reporter_id=caller.id if caller else None, reporter_account_id=caller.account_id if caller else None,
        appoint_from=since, appoint_until=until,
    )  # fmt: skip


def appointed(form: Form[RegisterForm]) -> tuple[datetime | None, datetime | None]:
    """Return the appointment of a form, (None, None) for none; what is wrong with it is noted in the form."""
    if form.struct is None or form.struct.appoint_day is None:
        return None, None
    try:
        return appointment(form.struct.appoint_day, form.struct.appoint_slot or "am", now())
    except NotAhead:
        form.fail("appoint_day", _("请选择今天起两周内、还没过去的时段"))
        return None, None

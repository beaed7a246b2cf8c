"""The register of visits over HTTP."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.lib.formats import today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.paging import page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.notices import inbox
from server.reception import outcomes
from server.reception.exporting import explained, result_of, spreadsheet
from server.reception.finding import Filters, Overtaken, VisitView, filters_from, find, listed, open_ones, tallies
from server.reception.forms import CorrectForm, VisitForm, VoidForm
from server.reception.outcomes import OUTCOMES, Wrong, href_of, open_to, settle
from server.reception.receiving import Arrival, Elsewhere, NotOpen, correct, receive, void
from server.reception.words import CHANNELS, RESULTS
from server.security.actor import Actor
from server.security.guards import can
from server.tickets import reporting
from server.tickets.kinds import CATEGORIES

PAPER_ROWS = 500


class Reception(Controller):
    """The front desk: what was said today, and what is still open."""

    path = "/reception"
    guards = (can("reception.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the desk."""
        return await desk_page(request, actor)

    @post("/", guards=[can("reception.log")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Write down a visit; a script stays on the page and gets the desk anew."""
        form = await read_form(request, VisitForm)
        by_script = "hx-request" in request.headers
        template = "reception/_desk.html" if by_script else "reception/index.html"
        if form.ok:
            await find_quickly(form.data, actor)
            try:
                visit = await receive(arrival(form.data), by=actor)
            except Elsewhere:
                form.fail("q", _("请重新查找并选择房号"))
            else:
                if not by_script:
                    return Redirect("/reception", status_code=303)
                return await desk_page(request, actor, template=template, saved=visit)
        return await desk_page(request, actor, form, 422, template)

    @get("/rooms")
    async def rooms(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer a form of the desk with the rooms that fit what is typed, and who lives in the chosen one."""
        query = request.query_params
        if "hx-request" not in request.headers:
            return Redirect(f"/reception?{urlencode({'who': str(query.get('q', ''))[:60]})}", status_code=303)
        found = await finder(actor, str(query.get("q", "")), str(query.get("room_id", "")))
        return page(request, "reception/_rooms.html", form=None, **found)

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the register as a spreadsheet."""
        try:
            content = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany:
            return await desk_page(request, actor, status=422, too_many=True)
        headers = {"content-disposition": 'attachment; filename="reception.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @get("/print")
    async def paper(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show a day's register on paper."""
        day = filters_from(request.query_params).day or today()
        visits = await listed(actor, Filters(day=day), 1, PAPER_ROWS)
        lines = [line(one) for one in reversed(visits.items)]
        return page(request, "reception/paper.html", lines=lines, day=day, most=PAPER_ROWS, total=visits.total)

    @get("/{visit_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, visit_id: UUID) -> Response[Any]:
        """Show one visit and what can become of it."""
        visit = await find(visit_id, by=actor)
        actor = await inbox.seen(visit.id, by=actor)
        request.scope["actor"] = actor  # type: ignore[typeddict-unknown-key]  # the menus of this very page count what is left
        return await visit_page(request, actor, visit)

    @post("/{visit_id:uuid}/outcomes/{outcome:str}", guards=[can("reception.log")])
    async def make(self, request: Request[Any, Any, Any], actor: Actor, visit_id: UUID, outcome: str) -> Response[Any]:
        """Make something of it: a ticket, an answer, a note."""
        visit = await find(visit_id, by=actor)
        if outcome not in open_to(actor):
            raise NotFoundException
        form: Form[Any] = await read_form(request, OUTCOMES[outcome].form)
        if form.ok:
            try:
                await settle(visit_id, outcome, form.data, by=actor)
                return Redirect(f"/reception/{visit_id}", status_code=303)
            except Wrong as wrong:
                form.fail(wrong.field, _(wrong.message))
            except (Overtaken, NotOpen):
                return await overtaken_page(request, actor, visit_id)
        return await visit_page(request, actor, visit, {outcome: form}, 422)

    @post("/{visit_id:uuid}/correction", guards=[can("reception.log")])
    async def correct(self, request: Request[Any, Any, Any], actor: Actor, visit_id: UUID) -> Response[Any]:
        """Correct what was written down."""
        visit, form = await find(visit_id, by=actor), await read_form(request, CorrectForm)
        if form.ok:
            try:
                await correct(visit_id, arrival(form.data), by=actor, base=form.data.version)
                return Redirect(f"/reception/{visit_id}", status_code=303)
            except Elsewhere:
                form.fail("q", _("请重新查找并选择房号"))
            except (Overtaken, NotOpen):
                return await overtaken_page(request, actor, visit_id)
        return await visit_page(request, actor, visit, {"correction": form}, 422)

    @post("/{visit_id:uuid}/voiding", guards=[can("reception.log")])
    async def void(self, request: Request[Any, Any, Any], actor: Actor, visit_id: UUID) -> Response[Any]:
        """Void it, with the reason."""
        visit, form = await find(visit_id, by=actor), await read_form(request, VoidForm)
        if form.ok:
            try:
                await void(visit_id, form.data.reason, by=actor, base=form.data.version)
                return Redirect(f"/reception/{visit_id}", status_code=303)
            except (Overtaken, NotOpen):
                return await overtaken_page(request, actor, visit_id)
        return await visit_page(request, actor, visit, {"voiding": form}, 422)


def arrival(form: VisitForm) -> Arrival:
    """Return a visit as the form tells it: what was typed to find a room is the visitor's name only while there is no room."""
    known = form.room_id is not None
    return Arrival(
        id=form.id, channel=form.channel, words=form.words, room_id=form.room_id, person_id=form.person_id if known else None,
        who=None if known else form.q, phone=form.phone,
    )  # fmt: skip


async def find_quickly(form: VisitForm, actor: Actor) -> None:
    """Choose the room for somebody who typed its number and pressed Enter before the rooms were shown, when it is the only one."""
    if form.room_id is None and any(one.isdigit() for one in form.q or ""):
        rooms = await reporting.rooms_like(actor, form.q or "", 2)
        form.room_id = rooms[0].id if len(rooms) == 1 else None


async def finder(actor: Actor, text: str, asked: str = "", person: str = "") -> dict[str, Any]:
    """Return the rooms that fit `text`; the one that is `asked` for, or the only one, is chosen, with who lives there."""
    text = text.replace("\0", "")[:60]
    rooms = await reporting.rooms_like(actor, text)
    chosen = next((room for room in rooms if str(room.id) == asked), None)
    if chosen is None and is_uuid(asked):
        chosen = await reporting.room_of(actor.here, UUID(asked))
        rooms = [chosen, *rooms] if chosen else rooms
    if chosen is None and len(rooms) == 1:
        chosen = rooms[0]
    return {
        "text": text,
        "rooms": rooms,
        "chosen": chosen,
        "people": await reporting.callers_of(actor.here, chosen.id) if chosen else [],
        "person": person,
    }


def is_uuid(text: str) -> bool:
    """Whether `text` can be read as a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def line(visit: VisitView) -> dict[str, Any]:
    """Return a visit as a row of a list."""
    tone = "" if visit.voided_at else "warn" if visit.is_open else "brand"
    return {
        "visit": visit,
        "channel": CHANNELS[visit.channel],
        "result": result_of(visit),
        "tone": tone,
        "more": explained(visit),
    }


async def desk_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    form: Form[Any] | None = None,
    status: int = 200,
    template: str = "reception/index.html",
    *,
    saved: VisitView | None = None,
    too_many: bool = False,
) -> Response[Any]:
    """Return the desk: the line to write, what is open, the list; `saved` is what was just written down."""
    filters = Filters() if request.method == "POST" else filters_from(request.query_params)
    typed = form or blank(channel=saved.channel if saved else "visit", q=request.query_params.get("who"))
    found = await finder(actor, str(typed.value("q")), str(typed.value("room_id")), str(typed.value("person_id")))
    visits = await listed(actor, filters, page_number(request))
    day = filters.shown_day
    return page(
        request,
        template,
        status,
        form=typed,
        visit_id=str(typed.value("id")) if form and is_uuid(str(typed.value("id"))) else str(uuid7()),
        channels=[(key, _(label)) for key, label in CHANNELS.items()],
        results=[("open", _("待处理")), *((key, _(label)) for key, label in RESULTS.items()), ("void", _("已作废"))],
        saved=saved,
        open=[line(one) for one in await open_ones(actor)],
        visits=visits,
        lines=[line(one) for one in visits.items],
        filters=filters,
        day=day,
        before=filters.address(day=(day or today()) - timedelta(days=1), result="", q=""),
        after=filters.address(day=day + timedelta(days=1), result="", q="") if day and day < today() else None,
        tallies=await tallies(actor),
        too_many=too_many,
        **found,
    )


async def visit_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    visit: VisitView,
    forms: dict[str, Form[Any]] | None = None,
    status: int = 200,
    *,
    overtaken: bool = False,
) -> Response[Any]:
    """Return a visit with the forms of what can become of it; `forms` are those that were refused."""
    forms = forms or {}
    typed = forms.get("correction") or blank(
        channel=visit.channel, q=visit.room_label or visit.who, room_id=visit.room_id, person_id=visit.person_id,
        phone=visit.phone, words=visit.words,
    )  # fmt: skip
    choices = open_to(actor) if visit.is_open else {}
    return page(
        request,
        "reception/show.html",
        status,
        one=line(visit),
        visit=visit,
        contact=visit.is_open and actor.can("reception.log"),
        href=href_of(visit),
        choices=choices,
        forms_=forms,
        correction=typed,
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
        colleagues=[(one.account_id, one.name) for one in await outcomes.colleagues(actor)] if choices else [],
        channels=[(key, _(label)) for key, label in CHANNELS.items()],
        ticket_id=str(uuid7()),
        overtaken=overtaken,
        **await finder(actor, str(typed.value("q")), str(typed.value("room_id")), str(typed.value("person_id"))),
    )


async def overtaken_page(request: Request[Any, Any, Any], actor: Actor, visit_id: UUID) -> Response[Any]:
    """Return the visit as it is now, and say that a colleague was first."""
    return await visit_page(request, actor, await find(visit_id, by=actor), status=409, overtaken=True)

"""Meters over HTTP at the desk: the register, one meter, a new one, a reading typed in."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.db import transaction
from server.lib.formats import now, today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.ids import uuid7
from server.lib.paging import page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.meters import keeping, register, reviewing
from server.meters.finding import MeterView, find
from server.meters.forms import CorrectionForm, MeterForm, ReadingForm
from server.meters.keeping import NewMeter, NumberTaken
from server.meters.kinds import FLAGS, KINDS, READING_KINDS, REASONS, SOURCES, STATUSES, TONES
from server.meters.reading import Taken, take
from server.meters.showing import shown
from server.meters.usage import plain
from server.security.actor import Actor
from server.security.guards import can
from server.sync.operations import Refusal

DESK = ("meter.review", "meter.manage")
WORDS: dict[str, Any] = {
    "kinds": KINDS, "hows": READING_KINDS, "statuses": STATUSES, "tones": TONES, "flags": FLAGS, "reasons": REASONS,
    "sources": SOURCES, "plain": plain,
}  # fmt: skip
TAKEN = N_("这个表号已经登记在别处，请核对")


def kind_options() -> list[tuple[str, str]]:
    """Return the kinds of meters as options of a select."""
    return [(key, _(one.label)) for key, one in KINDS.items()]


def spreadsheet(content: bytes, name: str) -> Response[Any]:
    """Answer with an .xlsx file."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=XLSX, headers=headers)


class Meters(Controller):
    """The register and the meters themselves."""

    path = "/meters"
    guards = (can(*DESK),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the register."""
        return await register_page(request, actor)

    @get("/export", guards=[can("meter.manage")])
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the register as a spreadsheet."""
        try:
            return spreadsheet(
                await register.spreadsheet(register.filters_from(request.query_params), by=actor), "meters.xlsx"
            )
        except TooMany as error:
            return await register_page(request, actor, 422, error)

    @get("/new", guards=[can("meter.manage")])
    async def new(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form for a meter."""
        first = blank(digits=5, ratio=1, installed_on=today(), place=request.query_params.get("place"))
        return page(request, "meters/new.html", form=first, kinds=kind_options())

    @post("/", guards=[can("meter.manage")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Register a meter."""
        form = await read_form(request, MeterForm)
        if form.ok and form.data.installed_on > today():
            form.fail("installed_on", _("装表日期在今天以后"))
        if form.ok:
            data = form.data
            try:
                new = NewMeter(
                    data.kind, data.number, data.place, data.digits, data.ratio, data.installed_on, data.initial
                )
                return Redirect(f"/meters/{await keeping.hang(new, by=actor)}", status_code=303)
            except NumberTaken:
                form.fail("number", _(TAKEN))
        return page(request, "meters/new.html", 422, form=form, kinds=kind_options())

    @get("/{meter_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, meter_id: UUID) -> Response[Any]:
        """Show one meter with its history."""
        return await meter_page(request, actor, await find(meter_id, by=actor))

    @post("/{meter_id:uuid}/readings", guards=[can("meter.manage")])
    async def read(self, request: Request[Any, Any, Any], actor: Actor, meter_id: UUID) -> Response[Any]:
        """Take in a reading that somebody brought to the desk."""
        form = await read_form(request, ReadingForm)
        meter = await find(meter_id, by=actor)
        if form.ok:
            try:
                async with transaction():
                    meter = await find(meter_id, by=actor, lock=True)
                    await take(meter, typed(form, meter, actor), Taken(source="desk"), by=actor)
                return Redirect(f"/meters/{meter_id}", status_code=303)
            except Refusal as error:
                form.fail("value", _(error.message))
        return await meter_page(request, actor, meter, form, 422)

    @get("/{meter_id:uuid}/correction", guards=[can("meter.manage")])
    async def correction(self, request: Request[Any, Any, Any], actor: Actor, meter_id: UUID) -> Response[Any]:
        """Show the form for what was typed wrong."""
        meter = await find(meter_id, by=actor)
        return page(
            request, "meters/correction.html", meter=meter,
            form=blank(number=meter.number, digits=meter.digits, ratio=plain(meter.ratio)),
        )  # fmt: skip

    @post("/{meter_id:uuid}/correction", guards=[can("meter.manage")])
    async def correct(self, request: Request[Any, Any, Any], actor: Actor, meter_id: UUID) -> Response[Any]:
        """Correct it."""
        meter, form = await find(meter_id, by=actor), await read_form(request, CorrectionForm)
        if form.ok:
            data = form.data
            try:
                await keeping.correct(meter_id, data.number, data.digits, data.ratio, by=actor)
                return Redirect(f"/meters/{meter_id}", status_code=303)
            except NumberTaken:
                form.fail("number", _(TAKEN))
        return page(request, "meters/correction.html", 422, meter=meter, form=form)


def typed(form: Form[ReadingForm], meter: MeterView, actor: Actor) -> dict[str, Any]:
    """Return a reading typed at the desk as the reducers know it."""
    return {
        "id": str(uuid7()), "type": "meter.read", "entity": str(meter.id), "at": int(now().timestamp() * 1000), "photos": [],
        "args": {"value": plain(form.data.value), "confirmed": "yes" if form.data.confirmed else ""}, "pending": False,
        "by": {"account": str(actor.account_id or ""), "person": str(actor.person_id or ""), "name": actor.name},
    }  # fmt: skip


async def register_page(
    request: Request[Any, Any, Any], actor: Actor, status: int = 200, too_many: TooMany | None = None
) -> Response[Any]:
    """Answer with the register."""
    filters = register.filters_from(request.query_params)
    found = await register.listed(actor, filters, page_number(request))
    return page(
        request, "meters/index.html", status, meters=found, filters=filters, kind_options=kind_options(),
        waiting=await reviewing.how_many(actor), too_many=too_many, **WORDS,
    )  # fmt: skip


async def meter_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    meter: MeterView,
    form: Form[ReadingForm] | None = None,
    status: int = 200,
) -> Response[Any]:
    """Answer with one meter."""
    return page(request, "meters/show.html", status, form=form, **await shown(meter, actor), **WORDS)

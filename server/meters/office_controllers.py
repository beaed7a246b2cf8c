"""Periods, routes and the review of doubtful readings over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.lib.formats import today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.paging import page_number
from server.lib.templating import page
from server.meters import periods, reviewing, routing
from server.meters.controllers import DESK, WORDS, kind_options, spreadsheet
from server.meters.forms import PeriodForm, ReviewForm, RouteForm
from server.meters.reading import is_period
from server.meters.showing import faces
from server.security.actor import Actor
from server.security.guards import can
from server.storage.photos import photos_of

NAME_TAKEN = N_("已经有叫这个名字的路线")


class Reviews(Controller):
    """Readings that wait for somebody else than their reader."""

    path = "/meters/review"
    guards = (can("meter.review"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List what waits."""
        found = await reviewing.waiting(actor, page_number(request))
        return page(request, "meters/review.html", found=found, waiting=found.total, **WORDS)

    @get("/{reading_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, reading_id: UUID) -> Response[Any]:
        """Show one reading with the verdicts there are."""
        return await verdict_page(request, actor, reading_id, None)

    @post("/{reading_id:uuid}")
    async def decide(self, request: Request[Any, Any, Any], actor: Actor, reading_id: UUID) -> Response[Any]:
        """Decide."""
        form = await read_form(request, ReviewForm)
        if form.ok:
            data = form.data
            try:
                await reviewing.decide(reading_id, data.verdict, data.reason, data.value, by=actor)
                return Redirect("/meters/review", status_code=303)
            except reviewing.Refused as error:
                form.fail(error.field, _(error.message, **error.details))
        return await verdict_page(request, actor, reading_id, form, 422)


async def verdict_page(
    request: Request[Any, Any, Any], actor: Actor, reading_id: UUID, form: Form[ReviewForm] | None, status: int = 200
) -> Response[Any]:
    """Answer with one doubtful reading."""
    doubt = await reviewing.find(reading_id, by=actor)
    photos = faces((await photos_of("meter_reading", [reading_id]))[reading_id], actor)
    verdicts = [(key, _(label)) for key, label in reviewing.VERDICTS.items() if fits(key, doubt)]
    own = doubt.account_id is not None and doubt.account_id == actor.account_id
    return page(
        request,
        "meters/verdict.html",
        status,
        doubt=doubt,
        photos=photos,
        verdicts=verdicts,
        own=own,
        form=form,
        **WORDS,
    )


def fits(verdict: str, doubt: reviewing.Doubt) -> bool:
    """Whether a verdict can be meant for this reading at all."""
    lower = doubt.before is not None and doubt.value is not None and doubt.value < doubt.before
    return verdict in ("correct", "reject") or (verdict == "rollover") == lower


class Periods(Controller):
    """The periods with the progress of the routes."""

    path = "/meters/periods"
    guards = (can(*DESK),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the periods and the routes."""
        return await progress_page(request, actor)

    @post("/", guards=[can("meter.manage")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Open a period."""
        form = await read_form(request, PeriodForm)
        if form.ok and form.data.due_on < form.data.opens_on:
            form.fail("due_on", _("截止日期早于开始日期"))
        if form.ok:
            try:
                await periods.open_new(form.data.period, form.data.opens_on, form.data.due_on, by=actor)
                return Redirect("/meters/periods", status_code=303)
            except periods.PeriodTaken:
                form.fail("period", _("这一期已经开过"))
        return await progress_page(request, actor, form, 422)

    @post("/closing", guards=[can("meter.manage")])
    async def close(self, actor: Actor) -> Response[Any]:
        """Close the open period."""
        await periods.close(by=actor)
        return Redirect("/meters/periods", status_code=303)

    @get("/{period:str}/readings.xlsx")
    async def export(self, actor: Actor, period: str) -> Response[Any]:
        """Answer with the readings of a period, for the bills."""
        if not is_period(period):
            raise NotFoundException
        return spreadsheet(await periods.readings_book(period, by=actor), f"meters-{period}.xlsx")


async def progress_page(
    request: Request[Any, Any, Any], actor: Actor, form: Form[PeriodForm] | None = None, status: int = 200
) -> Response[Any]:
    """Answer with the periods and routes."""
    found = await periods.all_of(actor)
    day = today()
    suggested = blank(period=f"{day:%Y-%m}", opens_on=day.replace(day=20), due_on=day.replace(day=25))
    return page(
        request, "meters/periods.html", status, periods=found, routes=await routing.all_of(actor), form=form or suggested,
        waiting=await reviewing.how_many(actor), open=next((one for one in found if one.state == "open"), None),
    )  # fmt: skip


class Routes(Controller):
    """The reading routes."""

    path = "/meters/routes"
    guards = (can("meter.manage"),)

    @get("/new")
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form for a route."""
        return await route_page(request, actor, None, None)

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make a route."""
        form = await read_form(request, RouteForm)
        if form.ok:
            data = form.data
            try:
                await routing.make(data.name, data.reader, data.kind or "", data.building, by=actor)
                return Redirect("/meters/periods", status_code=303)
            except routing.NameTaken:
                form.fail("name", _(NAME_TAKEN))
        return await route_page(request, actor, None, form, 422)

    @get("/{meter_route_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, meter_route_id: UUID) -> Response[Any]:
        """Show a route to change it."""
        return await route_page(request, actor, await routing.find(meter_route_id, by=actor), None)

    @post("/{meter_route_id:uuid}")
    async def change(self, request: Request[Any, Any, Any], actor: Actor, meter_route_id: UUID) -> Response[Any]:
        """Rename it, give it to somebody, add meters."""
        route, form = await routing.find(meter_route_id, by=actor), await read_form(request, RouteForm)
        if form.ok:
            data = form.data
            try:
                await routing.change(
                    meter_route_id, data.name, data.reader, data.kind or "", data.building, add=data.add, by=actor
                )
                return Redirect("/meters/periods", status_code=303)
            except routing.NameTaken:
                form.fail("name", _(NAME_TAKEN))
        return await route_page(request, actor, route, form, 422)

    @post("/{meter_route_id:uuid}/end")
    async def end(self, actor: Actor, meter_route_id: UUID) -> Response[Any]:
        """Take a route out of use."""
        await routing.end(meter_route_id, by=actor)
        return Redirect("/meters/periods", status_code=303)


async def route_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    route: routing.Route | None,
    form: Form[RouteForm] | None,
    status: int = 200,
) -> Response[Any]:
    """Answer with the form of a route."""
    return page(
        request, "meters/route.html", status, route=route, form=form, readers=await routing.readers(actor),
        buildings=await routing.buildings(actor), kinds=kind_options(),
    )  # fmt: skip

"""Routes and schedules, over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.patrols import checkpoints, lists, routes
from server.patrols.controllers.tabs import tabs
from server.patrols.forms import RouteForm, ScheduleForm, texts, times_of
from server.patrols.installing import install
from server.patrols.kinds import ORDERINGS, POSTS
from server.patrols.occurrences import KINDS
from server.patrols.routes import RouteFigures
from server.security.actor import Actor
from server.security.guards import can

WEEKDAYS = {1: N_("一"), 2: N_("二"), 3: N_("三"), 4: N_("四"), 5: N_("五"), 6: N_("六"), 7: N_("日")}
MOST_STOPS = 200


class Routes(Controller):
    """Where rounds lead, and when."""

    path = "/patrols/routes"
    guards = (can("patrol.manage"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the routes."""
        return page(
            request, "patrols/routes/index.html", tabs=tabs(actor, "/patrols/routes"), routes=await routes.listed(actor),
            posts=POSTS, orderings=ORDERINGS,
        )  # fmt: skip

    @get("/new")
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form of a new route."""
        return page(request, "patrols/routes/new.html", form=None, **choices())

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make a route."""
        form = await read_form(request, RouteForm)
        if not form.ok:
            return page(request, "patrols/routes/new.html", status=422, form=form, **choices())
        return Redirect(f"/patrols/routes/{await routes.create(figures(form), by=actor)}", status_code=303)

    @get("/{route_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, route_id: UUID) -> Response[Any]:
        """Show a route with its points and schedules."""
        return await route_page(request, actor, route_id)

    @post("/{route_id:uuid}")
    async def edit(self, request: Request[Any, Any, Any], actor: Actor, route_id: UUID) -> Response[Any]:
        """Save a route with its points."""
        await routes.find(route_id, by=actor)
        form = await read_form(request, RouteForm)
        if not form.ok:
            return await route_page(request, actor, route_id, form)
        try:
            await routes.edit(route_id, form.data.version, figures(form), stops_of(form), by=actor)
        except routes.Overtaken:
            form.fail("name", _("别人刚刚改过，请核对后再保存"))
            return await route_page(request, actor, route_id, form)
        return Redirect(f"/patrols/routes/{route_id}", status_code=303)

    @post("/{route_id:uuid}/schedules")
    async def add_schedule(self, request: Request[Any, Any, Any], actor: Actor, route_id: UUID) -> Response[Any]:
        """Let a route be walked from now on."""
        await routes.find(route_id, by=actor)
        form = await read_form(request, ScheduleForm)
        times = times_of(form) if form.struct else []
        if not form.ok:
            return await route_page(request, actor, route_id, schedule=form)
        data = form.data
        await routes.add_schedule(route_id, data.kind, times, data.weekdays, data.month_day, by=actor)
        return Redirect(f"/patrols/routes/{route_id}", status_code=303)

    @post("/{route_id:uuid}/schedules/{schedule_id:uuid}/end")
    async def stop_schedule(self, actor: Actor, route_id: UUID, schedule_id: UUID) -> Response[Any]:
        """Switch a schedule off."""
        await routes.stop_schedule(route_id, schedule_id, by=actor)
        return Redirect(f"/patrols/routes/{route_id}", status_code=303)


def figures(form: Form[RouteForm]) -> RouteFigures:
    """Return a route's figures as the form sets them."""
    data = form.data
    return RouteFigures(
        name=data.name, post=data.post, ordering=data.ordering, dwell=data.dwell, early=data.early, slack=data.slack, length=data.length,
        two_at_night=data.two_at_night, is_active=data.is_active,
    )  # fmt: skip


def stops_of(form: Form[RouteForm]) -> list[tuple[UUID, UUID]]:
    """Return the points as (checkpoint, checklist) in their order; raise NotFoundException for what is no id."""
    pairs = zip(texts(form.values, "stop_point"), texts(form.values, "stop_list"), strict=False)
    numbers = texts(form.values, "stop_number")
    try:
        found = [(UUID(point), UUID(list_)) for point, list_ in pairs if point and list_][:MOST_STOPS]
        order = [
            float(numbers[place]) if place < len(numbers) and numbers[place] else place for place in range(len(found))
        ]
    except ValueError:
        raise NotFoundException from None
    return [stop for _number, stop in sorted(zip(order, found, strict=True), key=lambda pair: pair[0])]


def choices() -> dict[str, Any]:
    """Return what a route's form offers."""
    return {
        "posts": [(key, _(label)) for key, label in POSTS.items()],
        "orderings": [(key, _(label)) for key, label in ORDERINGS.items()],
    }


async def route_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    route_id: UUID,
    form: Form[Any] | None = None,
    schedule: Form[Any] | None = None,
) -> Response[Any]:
    """Return a route's page, with what was typed when a form was refused."""
    await install(actor.here)
    found = await routes.find(route_id, by=actor)
    places = await checkpoints.listed(actor, "", "", 1, 1000)
    return page(
        request,
        "patrols/routes/edit.html",
        status=422 if form or schedule else 200,
        route=found,
        form=form or blank(**{name: getattr(found, name) for name in RouteFigures.__struct_fields__}),
        schedule=schedule,
        stops=await routes.stops_of(route_id),
        schedules=await routes.schedules_of(route_id),
        places=[(one.id, f"{one.name} · {one.place}") for one in places.items],
        lists=[(one.id, one.name) for one in await lists.listed(actor) if one.published],
        kinds=[(key, _(label)) for key, label in KINDS.items()],
        kind_names=KINDS,
        weekdays=[(key, _(label)) for key, label in WEEKDAYS.items()],
        **choices(),
    )

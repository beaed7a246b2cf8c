"""Hazards over HTTP at the desk: the register with its figures, one hazard, a new one, papers, the limits."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.hazards import noticing, register
from server.hazards.exporting import spreadsheet
from server.hazards.finding import READERS, HazardView, find
from server.hazards.forms import LimitsForm, ReportForm
from server.hazards.kinds import CATEGORIES, GRADES, HOURS, PACES, guess_grade
from server.hazards.limits import set_limits
from server.hazards.people import crew
from server.hazards.register import filters_from, listed
from server.hazards.reporting import Report, limits_here, report
from server.hazards.showing import line, shown
from server.lib.acting import Act
from server.lib.charting import Series, draw
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.lib.paging import Page, page_number
from server.lib.refreshing import unchanged
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.notices import inbox
from server.security.actor import Actor
from server.security.guards import can
from server.storage.links import photos_again
from server.storage.photos import FORM_BYTES, NOT_YOURS, PhotosMissing
from server.tickets.forms import carried


class Hazards(Controller):
    """The register and the hazards themselves."""

    path = "/hazards"
    guards = (can(*READERS),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the register."""
        return await register_page(request, actor)

    @get("/figures")
    async def figures(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the figures: half a year by month and by category."""
        months, shares = await register.months(actor), await register.shares(actor)
        tallies = await register.tallies(actor)
        found = [
            Series(_("发现"), [one.found for one in months], tone="warn"),
            Series(_("销号"), [one.closed for one in months]),
        ]
        drawn = draw([one.month for one in months], found)
        return page(request, "hazards/figures.html", months=months, shares=shares, tallies=tallies, drawn=drawn)

    @get("/export", guards=[can("hazard.manage", "register.export")])
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the register as a spreadsheet."""
        try:
            content = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany as error:
            return await register_page(request, actor, 422, error)
        headers = {"content-disposition": 'attachment; filename="hazards.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @get("/new", guards=[can("hazard.report")])
    async def new(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form for a hazard."""
        return report_page(request, blank(id=uuid7()))

    @post("/", guards=[can("hazard.report")], request_max_body_size=FORM_BYTES)
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make a hazard; who manages hazards registers it in the same breath."""
        form = await read_form(request, ReportForm)
        photos = await carried(form, actor)
        if form.ok:
            try:
                hazard = await report(report_of(form.data), photos, by=actor)
                if actor.can("hazard.manage") and hazard.state == "found":
                    await noticing.register(hazard.id, by=actor, act=Act())
            except PhotosMissing:
                form.fail("photos", _(NOT_YOURS))
            else:
                return Redirect(f"/hazards/{hazard.id}", status_code=303)
        return report_page(request, form, await photos_again(form, by=actor), 422)

    @get("/limits", guards=[can("hazard.rules")])
    async def limits(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the limits."""
        return limits_page(request, blank(**(await limits_here(actor.here))))

    @post("/limits", guards=[can("hazard.rules")])
    async def change_limits(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Change the limits."""
        form = await read_form(request, LimitsForm)
        if form.ok:
            try:
                await set_limits({pace: getattr(form.data, pace) for pace in HOURS}, by=actor)
            except ValueError:
                form.fail("immediate", _("期限要从短到长"))
            else:
                return Redirect("/hazards", status_code=303)
        return limits_page(request, form, 422)

    @get("/{hazard_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID) -> Response[Any]:
        """Show one hazard with everything that happened to it."""
        hazard = await find(hazard_id, by=actor)
        actor = await inbox.seen(hazard.id, by=actor)
        request.scope["actor"] = actor  # type: ignore[typeddict-unknown-key]  # the menus of this very page count what is left
        context = await shown(hazard, actor)
        return unchanged(request, context["version"]) or page(request, "hazards/show.html", **context)

    @get("/{hazard_id:uuid}/notice")
    async def notice(self, request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID) -> Response[Any]:
        """Show the notice of rectification 整改通知 as a sheet to print, once it is issued."""
        return await paper(request, actor, hazard_id, "hazards/notice.html", "noticed_at")

    @get("/{hazard_id:uuid}/record")
    async def record(self, request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID) -> Response[Any]:
        """Show the record of the close-out 销号 with both photos, once it is closed."""
        return await paper(request, actor, hazard_id, "hazards/record.html", "closed_at")


async def register_page(
    request: Request[Any, Any, Any], actor: Actor, status: int = 200, too_many: TooMany | None = None
) -> Response[Any]:
    """Answer with the register."""
    filters, tallies = filters_from(request.query_params), await register.tallies(actor)
    found: Page[HazardView] = await listed(actor, filters, page_number(request))
    return page(
        request,
        "hazards/index.html",
        status,
        filters=filters,
        tallies=tallies,
        chips=register.chips(filters, tallies.counts),
        hazards=Page([line(one) for one in found.items], found.total, found.number),
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
        grades=[(key, _(label)) for key, label in GRADES.items()],
        people=[(str(one.person_id), one.name) for one in await crew(actor.here)],
        too_many=too_many,
    )


def report_of(data: ReportForm) -> Report:
    """Return the report that a form means."""
    grade = guess_grade(data.text) if data.grade == "auto" else data.grade
    return Report(
        id=data.id, category=data.category, grade=grade, source=data.source, place=data.place, text=data.text,
        measure=data.measure,
    )  # fmt: skip


def report_page(request: Request[Any, Any, Any], form: Form[Any], photos: Any = (), status: int = 200) -> Response[Any]:
    """Answer with the form for a hazard."""
    hazard_id = form.value("id") if "id" not in form.errors and form.value("id") else uuid7()
    return page(
        request, "hazards/new.html", status, form=form, hazard_id=hazard_id, photos=photos, categories=CATEGORIES
    )


def limits_page(request: Request[Any, Any, Any], form: Form[Any], status: int = 200) -> Response[Any]:
    """Answer with the form of the limits."""
    return page(request, "hazards/limits.html", status, form=form, paces=PACES)


async def paper(
    request: Request[Any, Any, Any], actor: Actor, hazard_id: UUID, template: str, needs: str
) -> Response[Any]:
    """Answer with a sheet to print; lead back to the hazard while there is nothing to print yet."""
    hazard = await find(hazard_id, by=actor)
    if getattr(hazard, needs) is None:
        return Redirect(f"/hazards/{hazard_id}", status_code=303)
    return page(request, template, **await shown(hazard, actor))

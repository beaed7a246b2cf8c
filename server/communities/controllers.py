"""The register over HTTP: the list of rooms, its export and print, buildings, spaces, the search box, and one's own rooms."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Redirect

from server.communities import exporting, own, spaces
from server.communities.buildings import overview
from server.communities.exporting import MOST_PRINTED, TooMany, spreadsheet, take_out, watermark
from server.communities.finding import find_anything
from server.communities.labels import KINDS, OWNERSHIPS, VACANCIES, options
from server.communities.register import buildings, filters_from, find
from server.lib.formats import now, today
from server.lib.i18n import _
from server.lib.paging import page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.security.actor import Actor
from server.security.guards import can, in_community


class Register(Controller):
    """The list of rooms."""

    path = "/rooms"
    guards = (can("register.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show a page of the rooms that the filters ask for."""
        return await register_page(request, actor)

    @get("/export", guards=[can("register.export")])
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Send the rooms as a spreadsheet, masked."""
        try:
            written = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany as error:
            return await register_page(request, actor, 422, error)
        name = f"rooms-{today():%Y%m%d}.xlsx"
        return Response(written, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    @get("/print", guards=[can("register.export")])
    async def paper(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the rooms as a sheet to print, masked."""
        filters = filters_from(request.query_params)
        try:
            found = await take_out(filters, by=actor, most=MOST_PRINTED, action="register.print")
        except TooMany as error:
            return await register_page(request, actor, 422, error)
        return page(
            request, "communities/print.html", lines=found, mark=watermark(actor, now()), back=filters.address()
        )


async def register_page(
    request: Request[Any, Any, Any], actor: Actor, status: int = 200, too_many: TooMany | None = None
) -> Response[Any]:
    """Answer with the list of rooms."""
    filters = filters_from(request.query_params)
    return page(
        request,
        "communities/index.html",
        status,
        filters=filters,
        rooms=await find(actor, filters, page_number(request)),
        buildings=await buildings(actor),
        kinds=options(KINDS),
        vacancies=options(VACANCIES),
        too_many=too_many,
        most=exporting.MOST_ROWS,
    )


@get("/buildings", guards=[can("register.read")])
async def buildings_page(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show the buildings with their figures."""
    return page(request, "communities/buildings.html", buildings=await overview(actor))


@get("/spaces", guards=[can("register.read")])
async def spaces_page(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show the parking spaces."""
    filters = spaces.space_filters(request.query_params)
    found = await spaces.find_spaces(actor, filters, page_number(request))
    counts = [(key, _(OWNERSHIPS[key]), n) for key, n in await spaces.counts(actor)]
    return page(request, "communities/spaces.html", filters=filters, spaces=found, counts=counts)


@get("/search", guards=[can("register.read", "ticket.read")])
async def search_page(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show what the search box finds: rooms, people, tickets. The one room found is opened at once."""
    query = request.query_params.get("q", "").replace("\x00", "").strip()[:100]
    found = await find_anything(actor, query)
    if found.only is not None:
        return Redirect(found.only, status_code=303)
    return page(request, "communities/search.html", query=query, found=found)


@get("/my/rooms", guards=[in_community])
async def own_rooms(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show an owner or tenant their own rooms."""
    return page(request, "communities/own.html", homes=await own.homes(actor))

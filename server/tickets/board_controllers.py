"""The office's board over HTTP: its page, saved filters, many at once, the spreadsheet."""

from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities.exporting import TooMany
from server.lib.forms import read_form
from server.lib.i18n import _
from server.lib.paging import Page, page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.security.actor import Actor
from server.security.guards import can
from server.tickets import board, bulk, dispatching, filters
from server.tickets.board import Filters, filters_from
from server.tickets.exporting import spreadsheet
from server.tickets.filters import TooManyFilters
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.reporting import buildings
from server.tickets.showing import line
from server.tickets.states import PAYERS


class FilterForm(msgspec.Struct, kw_only=True):
    """A filter to keep: its name, and the board's query."""

    name: Annotated[str, msgspec.Meta(max_length=20)]
    query: Annotated[str, msgspec.Meta(max_length=400)] | None = None


class BulkForm(msgspec.Struct, kw_only=True):
    """Many tickets and the repairman they are given to."""

    repairman: UUID
    tickets: list[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{36}\.[0-9]{1,9}$")]] = []  #: id.version


class Board(Controller):
    """What the board has beside its page (which is /tickets)."""

    path = "/tickets"
    guards = (can("ticket.read"),)

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Answer with the list as a spreadsheet."""
        try:
            content = await spreadsheet(filters_from(request.query_params), by=actor)
        except TooMany as error:
            return await board_page(request, actor, await board.version(actor), too_many=error)
        headers = {"content-disposition": 'attachment; filename="tickets.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @post("/filters")
    async def keep(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Keep the filter in use under a name."""
        form = await read_form(request, FilterForm)
        chosen = filters_of(str(form.value("query") or ""))
        if form.ok:
            try:
                await filters.keep(form.data.name, chosen, by=actor)
            except TooManyFilters:
                form.fail("name", _("最多保存 %(n)s 个，先删掉不用的", n=filters.MOST))
            else:
                return Redirect(chosen.address(), status_code=303)
        return await board_page(request, actor, await board.version(actor), chosen=chosen, form=form)

    @post("/filters/{filter_id:uuid}/removal")
    async def drop(self, actor: Actor, filter_id: UUID) -> Response[Any]:
        """Keep a filter no longer."""
        await filters.drop(filter_id, by=actor)
        return Redirect("/tickets?filter=open", status_code=303)

    @post("/filters/{filter_id:uuid}/start")
    async def begin_with(self, actor: Actor, filter_id: UUID) -> Response[Any]:
        """Let the board begin with it, or not any more."""
        await filters.begin_with(filter_id, by=actor)
        return Redirect("/tickets?filter=open", status_code=303)

    @post("/bulk", guards=[can("ticket.assign")])
    async def give_many(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Give the chosen tickets to a repairman; say of each what became of it."""
        form = await read_form(request, BulkForm)
        chosen = filters_of(str(form.value("query") or ""))
        if form.ok and not form.data.tickets:
            form.fail("repairman", _("请先在左边勾选工单"))
        if not form.ok:
            return await board_page(request, actor, await board.version(actor), chosen=chosen, form=form)
        given = await bulk.give([bulk.ticked(one) for one in form.data.tickets], form.data.repairman, by=actor)
        return page(
            request,
            "tickets/given.html",
            given=given,
            why=bulk.WHY,
            back=chosen.address(),
            done=sum(one.outcome == "done" for one in given),
        )


def filters_of(query: str) -> Filters:
    """Return the filters that an address's query means."""
    return filters_from(dict(parse_qsl(query)))


async def board_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    version: str,
    *,
    chosen: Filters | None = None,
    form: Any = None,
    too_many: TooMany | None = None,
) -> Response[Any]:
    """Return the office's board."""
    kept = await filters.kept(actor)
    if chosen is None and not request.query_params and (first := next((one for one in kept if one.is_default), None)):
        return Redirect(filters_of(first.query).address(), status_code=303)
    chosen = chosen or filters_from(request.query_params)
    tallies = await board.tallies(actor)
    total = None if chosen.is_narrowed else tallies.counts[chosen.filter]
    found = await board.board(actor, chosen, page_number(request), total=total)
    people = await dispatching.repairmen(actor.here)
    return page(
        request,
        "tickets/board.html",
        422 if form or too_many else 200,
        tickets=Page([line(one, actor) for one in found.items], found.total, found.number),
        tallies=tallies,
        chips=[
            {
                "href": chosen.address(filter=key),
                "label": _(one.label),
                "count": tallies.counts[key],
                "current": key == chosen.filter,
            }
            for key, one in board.FILTERS.items()
        ],
        chosen=chosen,
        kept=kept,
        form=form,
        too_many=too_many,
        repairmen=people,
        people=[(str(one.id), one.name) for one in people],
        buildings=[(str(one.id), one.name) for one in await buildings(actor.here)],
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
        levels=[(key, _(label)) for key, label in LEVELS.items()],
        payers=[(key, _(label)) for key, label in PAYERS.items()],
        sorts=[(key, _(label)) for key, (label, _key, _direction) in board.SORTS.items()],
        version=version,
    )

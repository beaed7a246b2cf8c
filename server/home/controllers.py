"""`/`, by who is asking."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from server.home.fieldwork import Waiting, field_work, version_with
from server.home.waiting import expiring, refusals
from server.lib.navigation import home_of
from server.lib.refreshing import unchanged
from server.lib.templating import page
from server.notices import inbox
from server.reception.letters import waiting_for
from server.reception.words import LETTERS
from server.security.actor import Actor
from server.security.guards import signed_in
from server.tickets import board
from server.tickets.finding import select
from server.tickets.reporting import rooms_of
from server.tickets.showing import line, with_timelines


@get("/", guards=[signed_in])
async def home(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Show what waits for this person."""
    if actor.community_id is None:
        return page(request, "home/nowhere.html")
    if (place := home_of(actor)) != "/":
        return Redirect(place, status_code=303)
    field = await field_work(actor)
    version = version_with(await board.version(actor), field)
    return unchanged(request, version) or await _page(request, actor, version, field)


async def _page(request: Request[Any, Any, Any], actor: Actor, version: str, field: list[Waiting]) -> Response[Any]:
    """Return the home that fits the actor's posts."""
    if actor.can("ticket.assign"):
        return await office_home(request, actor, version, field)
    if actor.is_staff:
        return await staff_home(request, actor, version, field)
    return await resident_home(request, actor, version)


async def office_home(
    request: Request[Any, Any, Any], actor: Actor, version: str, field: list[Waiting]
) -> Response[Any]:
    """Return the workbench of the manager, the clerk and the administrator."""
    unassigned = await select(
        board.FILTERS["new"].condition, by=actor, order="ticket.level, ticket.reported_at", limit=6
    )
    late = await select(
        f"{board.FILTERS['late'].condition} and not ({board.FILTERS['new'].condition})",
        by=actor, order="ticket.due_at", limit=6,
    )  # fmt: skip
    finished = await select(board.FILTERS["finished"].condition, by=actor, order="ticket.finished_at", limit=6)
    return page(
        request,
        "home/office.html",
        tallies=await board.tallies(actor),
        unassigned=[line(ticket, actor) for ticket in unassigned],
        late=[line(ticket, actor) for ticket in late],
        finished=[line(ticket, actor) for ticket in finished],
        messages=await inbox.latest(actor),
        certificates=await expiring(actor),
        refusals=await refusals(actor),
        field_work=field,
        version=version,
    )


async def staff_home(
    request: Request[Any, Any, Any], actor: Actor, version: str, field: list[Waiting]
) -> Response[Any]:
    """Return the home of those who do not give out repairs: messages, and what they reported themselves."""
    mine = await select("ticket.reporter_account_id = {0}", actor.account_id, by=actor, limit=5)
    return page(
        request,
        "home/staff.html",
        messages=await inbox.latest(actor),
        reported=[line(ticket, actor) for ticket in mine],
        tallies=await board.tallies(actor) if actor.can("ticket.read") else None,
        field_work=field,
        version=version,
    )


async def resident_home(request: Request[Any, Any, Any], actor: Actor, version: str) -> Response[Any]:
    """Return the home of an owner or tenant: their room, and how their repairs stand."""
    tickets = (await board.own(actor, open_only=True, limit=3)).items or (await board.own(actor, limit=1)).items
    return page(
        request,
        "home/resident.html",
        rooms=await rooms_of(actor),
        repairs=await with_timelines(tickets, actor),
        letters=await waiting_for(actor),
        letter_kinds=LETTERS,
        messages=await inbox.latest(actor, 3),
        version=version,
    )

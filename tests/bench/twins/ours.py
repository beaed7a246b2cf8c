"""Neiye with one more page: the whole application as it is served, and a list put together as its features do it."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import ChoiceLoader, FileSystemLoader
from litestar import Request, Response, get
from litestar.types import ASGIApp

from server import app as application
from server.db import fetchval, row, rows
from server.lib.templating import environment, page
from server.security.actor import Actor
from server.security.guards import can

TEMPLATES = Path(__file__).with_name("templates")
ROWS = 36


class Building(msgspec.Struct):
    """The building whose rooms are listed."""

    id: UUID
    name: str


class Line(msgspec.Struct):
    """A room in the list."""

    id: UUID
    label: str
    code: str
    floor: int
    gross_area: Decimal
    vacancy: str
    note: str | None


@get("/bench/{building_id:uuid}", guards=[can("register.read")])
async def list_of_rooms(request: Request[Any, Any, Any], actor: Actor, building_id: UUID) -> Response[Any]:
    """Show the first rooms of a building: three queries, some 15 KB."""
    building = await row(
        Building, "select id, name from building where community_id = $1 and id = $2", actor.here, building_id
    )
    total = await fetchval(
        "select count(*) from room where community_id = $1 and building_id = $2", actor.here, building_id
    )
    found = await rows(
        Line,
        "select id, label, code, floor, gross_area, vacancy, note from room"
        f" where community_id = $1 and building_id = $2 order by sort limit {ROWS}",
        actor.here,
        building_id,
    )
    return page(request, "twins/ours.html", building=building, total=total, rooms=found)


def create() -> ASGIApp:
    """Return the application, with the page of the comparison added."""
    application.ROUTES.append(list_of_rooms)
    env = environment()
    assert env.loader is not None
    env.loader = ChoiceLoader([env.loader, FileSystemLoader(TEMPLATES)])
    return application.create_app()

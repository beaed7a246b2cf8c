"""The same page with as little as possible: Starlette, one asyncpg connection a request, Jinja2, gzip.

It is a strong twin: no reset of connections between requests, no language, no roles, no row-level security of its own, no
security headers. Its template reads records as templates are written (`room.label`); the page under /by-key reads them by
key (`room['label']`), which is the fastest stock Jinja2 can do and what next to nobody writes.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

ROWS = 36
MENU = [
    ("/", "工作台"),
    ("/rooms", "房产档案"),
    ("/tickets", "工单"),
    ("/messages", "消息"),
    ("/settings", "设置"),
    ("/me", "我的"),
]
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
PAGE, PAGE_BY_KEY = TEMPLATES.get_template("twins/bare.html"), TEMPLATES.get_template("twins/bare_by_key.html")


class PlainConnection(asyncpg.Connection):
    """A connection that is not reset on release."""

    def get_reset_query(self) -> str:
        return ""


async def list_of_rooms(request: Request) -> Response:
    """Show the first rooms of a building."""
    building_id = request.path_params["building_id"]
    token = hashlib.sha256(request.cookies.get("sid", "").encode()).digest()
    async with request.app.state.pool.acquire() as line:
        visitor = await line.fetchrow(
            "select account.id, account.name, session.csrf_secret, session.community_id, community.name as community"
            " from session join account on account.id = session.account_id"
            " join community on community.id = session.community_id"
            " where session.token_hash = $1 and session.expires_at > now() and account.disabled_at is null",
            token,
        )
        if visitor is None:
            return Response(status_code=401)
        community_id: UUID = visitor["community_id"]
        building = await line.fetchrow(
            "select id, name from building where community_id = $1 and id = $2", community_id, building_id
        )
        total = await line.fetchval(
            "select count(*) from room where community_id = $1 and building_id = $2", community_id, building_id
        )
        rooms = await line.fetch(
            "select id, label, code, floor, gross_area, vacancy, note from room"
            f" where community_id = $1 and building_id = $2 order by sort limit {ROWS}",
            community_id,
            building_id,
        )
    path = request.url.path
    page = PAGE_BY_KEY if path.startswith("/by-key/") else PAGE
    return HTMLResponse(page.render(visitor=visitor, building=building, total=total, rooms=rooms, menu=MENU, path=path))


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the pool: as many connections as ours has."""
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=2,
        max_size=10,
        connection_class=PlainConnection,
        server_settings={"neiye.reach": "*"},
    ) as pool:
        app.state.pool = pool
        yield


def create() -> Starlette:
    """Return the application."""
    return Starlette(
        routes=[
            Route("/bench/{building_id:uuid}", list_of_rooms),
            Route("/by-key/{building_id:uuid}", list_of_rooms),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=600, compresslevel=6)],
        lifespan=lifespan,
    )

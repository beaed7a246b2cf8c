"""The application: every route of every feature, on one screen."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from litestar import Litestar, MediaType, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ASGIApp

import server.field.release  # registers what the phone renders its pages with
import server.recurring  # noqa: F401 - registers the job handlers
from server.db import DB, is_away
from server.lib.assets import assets
from server.lib.pooling import Busy
from server.lib.templating import environment, page
from server.routes import ROUTES
from server.security.actor import Actor, actor_of
from server.security.csrf import require_token
from server.security.gateway import Gateway
from server.security.guards import Detour
from server.storage.objects import StorageUnavailable

log = logging.getLogger("neiye")

MAX_BODY = 256 * 1024
"""Bytes of a request's body; a route that takes files says more."""

ERROR_PAGES = {403, 404, 413, 422, 429, 500, 503}


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """Hand the signed-in actor to a handler that asks for `actor`."""
    actor = actor_of(request)
    if actor is None:
        raise NotAuthorizedException
    return actor


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a script asks, rather than a person."""
    return "application/json" in request.headers.get("accept", "")


def answer_error(request: Request[Any, Any, Any], status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    """Answer with the error page for `status`, or its JSON."""
    shown = status if status in ERROR_PAGES else (500 if status >= 500 else 404)
    if wants_json(request):
        return Response({"status": status}, status_code=status, media_type=MediaType.JSON, headers=headers)
    return page(request, f"errors/{shown}.html", status, headers)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer an expected error. A visitor is sent to sign in, and comes back to where they wanted to go."""
    if error.status_code == 401:
        return to_sign_in(request)
    if isinstance(error, Detour):
        return send_to(request, error.location)
    status = 404 if error.status_code in (400, 405) and request.method == "GET" else error.status_code
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() != "content-type"}
    return answer_error(request, status, headers)


def to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send a visitor to the sign-in page; a script is told 401, and htmx to load that page."""
    target = "/sign-in"
    if request.method == "GET" and request.scope["path"] != "/":
        query = request.scope["query_string"].decode("latin-1")
        target += "?next=" + quote(request.scope["path"] + (f"?{query}" if query else ""), safe="")
    if wants_json(request) and "hx-request" not in request.headers:
        return Response({"status": 401}, status_code=401, media_type=MediaType.JSON)
    return send_to(request, target)


def send_to(request: Request[Any, Any, Any], location: str) -> Response[Any]:
    """Send the browser to `location`; htmx is told to load it as a whole page, a script gets 403 with the address."""
    if "hx-request" in request.headers:
        return Response(b"", status_code=200, headers={"HX-Redirect": location})
    if wants_json(request):
        return Response({"status": 403, "location": location}, status_code=403, media_type=MediaType.JSON)
    return Response(b"", status_code=303, headers={"Location": location})


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Log an error nobody expected, and say so without details. A database that is away is no bug."""
    if is_away(error):
        log.warning("%s %s: the database is away: %s", request.method, request.scope["path"], error)
        return on_busy(request, error)
    log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return answer_error(request, 500)


def on_busy(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    """Ask to come back in a moment."""
    return answer_error(request, 503, {"Retry-After": "5"})


async def check_token(request: Request[Any, Any, Any]) -> None:
    """Refuse changes without the session's token, before any handler reads them."""
    await require_token(request)


@asynccontextmanager
async def lifespan(_app: Litestar) -> AsyncIterator[None]:
    """Open the pool (unless a test already has) and warm what the first page needs."""
    ours = DB.lender is None
    if ours:
        await DB.open(min_size=2)
    assets()
    environment()
    try:
        yield
    finally:
        if ours:
            await DB.close()


def create_app() -> ASGIApp:
    """Return the whole application, gateway included."""
    app = Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        dependencies={"actor": Provide(provide_actor)},
        before_request=check_token,
        exception_handlers={
            HTTPException: on_http_error,
            Busy: on_busy,
            StorageUnavailable: on_busy,
            Exception: on_bug,
        },
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return Gateway(app)

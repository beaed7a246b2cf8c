"""Every route names its guard: `public`, `signed_in`, or `can(...)`. A convention test walks them all.

`arriving` lets in who has yet to change a one-time password or set up a second factor; all the others send them there.

A stranger meets 404: that a page exists is nobody's business who may not see it. A visitor is sent to sign in.

They wait for nothing and are coroutines all the same: Litestar runs a plain function as guard in a thread of its own, which
costs as much as a query.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler

from server.config import settings
from server.lib.formats import now
from server.security.actor import Actor, actor_of, pusher_of

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


async def public(_connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let everybody in."""


async def handing_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let in whoever hands in work done in the field, by a session or by the phone's own token, whatever they have yet to do."""
    if pusher_of(connection) is None:
        raise NotAuthorizedException


RECENTLY = timedelta(minutes=15)
"""How long a typed code vouches for the person at the keyboard."""


class Detour(HTTPException):
    """Something has to be done first, at `location`."""

    status_code = 303

    def __init__(self, location: str) -> None:
        super().__init__(detail=location)
        self.location = location


async def arriving(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let in whoever is signed in, whatever they have yet to do; raise NotAuthorizedException for a visitor."""
    if actor_of(connection) is None:
        raise NotAuthorizedException


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let in whoever is signed in; raise NotAuthorizedException for a visitor, Detour if something comes first."""
    await arriving(connection, handler)
    actor = actor_of(connection)
    step = first_step(actor) if actor else None
    if step:
        raise Detour(step + "?next=" + quote(return_path(connection), safe=""))


def first_step(actor: Actor) -> str | None:
    """Return the page `actor` must deal with before any other, or None. In the demo a second factor is only offered."""
    if actor.must_change_password:
        return "/me/password"
    if actor.second_factor_due and actor.second_factor_due < now() and not settings.demo:
        return "/me/second-factor"
    return None


def return_path(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the page to come back to: this one, or the one the form of this request was on."""
    if connection.scope.get("method") == "GET":
        return str(connection.scope["path"])
    referrer = connection.headers.get("referer", "")
    return "/" + referrer.split("/", 3)[3].split("?")[0] if referrer.count("/") > 2 else "/"


async def recent_second_factor(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let in whose second factor was checked within RECENTLY; raise Detour to where it is checked or set up.

    For what must not be done from an unlocked computer somebody walked away from: approving money, changing ways in.
    """
    await signed_in(connection, handler)
    actor = actor_of(connection)
    if actor is None or (actor.second_factor_at and actor.second_factor_at > now() - RECENTLY):
        return
    page = "/me/second-factor/check" if actor.has_second_factor else "/me/second-factor"
    raise Detour(page + "?next=" + quote(return_path(connection), safe=""))


async def careful(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Like `recent_second_factor`, but whoever has no second factor is let in: for changing one's own ways to sign in."""
    await signed_in(connection, handler)
    actor = actor_of(connection)
    if actor is not None and actor.has_second_factor:
        await recent_second_factor(connection, handler)


def for_company(capability: str) -> Guard:
    """Return a guard that lets in company administrators who have `capability`, in whatever community, or none yet."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        await signed_in(connection, handler)
        actor = actor_of(connection)
        if actor is None or not actor.is_company_admin or not actor.can(capability):
            raise NotFoundException

    guard.capabilities = (capability,)  # type: ignore[attr-defined]
    guard.__name__ = f"for_company({capability})"
    return guard


async def in_community(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let in whoever is signed in and belongs to a community; raise NotFoundException for the others."""
    await signed_in(connection, handler)
    actor = actor_of(connection)
    if actor is None or actor.community_id is None:
        raise NotFoundException


def can(*capabilities: str) -> Guard:
    """Return a guard that lets in whoever has one of `capabilities` in the community they work in."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        await in_community(connection, handler)
        actor = actor_of(connection)
        if actor is None or not any(actor.can(name) for name in capabilities):
            raise NotFoundException

    guard.capabilities = capabilities  # type: ignore[attr-defined]
    guard.__name__ = f"can({', '.join(capabilities)})"
    return guard

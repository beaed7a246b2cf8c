"""Sync over HTTP. It speaks JSON to a script: never a redirect, never a page; 401 when nobody is signed in."""

import re
from typing import Any
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get, patch, post, put
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException

import server.field.features  # noqa: F401 - registers the operations and documents
from server.lib.i18n import _
from server.security.actor import Actor, pusher_of
from server.security.guards import Detour, handing_in, in_community
from server.storage.images import MAX_BYTES, PhotoRefused
from server.storage.objects import StorageUnavailable
from server.storage.photos import TRY_LATER
from server.sync import blobs, feed, pushing, reading
from server.sync.carrying import carry_out_waiting

NO_STORE = {"Cache-Control": "no-store"}
PIECE_ROOM = 4 * blobs.PIECE
"""Bytes a PATCH may carry: a phone with good signal may send larger pieces than it must."""


async def provide_pusher(request: Request[Any, Any, Any]) -> Actor:
    """Hand whoever hands in work to a handler that asks for `pusher`."""
    pusher = pusher_of(request)
    if pusher is None:
        raise NotAuthorizedException
    return pusher


def on_error(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer an expected error as JSON; a person who must do something else first is told where."""
    if isinstance(error, Detour):
        return refused(403, "detour", location=error.location)
    return refused(error.status_code, "http")


def refused(status: int, error: str, headers: dict[str, str] | None = None, **more: Any) -> Response[Any]:
    """Answer that nothing was done, and why."""
    body = {"status": status, "error": error, **more}
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=NO_STORE | (headers or {}))


class Sync(Controller):
    """Push and pull."""

    path = "/sync"
    exception_handlers = {HTTPException: on_error}
    dependencies = {"pusher": Provide(provide_pusher)}

    @post("/push", guards=[handing_in], request_max_body_size=reading.MAX_BODY, status_code=200)
    async def push(self, request: Request[Any, Any, Any], pusher: Actor) -> Response[Any]:
        """Take operations in; a token hands in for its own phone and person only."""
        try:
            report = reading.report(await request.body())
        except reading.Unreadable as error:
            return refused(422, str(error))
        if report.user not in (None, pusher.account_id) or pusher.device_id not in (None, report.device):
            raise NotAuthorizedException
        answer = await pushing.push(report, pusher, request.headers.get("user-agent", ""))
        return Response(answer, media_type=MediaType.JSON, headers=NO_STORE)

    @post("/pull", guards=[in_community], request_max_body_size=reading.MAX_BODY, status_code=200)
    async def pull(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Tell what has changed."""
        try:
            asked = reading.question(await request.body())
        except reading.Unreadable as error:
            return refused(422, str(error))
        return Response(await feed.pull(asked, actor), media_type=MediaType.JSON, headers=NO_STORE)


class Blobs(Controller):
    """Photos, named by their hash; `photo` is the id the phone gave it. HEAD asks how much has come."""

    path = "/sync/blobs/{sha256:str}"
    guards = [handing_in]
    exception_handlers = {HTTPException: on_error}
    dependencies = {"pusher": Provide(provide_pusher)}

    @get()
    async def state(self, pusher: Actor, sha256: str, photo: str = "") -> Response[Any]:
        """Say how much has come (for HEAD)."""
        wanted = named(sha256, photo)
        return told(await blobs.state_of(sha256, wanted, pusher), 200)

    @put(request_max_body_size=MAX_BYTES + 1, status_code=201)
    async def replace(
        self, request: Request[Any, Any, Any], pusher: Actor, sha256: str, photo: str = ""
    ) -> Response[Any]:
        """Take a photo whole."""
        wanted = named(sha256, photo)
        return await took(blobs.put(sha256, wanted, await request.body(), pusher), pusher)

    @patch(request_max_body_size=PIECE_ROOM, status_code=200)
    async def append(
        self, request: Request[Any, Any, Any], pusher: Actor, sha256: str, photo: str = ""
    ) -> Response[Any]:
        """Take the next piece."""
        wanted = named(sha256, photo)
        offset = request.headers.get("upload-offset", "")
        if not re.fullmatch(r"[0-9]{1,9}", offset):
            return refused(400, "upload-offset")
        last = request.headers.get("upload-complete") == "?1"
        piece = await request.body()
        return await took(blobs.append(sha256, wanted, int(offset), piece, pusher, last=last), pusher)


def named(sha256: str, photo: str) -> UUID:
    """Return the photo's id; raise NotFoundException for what names no photo."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NotFoundException
    try:
        return UUID(photo)
    except ValueError:
        raise NotFoundException from None


async def took(taking: Any, pusher: Actor) -> Response[Any]:
    """Answer for what was sent: how far it has come, or why not."""
    try:
        state = await taking
    except blobs.WrongOffset as error:
        return told(error.state, 409)
    except blobs.TooMuch:
        return refused(429, "too much", {"Retry-After": "60"})
    except PhotoRefused as error:
        return refused(422, _(str(error)))
    except StorageUnavailable:
        return refused(503, _(TRY_LATER), {"Retry-After": "15"})
    if state.complete:
        await carry_out_waiting(pusher)
    return told(state, 201 if state.complete else 200)


def told(state: blobs.State, status: int) -> Response[Any]:
    """Answer with the upload's state."""
    headers = {"Upload-Offset": str(state.offset), "Upload-Complete": "?1" if state.complete else "?0"}
    body = {"offset": state.offset, "complete": state.complete}
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=NO_STORE | headers)

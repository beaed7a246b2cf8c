"""Photos over HTTP: sent one by one by the page's script (or several at once), shown through signed links."""

import datetime as dt
import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, MediaType, Request, Response, delete, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException

from server.db import held
from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.guards import signed_in
from server.storage import photos
from server.storage.images import PhotoRefused
from server.storage.links import Shown, is_genuine, shown
from server.storage.objects import ObjectMissing, StorageUnavailable
from server.storage.photos import FORM_BYTES, Garbled, Sent, StoredPhoto

KEEP = "private, max-age=3600"
"""A picture never changes, but who may see it can: a browser asks again after an hour (and is told 304)."""


class Told(msgspec.Struct):
    """What the phone says of the photo it sends: its own id for it, its hash, and what stood in the EXIF it dropped."""

    id: UUID | None = None
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    taken_at: dt.datetime | None = None
    latitude: photos.Latitude | None = None
    longitude: photos.Longitude | None = None
    place: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class Photos(Controller):
    """The photos themselves; what they belong to is the business of the features."""

    path = "/photos"
    guards = (signed_in,)

    @post("/", request_max_body_size=FORM_BYTES, status_code=201)
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Store the photos in the field `photos`; answer with what they are called from now on."""
        form = await read_form(request, Told)
        files = form.files.get("photos", [])
        if not form.ok or not files:
            return refused(422, next(iter(form.errors.values()), _("请选择照片")))
        try:
            stored = await store_all(files, form, actor)
        except PhotoRefused as error:
            return refused(422, _(str(error)))
        except Garbled:
            return refused(400, _("照片在路上损坏了，正在重传"))
        except StorageUnavailable:
            return refused(503, _(photos.TRY_LATER), {"Retry-After": "15"})
        return Response({"photos": [shown(photo, actor) for photo in stored]}, status_code=201)

    @get("/")
    async def unattached(self, actor: Actor, ids: str = "") -> dict[str, list[Shown]]:
        """Say which of the photos `ids` (joined by commas) are the actor's and still wait for their form."""
        wanted = [UUID(text) for text in ids.split(",") if re.fullmatch(r"[0-9a-f-]{36}", text)][:50]
        return {"photos": [shown(photo, actor) for photo in await photos.unattached(wanted, by=actor)]}

    @get("/{photo_id:uuid}", exclude_from_compression=True)
    async def show(self, request: Request[Any, Any, Any], actor: Actor, photo_id: UUID) -> Response[bytes]:
        """Answer with the photo, or the part of it that Range asks for."""
        return await send(request, await reachable(request, actor, photo_id), thumb=False)

    @get("/{photo_id:uuid}/thumb", exclude_from_compression=True)
    async def thumb(self, request: Request[Any, Any, Any], actor: Actor, photo_id: UUID) -> Response[bytes]:
        """Answer with the thumbnail."""
        return await send(request, await reachable(request, actor, photo_id), thumb=True)

    @delete("/{photo_id:uuid}", status_code=200)
    async def destroy(self, actor: Actor, photo_id: UUID) -> dict[str, bool]:
        """Take back a photo of one's own that no form has been sent with yet."""
        if not await photos.discard(photo_id, by=actor):
            raise NotFoundException
        return {"removed": True}


async def store_all(files: list[UploadFile], form: Form[Told], by: Actor) -> list[StoredPhoto]:
    """Store `files`; what the phone tells goes with a photo that comes alone."""
    if len(files) > 1:
        return await photos.store_photos(files, by=by)
    told = {name: getattr(form.data, name) for name in Told.__struct_fields__}
    return [await photos.store(Sent(await photos.read_whole(files[0]), **told), by=by)]


def refused(status: int, message: str, headers: dict[str, str] | None = None) -> Response[Any]:
    """Answer a script: 422 the photo will never be taken, anything else try again."""
    return Response({"error": message}, status_code=status, media_type=MediaType.JSON, headers=headers)


async def reachable(request: Request[Any, Any, Any], actor: Actor, photo_id: UUID) -> StoredPhoto:
    """Return the photo of a genuine link if `actor` may see it; raise NotFoundException."""
    query = request.query_params
    expires = query.get("e", "")
    if not re.fullmatch(r"[0-9]{1,12}", expires) or not is_genuine(
        photo_id, actor.account_id, int(expires), query.get("s", "")
    ):
        raise NotFoundException
    photo = await photos.find(photo_id, by=actor)
    if photo is None:
        raise NotFoundException
    return photo


async def send(request: Request[Any, Any, Any], photo: StoredPhoto, *, thumb: bool) -> Response[bytes]:
    """Answer with a picture from S3: 200, 206 for one range, 304 for what the browser has, 416 for nonsense."""
    name = f"{photo.id}{'-thumb' if thumb else ''}"
    headers = {"etag": f'"{name}"', "cache-control": KEEP, "content-disposition": f'inline; filename="{name}.jpg"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    await held().release()
    start, length, status = 0, 0, 200
    if not thumb:
        headers["accept-ranges"] = "bytes"
        if request.headers.get("if-range", headers["etag"]) == headers["etag"]:
            start, length, status = wanted_range(request.headers.get("range", ""), photo.size)
    if status == 416:
        return Response(b"", status_code=416, headers=headers | {"content-range": f"bytes */{photo.size}"})
    if status == 206:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{photo.size}"
    try:
        body = await (photos.read_thumb(photo) if thumb else photos.read_photo(photo, start, length))
    except ObjectMissing:
        raise NotFoundException from None
    return Response(body, status_code=status, media_type=photo.content_type, headers=headers)


def wanted_range(header: str, size: int) -> tuple[int, int, int]:
    """Return first byte, length and status for a Range header (RFC 9110 §14): one range is served, others are ignored.

    >>> wanted_range("bytes=0-99", 1000), wanted_range("bytes=-10", 1000), wanted_range("bytes=2000-", 1000)
    ((0, 100, 206), (990, 10, 206), (0, 0, 416))
    """
    found = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", header.strip())
    if found is None or found[0].strip() == "bytes=-":
        return 0, 0, 200
    if found[1]:
        start, end = int(found[1]), min(int(found[2] or size - 1), size - 1)
    else:
        start, end = max(size - int(found[2]), 0), size - 1
    if found[1] and found[2] and int(found[2]) < start:
        return 0, 0, 200
    return (start, end - start + 1, 206) if start <= end else (0, 0, 416)

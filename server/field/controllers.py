"""Field pages over HTTP: the first visit, browsers without a service worker, and those without JavaScript."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

import server.field.features  # noqa: F401 - registers the pages
from server.db import transaction
from server.field import forms
from server.field.pages import FieldPage, pages
from server.field.showing import NAME, NO_STORE, matching, render, show
from server.lib.formats import now
from server.lib.i18n import N_, _
from server.security.actor import NO_COMMUNITY, Actor
from server.security.guards import can, in_community
from server.storage.images import PhotoRefused
from server.storage.links import link
from server.storage.objects import StorageUnavailable
from server.storage.photos import (
    FORM_BYTES,
    NOT_YOURS,
    TRY_LATER_PLAIN,
    PhotosMissing,
    StoredPhoto,
    find,
    store_photos,
)
from server.sync import reading
from server.sync.custody import Taken, claim, found, settle
from server.sync.operations import Conflict, Op, Operation, Promised, Refusal, operations

SENT_BEFORE = N_("这份表单已经交过一次，内容不一样。请看看现在的样子，需要的话再交")


def handler_of(page: FieldPage) -> HTTPRouteHandler:
    """Return the route of one field page; the ids of its documents must be ids."""
    ids = {name for key in page.one.values() for name in NAME.findall(key)}
    path = NAME.sub(lambda match: f"{{{match[1]}:{'uuid' if match[1] in ids else 'str'}}}", page.path)

    @get(path, guards=[can(*page.needs) if page.needs else in_community], name=page.path)
    async def field_page(request: Request[Any, Any, Any], actor: Actor) -> Response[str]:
        """Show the page."""
        return await show(request, actor, page, {name: str(value) for name, value in request.path_params.items()})

    return field_page


@post("/field/do/{type_:str}", guards=[in_community], request_max_body_size=FORM_BYTES)
async def do(request: Request[Any, Any, Any], actor: Actor, type_: str) -> Response[Any]:
    """Carry out an operation at once, for a browser without our script; with it, operations come through /sync/push.

    The same form sent twice, by a double tap or a page loaded anew, is answered like the first and changes nothing.
    """
    operation = operations().get(type_)
    if operation is None:
        raise NotFoundException
    sent = forms.read(await request.form())
    try:
        op = await op_of(type_, sent, actor)
        await carry_out_once(operation, op, sent)
    except PhotosMissing:
        return await again(actor, sent, _(NOT_YOURS), 422)
    except (Refusal, PhotoRefused) as error:
        return await again(actor, sent, _(str(error)), 422)
    except StorageUnavailable:
        return await again(actor, sent, _(TRY_LATER_PLAIN), 503)
    except Conflict as error:
        return await again(actor, sent, _(error.message), 409)
    return Redirect(sent.next or sent.page or "/", status_code=303)


async def carry_out_once(operation: Operation, op: Op, sent: forms.Sent) -> None:
    """Carry out what a form means and keep it under the form's key; raise Conflict when something else was sent under that key."""
    taken = taken_of(operation, op, sent)
    async with transaction():
        if await claim(taken, "taken", by=op.by):
            done = await operation.carry_out(op)
            await settle(op.id, "merged" if done.merged else "applied", version=done.version)
            return
    known = (await found([op.id])).get(op.id)
    if known is None or (known.account_id, known.hash) != (op.by.account_id, taken.hash):
        raise Conflict(SENT_BEFORE)


def taken_of(operation: Operation, op: Op, sent: forms.Sent) -> Taken:
    """Return what is kept of a form: no phone numbered it, and no phone will ask for it."""
    said = sent.said | {"type": op.type, "photos": [[photo.role, photo.sha256] for photo in op.photos]}
    body = reading.canonical(said)
    return Taken(
        id=op.id, community_id=op.by.here, device_id=op.device_id, seq=0, type=op.type, version=operation.version,
        entity_id=op.entity_id, hash=reading.hash_of(said), body=body, made_at=op.made_at, effective_at=op.effective_at,
        received_at=op.effective_at,
    )  # fmt: skip


async def op_of(type_: str, sent: forms.Sent, actor: Actor) -> Op:
    """Return the operation that a form means, its photos stored; raise PhotoRefused or StorageUnavailable."""
    roles = [role for role, _file in sent.files]
    stored = await store_photos([file for _role, file in sent.files], by=actor, key=sent.op_id)
    moment = now()
    return Op(
        id=sent.op_id,
        type=type_,
        entity_id=sent.entity_id,
        base_version=sent.base_version,
        args=sent.args,
        photos=tuple(promised(photo, role) for photo, role in zip(stored, roles, strict=True)),
        by=actor,
        device_id=NO_COMMUNITY,
        made_at=moment,
        effective_at=moment,
    )


def promised(photo: StoredPhoto, role: str) -> Promised:
    """Return a stored photo as operations name them."""
    return Promised(photo.id, photo.sha256, photo.size, role)


async def again(actor: Actor, sent: forms.Sent, problem: str, status: int) -> Response[Any]:
    """Show the form's page once more, with what is wrong and what was typed."""
    address = urlsplit(sent.page)
    place = matching(address.path)
    if place is None:
        raise NotFoundException
    page, params = place
    if page.needs and not any(actor.can(need) for need in page.needs):
        raise NotFoundException
    query = dict(parse_qsl(address.query))
    return await render(actor, page, address.path, params, query, status, problem, sent.args)


@get("/field/photo/{photo_id:uuid}", guards=[in_community])
async def field_photo(actor: Actor, photo_id: UUID, thumb: bool = False) -> Response[Any]:
    """Lead to a photo's signed link; the phone answers itself while it still has the picture."""
    photo = await find(photo_id, by=actor)
    if photo is None:
        raise NotFoundException
    return Redirect(link(photo, actor, thumb=thumb), status_code=302, headers=NO_STORE)


FIELD_ROUTES: list[Any] = [do, field_photo, *(handler_of(page) for page in pages().values())]

"""Joining with the code of a letter; and the office that prints the letters."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import joining
from server.accounts.controllers import said, see_other
from server.accounts.controllers.signing_in import welcome
from server.accounts.joining import Invitation, JoinRefused
from server.accounts.visits import visit_of
from server.db import fetch, fetchrow, held
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.security import passwords
from server.security.actor import Actor, actor_of
from server.security.guards import can, public
from server.security.secrets_ import as_typed

STATES = {
    "open": (N_("等待加入"), ""),
    "used": (N_("已加入"), "brand"),
    "revoked": (N_("已作废"), ""),
    "expired": (N_("已过期"), "warn"),
    "blocked": (N_("试错太多，已停用"), "bad"),
}


class JoinForm(msgspec.Struct):
    """The form of somebody with a letter."""

    name: Annotated[str, msgspec.Meta(max_length=60)]
    phone: Annotated[str, msgspec.Meta(max_length=30)]
    password: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class LettersForm(msgspec.Struct):
    """Which letters to print: of a room (with copies), or of a building."""

    room_id: UUID | None = None
    building_id: UUID | None = None
    copies: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    only_new: bool = False


class JoinController(Controller):
    """The pages of somebody with a letter."""

    path = "/join"
    guards = (public,)

    @get("/")
    async def start(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Ask for the code; a scanned one comes in the address."""
        code = as_typed(request.query_params.get("code", ""))[:20]
        return see_other(f"/join/{code}") if code else page(request, "accounts/join.html", form=blank())

    @get("/{code:str}")
    async def show(self, request: Request[Any, Any, Any], code: str) -> Response[Any]:
        """Show what the code is for, and the form."""
        try:
            invitation = await joining.look_up(code, visit_of(request))
        except JoinRefused as refused:
            return dead(request, code, refused)
        actor = actor_of(request)
        return show_form(request, code, invitation, blank(name=actor.name if actor else None), 200)

    @post("/{code:str}")
    async def create(self, request: Request[Any, Any, Any], code: str) -> Response[Any]:
        """Join."""
        visit, form, actor = visit_of(request), await read_form(request, JoinForm), actor_of(request)
        try:
            invitation = await joining.look_up(code, visit)
        except JoinRefused as refused:
            return dead(request, code, refused)
        check_new_password(form, actor)
        if not form.ok:
            return show_form(request, code, invitation, form, 422)
        try:
            if actor is not None:
                await joining.join_as(invitation, form.data.name, form.data.phone, visit, by=actor)
                return see_other("/")
            await held().release()
            account = await joining.join(invitation, form.data.name, form.data.phone, form.data.password or "", visit)
        except JoinRefused as refused:
            form.fail(refused.field, _(refused.message))
            return show_form(request, code, invitation, form, 422, exists=refused.message == joining.EXISTS)
        return await welcome(account, visit, "/me/passkeys?done=joined&next=/", how="join", second_factor=False)


def check_new_password(form: Form[JoinForm], actor: Actor | None) -> None:
    """Note what is wrong with the password of somebody who gets an account now."""
    if actor is None and "password" not in form.errors:
        password = str(form.value("password"))
        weak = passwords.weakness(password, str(form.value("name")), str(form.value("phone")))
        if weak:
            form.fail("password", weak)


def show_form(
    request: Request[Any, Any, Any], code: str, invitation: Invitation, form: Form[Any], status: int, **more: Any
) -> Response[Any]:
    """Show the form to join with."""
    context: dict[str, Any] = {"exists": False, "rules": passwords.rules(), "code": as_typed(code)} | more
    return page(request, "accounts/join_form.html", status, form=form, invitation=invitation, **context)


def dead(request: Request[Any, Any, Any], code: str, refused: JoinRefused) -> Response[Any]:
    """Show that the code opens nothing, and ask for another."""
    form = blank(code=code[:20])
    form.fail("code", _(refused.message))
    return page(request, "accounts/join.html", 404, form=form)


class JoinCodesController(Controller):
    """The office's page: print letters, see who has joined, revoke a code."""

    path = "/join-codes"
    guards = (can("join.invite"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the codes of the community, or of `?room=`."""
        return await show_codes(request, actor, blank(only_new="1"), 200)

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make codes and show their letters, ready to print: the only time they can be read."""
        form = await read_form(request, LettersForm)
        room_ids = await wanted_rooms(form) if form.ok else []
        if form.ok and not room_ids:
            form.fail("building_id", _("没有要打印的房屋：请选楼栋，或去掉“只给还没加入的”"))
        if not form.ok:
            return await show_codes(request, actor, form, 422)
        letters = await joining.issue(room_ids, visit_of(request), by=actor, copies=form.data.copies)
        if not letters:
            raise NotFoundException
        community = await joining.community_of(actor)
        return page(request, "accounts/letters.html", letters=letters, community=community)

    @post("/{code_id:uuid}/removal")
    async def destroy(self, actor: Actor, code_id: UUID) -> Response[Any]:
        """Revoke a code."""
        if not await joining.revoke(code_id, by=actor):
            raise NotFoundException
        return see_other("/join-codes?done=revoked")


async def wanted_rooms(form: Form[LettersForm]) -> list[UUID]:
    """Return the rooms a letter is wanted for."""
    if form.data.room_id:
        return [form.data.room_id]
    if form.data.building_id:
        return await joining.rooms_to_invite(form.data.building_id, only_new=form.data.only_new)
    return []


async def show_codes(request: Request[Any, Any, Any], actor: Actor, form: Form[Any], status: int) -> Response[Any]:
    """Show the page of the codes."""
    room = await wanted_room(request.query_params.get("room") or str(form.value("room_id")), actor)
    buildings = await fetch("select id, name from building where community_id = $1 order by sort, code", actor.here)
    return page(
        request,
        "accounts/join_codes.html",
        status,
        form=form,
        room=room,
        buildings=[(one["id"], one["name"]) for one in buildings],
        page=await joining.codes(page_number(request), by=actor, room_id=room["id"] if room else None),
        states=STATES,
        base=base_address(request),
        flashes=said(request, {"revoked": N_("加入码已作废")}),
    )


async def wanted_room(text: str, actor: Actor) -> Any:
    """Return id and label of the room in the address, or None; raise NotFoundException for one out of reach."""
    if not text:
        return None
    try:
        room = await fetchrow("select id, label from room where id = $1 and community_id = $2", UUID(text), actor.here)
    except ValueError:
        room = None
    if room is None:
        raise NotFoundException
    return room

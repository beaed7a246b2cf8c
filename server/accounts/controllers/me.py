"""我的: one's own account."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import own, passkeys
from server.accounts.controllers import layout_for, said, see_other
from server.accounts.controllers.signing_in import refuse
from server.accounts.signing_in import Refused, check_own_password
from server.accounts.visits import visit_of
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security import passwords
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.security.guards import arriving, signed_in
from server.security.local_paths import local_path
from server.security.sessions import session_cookie

DONE = {
    "password": N_("密码已修改，其他设备已退出登录"),
    "device": N_("那台设备已退出登录"),
    "others": N_("其他设备都已退出登录"),
    "factor-removed": N_("两步验证已关闭"),
}


class NewPassword(msgspec.Struct):
    """The form that changes a password."""

    password: Annotated[str, msgspec.Meta(max_length=200)]
    repeated: Annotated[str, msgspec.Meta(max_length=200)]
    current: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    next: str | None = None


class MeController(Controller):
    """The page 我的 and what hangs on it."""

    path = "/me"
    guards = (signed_in,)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show who I am and what I can set."""
        return page(
            request,
            "accounts/me.html",
            layout=layout_for(actor),
            posts=[_(POSTS[post]) for post in POSTS if post in actor.posts],
            devices=len(await own.devices(actor)),
            passkeys=len(await passkeys.passkeys_of(actor.account_id)),
            flashes=said(request, DONE),
        )

    @post("/community")
    async def go_to(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Work in another of my communities."""
        try:
            wanted = UUID(str((await request.form()).get("community_id", "")))
        except ValueError:
            raise NotFoundException from None
        if not await own.go_to(wanted, by=actor):
            raise NotFoundException
        return see_other("/")

    @get("/devices")
    async def devices(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show where I am signed in."""
        return page(
            request,
            "accounts/devices.html",
            layout=layout_for(actor),
            devices=await own.devices(actor),
            flashes=said(request, DONE),
        )

    @post("/devices/{session_id:uuid}/removal")
    async def remove_device(self, actor: Actor, session_id: UUID) -> Response[Any]:
        """Sign out on one other device."""
        if not await own.sign_out_device(session_id, by=actor):
            raise NotFoundException
        return see_other("/me/devices?done=device")

    @post("/devices/others/removal")
    async def remove_others(self, actor: Actor) -> Response[Any]:
        """Sign out on all other devices."""
        await own.sign_out_others(by=actor)
        return see_other("/me/devices?done=others")


class PasswordController(Controller):
    """The password; also the first page of somebody with a one-time password."""

    path = "/me/password"
    guards = (arriving,)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form."""
        return await show_password(request, actor, blank(), 200)

    @post("/")
    async def update(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Change the password; other devices are signed out."""
        form = await read_form(request, NewPassword)
        wait = await check(form, actor, request) if form.ok else 0
        if wait:
            context = await password_context(request, actor, form)
            return refuse(request, "accounts/password.html", form, "current", wait, "", **context)
        if not form.ok:
            return await show_password(request, actor, form, 422)
        token = await own.change_password(form.data.password, by=actor)
        cookie = session_cookie(token, https=visit_of(request).https)
        return see_other(local_path(form.data.next, "/me?done=password"), cookie)


async def check(form: Form[NewPassword], actor: Actor, request: Request[Any, Any, Any]) -> int:
    """Note what is wrong with a change of password; return how many seconds to wait if there were too many tries."""
    if form.data.password != form.data.repeated:
        form.fail("repeated", _("两次输入的新密码不一样"))
    weak = await own.weakness(form.data.password, actor.account_id)
    if weak:
        form.fail("password", weak)
    if form.errors or not await own.has_password(actor.account_id):
        return 0
    if form.data.current == form.data.password:
        form.fail("password", _("新密码不能和现在的一样"))
        return 0
    try:
        await check_own_password(actor, form.data.current or "", visit_of(request))
    except Refused as refused:
        if not refused.wait:
            form.fail("current", _(own.WRONG))
        return refused.wait
    return 0


async def password_context(request: Request[Any, Any, Any], actor: Actor, form: Form[Any]) -> dict[str, Any]:
    """Return what the password page shows."""
    return {
        "layout": layout_for(actor),
        "rules": passwords.rules(),
        "has_password": await own.has_password(actor.account_id),
        "next": form.value("next") or request.query_params.get("next", ""),
    }


async def show_password(request: Request[Any, Any, Any], actor: Actor, form: Form[Any], status: int) -> Response[Any]:
    """Show the form that changes the password."""
    return page(request, "accounts/password.html", status, form=form, **await password_context(request, actor, form))

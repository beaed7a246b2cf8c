"""One's passkeys: add, rename, remove."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import passkeys
from server.accounts.controllers import layout_for, said, see_other
from server.accounts.controllers.signing_in import Answer
from server.accounts.signing_in import device_name
from server.accounts.visits import visit_of
from server.lib.forms import read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import careful, signed_in
from server.security.local_paths import local_path

DONE = {
    "added": N_("通行密钥已添加，下次可以直接用它登录"),
    "renamed": N_("名称已保存"),
    "removed": N_("通行密钥已删除。手机里存着的那一份，也请在手机设置里删掉"),
    "joined": N_("加入成功，欢迎！"),
}


class Name(msgspec.Struct):
    """The form that renames a passkey."""

    name: Annotated[str, msgspec.Meta(max_length=60)]


class PasskeysController(Controller):
    """The pages of one's passkeys."""

    path = "/me/passkeys"
    guards = (signed_in,)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show my passkeys."""
        return page(
            request,
            "accounts/passkeys.html",
            layout=layout_for(actor),
            passkeys=await passkeys.passkeys_of(actor.account_id),
            next=local_path(request.query_params.get("next"), ""),
            flashes=said(request, DONE),
        )

    @post("/options", guards=[careful])
    async def options(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Give the browser a challenge to make a passkey for."""
        return Response(await passkeys.registration_options(visit_of(request), by=actor), status_code=200)

    @post("/", guards=[careful])
    async def create(self, request: Request[Any, Any, Any], actor: Actor, data: Answer) -> Response[Any]:
        """Keep a passkey the browser has made."""
        visit = visit_of(request)
        name = data.name.strip() or device_name(visit.user_agent) or _("通行密钥")
        if not await passkeys.add(data.id, data.credential, name, visit, by=actor):
            return Response({"error": _("没有添加成功，请再试一次")}, status_code=422)
        return Response({"next": local_path(data.next, "/me/passkeys?done=added")}, status_code=201)

    @post("/{passkey_id:uuid}")
    async def update(self, request: Request[Any, Any, Any], actor: Actor, passkey_id: UUID) -> Response[Any]:
        """Rename one."""
        form = await read_form(request, Name)
        if form.ok and not await passkeys.rename(passkey_id, form.data.name, by=actor):
            raise NotFoundException
        return see_other("/me/passkeys?done=renamed" if form.ok else "/me/passkeys")

    @post("/{passkey_id:uuid}/removal", guards=[careful])
    async def destroy(self, actor: Actor, passkey_id: UUID) -> Response[Any]:
        """Remove one."""
        if not await passkeys.remove(passkey_id, by=actor):
            raise NotFoundException
        return see_other("/me/passkeys?done=removed")

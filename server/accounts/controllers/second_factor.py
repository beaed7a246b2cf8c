"""The second factor: set it up, check it again before something weighty, new recovery codes, take it away."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import second_factor
from server.accounts.controllers import layout_for, see_other
from server.accounts.controllers.signing_in import Code, refuse
from server.accounts.visits import visit_of
from server.config import settings
from server.lib.formats import now
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.templating import page
from server.security import throttle
from server.security.actor import Actor
from server.security.guards import RECENTLY, Detour, arriving, recent_second_factor, signed_in
from server.security.local_paths import local_path
from server.security.sessions import renew_session, session_cookie

SHEET = "accounts/recovery_codes.html"
CHECK = "/me/second-factor/check?next=/me/second-factor"


class SetUp(msgspec.Struct):
    """The form with the first code of a new authenticator."""

    sealed: Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[0-9a-f]*$")]
    code: Annotated[str, msgspec.Meta(max_length=20)]
    next: str | None = None


class SecondFactorController(Controller):
    """Setting up the second factor; `arriving`, because some must come here before anywhere else."""

    path = "/me/second-factor"
    guards = (arriving,)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show whether there is one, or how to set it up."""
        if not actor.has_second_factor:
            return await show_set_up(request, actor, blank(), 200)
        assert actor.account_id is not None
        return page(
            request,
            "accounts/second_factor.html",
            layout=layout_for(actor),
            required=await second_factor.is_required(actor.account_id),
            left=await second_factor.codes_left(actor.account_id),
        )

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Keep the authenticator whose code was typed; show the recovery codes this once."""
        if actor.has_second_factor and not checked_lately(actor):
            raise Detour(CHECK)
        visit, form = visit_of(request), await read_form(request, SetUp)
        admission = await throttle.admit("set-up", str(actor.account_id), visit.ip, f"session {actor.session_id}")
        codes = None
        if form.ok and not admission.wait:
            codes = await second_factor.set_up(form.data.sealed, form.data.code, by=actor)
        if codes is None:
            form.fail("code", _("验证码不对，请看手机上现在的 6 位数字"))
            return await show_set_up(request, actor, form, 429 if admission.wait else 422)
        assert actor.session_id is not None
        cookie = session_cookie(await renew_session(actor.session_id, second_factor=True), https=visit.https)
        return with_cookie(page(request, SHEET, codes=codes, next=local_path(form.data.next, "/me")), cookie)


class FactorController(Controller):
    """What can be done with a second factor once there is one."""

    path = "/me/second-factor"
    guards = (signed_in,)

    @get("/check")
    async def ask(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Ask for the code again, before something weighty."""
        wanted = local_path(request.query_params.get("next"), "/me")
        if not actor.has_second_factor:
            return see_other(wanted)
        return page(request, "accounts/check.html", form=blank(), next=wanted)

    @post("/check")
    async def check(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Check the code; it vouches for a quarter of an hour."""
        visit, form = visit_of(request), await read_form(request, Code)
        wanted = local_path(form.value("next") or None, "/me")
        assert actor.account_id is not None
        assert actor.session_id is not None
        if not form.ok:
            return page(request, "accounts/check.html", 422, form=form, next=wanted)
        how, wait = await second_factor.check(actor.account_id, form.data.code, visit)
        if how is None:
            return refuse(
                request, "accounts/check.html", form, "code", wait, _("验证码不对或已用过，请等下一个"), next=wanted
            )
        token = await renew_session(actor.session_id, second_factor=True)
        return see_other(wanted, session_cookie(token, https=visit.https))

    @get("/replacement", guards=[recent_second_factor])
    async def replace(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show how to set up another phone; the old one works until the new one has."""
        return await show_set_up(request, actor, blank(), 200)

    @post("/recovery-codes", guards=[recent_second_factor])
    async def renew_codes(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make new recovery codes and show them this once."""
        if not actor.has_second_factor:
            raise NotFoundException
        return page(request, SHEET, codes=await second_factor.renew_codes(by=actor), next="/me/second-factor")

    @post("/removal", guards=[recent_second_factor])
    async def destroy(self, actor: Actor) -> Response[Any]:
        """Take it away, unless a post demands it."""
        assert actor.account_id is not None
        if await second_factor.is_required(actor.account_id):
            raise NotFoundException
        await second_factor.remove(actor.account_id, by=actor)
        return see_other("/me?done=factor-removed")


def checked_lately(actor: Actor) -> bool:
    """Whether the second factor was checked within RECENTLY."""
    return actor.second_factor_at is not None and actor.second_factor_at > now() - RECENTLY


def with_cookie(response: Response[Any], cookie: Any) -> Response[Any]:
    """Return `response` with `cookie` set."""
    response.set_cookie(cookie)
    return response


async def show_set_up(request: Request[Any, Any, Any], actor: Actor, form: Form[Any], status: int) -> Response[Any]:
    """Show the QR code; after a mistake the same one, so that the phone need not scan again."""
    assert actor.account_id is not None
    sealed = str(form.value("sealed"))
    secret = second_factor.open_secret(sealed, actor.account_id) if sealed else None
    if secret is None:
        sealed = second_factor.new_secret(actor.account_id)
        secret = second_factor.open_secret(sealed, actor.account_id)
    assert secret is not None
    due = actor.second_factor_due
    return page(
        request,
        "accounts/second_factor_set_up.html",
        status,
        form=form,
        sealed=sealed,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=second_factor.qr_picture(secret, actor.name),
        next=local_path(form.value("next") or request.query_params.get("next"), ""),
        due=due,
        late=bool(due and due < now() and not settings.demo),
    )

"""Signing in and out, and the language of visitors."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie

from server.accounts import own, passkeys, second_factor
from server.accounts.controllers import minutes, see_other
from server.accounts.signing_in import Login, Refused, check_password, enter, hold, let_go, on_hold
from server.accounts.visits import YEAR, Visit, own_cookie, pending_name, visit_of
from server.config import settings
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import LOCALES, _
from server.lib.templating import page
from server.security import throttle
from server.security.actor import Actor, actor_of
from server.security.clients import cookie_name
from server.security.guards import arriving, public
from server.security.local_paths import local_path
from server.security.sessions import actor_of_token, no_cookie, session_cookie


class SignIn(msgspec.Struct):
    """The sign-in form."""

    login: Annotated[str, msgspec.Meta(max_length=60)]
    password: Annotated[str, msgspec.Meta(max_length=200)]
    next: str | None = None


class Code(msgspec.Struct):
    """The form that asks for the second factor."""

    code: Annotated[str, msgspec.Meta(max_length=20)]
    next: str | None = None


class Answer(msgspec.Struct):
    """What the passkey element sends: the browser's answer to the challenge `id`."""

    id: UUID
    credential: dict[str, Any]
    next: str | None = None
    name: str = ""


class SignInController(Controller):
    """Ways in and out."""

    guards = (public,)

    @get("/sign-in")
    async def show(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form; whoever is signed in already goes on."""
        wanted = local_path(request.query_params.get("next"))
        if actor_of(request) is not None:
            return see_other(wanted)
        return page(request, "accounts/sign_in.html", form=blank(), next=wanted)

    @post("/sign-in")
    async def create(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Sign in with user name or phone, and password."""
        visit, form = visit_of(request), await read_form(request, SignIn)
        wanted = local_path(form.value("next") or None)
        if not form.ok:
            return page(request, "accounts/sign_in.html", 422, form=form, next=wanted)
        try:
            account = await check_password(form.data.login, form.data.password, visit)
        except Refused as refused:
            return refuse(
                request, "accounts/sign_in.html", form, "password", refused.wait, _("账号或密码不对"), next=wanted
            )
        if account.has_second_factor:
            pending = own_cookie(pending_name(visit.https), await hold(account.id), visit, max_age=300)
            return see_other(_with_next("/sign-in/code", wanted), pending)
        return await welcome(account, visit, wanted, how="password", second_factor=False)

    @get("/sign-in/code")
    async def ask_code(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Ask for the second factor."""
        wanted = local_path(request.query_params.get("next"))
        if await on_hold(visit_of(request).pending_token) is None:
            return see_other(_with_next("/sign-in", wanted))
        return page(request, "accounts/sign_in_code.html", form=blank(), next=wanted)

    @post("/sign-in/code")
    async def check_code(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Sign in with the second factor, after the password."""
        visit, form = visit_of(request), await read_form(request, Code)
        wanted = local_path(form.value("next") or None)
        account = await on_hold(visit.pending_token)
        if account is None:
            return see_other(_with_next("/sign-in", wanted))
        if not form.ok:
            return page(request, "accounts/sign_in_code.html", 422, form=form, next=wanted)
        how, wait = await second_factor.check(account.id, form.data.code, visit)
        if how is None:
            words = _("验证码不对或已用过，请等下一个")
            return refuse(request, "accounts/sign_in_code.html", form, "code", wait, words, next=wanted)
        if not await let_go(visit.pending_token):
            return see_other(_with_next("/sign-in", wanted))
        return await welcome(account, visit, wanted, how=how, second_factor=True)

    @post("/sign-in/passkey/options")
    async def passkey_options(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Give the browser a challenge for its passkeys."""
        visit = visit_of(request)
        wait = await throttle.take(f"passkey@{throttle.network(visit.ip)}", throttle.Bucket(60, 2))
        if wait:
            return Response({"error": too_fast(wait)}, status_code=429, headers={"Retry-After": str(wait)})
        return Response(await passkeys.sign_in_options(visit), status_code=200)

    @post("/sign-in/passkey")
    async def passkey(self, request: Request[Any, Any, Any], data: Answer) -> Response[Any]:
        """Sign in with a passkey."""
        visit = visit_of(request)
        account = await passkeys.sign_in(data.id, data.credential, visit)
        if account is None:
            return Response({"error": _("这个通行密钥不能登录，请改用密码")}, status_code=422)
        entered = await welcome(account, visit, local_path(data.next), how="passkey", second_factor=True)
        return Response({"next": entered.headers["Location"]}, status_code=200, cookies=entered.cookies)

    @post("/sign-out", guards=[arriving])
    async def destroy(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Sign out on this device; its cached pages go, too."""
        visit = visit_of(request)
        await own.sign_out(by=actor)
        gone = no_cookie(cookie_name(visit.https), https=visit.https)
        return see_other("/sign-in", gone, headers={"Clear-Site-Data": '"cache"'})

    @post("/language")
    async def language(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Speak another language: for a visitor in this browser, for an account everywhere."""
        form = await request.form()
        chosen, actor = str(form.get("locale", "")), actor_of(request)
        back = see_other(local_path(str(form.get("next", ""))))
        if chosen in LOCALES:
            back.set_cookie(Cookie(key="lang", value=chosen, path="/", max_age=YEAR, samesite="lax"))
            if actor is not None:
                await own.speak(chosen, by=actor)
        return back


async def welcome(account: Login, visit: Visit, wanted: str, *, how: str, second_factor: bool) -> Response[Any]:
    """Open the session and go on to `wanted`; the browser is recognised from now on.

    Whose post demands a second factor is asked to set it up first (and can put it off for a week).
    """
    token = await enter(account, visit, how=how, second_factor=second_factor)
    actor = await actor_of_token(token, visit.ip)
    if actor and actor.second_factor_due and not settings.demo and not actor.must_change_password:
        wanted = _with_next("/me/second-factor", wanted)
    elif actor and actor.is_company_admin and not actor.communities:
        wanted = "/settings/communities"
    device = throttle.remember_device(visit.device_cookie, account.id)
    return see_other(
        wanted,
        session_cookie(token, https=visit.https),
        own_cookie(throttle.cookie_name(visit.https), device, visit),
        no_cookie(pending_name(visit.https), https=visit.https),
    )


def refuse(
    request: Request[Any, Any, Any], name: str, form: Form[Any], field: str, wait: int, words: str, **context: Any
) -> Response[Any]:
    """Show the form again: 429 with how long to wait, or 422 with what is wrong."""
    form.fail(field, too_fast(wait) if wait else words)
    headers = {"Retry-After": str(wait)} if wait else None
    return page(request, name, 429 if wait else 422, headers, form=form, **context)


def too_fast(wait: int) -> str:
    """Return what to say to somebody who tried too often."""
    return _("试的次数太多了，请 %(wait)s 后再试", wait=minutes(wait))


def _with_next(path: str, wanted: str) -> str:
    return path if wanted == "/" else f"{path}?next={quote(wanted, safe='')}"

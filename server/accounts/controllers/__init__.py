"""The pages of accounts, one topic a file."""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from server.lib.i18n import _
from server.security.actor import Actor


def see_other(location: str, *cookies: Cookie, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Answer a form that was taken: go and see `location`."""
    return Response(b"", status_code=303, headers={"Location": location} | (headers or {}), cookies=cookies)


def layout_for(actor: Actor) -> str:
    """Return the layout of a page that everybody has: the desk's for the office, the phone's for the others."""
    if actor.must_change_password:
        return "layouts/plain.html"
    office = actor.is_company_admin or actor.can("register.read")
    return "layouts/desk.html" if office else "layouts/phone.html"


def said(request: Request[Any, Any, Any], texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return the message the page before left with `?done=`; unknown words say nothing."""
    done = texts.get(request.query_params.get("done", ""))
    return [("brand", _(done))] if done else []


def minutes(seconds: int) -> str:
    """Return a wait as people say it, rounded up."""
    return _("%(n)s 秒", n=seconds) if seconds < 60 else _("%(n)s 分钟", n=-(-seconds // 60))

"""Renders pages: one Jinja2 environment, strict about undefined names, with the request's own facts as globals."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from litestar import MediaType, Request, Response
from litestar.response import Redirect
from markupsafe import Markup

from server.config import ROOT, settings
from server.lib import formats, i18n
from server.lib.assets import asset_url, build
from server.lib.folding import Folding
from server.lib.navigation import nav_items, tab_items
from server.lib.paging import Page, last_address
from server.security.actor import Actor, actor_of
from server.security.csrf import mask
from server.storage.links import photo_url

FILTERS = {
    "yuan": formats.yuan,
    "area": formats.area,
    "num": formats.num,
    "day": formats.day,
    "daytime": formats.daytime,
    "ago": formats.ago,
    "clock": formats.clock,
    "minutes": formats.minutes,
    "cmp_decimal": formats.cmp_decimal,
    "translated": i18n.translated,
    "mask_name": formats.mask_name,
    "mask_phone": formats.mask_phone,
    "mask_plate": formats.mask_plate,
    "show_plate": formats.show_plate,
}


def environment(locale: str = i18n.DEFAULT) -> Environment:
    """Return the environment all pages in the language `locale` are rendered with; each has its own compiled templates."""
    return _environment(locale)


@cache
def _environment(locale: str) -> Environment:
    """Make the environment of `locale`; all share the loader and the globals of the first."""
    if locale != i18n.DEFAULT:
        other = environment().overlay()
        assert isinstance(other, Folding)
        other.locale = locale
        return other
    env = Folding(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    env.filters.update(FILTERS)
    env.globals.update(
        _=gettext, ngettext=ngettext, asset=asset_url, build=build, settings=settings, now=formats.now,
        today=formats.today, photo_url=photo_url,
    )  # fmt: skip
    return env


def gettext(message: str, **values: Any) -> Markup:
    """Return what `_` says of a text that is only known when the page is rendered; `values` are escaped."""
    return Markup(i18n.translations(i18n.current_locale()).gettext(message)) % values  # noqa: S704 - our own texts


def ngettext(one: str, many: str, n: int, **values: Any) -> Markup:
    """Return the singular or plural text for `n`; `values` are escaped."""
    text = i18n.translations(i18n.current_locale()).ngettext(one, many, n)
    return Markup(text) % {"n": n, **values}  # noqa: S704 - our own texts


def template(name: str) -> Template:
    """Return the template `name` in the language in use."""
    return environment(i18n.current_locale()).get_template(name)


def render(name: str, **context: Any) -> str:
    """Return the template `name` as text; for messages and letters, where there is no request."""
    return template(name).render(**context)


def request_context(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return what every page knows of the request it answers."""
    actor: Actor | None = actor_of(request)
    path = request.scope["path"]
    return {
        "actor": actor,
        "request_path": path,
        "request_query": request.scope["query_string"].decode("latin-1"),
        "csrf_token": mask(actor.csrf_secret) if actor else "",
        "locale": i18n.current_locale(),
        "theme": theme if (theme := request.cookies.get("theme")) in ("light", "dark") else "",
        "nav_items": nav_items(actor, path) if actor else [],
        "tab_items": tab_items(actor, path) if actor else [],
        "shown_at": formats.now(),
    }


def page(
    request: Request[Any, Any, Any], name: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[str]:
    """Answer with the page `name`. Use status 422 when a form is shown again with its errors.

    A list asked for a page beyond its end leads to its last one.
    """
    for shown in context.values():
        if isinstance(shown, Page) and shown.is_beyond:
            return Redirect(last_address(request, shown), status_code=303)
    html = template(name).render(request_context(request) | context)
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)

"""Routes of the app on the phone. All are open: a browser fetches them before anybody has signed in."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie

from server.config import settings
from server.field.packing import FIELD, SCRIPTS
from server.lib.assets import asset_url, assets
from server.lib.templating import page, render
from server.pwa.manifest import manifest
from server.security.guards import public

REVALIDATE = {"Cache-Control": "no-cache"}
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


SHELL = ("css/app.css", "css/print.css", "icons/sprite.svg", "icons/mark.svg")
MADE = (SCRIPTS, "js/field/catalogue.en.json")


def shell() -> list[str]:
    """Return the addresses of what the offline page and the first screen need: styles, scripts, icons. Field scripts come as one."""
    names = [name for name in assets() if name in SHELL or (name.endswith(".js") and not name.startswith(FIELD))]
    return [asset_url(name) for name in (*names, *MADE)]


class PwaController(Controller):
    """Manifest, service worker, offline page, help with installing, and light or dark."""

    guards = (public,)

    @get("/manifest.webmanifest", media_type="application/manifest+json")
    async def manifest(self) -> Response[dict[str, Any]]:
        """Describe the app to the phone's system."""
        return Response(manifest(), media_type="application/manifest+json", headers=REVALIDATE)

    @get("/sw.js")
    async def service_worker(self) -> Response[str]:
        """Hand out this release's service worker."""
        field = asset_url(SCRIPTS) if settings.field_offline else ""
        script = render("pwa/service_worker.js", shell=shell(), field=field)
        return Response(script, media_type="text/javascript", headers=REVALIDATE)

    @get("/offline")
    async def offline(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Show what the service worker answers with when there is no network."""
        return page(request, "pwa/offline.html")

    @get("/install")
    async def install(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Show how to put the app on a phone's home screen."""
        return page(request, "pwa/install.html")

    @post("/appearance")
    async def appearance(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Keep the choice of light, dark, or as the device (any other word) in a cookie of this browser."""
        chosen = str((await request.form()).get("theme", ""))
        kept = Cookie(key="theme", value=chosen if chosen in THEMES else "auto", max_age=YEAR, path="/", samesite="lax")
        return Response(b"", status_code=303, headers={"Location": "/me"}, cookies=[kept])

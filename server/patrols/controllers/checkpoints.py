"""The register of checkpoints, over HTTP."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.db import fetch
from server.lib.formats import today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.patrols import checkpoints
from server.patrols.controllers.board import download
from server.patrols.controllers.tabs import tabs
from server.patrols.exporting import SHEET, checkpoints_sheet
from server.patrols.forms import PlaceForm
from server.patrols.kinds import KINDS
from server.security.actor import Actor
from server.security.guards import can

FILTERS = {"": N_("全部"), **KINDS, "off": N_("停用")}


class Checkpoints(Controller):
    """Checkpoints: list, form, plates."""

    path = "/patrols/checkpoints"
    guards = (can("patrol.manage"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the register."""
        words, kind = asked(request)
        counts = await checkpoints.counts(actor)
        return page(
            request,
            "patrols/checkpoints/index.html",
            tabs=tabs(actor, "/patrols/checkpoints"),
            places=await checkpoints.listed(actor, words, kind, page_number(request)),
            chips=[
                {
                    "href": f"/patrols/checkpoints?kind={key}",
                    "label": _(label),
                    "count": counts.get(key, 0),
                    "current": key == kind,
                }
                for key, label in FILTERS.items()
                if counts.get(key) or key in ("", kind)
            ],
            kinds=KINDS,
            kind=kind,
            words=words,
            base=base_address(request),
        )

    @get("/export")
    async def export(self, request: Request[Any, Any, Any], actor: Actor) -> Response[bytes]:
        """Answer with the register as a spreadsheet."""
        content = await checkpoints_sheet(*asked(request), by=actor)
        return download(content, f"checkpoints-{today()}.xlsx", SHEET)

    @get("/plates")
    async def plates(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the plates with their codes, six on a sheet, to be printed."""
        _words, kind = asked(request)
        return page(request, "patrols/checkpoints/plates.html", plates=await checkpoints.plates(actor, kind))

    @get("/new")
    async def new(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the form of a new checkpoint."""
        return await form_page(request, actor, blank(**msgspec.structs.asdict(checkpoints.blank())))

    @get("/{place_id:uuid}")
    async def edit(self, request: Request[Any, Any, Any], actor: Actor, place_id: UUID) -> Response[Any]:
        """Show a checkpoint's form."""
        return await form_page(
            request, actor, blank(**msgspec.structs.asdict(await checkpoints.find(place_id, by=actor)))
        )

    @post("/")
    async def save(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Add or change a checkpoint."""
        form = await read_form(request, PlaceForm)
        if form.ok and (form.data.latitude is None) != (form.data.longitude is None):
            form.fail("latitude", _("纬度和经度要一起填"))
        if not form.ok:
            return await form_page(request, actor, form, 422)
        try:
            await checkpoints.save(checkpoints.Place(**msgspec.structs.asdict(form.data), code=""), by=actor)
        except checkpoints.TagTaken:
            form.fail("nfc", _("这个标签已经属于别的巡查点"))
            return await form_page(request, actor, form, 422)
        return Redirect("/patrols/checkpoints", status_code=303)


def asked(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """Return the words and the kind that an address asks for."""
    words = str(request.query_params.get("q", "")).replace("\0", "")[:60]
    kind = str(request.query_params.get("kind", ""))
    return words, kind if kind in FILTERS else ""


async def form_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    """Return a checkpoint's form."""
    buildings = await fetch("select id, name from building where community_id = $1 order by sort", actor.here)
    return page(
        request,
        "patrols/checkpoints/form.html",
        status=status,
        form=form,
        kinds=[(key, _(label)) for key, label in KINDS.items()],
        buildings=[(one["id"], one["name"]) for one in buildings],
    )

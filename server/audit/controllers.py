"""The screen of the audit."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from server.audit.reading import Filters, entries
from server.audit.verifying import Break, verify
from server.audit.words import ACTIONS, AREAS, FIELDS
from server.lib.forms import Form, bind
from server.lib.i18n import _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can


class AuditController(Controller):
    """Who did what, for whoever has audit.read."""

    path = "/settings/audit"
    guards = [can("audit.read")]

    @get()
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List what happened, newest first, filtered."""
        return await show(request, actor, bind(Filters, dict(request.query_params)))

    @post("/verification", status_code=200)
    async def check(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Check every hash of the chains, and show the result above the list."""
        return await show(request, actor, bind(Filters, {}), await verify())


async def show(
    request: Request[Any, Any, Any], actor: Actor, form: Form[Filters], checked: tuple[int, list[Break]] | None = None
) -> Response[Any]:
    """Answer with the list that `form` asks for, and what a check found."""
    number = page_number(request)
    found = await entries(actor, form.data if form.ok else Filters(), number)
    areas = [(area, _(name)) for area, name in AREAS.items()]
    base = base_address(request)
    return page(
        request,
        "audit/index.html",
        form=form,
        page=found,
        actions=ACTIONS,
        fields=FIELDS,
        area_options=areas,
        checked=checked,
        base=base,
    )

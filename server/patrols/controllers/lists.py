"""Checklists, over HTTP: the list, the editor, publishing."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.lib.templating import page
from server.patrols import lists
from server.patrols.controllers.tabs import tabs
from server.patrols.entries import KINDS, Entry
from server.patrols.forms import ListForm, entries_of
from server.patrols.installing import install
from server.security.actor import Actor
from server.security.guards import can

SPARE = 3
"""Empty rows at the end of the editor's table."""


class Checklists(Controller):
    """The office's checklists."""

    path = "/patrols/checklists"
    guards = (can("patrol.manage"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the lists; a community that has none yet gets those that come with the product."""
        await install(actor.here)
        found = await lists.listed(actor)
        return page(
            request, "patrols/lists/index.html", tabs=tabs(actor, "/patrols/checklists"), lists=found, form=None
        )

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Make an empty list."""
        form = await read_form(request, ListForm)
        if not form.ok:
            return page(
                request, "patrols/lists/index.html", status=422, tabs=tabs(actor, "/patrols/checklists"),
                lists=await lists.listed(actor), form=form,
            )  # fmt: skip
        return Redirect(f"/patrols/checklists/{await lists.create(form.data.name, by=actor)}", status_code=303)

    @get("/{list_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, list_id: UUID) -> Response[Any]:
        """Show the editor."""
        return await editor(request, actor, list_id)

    @post("/{list_id:uuid}")
    async def edit(self, request: Request[Any, Any, Any], actor: Actor, list_id: UUID) -> Response[Any]:
        """Save the draft, and publish it when that button was pressed."""
        await lists.find(list_id, by=actor)
        form = await read_form(request, ListForm)
        entries = entries_of(form)
        if not form.ok:
            return await editor(request, actor, list_id, form, entries)
        try:
            await lists.edit(list_id, form.data.version, form.data.name, form.data.frequency, entries, by=actor)
            if form.value("publish"):
                await lists.publish(list_id, by=actor)
        except lists.Overtaken:
            form.fail("entries", _("别人刚刚改过，请核对后再保存"))
            return await editor(request, actor, list_id, form, entries)
        except lists.Flawed as error:
            for message in error.args[0]:
                form.fail("entries", _(message))
            return await editor(request, actor, list_id, form, entries)
        return Redirect(f"/patrols/checklists/{list_id}", status_code=303)


async def editor(
    request: Request[Any, Any, Any],
    actor: Actor,
    list_id: UUID,
    form: Form[Any] | None = None,
    entries: list[Entry] | None = None,
) -> Response[Any]:
    """Return the editor, with what was typed when a form was refused."""
    found = await lists.find(list_id, by=actor)
    shown = found.entries if entries is None else entries
    spare = [Entry(id=str(len(shown) + n), text="") for n in range(1, SPARE + 1)]
    return page(
        request,
        "patrols/lists/edit.html",
        status=422 if form else 200,
        list=found,
        entries=[*shown, *spare],
        kinds=KINDS,
        form=form,
    )

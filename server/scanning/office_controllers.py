"""Labels over HTTP at the desk, and hints of what is reported already for whoever is signed in."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.accounts.visits import visit_of
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.lib.paging import page_number
from server.lib.templating import page
from server.scanning import labels, voicing
from server.scanning.alike import alike
from server.scanning.labels import Changed, Label, Taken
from server.security.actor import Actor
from server.security.guards import can, in_community
from server.storage.photos import FORM_BYTES
from server.tickets.forms import CategoryKey
from server.tickets.kinds import CATEGORIES

Name = Annotated[str, msgspec.Meta(max_length=60)]


class NewLabels(msgspec.Struct, kw_only=True):
    """Places, one a line."""

    names: Annotated[str, msgspec.Meta(max_length=6000)]
    category: CategoryKey | None = None


class LabelForm(msgspec.Struct, kw_only=True):
    """A label, changed."""

    version: int
    name: Name
    category: CategoryKey | None = None
    is_active: bool = False
    fresh_code: bool = False


class Labels(Controller):
    """The labels of places."""

    path = "/labels"
    guards = (can("ticket.labels"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the labels."""
        return await labels_page(request, actor)

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Add labels for the places of a list."""
        form = await read_form(request, NewLabels)
        names = [line.strip() for line in (form.struct.names if form.struct else "").split("\n") if line.strip()]
        if any(len(name) > 60 for name in names):
            form.fail("names", _("每个位置最多 60 个字"))
        if len(names) > labels.MOST_AT_ONCE:
            form.fail("names", _("一次最多 %(n)s 个", n=labels.MOST_AT_ONCE))
        if form.ok and not await labels.add(names, form.data.category, by=actor):
            form.fail("names", _("这些位置都已经有标签了"))
        return await labels_page(request, actor, form) if form.errors else Redirect("/labels", status_code=303)

    @get("/print")
    async def paper(self, request: Request[Any, Any, Any], actor: Actor, q: str = "") -> Response[Any]:
        """Show the labels on paper, to cut out and stick up."""
        found = await labels.plates(actor, q.replace("\0", "")[:60], visit_of(request).origin)
        return page(request, "scanning/plates.html", plates=found)

    @get("/{label_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, label_id: UUID) -> Response[Any]:
        """Show a label."""
        return await label_page(request, actor, label_id)

    @post("/{label_id:uuid}")
    async def change(self, request: Request[Any, Any, Any], actor: Actor, label_id: UUID) -> Response[Any]:
        """Change it, take it out of use, or give it another code."""
        label, form = await labels.find(label_id, by=actor), await read_form(request, LabelForm)
        if not form.ok:
            return await label_page(request, actor, label_id, form)
        data = form.data
        changed = Label(label.id, label.code, data.name, data.category, data.is_active, data.version)
        try:
            await labels.change(changed, by=actor, fresh_code=data.fresh_code)
            return Redirect("/labels", status_code=303)
        except Taken:
            form.fail("name", _("已经有这个位置的标签"))
        except Changed:
            form.fail("name", _("刚才有同事改过，请核对后再保存"))
        return await label_page(request, actor, label_id, form)


async def labels_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None = None) -> Response[Any]:
    """Return the list of labels, with the form for more."""
    words = str(request.query_params.get("q", "")).replace("\0", "")[:60]
    off = request.query_params.get("view") == "off"
    return page(
        request,
        "scanning/labels.html",
        422 if form else 200,
        form=form,
        labels=await labels.listed(actor, words, off=off, number=page_number(request)),
        chips=[
            {"href": "/labels", "label": _("在用"), "current": not off},
            {"href": "/labels?view=off", "label": _("停用"), "current": off},
        ],
        kinds=CATEGORIES,
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
        words=words,
        off=off,
    )


async def label_page(
    request: Request[Any, Any, Any], actor: Actor, label_id: UUID, form: Form[Any] | None = None
) -> Response[Any]:
    """Return a label with the form to change it."""
    label = await labels.find(label_id, by=actor)
    typed = form or blank(name=label.name, category=label.category, is_active="1" if label.is_active else "")
    return page(
        request, "scanning/label.html", 422 if form else 200, label=label, form=typed,
        categories=[(key, _(one.label)) for key, one in CATEGORIES.items()],
    )  # fmt: skip


@get("/tickets/alike", guards=[in_community])
async def alike_hints(request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
    """Answer a form for a report with what is reported already."""
    query = request.query_params
    category, location = str(query.get("category", "")), str(query.get("location", ""))
    if "hx-request" not in request.headers:
        return Redirect("/tickets/new", status_code=303)
    try:
        room_id = UUID(str(query.get("room_id", "")))
    except ValueError:
        room_id = None
    place = str(query.get("place", "")).replace("\0", "")[:60]
    found = []
    if category in CATEGORIES:
        found = await alike(category, by=actor, location=location, place=place, room_id=room_id)
    return page(request, "scanning/_alike.html", alike=found)


@post("/tickets/{ticket_id:uuid}/voices", guards=[in_community], request_max_body_size=FORM_BYTES)
async def say_too(actor: Actor, ticket_id: UUID) -> Response[Any]:
    """Say that one met with it, too, instead of reporting it again."""
    await voicing.say_too(ticket_id, by=actor)
    return Redirect(f"/tickets/{ticket_id}" if actor.can("ticket.read") else "/tickets", status_code=303)

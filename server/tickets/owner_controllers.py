"""What an owner does on the way: agree to a price or not, add, ask, hurry. The office does the same for who telephones."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from server.lib.acting import Act
from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.security.guards import in_community
from server.storage.photos import FORM_BYTES
from server.tickets import adjusting, quoting, states
from server.tickets.finding import find, parties
from server.tickets.forms import AgreeForm, NoteForm, RemarkForm, carried
from server.tickets.lines import lines_of, of_step
from server.tickets.quoting import newest_quote
from server.tickets.step_controllers import attempt, one_tap, step_page


class OwnerSteps(Controller):
    """Steps of who reported it, or of the office in their place."""

    path = "/tickets/{ticket_id:uuid}"
    guards = (in_community,)

    @get("/agreement")
    async def agreement_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Show the quote."""
        return await agreement_page(request, actor, ticket_id)

    @post("/agreement")
    async def agree(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Agree to it: the owner by a tap, the office with a note of who said so."""
        form = await read_form(request, AgreeForm)
        own = states.JUDGE in parties(actor, await find(ticket_id, by=actor))
        if form.struct is not None and not own and not form.struct.note:
            form.fail("note", _("请写明是谁、怎么同意的，例如 电话问过业主本人"))
        if not form.ok:
            return await agreement_page(request, actor, ticket_id, form)
        act = Act(base=form.data.version, note=form.data.note)
        step = quoting.agree(ticket_id, by=actor, act=act, how="app" if own else "phone")
        return await attempt(request, actor, ticket_id, step, form, agreement_page)

    @get("/refusal")
    async def refusal_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask why not."""
        return await refusal_page(request, actor, ticket_id)

    @post("/refusal")
    async def decline(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Say no to the price."""
        form = await read_form(request, NoteForm)
        if not form.ok:
            return await refusal_page(request, actor, ticket_id, form)
        step = quoting.decline(ticket_id, by=actor, act=Act(base=form.data.version, note=form.data.note))
        return await attempt(request, actor, ticket_id, step, form, refusal_page)

    @get("/remark")
    async def remark_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask for words or photos."""
        return await remark_page(request, actor, ticket_id)

    @post("/remark", request_max_body_size=FORM_BYTES)
    async def remark(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Add them; what somebody else did meanwhile does not matter."""
        form = await read_form(request, RemarkForm)
        photos = await carried(form, actor)
        if form.struct is not None and not form.struct.note and not photos.ids:
            form.fail("note", _("请写一句或拍张照片"))
        if not form.ok:
            return await remark_page(request, actor, ticket_id, form)
        act = Act(note=form.data.note, photos=photos, id=form.data.id)
        return await attempt(request, actor, ticket_id, adjusting.note(ticket_id, by=actor, act=act), form, remark_page)

    @post("/urging")
    async def urge(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask to hurry."""
        return await one_tap(request, actor, ticket_id, adjusting.urge)


async def agreement_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the quote, line by line, with the question."""
    ticket = await find(ticket_id, by=actor)
    lines = (await lines_of([ticket.id]))[ticket.id]
    event = await newest_quote(ticket.id)
    return await step_page(
        request, actor, ticket_id, ("agree",), "tickets/agreement.html", form, news, status,
        lines=of_step(lines, event) if event else [],
    )  # fmt: skip


async def refusal_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form that asks why the price is not agreed to."""
    return await step_page(request, actor, ticket_id, ("decline",), "tickets/refusal.html", form, news, status)


async def remark_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form for something to add."""
    return await step_page(
        request, actor, ticket_id, ("note",), "tickets/remark.html", form, news, status, remark_id=uuid7()
    )

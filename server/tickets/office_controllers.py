"""What the office does with a ticket beyond giving it out: refuse, offer, pause, correct, cash."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from server.lib.acting import Act
from server.lib.formats import CHINA, now
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import _
from server.security.actor import Actor
from server.security.guards import can
from server.tickets import adjusting, dispatching, pausing, settling
from server.tickets.adjusting import QuoteWaits
from server.tickets.appointments import SLOTS, NotAhead, appointment, slot_of
from server.tickets.finding import TicketView, find
from server.tickets.forms import AdjustForm, NoteForm, PayForm, StepForm, SuspendForm
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.states import PAYERS, REASONS, WAYS_TO_PAY, Missing
from server.tickets.step_controllers import assignment_page, attempt, one_tap, step_page


class OfficeSteps(Controller):
    """Steps of the office."""

    path = "/tickets/{ticket_id:uuid}"
    guards = (can("ticket.assign", "ticket.charge", "ticket.work"),)

    @get("/rejection", guards=[can("ticket.assign")])
    async def rejection_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask why this is not ours to repair."""
        return await rejection_page(request, actor, ticket_id)

    @post("/rejection", guards=[can("ticket.assign")])
    async def reject(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Say so, with the reason."""
        form = await read_form(request, NoteForm)
        if not form.ok:
            return await rejection_page(request, actor, ticket_id, form)
        step = dispatching.reject(ticket_id, by=actor, act=Act(base=form.data.version, note=form.data.note))
        return await attempt(request, actor, ticket_id, step, form, rejection_page)

    @post("/pool", guards=[can("ticket.assign")])
    async def offer(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Put it into the pool."""
        return await one_tap(request, actor, ticket_id, dispatching.offer)

    @post("/turn", guards=[can("ticket.assign")])
    async def give_in_turn(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Give it to whose turn it is."""
        form = await read_form(request, StepForm)
        version = form.data.version if form.ok else 0
        step = dispatching.give_in_turn(ticket_id, by=actor, act=Act(base=version))
        return await attempt(request, actor, ticket_id, step, form, assignment_page)

    @get("/suspension")
    async def suspension_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Ask why the work cannot go on."""
        return await suspension_page(request, actor, ticket_id)

    @post("/suspension")
    async def suspend(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Stop the clock."""
        form = await read_form(request, SuspendForm)
        if not form.ok:
            return await suspension_page(request, actor, ticket_id, form)
        act = Act(base=form.data.version, note=form.data.note)
        step = pausing.suspend(ticket_id, by=actor, act=act, reason=form.data.reason)
        return await attempt(request, actor, ticket_id, step, form, suspension_page)

    @post("/resumption")
    async def resume(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Let it run again."""
        return await one_tap(request, actor, ticket_id, pausing.resume)

    @get("/adjustment", guards=[can("ticket.assign")])
    async def adjustment_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Show what can be corrected."""
        return await adjustment_page(request, actor, ticket_id)

    @post("/adjustment", guards=[can("ticket.assign")])
    async def adjust(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Correct it."""
        form = await read_form(request, AdjustForm)
        changes = adjustments(form, await find(ticket_id, by=actor))
        if not form.ok:
            return await adjustment_page(request, actor, ticket_id, form)
        act = Act(base=form.data.version, note=form.data.note)
        step = adjusting.adjust(ticket_id, changes, by=actor, act=act)
        try:
            return await attempt(request, actor, ticket_id, step, form, adjustment_page)
        except QuoteWaits:
            form.fail("payer", _("业主正在看报价，或已经付过款：现在不能改由谁付费"))
        except Missing:
            form.fail("category", _("没有改动"))
        return await adjustment_page(request, actor, ticket_id, form)

    @get("/payment", guards=[can("ticket.charge")])
    async def payment_form(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Show what is to pay."""
        return await payment_page(request, actor, ticket_id)

    @post("/payment", guards=[can("ticket.charge")])
    async def pay(self, request: Request[Any, Any, Any], actor: Actor, ticket_id: UUID) -> Response[Any]:
        """Take the money: exactly what was agreed to."""
        form = await read_form(request, PayForm)
        if not form.ok:
            return await payment_page(request, actor, ticket_id, form)
        act = Act(base=form.data.version, note=form.data.note)
        amount = (
            int((form.data.amount * 100).to_integral_value()) if form.data.amount == round(form.data.amount, 2) else -1
        )
        step = settling.pay(ticket_id, by=actor, act=act, amount=amount, how=form.data.how)
        try:
            return await attempt(request, actor, ticket_id, step, form, payment_page)
        except settling.WrongAmount:
            form.fail("amount", _("要和业主同意的金额一致"))
        return await payment_page(request, actor, ticket_id, form)


def adjustments(form: Form[AdjustForm], ticket: TicketView) -> dict[str, Any]:
    """Return what the form of corrections changes; what is wrong with the appointment is noted in it."""
    if form.struct is None:
        return {}
    data = form.data
    found: dict[str, Any] = {"category": data.category, "level": data.level, "payer": data.payer}
    if ticket.location == "common" and data.place:
        found["place"] = data.place
    if data.appoint_day is None:
        return found | {"appoint_from": None, "appoint_until": None}
    if (data.appoint_day, data.appoint_slot) == appointed(ticket):
        return found
    try:
        since, until = appointment(data.appoint_day, data.appoint_slot or "am", now())
    except NotAhead:
        form.fail("appoint_day", _("请选择今天起两周内、还没过去的时段"))
        return found
    return found | {"appoint_from": since, "appoint_until": until}


def appointed(ticket: TicketView) -> tuple[Any, str]:
    """Return the day and the slot of a ticket's appointment."""
    if ticket.appoint_from is None:
        return None, ""
    return ticket.appoint_from.astimezone(CHINA).date(), slot_of(ticket.appoint_from)


async def rejection_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form that asks why this is not ours to repair."""
    return await step_page(request, actor, ticket_id, ("reject",), "tickets/rejection.html", form, news, status)


async def suspension_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form of a pause."""
    return await step_page(
        request, actor, ticket_id, ("suspend",), "tickets/suspension.html", form, news, status, reasons=REASONS
    )


async def adjustment_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form of corrections, with the ticket as it is."""
    ticket = await find(ticket_id, by=actor)
    day, slot = appointed(ticket)
    shown = form or blank(
        category=ticket.category, level=ticket.level, payer=ticket.payer, place=ticket.place,
        appoint_day=day.isoformat() if day else None, appoint_slot=slot or None,
    )  # fmt: skip
    return await step_page(
        request, actor, ticket_id, ("adjust",), "tickets/adjustment.html", shown, news, status or (422 if form else 200),
        categories=CATEGORIES, levels=LEVELS, payers=PAYERS, slots=SLOTS,
    )  # fmt: skip


async def payment_page(
    request: Request[Any, Any, Any],
    actor: Actor,
    ticket_id: UUID,
    form: Form[Any] | None = None,
    news: str = "",
    status: int = 0,
) -> Response[Any]:
    """Return the form of a payment at the counter."""
    ticket = await find(ticket_id, by=actor)
    return await step_page(
        request, actor, ticket_id, ("pay",), "tickets/payment.html", form, news, status,
        ways=WAYS_TO_PAY, amount=f"{Decimal(ticket.charge) / 100:.2f}",
    )  # fmt: skip

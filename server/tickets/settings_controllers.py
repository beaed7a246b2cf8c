"""The settings of repairs: price list, how work is given out, clocks, who can do what."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.lib.formats import yuan
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can
from server.tickets import hands, pricing, rules
from server.tickets.clocks import LIMITS
from server.tickets.dispatching import repairmen
from server.tickets.forms import CategoryKey
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.rules import Rules

Name = Annotated[str, msgspec.Meta(max_length=60)]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=100_000)]

GIVING = {"manual": N_("人工派单"), "pool": N_("放入抢单池"), "robin": N_("按轮次自动派")}


class PriceForm(msgspec.Struct, kw_only=True):
    """A line of the price list."""

    version: int = 0
    kind: Literal["labour", "material"]
    category: CategoryKey | None = None
    name: Name
    unit: Annotated[str, msgspec.Meta(max_length=8)]
    price: Decimal


class VersionForm(msgspec.Struct):
    """A change of one tap."""

    version: int


class RulesForm(msgspec.Struct, kw_only=True):
    """The community's rules; the limits in minutes, those of P4 in working days."""

    version: int
    giving: Literal["manual", "pool", "robin"]
    opens_at: Clock
    shuts_at: Clock
    accept_after_hours: Annotated[int, msgspec.Meta(ge=24, le=720)] | None = None
    follow_up_percent: Annotated[int, msgspec.Meta(ge=30, le=100)]
    respond_P1: Minutes
    arrive_P1: Minutes
    finish_P1: Minutes
    respond_P2: Minutes
    arrive_P2: Minutes
    finish_P2: Minutes
    respond_P3: Minutes
    arrive_P3: Minutes
    finish_P3: Minutes
    respond_P4: Minutes
    finish_days_P4: Annotated[int, msgspec.Meta(ge=1, le=60)]


class HandForm(msgspec.Struct, kw_only=True):
    """What somebody repairs, and when."""

    skills: list[CategoryKey] = []
    shift_from: Clock | None = None
    shift_until: Clock | None = None
    away_until: date | None = None


class RepairSettings(Controller):
    """The settings of repairs."""

    path = "/tickets/settings"
    guards = (can("ticket.rules", "ticket.prices"),)

    @get("/prices", guards=[can("ticket.prices")])
    async def prices(self, request: Request[Any, Any, Any], actor: Actor, withdrawn: bool = False) -> Response[Any]:
        """Show the price list."""
        found = await pricing.prices(actor.here, active=not withdrawn)
        return page(request, "tickets/prices.html", prices=found, withdrawn=withdrawn, categories=CATEGORIES)

    @get("/prices/new", guards=[can("ticket.prices")])
    async def new_price(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form of a new line."""
        return price_page(request, None, None)

    @post("/prices", guards=[can("ticket.prices")])
    async def add_price(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Add a line."""
        return await save_price(request, actor, None)

    @get("/prices/{price_id:uuid}", guards=[can("ticket.prices")])
    async def price(self, request: Request[Any, Any, Any], actor: Actor, price_id: UUID) -> Response[Any]:
        """Show a line."""
        line = await pricing.line_of(price_id, by=actor)
        form = blank(kind=line.kind, category=line.category, name=line.name, unit=line.unit, price=plain(line.price))
        return price_page(request, line, form)

    @post("/prices/{price_id:uuid}", guards=[can("ticket.prices")])
    async def change_price(self, request: Request[Any, Any, Any], actor: Actor, price_id: UUID) -> Response[Any]:
        """Change a line."""
        return await save_price(request, actor, price_id)

    @post("/prices/{price_id:uuid}/withdrawal", guards=[can("ticket.prices")])
    async def withdraw(
        self, request: Request[Any, Any, Any], actor: Actor, price_id: UUID, back: bool = False
    ) -> Response[Any]:
        """Take a line off the list, or put it back."""
        form = await read_form(request, VersionForm)
        try:
            await pricing.withdraw(price_id, by=actor, version=form.data.version if form.ok else 0, back=back)
        except (pricing.Stale, pricing.Twice):
            return Redirect(f"/tickets/settings/prices/{price_id}", status_code=303)
        return Redirect("/tickets/settings/prices", status_code=303)

    @get("/rules", guards=[can("ticket.rules")])
    async def rules(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show the rules, and who can do what."""
        return await rules_page(request, actor, None)

    @post("/rules", guards=[can("ticket.rules")])
    async def change_rules(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Change the rules."""
        form = await read_form(request, RulesForm)
        if form.struct is not None and form.data.opens_at >= form.data.shuts_at:
            form.fail("shuts_at", _("要晚于开始时间"))
        if not form.ok:
            return await rules_page(request, actor, form)
        try:
            await rules.set_rules(rules_of_form(form.data), by=actor)
        except rules.Stale:
            form.fail("giving", _("刚才有同事改过，请核对后再保存"))
            form.values.pop("version", None)
            return await rules_page(request, actor, form)
        return Redirect("/tickets/settings/rules", status_code=303)

    @get("/hands/{person_id:uuid}", guards=[can("ticket.rules")])
    async def hand(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Show what somebody repairs, and when."""
        one = await hands.hand(person_id, by=actor)
        form = blank(
            skills=one.skills, shift_from=clock(one.shift_from), shift_until=clock(one.shift_until),
            away_until=one.away_until.isoformat() if one.away_until else None,
        )  # fmt: skip
        return page(request, "tickets/hand.html", hand=one, form=form, categories=CATEGORIES)

    @post("/hands/{person_id:uuid}", guards=[can("ticket.rules")])
    async def change_hand(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Change it."""
        one = await hands.hand(person_id, by=actor)
        form = await read_form(request, HandForm)
        if form.ok:
            data = form.data
            try:
                await hands.set_hand(
                    person_id, by=actor, skills=list(data.skills), shift_from=as_time(data.shift_from),
                    shift_until=as_time(data.shift_until), away_until=data.away_until,
                )  # fmt: skip
            except ValueError:
                form.fail("shift_until", _("上班和下班时间要都填，并且不同"))
            else:
                return Redirect("/tickets/settings/rules", status_code=303)
        return page(request, "tickets/hand.html", 422, hand=one, form=form, categories=CATEGORIES)


def plain(fen: int) -> str:
    """Return 分 as people type 元: 12.50."""
    return yuan(fen).replace(",", "")


def clock(value: time | None) -> str | None:
    """Return a time of day as the form shows it."""
    return None if value is None else f"{value:%H:%M}"


def as_time(text: str | None) -> time | None:
    """Return a time of day as the form sent it."""
    return None if text is None else time.fromisoformat(text)


def price_page(
    request: Request[Any, Any, Any], line: pricing.Price | None, form: Form[Any] | None, status: int = 200
) -> Response[Any]:
    """Return the form of a line of the price list."""
    return page(request, "tickets/price.html", status, line=line, form=form, categories=CATEGORIES)


async def save_price(request: Request[Any, Any, Any], actor: Actor, id_: UUID | None) -> Response[Any]:
    """Add or change a line; what is wrong is said beside the field."""
    line = None if id_ is None else await pricing.line_of(id_, by=actor)
    form = await read_form(request, PriceForm)
    fen = form.data.price * 100 if form.struct is not None else Decimal(0)
    if form.struct is not None and (fen != fen.to_integral_value() or not 0 <= fen <= 100_000_000):
        form.fail("price", _("请填写金额，最多两位小数，例如 25.50"))
    if form.ok:
        data = form.data
        try:
            await pricing.set_price(
                id_, by=actor, version=data.version, kind=data.kind, category=data.category, name=data.name, unit=data.unit,
                price=int(fen),
            )  # fmt: skip
            return Redirect("/tickets/settings/prices", status_code=303)
        except pricing.Twice:
            form.fail("name", _("价目表里已经有这一项"))
        except pricing.Stale:
            form.fail("name", _("刚才有同事改过，请核对后再保存"))
            form.values.pop("version", None)
            line = await pricing.line_of(line.id, by=actor) if line else None
    return price_page(request, line, form, 422)


def rules_of_form(data: RulesForm) -> Rules:
    """Return the rules a form means."""
    limits: dict[str, dict[str, Any]] = {
        level: {name: getattr(data, f"{name}_{level}") for name in ("respond", "arrive", "finish")}
        for level in ("P1", "P2", "P3")
    }
    limits["P4"] = {"respond": data.respond_P4, "arrive": None, "finish_days": data.finish_days_P4}
    return Rules(
        data.giving, time.fromisoformat(data.opens_at), time.fromisoformat(data.shuts_at), limits, data.accept_after_hours,
        data.follow_up_percent, data.version,
    )  # fmt: skip


async def rules_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any] | None) -> Response[Any]:
    """Return the rules as a form, with the repairmen under it."""
    now = await rules.rules_of(actor.here)
    limits = {
        f"{name}_{level}": getattr(limit, name)
        for level, limit in now.by_level().items()
        for name in ("respond", "arrive", "finish", "finish_days")
    }
    shown = form or blank(
        giving=now.giving, opens_at=clock(now.opens_at), shuts_at=clock(now.shuts_at), accept_after_hours=now.accept_after_hours,
        follow_up_percent=now.follow_up_percent, **{name: str(value) for name, value in limits.items() if value is not None},
    )  # fmt: skip
    return page(
        request, "tickets/rules.html", 422 if form else 200, form=shown, version=now.version, giving=GIVING, levels=LEVELS,
        defaults=LIMITS, hands=await repairmen(actor.here), categories=CATEGORIES,
    )  # fmt: skip

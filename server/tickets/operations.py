"""What a phone may do to a repair. Each operation is checked with the phone's own reducer, then carried out as the desk's forms are.

A step made on an older version counts when it is still possible and the job is still one's own; else it is a conflict that says who did
what. Then the record stays with its photos, where the office finds it on the ticket's own page.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from litestar.exceptions import NotFoundException

from server.db import fetchval
from server.field.documents import load
from server.field.reducers import reduce
from server.lib.acting import Act, Carried
from server.lib.formats import daytime
from server.lib.i18n import N_, _
from server.security.actor import Actor
from server.sync.operations import ENTITY, Applied, Conflict, Op, Refusal, operation
from server.tickets import (
    accepting,
    adjusting,
    dispatching,
    finishing,
    pausing,
    quoting,
    reporting,
    states,
    words,
    working,
)
from server.tickets.changing import Overtaken
from server.tickets.events import events_of
from server.tickets.finding import TicketView, find, parties
from server.tickets.kinds import guess_level
from server.tickets.pricing import prices
from server.tickets.quoting import NotPayable, WrongCode
from server.tickets.reducers import HOME, MISSING, NOT_CHARGED, NOT_NOW, as_id, lines_of, text
from server.tickets.reporting import Report

NOT_YOURS = N_("这一单不是派给您的")
WRONG_CODE = N_("验收码不对，请再问一下业主")
GONE = N_("这一单已被别人抢走")
NOT_THIS_PRICE = N_("价目表已经调整，请按新的价格重新报价")
NOT_THIS_QUOTE = N_("业主看到的不是现在的报价，请重新给业主看")

Json = dict[str, Any]
Verb = Callable[[Op, Act], Awaitable[TicketView]]


def act_of(op: Op) -> Act:
    """Return what comes with an operation's step; whether it still fits what happened meanwhile is asked before."""
    return Act(
        note=text({"args": op.args}, "note") or None,
        photos=Carried(waiting=tuple(photo.id for photo in op.photos)),
        id=op.id,
        at=op.effective_at,
        device_at=op.made_at,
    )


def said(op: Op, name: str) -> str:
    """Return one of an operation's words."""
    return text({"args": op.args}, name)


async def carry(op: Op, verb: str, take: Verb) -> Applied:
    """Carry out one step; raise NotFoundException for a stranger, Refusal, or Conflict with who did what."""
    ticket = await find(op.entity_id, by=op.by, lock=True)
    merged = op.base_version < ticket.version
    own = states.ASSIGNEE in parties(op.by, ticket)
    if merged and not (own and states.fits(verb, ticket.standing)):
        raise Conflict(await overtaken(ticket, op.by))
    if not own:
        raise Refusal(NOT_YOURS)
    reduce("ticket", (await load("ticket", [ticket.id], op.by))[ticket.id], op.plain())
    try:
        return Applied((await take(op, act_of(op))).version, merged)
    except Overtaken as error:
        raise Conflict(await overtaken(error.ticket, op.by)) from None
    except WrongCode:
        raise Refusal(WRONG_CODE) from None
    except NotPayable:
        raise Refusal(NOT_CHARGED) from None
    except states.Missing as error:
        raise Refusal(MISSING.get(error.args[0], NOT_NOW)) from None
    except states.Refused:
        raise Refusal(NOT_NOW) from None


UNTOLD = frozenset({"note", "urge", "escalate", "close"})
"""What does not stand in anybody's way."""


async def overtaken(ticket: TicketView, by: Actor) -> str:
    """Return what somebody else did first, for whoever comes too late."""
    news = next(one for one in (await events_of([ticket.id]))[ticket.id] if one.kind not in UNTOLD)
    moment = daytime(news.happened_at)
    if news.kind == "cancel":
        who = news.actor_name if news.actor_post is not None else _("业主")
        return _("工单已被%(who)s取消（%(time)s）。您的记录和照片已保存，物业能看到", who=who, time=moment)
    what = words.sentence(news, by)
    return _("%(time)s %(what)s。您的记录和照片已保存，物业能看到", time=moment, what=what)


def step(verb: str, label: str) -> Callable[[Verb], Verb]:
    """Register the operation of one step."""

    def register(take: Verb) -> Verb:
        async def carry_out(op: Op) -> Applied:
            return await carry(op, verb, take)

        operation(f"ticket.{verb}", label, targets={"ticket": ENTITY})(carry_out)
        return take

    return register


PLAIN: dict[str, tuple[str, Callable[..., Awaitable[TicketView]]]] = {
    "take": (N_("接单"), working.take),
    "arrive": (N_("到场"), working.arrive),
    "start": (N_("开始维修"), working.start),
    "resume": (N_("继续处理"), pausing.resume),
    "decline": (N_("业主不同意报价"), quoting.decline),
    "transfer": (N_("退回工单"), dispatching.transfer),
    "note": (N_("补充说明"), adjusting.note),
}
"""The steps that bring nothing but words and photos: what each is called, and what does it."""


async def carry_plain(take: Callable[..., Awaitable[TicketView]], op: Op, act: Act) -> TicketView:
    """Take a step that needs only who takes it and what comes with it."""
    return await take(op.entity_id, by=op.by, act=act)


for name, (called, does) in PLAIN.items():
    step(name, called)(partial(carry_plain, does))


@step("suspend", N_("暂停维修"))
async def carry_suspend(op: Op, act: Act) -> TicketView:
    """Suspend the work."""
    return await pausing.suspend(op.entity_id, by=op.by, act=act, reason=said(op, "reason"))


@step("finish", N_("完工"))
async def carry_finish(op: Op, act: Act) -> TicketView:
    """Finish it, with the parts that were used."""
    used = lines_of({"args": op.args})
    return await finishing.finish(op.entity_id, by=op.by, act=act, materials=used, cause=said(op, "cause") or None)


@step("quote", N_("报价"))
async def carry_quote(op: Op, act: Act) -> TicketView:
    """Name the price, as the list on the phone had it: never more than the list says today."""
    lines, known = lines_of({"args": op.args}), {one.id: one.price for one in await prices(op.by.here)}
    if any(one.item_id not in known or one.price > known[one.item_id] for one in lines):
        raise Refusal(NOT_THIS_PRICE)
    return await quoting.quote(op.entity_id, lines, by=op.by, act=act)


@step("agree", N_("业主同意报价"))
async def carry_agree(op: Op, act: Act) -> TicketView:
    """Take the owner's word on the price that the phone showed."""
    quote = await fetchval("select quote_amount from ticket where id = $1", op.entity_id)
    if said(op, "amount") != str(quote):
        raise Conflict(NOT_THIS_QUOTE)
    return await quoting.agree(op.entity_id, by=op.by, act=act, how=said(op, "how"), code=said(op, "code"))


@step("sign", N_("业主当场验收"))
async def carry_sign(op: Op, act: Act) -> TicketView:
    """Take the owner's word on the work."""
    return await accepting.sign(op.entity_id, by=op.by, act=act, how=said(op, "how"), code=said(op, "code"))


@operation("ticket.grab", N_("抢单"), targets={"offer": ENTITY})
async def carry_grab(op: Op) -> Applied:
    """Take an open offer; the first has it."""
    try:
        doc = (await load("offer", [op.entity_id], op.by)).get(op.entity_id)
        if doc is None:
            raise Conflict(GONE)
        reduce("offer", doc, op.plain())
        return Applied((await dispatching.grab(op.entity_id, by=op.by, act=act_of(op))).version)
    except (NotFoundException, Overtaken):
        raise Conflict(GONE) from None


@operation("ticket.report", N_("报修"), targets={"report": ENTITY})
async def carry_report(op: Op) -> Applied:
    """Make a ticket of a report: by who lives here, or who reports for a living."""
    if not (op.by.is_resident or op.by.can("ticket.report")):
        raise NotFoundException
    doc = reduce("report", None, op.plain())
    assert doc is not None
    room, place = await whereabouts(op, doc["place"])
    phone = said(op, "phone") if PHONE_SIGNS.issuperset(said(op, "phone")) else ""
    new = Report(
        id=op.entity_id, category=doc["category"],
        level=guess_level(doc["category"], said(op, "note"), hurried=said(op, "urgency") == "urgent"),
        location="private" if room else "common", place=place, text=said(op, "note"), room_id=room,
        contact_phone=phone[:20] or await reporting.own_phone(op.by), reporter_id=op.by.person_id,
        reporter_account_id=op.by.account_id,
    )  # fmt: skip
    photos = act_of(op).photos
    ticket = await reporting.report(new, photos, by=op.by, at=op.effective_at, event_id=op.id, device_at=op.made_at)
    return Applied(ticket.version)


PHONE_SIGNS = frozenset("0123456789+-() ")


async def whereabouts(op: Op, place: str) -> tuple[UUID | None, str]:
    """Return the home a report names, and what the place is called; raise Refusal when it is not the reporter's."""
    if said(op, "location") != "private":
        return None, place
    own = {one.id: one.label for one in await reporting.rooms_of(op.by)}
    room = as_id(said(op, "room").partition(" ")[0])
    if room is None or room not in own:
        raise Refusal(HOME)
    return room, own[room]

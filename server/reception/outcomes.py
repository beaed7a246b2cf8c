"""What a visit can become: a ticket, a complaint, an answer, a note to a colleague. The list is OUTCOMES; each has a template of its own.

Another one is: a form, a function that makes it in the transaction it is called in, an entry here, and
templates/reception/outcomes/<key>.html. The table's own check names the keys.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from server.audit.recording import record
from server.complaints.receiving import Complaint, receive
from server.db import changed, fetch, transaction
from server.lib.formats import now
from server.lib.i18n import N_
from server.notices.telling import tell
from server.reception.finding import VisitView, find
from server.reception.receiving import NotOpen, may_log, seen
from server.reception.words import CHANNELS
from server.security.actor import Actor
from server.security.capabilities import granted
from server.tickets.kinds import guess_level
from server.tickets.reporting import Report, report

Words = Annotated[str, msgspec.Meta(max_length=1000)]
CategoryKey = Literal[
    "water", "power", "signal", "lift", "fire", "doors", "leak", "heating", "shared", "parking", "green", "cleaning"
]


class Wrong(ValueError):
    """What was filled in does not do: `field` and the message beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class Result(msgspec.Struct, kw_only=True):
    """What became of a visit."""

    said: str | None = None
    told_name: str | None = None
    linked_id: UUID | None = None
    linked_label: str | None = None


class TicketForm(msgspec.Struct, kw_only=True):
    """A repair. `id` was made by the form, so that it sent twice is one ticket."""

    version: int
    id: UUID
    category: CategoryKey
    location: Literal["private", "common"] = "private"
    place: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    text: Words


class ComplaintForm(msgspec.Struct, kw_only=True):
    """A complaint or a suggestion. `id` was made by the form, so that it sent twice is one."""

    version: int
    id: UUID
    kind: Literal["complaint", "suggestion", "praise"] = "complaint"
    text: Words


class AnswerForm(msgspec.Struct, kw_only=True):
    """What was said."""

    version: int
    said: Words


class NoteForm(msgspec.Struct, kw_only=True):
    """What a colleague is told."""

    version: int
    colleague: UUID
    said: Words


async def make_ticket(visit: VisitView, form: TicketForm, by: Actor) -> Result:
    """Make a repair ticket of what was said."""
    private = form.location == "private"
    if private and visit.room_id is None:
        raise Wrong("location", N_("没有登记房号：请选公共区域并写明位置，或先更正登记"))
    place = (visit.room_label if private else form.place) or ""
    if not place:
        raise Wrong("place", N_("请写明位置，例如 3栋1单元 大堂"))
    ticket = await report(
        Report(
            id=form.id, category=form.category, level=guess_level(form.category, form.text), location=form.location, place=place,
            text=form.text, room_id=visit.room_id if private else None, contact_phone=visit.number_to_call,
            reporter_id=visit.person_id, reporter_account_id=visit.person_account_id,
        ),
        by=by,
    )  # fmt: skip
    return Result(linked_id=ticket.id, linked_label=ticket.number)


async def make_complaint(visit: VisitView, form: ComplaintForm, by: Actor) -> Result:
    """Make a complaint or a suggestion of what was said."""
    case = await receive(
        Complaint(
            id=form.id, kind=form.kind, channel="phone" if visit.channel == "call" else "desk", text=form.text,
            place=visit.room_label or "", room_id=visit.room_id, filer_id=visit.person_id, contact_phone=visit.number_to_call,
        ),
        by=by,
    )  # fmt: skip
    return Result(linked_id=case.id, linked_label=case.number)


async def answer(_visit: VisitView, form: AnswerForm, _by: Actor) -> Result:
    """Keep what was said."""
    return Result(said=form.said)


async def pass_on(visit: VisitView, form: NoteForm, by: Actor) -> Result:
    """Tell a colleague, by the inbox."""
    found = next((one for one in await colleagues(by) if one.account_id == form.colleague), None)
    if found is None:
        raise Wrong("colleague", N_("请从列表中选择"))
    about = " ".join(part for part in (visit.room_label, visit.name, visit.number_to_call) if part)
    facts = {"by": by.name, "channel": CHANNELS[visit.channel], "about": about, "said": form.said}
    link = f"/reception/{visit.id}" if found.reads else None
    await tell(
        [found.account_id], "reception_note", facts, link=link, entity_id=visit.id, community_id=by.here, once=visit.id
    )
    return Result(said=form.said, told_name=found.name)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One thing a visit can become. `href`: where what it became is looked at, with {id} in it."""

    label: str
    icon: str
    form: type[Any]
    make: Callable[[VisitView, Any, Actor], Awaitable[Result]]
    needs: str = "reception.log"
    href: str | None = None


OUTCOMES: dict[str, Outcome] = {
    "ticket": Outcome(
        label=N_("转工单"),
        icon="wrench",
        form=TicketForm,
        make=make_ticket,
        needs="ticket.assign",
        href="/tickets/{id}",
    ),
    "complaint": Outcome(
        label=N_("转投诉建议"),
        icon="megaphone",
        form=ComplaintForm,
        make=make_complaint,
        needs="complaint.handle",
        href="/complaints/{id}",
    ),
    "answer": Outcome(label=N_("当场答复"), icon="message-square", form=AnswerForm, make=answer),
    "note": Outcome(label=N_("转告同事"), icon="send", form=NoteForm, make=pass_on),
}


def open_to(actor: Actor) -> dict[str, Outcome]:
    """Return what the actor may make of a visit."""
    return {key: one for key, one in OUTCOMES.items() if actor.can("reception.log") and actor.can(one.needs)}


def href_of(visit: VisitView) -> str | None:
    """Return where what a visit became is looked at."""
    one = OUTCOMES.get(visit.outcome or "")
    return one.href.format(id=visit.linked_id) if one and one.href and visit.linked_id else None


async def settle(visit_id: UUID, key: str, form: Any, *, by: Actor, at: dt.datetime | None = None) -> VisitView:
    """Make of a visit what OUTCOMES[key] says; raise Wrong, Overtaken or NotOpen."""
    may_log(by)
    async with transaction():
        visit = await seen(visit_id, by=by, base=form.version)
        if visit.outcome is not None:
            raise NotOpen
        made = await OUTCOMES[key].make(visit, form, by)
        await changed(
            "update visit set outcome = $2, said = $3, told_name = $4, linked_id = $5, linked_label = $6, settled_at = $7,"
            " settler_name = $8, version = version + 1 where id = $1",
            visit_id, key, made.said, made.told_name, made.linked_id, made.linked_label, at or now(), by.name,
        )  # fmt: skip
        after = {"outcome": key} | {name: value for name, value in msgspec.structs.asdict(made).items() if value}
        await record(by, "reception.settle", community_id=by.here, entity="visit", entity_id=visit_id, after=after)
        return await find(visit_id, by=by)


class Colleague(msgspec.Struct):
    """Somebody of the staff who has an inbox."""

    account_id: UUID
    name: str
    posts: list[str]
    reads: bool  #: whether they may look at the register of visits


async def colleagues(by: Actor) -> list[Colleague]:
    """Return who works here today and can be told something, without the actor."""
    found = await fetch(
        """select person.account_id, person.name, array_agg(distinct post.post::text) as posts,
            (select array_agg(g.post || ' ' || g.capability || ' ' || g.granted::text) from capability_grant as g
                where g.company_id = (select company_id from community where id = $1)) as grants
        from person join post on post.person_id = person.id
        where post.community_id = $1 and person.account_id is not null and person.account_id is distinct from $2
        and post.since <= (now() at time zone 'Asia/Shanghai')::date
        and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
        group by person.account_id, person.name order by person.name""",
        by.here, by.account_id,
    )  # fmt: skip
    return [
        Colleague(
            one["account_id"], one["name"], one["posts"], "reception.read" in granted(one["posts"], one["grants"] or [])
        )
        for one in found
    ]

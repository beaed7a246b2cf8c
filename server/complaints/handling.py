"""What the office does with a complaint: give it to somebody, reply, answer, ask for more time, mark it major."""

import datetime as dt
from uuid import UUID

import msgspec

from server.complaints import states
from server.complaints.changing import Effect, change
from server.complaints.finding import ComplaintView, find
from server.complaints.telling import tell_of
from server.db import fetch, fetchval, transaction
from server.followups import drawing
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import Actor

UTMOST = dt.timedelta(days=30)
"""How far an answer can be put off in all: who complains is owed an end."""


class NoSuchHandler(Exception):
    """Nobody who works here, or who it is about."""


class NotAhead(ValueError):
    """The new deadline is not later than the present one, or later than UTMOST after the complaint."""


class Hand(msgspec.Struct):
    """Somebody it can be given to, with how many they have."""

    person_id: UUID
    name: str
    posts: list[str]
    open: int


async def hands(case: ComplaintView) -> list[Hand]:
    """Return who works here, except whom it is about, those with the fewest open complaints first."""
    found = await fetch(
        """select person.id, person.name, array_agg(distinct post.post::text order by post.post::text) as posts,
            (select count(*) from complaint where handler_id = person.id and state = any ($3::text[])) as open
        from post join person on person.id = post.person_id
        where post.community_id = $1 and person.id is distinct from $2 and person.account_id is not null and post.post <> 'admin'
        and post.since <= (now() at time zone 'Asia/Shanghai')::date
        and (post.until is null or post.until >= (now() at time zone 'Asia/Shanghai')::date)
        group by person.id, person.name order by open, person.name""",
        case.community_id, case.about_id, sorted(states.WORKING),
    )  # fmt: skip
    return [Hand(one["id"], one["name"], one["posts"], one["open"]) for one in found]


async def assign(complaint_id: UUID, person_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Give a complaint to somebody, or to somebody else; raise NoSuchHandler."""
    async with transaction():
        case = await find(complaint_id, by=by, lock=True)
        names = {one.person_id: one.name for one in await hands(case)}
        if person_id not in names:
            raise NoSuchHandler(person_id)
        effect = Effect(
            values={"handler_id": person_id},
            detail={"handler": str(person_id), "handler_name": names[person_id]},
            brings=frozenset({"handler"}),
            event="complaint_assigned",
        )
        verb = "assign" if case.state == "received" else "reassign"
        return await change(complaint_id, verb, by=by, act=act, effect=effect)


async def reply(complaint_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Tell who complained that it is being looked into, and how; the first one stops the clock of 24 hours."""
    async with transaction():
        case = await find(complaint_id, by=by, lock=True)
        effect = Effect(values={"replied_at": case.replied_at or act.at or now()}, event="complaint_replied")
        return await change(complaint_id, "reply", by=by, act=act, effect=effect)


async def result(complaint_id: UUID, *, by: Actor, act: Act, cause: str) -> ComplaintView:
    """Answer in writing, with the cause coded; whoever complained is asked afterwards how it was, by somebody else.

    Whoever stays anonymous cannot be called: they say it on their phone.
    """
    async with transaction():
        case = await find(complaint_id, by=by, lock=True)
        moment = act.at or now()
        effect = Effect(
            values={"result": act.note, "cause": cause, "replied_at": case.replied_at or moment, "verdict": None},
            detail={"cause": cause},
            brings=frozenset({"cause"}),
            event="complaint_resulted",
        )
        done = await change(complaint_id, "result", by=by, act=act, effect=effect)
        if not case.anonymous:
            await drawing.draw(case.community_id, "complaint", case.id, "complaint", moment, await hands_on(case.id))
        return done


async def hands_on(complaint_id: UUID) -> list[UUID]:
    """Return the accounts of those who replied to or answered a complaint: none of them asks how it was."""
    query = """select array_agg(distinct account_id) from complaint_event
        where complaint_id = $1 and kind in ('reply', 'result') and account_id is not null"""
    return await fetchval(query, complaint_id) or []


async def extend(complaint_id: UUID, until: dt.datetime, *, by: Actor, act: Act) -> ComplaintView:
    """Put the answer off, with the reason; who complained is told. Raise NotAhead."""
    async with transaction():
        case = await find(complaint_id, by=by, lock=True)
        if not max(case.due_at, now()) < until <= case.received_at + UTMOST:
            raise NotAhead(until)
        effect = Effect(
            values={"due_at": until, "last_by": max(case.last_by, until), "escalation": 0},
            detail={"was": case.due_at, "until": until},
            brings=frozenset({"until"}),
            event="complaint_extended",
        )
        return await change(complaint_id, "extend", by=by, act=act, effect=effect)


async def mark(complaint_id: UUID, why: str, *, by: Actor, act: Act) -> ComplaintView:
    """Mark a complaint as major; those who oversee hear of it at once."""
    async with transaction():
        effect = Effect(values={"major": why}, detail={"major": why}, brings=frozenset({"major"}))
        case = await change(complaint_id, "mark", by=by, act=act, effect=effect)
        await tell_of("complaint_major", complaint_id, by=by, detail={"note": act.note or ""})
        return case


async def note(complaint_id: UUID, *, by: Actor, act: Act) -> ComplaintView:
    """Add words or photos; the other side is told."""
    brings = frozenset({"anything"} if act.note or act.photos.ids else ())
    return await change(complaint_id, "note", by=by, act=act, effect=Effect(brings=brings, event="complaint_note"))

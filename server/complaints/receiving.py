"""A complaint is received: from who lives here, with a name or without; or written down by the office."""

import datetime as dt
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.complaints import kinds
from server.complaints.changing import add_event, nameless
from server.complaints.finding import ComplaintView, find
from server.complaints.telling import tell_of
from server.db import fetchval, transaction
from server.lib.acting import NO_PHOTOS, Act, Carried
from server.lib.formats import now
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets.kinds import first_words
from server.tickets.reporting import building_of, take_number


class Complaint(msgspec.Struct, kw_only=True):
    """What somebody complains of. `id` was made by the form, so that the form sent twice is one complaint."""

    id: UUID
    kind: str = "complaint"
    channel: str = "app"
    text: str
    place: str = ""
    anonymous: bool = False
    room_id: UUID | None = None
    filer_id: UUID | None = None  #: the person, where the office knows who it is
    contact_phone: str | None = None
    about_id: UUID | None = None
    ticket_id: UUID | None = None
    case_no: str | None = None
    case_due: dt.datetime | None = None
    major: str | None = None


async def receive(
    new: Complaint, photos: Carried = NO_PHOTOS, *, by: Actor, at: dt.datetime | None = None
) -> ComplaintView:
    """Write a complaint down, or return the one this form has already made; raise NotFoundException for a strange id.

    Of an anonymous one neither name nor room nor phone is kept where the office looks; who made it still finds it in their own list.
    """
    async with transaction():
        if await fetchval("select exists (select from complaint where id = $1)", new.id):
            return await _sent_before(new.id, by)
        moment = at or now()
        major = kinds.why_major(new.channel, new.major)
        number = await take_number(by.here, moment, "complaint", "TS")
        if not await _insert(new, number, major, moment, by):
            return await _sent_before(new.id, by)
        doer = nameless(by) if new.anonymous and new.channel == "app" else by
        ids = [str(id_) for id_ in photos.ids]
        act = Act(note=new.text, at=moment)
        await add_event(new.id, by.here, "file", "received", by=doer, act=act, detail={"photos": ids} if ids else {})
        await attach(
            photos.stored,
            entity="complaint",
            entity_id=new.id,
            role="report",
            by=by,
            waiting=photos.waiting,
            written_as=doer,
        )
        await record(
            doer, "complaint.file", community_id=by.here, entity="complaint", entity_id=new.id,
            after={"number": number, "kind": new.kind, "channel": new.channel, "state": "received", "major": major},
        )  # fmt: skip
        await tell_of("complaint_filed", new.id, by=by)
        if major:
            await tell_of("complaint_major", new.id, by=by)
        return await find(new.id, by=by)


async def _insert(new: Complaint, number: str, major: str | None, moment: dt.datetime, by: Actor) -> bool:
    """Insert the row; False when another request with the same id was faster."""
    own = new.channel == "app"
    limits = kinds.limits(moment, new.case_due)
    hidden = new.anonymous
    building = await building_of(by.here, None if hidden else new.room_id, new.place)
    return bool(
        await fetchval(
            "insert into complaint (id, community_id, number, kind, channel, case_no, state, anonymous, filer_account_id, filer_id,"
            " contact_phone, room_id, building_id, place, summary, description, about_id, ticket_id, major, received_at, reply_by,"
            " due_at, last_by) select $1, $2, $3, $4, $5, $6, 'received', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
            " $19, $20, $21, $22 on conflict (id) do nothing returning id",
            new.id, by.here, number, new.kind, new.channel, new.case_no, hidden,
            by.account_id if own else await _account_of(new.filer_id),
            None if hidden else new.filer_id, None if hidden else new.contact_phone, None if hidden else new.room_id, building,
            new.place, first_words(new.text) or new.place, new.text, new.about_id, new.ticket_id, major, moment,
            limits["reply_by"], limits["due_at"], limits["last_by"],
        )
    )  # fmt: skip


async def _account_of(person_id: UUID | None) -> UUID | None:
    """Return the login of whoever complained at the desk, so that they find it on their phone."""
    return await fetchval("select account_id from person where id = $1", person_id) if person_id else None


async def _sent_before(complaint_id: UUID, by: Actor) -> ComplaintView:
    """Return the complaint this actor's form has made before; an id that somebody else used is a stranger's."""
    query = """select exists (select from complaint where id = $1 and filer_account_id = $2)
        or exists (select from complaint_event where complaint_id = $1 and kind = 'file' and account_id = $2)"""
    if not await fetchval(query, complaint_id, by.account_id):
        raise NotFoundException
    return await find(complaint_id, by=by)

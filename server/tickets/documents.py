"""What phones carry of repairs: one's own jobs, the open offers of the pool, the price list; and for who reports: their homes and reports."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from server.db import fetch, fetchval
from server.field.documents import Document, Kind, register
from server.lib.formats import mask_phone
from server.lib.i18n import _
from server.security.actor import Actor
from server.storage.photos import StoredPhoto, photos_of
from server.tickets import states, words
from server.tickets.events import Event, events_of
from server.tickets.finding import TicketView, sees_contact, select
from server.tickets.lines import StoredLine, lines_of, of_step
from server.tickets.pricing import prices
from server.tickets.reporting import RoomChoice, rooms_of

MOST = 500
"""Documents of a kind on one phone."""


def ms(value: datetime | None) -> int | None:
    """Return a moment in whole milliseconds since 1970."""
    return None if value is None else int(value.timestamp() * 1000)


def text_of(id_: UUID | None) -> str:
    """Return an id as text, '' for none."""
    return "" if id_ is None else str(id_)


# ---- The repairman's own jobs ---------------------------------------------------------------------------------------


async def load_tickets(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the jobs among these that are the actor's own, in a fixed number of queries."""
    if not works(by) or not ids:
        return {}
    found = await select(
        "ticket.id = any ({0}::uuid[]) and ticket.assignee_id = {1}", ids, by.person_id, by=by, limit=len(ids)
    )
    wanted = [one.id for one in found]
    events, photos, lines = await events_of(wanted), await photos_of("ticket", wanted), await lines_of(wanted)
    return {one.id: document(one, events[one.id], photos[one.id], lines[one.id], by) for one in found}


def document(
    ticket: TicketView, events: list[Event], photos: list[StoredPhoto], lines: list[StoredLine], by: Actor
) -> Document:
    """Return one job as phones and reducers know it; `events` newest first."""
    quote = next((one.id for one in events if one.kind == "quote"), None)
    used = next((one.id for one in events if one.kind == "finish"), None)
    return common("ticket", ticket, photos) | contact(ticket, by) | {
        "pays": ticket.payer in states.PAYING and ticket.paid_at is None,
        "payer": _(states.PAYERS[ticket.payer]),
        "paid": ticket.paid_at is not None,
        "suspended_from": ticket.suspended_from or "",
        "reason": ticket.suspend_reason or "",
        "quote": ticket.quote_amount,
        "agreed": ticket.agreed_how or "",
        "charge": ticket.charge,
        "cause": ticket.cause or "",
        "result": ticket.result or "",
        "finished": ms(ticket.finished_at),
        "quoted": [line_of(one) for one in of_step(lines, quote)] if quote else [],
        "used": [line_of(one) for one in of_step(lines, used)] if used else [],
        "events": [event_of(event, by) for event in events if event.kind != "close"],
    }  # fmt: skip


def common(kind: str, ticket: TicketView, photos: list[StoredPhoto]) -> Document:
    """Return what jobs and offers both say."""
    return {
        "kind": kind,
        "id": str(ticket.id),
        "v": ticket.version,
        "number": ticket.number,
        "state": ticket.state,
        "level": ticket.level,
        "category": ticket.category,
        "location": ticket.location,
        "place": ticket.place,
        "summary": ticket.summary,
        "description": ticket.description or "",
        "appoint_from": ms(ticket.appoint_from),
        "appoint_until": ms(ticket.appoint_until),
        "arrive_by": ms(ticket.arrive_by) if ticket.arrived_at is None else None,
        "due": ms(ticket.due_at),
        "when": ms(ticket.appoint_from or ticket.due_at or ticket.reported_at),
        "photos": [photo_of(photo) for photo in photos],
        "pending": False,
    }


def contact(ticket: TicketView, by: Actor) -> Document:
    """Return whom to call, while there is something to do; the number is shown masked and dialled in full."""
    seen = sees_contact(by, ticket)
    phone = (ticket.contact_phone or "") if seen else ""
    return {
        "who": (ticket.reporter_name or "") if seen else "",
        "phone": phone,
        "masked": mask_phone(phone) if phone else "",
    }


def event_of(event: Event, by: Actor) -> Document:
    """Return one event; `what` says it in the reader's language, `at` is when it was done, as the phone that did it says."""
    return {
        "id": str(event.id),
        "verb": event.kind,
        "what": words.sentence(event, by),
        "state": event.state,
        "at": ms(event.happened_at),
        "account": text_of(event.account_id),
        "name": event.actor_name,
        "note": event.note or "",
        "photos": [str(id_) for id_ in event.detail.get("photos", [])],
        "pending": False,
    }


def photo_of(photo: StoredPhoto) -> Document:
    """Return one photo; a pending one is still on the phone that took it."""
    return {"id": str(photo.id), "role": photo.role, "pending": photo.is_waiting}


def line_of(line: StoredLine) -> Document:
    """Return one line of a quote, or of what was used."""
    return {"name": line.name, "unit": line.unit, "count": line.count, "price": line.price, "amount": line.amount}


def works(actor: Actor) -> bool:
    """Whether the actor does repairs here."""
    return actor.community_id is not None and actor.person_id is not None and actor.can("ticket.work")


async def every_ticket(actor: Actor) -> list[UUID]:
    """Return the ids of the actor's jobs that belong on their phone."""
    if not works(actor):
        return []
    query = f"select id from ticket where community_id = $1 and assignee_id = $2 and on_phones order by id limit {MOST}"
    return [one["id"] for one in await fetch(query, actor.here, actor.person_id)]


def own_scope(actor: Actor) -> str | None:
    """Return the feed scope of the actor's own jobs."""
    return f"repair:{actor.person_id}" if works(actor) else None


# ---- The pool and the price list ------------------------------------------------------------------------------------

POOLED = "ticket.pooled and ticket.assignee_id is null and ticket.state = 'accepted'"


async def load_offers(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the open offers among these: what and where, not who lives there."""
    if not works(by) or not ids:
        return {}
    found = await select(f"ticket.id = any ({{0}}::uuid[]) and {POOLED}", ids, by=by, limit=len(ids))
    photos = await photos_of("ticket", [one.id for one in found])
    return {one.id: common("offer", one, photos[one.id]) for one in found}


async def every_offer(actor: Actor) -> list[UUID]:
    """Return the ids of the open offers."""
    if not works(actor):
        return []
    query = f"select id from ticket where community_id = $1 and {POOLED} order by id limit {MOST}"
    return [one["id"] for one in await fetch(query, actor.here)]


def shared_scope(actor: Actor) -> str | None:
    """Return the feed scope of what all who repair here share."""
    return f"repairs:{actor.here}" if works(actor) else None


async def load_prices(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the price list as one document, whose version grows with each line's."""
    if not works(by) or by.here not in ids:
        return {}
    lines = [
        {
            "id": str(one.id), "kind": one.kind, "category": one.category or "", "name": one.name, "unit": one.unit,
            "price": one.price,
        }
        for one in await prices(by.here)
    ]  # fmt: skip
    version = await fetchval("select sum(version) from price_item where community_id = $1", by.here)
    return {by.here: {"kind": "prices", "id": str(by.here), "v": int(version), "lines": lines}} if version else {}


async def every_prices(actor: Actor) -> list[UUID]:
    """Return the id of the price list, if there is one."""
    return list(await load_prices([actor.here], actor)) if works(actor) else []


# ---- Who reports ----------------------------------------------------------------------------------------------------


async def load_homes(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the homes among these that the actor lives in or owns."""
    found = await homes(by)
    return {id_: found[id_] for id_ in ids if id_ in found}


async def homes(actor: Actor) -> dict[UUID, Document]:
    """Return the actor's homes as documents."""
    if actor.community_id is None or not actor.room_ids:
        return {}
    return {one.id: home_of(one, n) for n, one in enumerate(await rooms_of(actor))}


def home_of(room: RoomChoice, place: int) -> Document:
    """Return one home; `order` is its place in the choice."""
    return {
        "kind": "home",
        "id": str(room.id),
        "v": 1,
        "label": room.label,
        "stairwell": room.stairwell,
        "order": place,
    }


async def every_home(actor: Actor) -> list[UUID]:
    """Return the ids of the actor's homes."""
    return list(await homes(actor))


def home_scope(actor: Actor) -> str | None:
    """Return the feed scope of the actor's homes."""
    return f"home:{actor.person_id}" if actor.community_id is not None and actor.is_resident else None


async def load_reports(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the actor's own reports among these."""
    if report_scope(by) is None or not ids:
        return {}
    found = await select(
        "ticket.id = any ({0}::uuid[]) and ticket.reporter_account_id = {1}", ids, by.account_id, by=by, limit=len(ids)
    )
    return {one.id: report_of(one) for one in found}


def report_of(ticket: TicketView) -> Document:
    """Return a report as the list of its reporter shows it."""
    return {
        "kind": "report",
        "id": str(ticket.id),
        "v": ticket.version,
        "number": ticket.number,
        "state": ticket.state,
        "category": ticket.category,
        "place": ticket.place,
        "summary": ticket.summary,
        "reported": ms(ticket.reported_at),
        "photos": [],
        "pending": False,
    }


async def every_report(actor: Actor) -> list[UUID]:
    """Return the ids of the actor's own reports that belong on their phone."""
    if report_scope(actor) is None:
        return []
    query = f"select id from ticket where community_id = $1 and reporter_account_id = $2 and on_phones order by id limit {MOST}"
    return [one["id"] for one in await fetch(query, actor.here, actor.account_id)]


def report_scope(actor: Actor) -> str | None:
    """Return the feed scope of the actor's own reports: of who lives here, and of who reports for a living."""
    reports = actor.community_id is not None and (actor.is_resident or actor.can("ticket.report"))
    return f"report:{actor.account_id}" if reports and actor.account_id else None


register(Kind("ticket", load_tickets, every_ticket, own_scope))
register(Kind("offer", load_offers, every_offer, shared_scope))
register(Kind("prices", load_prices, every_prices, shared_scope))
register(Kind("home", load_homes, every_home, home_scope))
register(Kind("report", load_reports, every_report, report_scope))

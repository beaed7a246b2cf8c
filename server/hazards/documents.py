"""What phones carry of the hazards: each open one with its story, those closed within a month, and the community's rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from server.db import fetch, fetchrow
from server.field.documents import Document, Kind, register
from server.hazards.events import Event, events_of
from server.hazards.finding import HazardView, reads, several
from server.hazards.kinds import HOURS
from server.hazards.people import crew
from server.hazards.reporting import limits_here
from server.security.actor import Actor
from server.storage.photos import StoredPhoto, photos_of


def ms(value: datetime | None) -> int | None:
    """Return a moment in whole milliseconds since 1970."""
    return None if value is None else int(value.timestamp() * 1000)


async def load_hazards(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return hazards as documents, in a fixed number of queries."""
    found = await several(ids, by=by)
    wanted = [one.id for one in found]
    events, photos = await events_of(wanted), await photos_of("hazard", wanted)
    limits = await limits_here(by.here) if found else HOURS
    return {one.id: document(one, events[one.id], photos[one.id], limits) for one in found}


def document(hazard: HazardView, events: list[Event], photos: list[StoredPhoto], limits: Mapping[str, int]) -> Document:
    """Return one hazard as phones and reducers know it; `events` newest first."""
    return {
        "kind": "hazard",
        "id": str(hazard.id),
        "v": hazard.version,
        "number": hazard.number,
        "state": hazard.state,
        "grade": hazard.grade,
        "category": hazard.category,
        "source": hazard.source,
        "round": text_of(hazard.round_id),
        "checkpoint": text_of(hazard.checkpoint_id),
        "building": text_of(hazard.building_id),
        "place": hazard.place,
        "summary": hazard.summary,
        "description": hazard.description or "",
        "measure": hazard.measure or "",
        "demand": hazard.demand or "",
        "result": hazard.result or "",
        "pace": hazard.pace,
        "due": ms(hazard.due_at),
        "found": ms(hazard.found_at),
        "closed": ms(hazard.closed_at),
        "told_company": ms(hazard.told_company_at),
        "told_authority": ms(hazard.told_authority_at),
        "isolated": ms(hazard.isolated_at),
        "report_by": ms(hazard.report_by),
        "illegal": hazard.illegal,
        "planned": bool(hazard.plan),
        "plan": {name: str(value) for name, value in hazard.plan.items()},
        "responsible": text_of(hazard.responsible_id),
        "responsible_name": hazard.responsible_name or "",
        "rectifiers": sorted(str(id_) for id_ in hazard.rectifiers),
        "reporter": text_of(hazard.reporter_account_id),
        "reporter_name": hazard.reporter_name,
        "ticket": text_of(hazard.ticket_id),
        "ticket_number": hazard.ticket_number or "",
        "extension": extension_of(hazard),
        "limits": dict(limits),
        "events": [event_of(event) for event in events],
        "photos": [photo_of(photo) for photo in photos],
        "pending": False,
    }


def text_of(id_: UUID | None) -> str:
    """Return an id as text, '' for none."""
    return "" if id_ is None else str(id_)


def extension_of(hazard: HazardView) -> Document | None:
    """Return the request for more time that waits, or None."""
    if hazard.extension_id is None:
        return None
    return {
        "id": str(hazard.extension_id),
        "by": text_of(hazard.extension_by),
        "name": hazard.extension_name,
        "until": ms(hazard.extension_until),
        "reason": hazard.extension_reason,
        "pending": False,
    }


def event_of(event: Event) -> Document:
    """Return one event; `at` is when it was done, as the phone that did it says."""
    return {
        "id": str(event.id),
        "verb": event.kind,
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


async def every_hazard(actor: Actor) -> list[UUID]:
    """Return the ids of what belongs on this actor's phone."""
    if not reads(actor):
        return []
    query = "select id from hazard where community_id = $1 and on_phones order by id"
    return [one["id"] for one in await fetch(query, actor.here)]


def scope(actor: Actor) -> str | None:
    """Return the feed scope of the hazards of the community the actor works in."""
    return f"hazard:{actor.here}" if reads(actor) else None


# ---- The rules ------------------------------------------------------------------------------------------------------


async def load_rules(ids: list[UUID], by: Actor) -> Mapping[UUID, Document]:
    """Return the community's rules: limits in hours, and whom a notice can be given to."""
    if not reads(by) or by.here not in ids:
        return {}
    found = await fetchrow("select version from hazard_rules where id = $1", by.here)
    if found is None:
        return {}
    people: list[dict[str, Any]] = [
        {"person": str(one.person_id), "name": one.name, "post": one.posts[0]} for one in await crew(by.here)
    ]
    rules = {"kind": "hazard_rules", "id": str(by.here), "v": found["version"], "people": people}
    return {by.here: rules | {"limits": await limits_here(by.here)}}


async def every_rules(actor: Actor) -> list[UUID]:
    """Return the id of the community's rules, if there are any."""
    return list(await load_rules([actor.here], actor)) if actor.community_id else []


register(Kind("hazard", load_hazards, every_hazard, scope))
register(Kind("hazard_rules", load_rules, every_rules, scope))

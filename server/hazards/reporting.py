"""Somebody finds something dangerous: on a round, at an inspection, on the way, or because a resident said so."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import execute, fetchrow, fetchval, transaction
from server.hazards.changing import notify, role_of
from server.hazards.events import add_event
from server.hazards.finding import HazardView, find
from server.hazards.kinds import CATEGORIES, GRADES, SOURCES, due_after, limits_of, pace_of, summary_of
from server.hazards.states import BIRTHS
from server.lib.acting import NO_PHOTOS, Carried
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage.photos import attach
from server.tickets.reporting import building_of


class Report(msgspec.Struct, kw_only=True):
    """What somebody reports. `id` was made by the phone or the form, so that the same report sent twice is one hazard."""

    id: UUID
    category: str
    place: str
    grade: str = "general"
    source: str = "report"
    text: str = ""
    measure: str | None = None  #: what was done at once to keep people safe
    round_id: UUID | None = None
    checkpoint_id: UUID | None = None
    item: str | None = None  #: the checklist's item that was ×
    building_id: UUID | None = None


async def report(
    new: Report,
    photos: Carried = NO_PHOTOS,
    *,
    by: Actor,
    at: datetime | None = None,
    event_id: UUID | None = None,
    device_at: datetime | None = None,
) -> HazardView:
    """Make a hazard of a report, or return the one that this report has already made.

    `at`: when it was found, if not just now; `event_id`: the id of the phone's operation. Raise NotFoundException when the actor
    may report none, or for an id that somebody else's hazard has.
    """
    if not by.can("hazard.report"):
        raise NotFoundException
    assert new.category in CATEGORIES
    assert new.grade in GRADES
    assert new.source in SOURCES
    async with transaction():
        found_at = at or now()
        if not await _is_new(new.id):
            return await _sent_before(new.id, by)
        if not await _insert(new, await take_number(by.here, found_at), found_at, by):
            raise NotFoundException  # an id of another community's: no phone of ours makes one twice
        detail = {"photos": [str(id_) for id_ in photos.ids]} if photos.ids else {}
        await add_event(
            new.id, "report", BIRTHS["report"], by=by, community_id=by.here, id_=event_id, note=new.text or None, detail=detail,
            happened_at=found_at,
        )  # fmt: skip
        await attach(
            photos.stored, entity="hazard", entity_id=new.id, role=role_of("report"), by=by, waiting=photos.waiting
        )
        hazard = await find(new.id, by=by)
        after = {"number": hazard.number, "category": new.category, "grade": new.grade, "place": new.place}
        await record(
            by,
            "hazard.report",
            community_id=by.here,
            entity="hazard",
            entity_id=new.id,
            after=after,
            device_at=device_at,
        )
        await notify("hazard_major" if new.grade == "major" else "hazard_reported", hazard, by)
        return hazard


async def _is_new(hazard_id: UUID) -> bool:
    """Whether nothing here has this id yet; the same report sent twice at once waits for itself, so that no number is lost."""
    await execute("select pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(hazard_id))
    return not await fetchval("select exists (select from hazard where id = $1)", hazard_id)


async def _sent_before(hazard_id: UUID, by: Actor) -> HazardView:
    """Return the hazard this actor has reported before; an id that somebody else used is a stranger's."""
    hazard = await find(hazard_id, by=by)
    if hazard.reporter_account_id != by.account_id:
        raise NotFoundException
    return hazard


async def take_number(community_id: UUID, at: datetime) -> str:
    """Return the community's next number of the day: YH-20261125-003. Without gaps: a report that fails gives it back."""
    day = f"{at.astimezone(CHINA):%Y%m%d}"
    value = await fetchval(
        "insert into counter (id, community_id, name, value) values ($1, $2, $3, 1)"
        " on conflict (community_id, name) do update set value = counter.value + 1 returning value",
        uuid7(),
        community_id,
        f"hazard:{day}",
    )
    return f"YH-{day}-{value:03d}"


async def limits_here(community_id: UUID) -> dict[str, int]:
    """Return the community's limits in hours by pace."""
    query = """select immediate_hours as immediate, soon_hours as soon, usual_hours as usual, parts_hours as parts
        from hazard_rules where id = $1"""
    found = await fetchrow(query, community_id)
    return limits_of(dict(found) if found else None)


async def _insert(new: Report, number: str, found_at: datetime, by: Actor) -> bool:
    """Write the row; return False when the id is taken where this connection does not reach."""
    pace = pace_of(new.category, new.grade)
    inserted = await fetchval(
        "insert into hazard (id, community_id, number, state, grade, category, source, round_id, checkpoint_id, item,"
        " building_id, place, summary, description, measure, pace, due_at, reporter_account_id, reporter_name, found_at,"
        " version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)"
        " on conflict (id) do nothing returning id",
        new.id,
        by.here,
        number,
        BIRTHS["report"],
        new.grade,
        new.category,
        new.source,
        new.round_id,
        new.checkpoint_id,
        new.item,
        new.building_id or await building_of(by.here, None, new.place),
        new.place,
        summary_of(new.text) or CATEGORIES[new.category].label,
        new.text or None,
        new.measure,
        pace,
        due_after(pace, found_at, await limits_here(by.here)),
        by.account_id,
        by.name,
        found_at,
    )
    return inserted is not None

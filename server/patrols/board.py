"""What the office sees of the rounds: today's board, one round's report, what every place looks like."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import fetchrow, fetchval, row, rows
from server.lib.formats import CHINA, now
from server.lib.i18n import N_, _
from server.lib.paging import PAGE_SIZE, Page, offset
from server.patrols.entries import TRI, Entry, is_shown, range_text, read
from server.patrols.faking import SIGNS
from server.patrols.states import STATES, TONES
from server.security.actor import Actor
from server.storage.links import link
from server.storage.photos import COLUMNS, StoredPhoto


class RoundLine(msgspec.Struct):
    """A round as a line of a list."""

    id: UUID
    name: str
    post: str
    state: str
    due_at: dt.datetime
    late_at: dt.datetime
    ends_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    people: str
    points: int
    done: int
    found: int
    signs: str
    reason: str | None

    @property
    def shown_state(self) -> str:
        """What the state is called: a pending round whose start has passed is late already."""
        return N_("已晚") if self.state == "pending" and self.late_at < now() else STATES[self.state]

    @property
    def tone(self) -> str:
        """How the badge is painted."""
        return "bad" if self.state == "pending" and self.late_at < now() else TONES[self.state]

    @property
    def names(self) -> str:
        """Who walks it."""
        return "、".join(one["name"] for one in msgspec.json.decode(self.people))

    @property
    def said_signs(self) -> list[str]:
        """What looks like faking, in words."""
        return [SIGNS[sign] for sign in msgspec.json.decode(self.signs) if sign in SIGNS]


LINE = """select patrol_round.id, patrol_round.name, post, patrol_round.state, due_at, late_at, ends_at, started_at, finished_at, people,
    point.points, point.done, found,
    (select coalesce(jsonb_agg(distinct sign), '[]') from jsonb_array_elements(patrol_round.signs || point.signs) as sign) as signs, reason
from patrol_round cross join lateral (
    select count(*) as points, count(done_at) as done,
        coalesce((select jsonb_agg(sign) from patrol_point as one, jsonb_array_elements(one.signs) as sign
            where one.round_id = patrol_round.id), '[]'::jsonb) as signs
    from patrol_point where round_id = patrol_round.id
) as point"""

FILTERS = {
    "all": (N_("全部"), "true"),
    "due": (N_("该走的"), "state = 'pending' and opens_at <= now() and ends_at >= now()"),
    "doing": (N_("巡查中"), "state = 'doing'"),
    "done": (N_("已完成"), "state in ('done', 'late')"),
    "abnormal": (N_("有异常"), "state = 'abnormal'"),
    "missed": (N_("漏检"), "state = 'missed'"),
    "unexplained": (N_("漏检未说明"), "state = 'missed' and reason is null"),
    "signs": (N_("有疑点"), "patrol_round.signs <> '[]'"),
}


EARLIEST, LATEST = 2000, 2100
"""The years the board shows; beyond them no neighbouring day can be reckoned, or asked of the database."""


def day_of(text: str) -> dt.date:
    """Return the day an address asks for, today for nonsense."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    return day if EARLIEST <= day.year <= LATEST else now().astimezone(CHINA).date()


def bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Return when a day begins and ends in China."""
    start = dt.datetime.combine(day, dt.time(), CHINA)
    return start, start + dt.timedelta(days=1)


async def counts(actor: Actor, day: dt.date) -> dict[str, int]:
    """Return how many rounds each filter finds, as `rounds_of` does: of a day, those not explained of any."""
    chips = ", ".join(f"count(*) filter (where {condition}) as {key}" for key, (_label, condition) in FILTERS.items())
    query = f"select {chips} from patrol_round where community_id = $1 and due_at >= $2 and due_at < $3"
    found = await fetchrow(query, actor.here, *bounds(day))
    assert found is not None
    unexplained = f"select count(*) from patrol_round where community_id = $1 and {FILTERS['unexplained'][1]}"
    return dict(found) | {"unexplained": await fetchval(unexplained, actor.here)}


async def rounds_of(actor: Actor, day: dt.date, chosen: str, number: int) -> Page[RoundLine]:
    """Return one page of a day's rounds; those missed and not explained are shown whatever their day."""
    condition = FILTERS[chosen][1]
    within = "true" if chosen == "unexplained" else "due_at >= $2 and due_at < $3"
    arguments = (actor.here,) if chosen == "unexplained" else (actor.here, *bounds(day))
    where = f"where community_id = $1 and {within} and {condition}"
    total = await fetchval(f"select count(*) from patrol_round {where}", *arguments)
    query = f"{LINE} {where} order by due_at, patrol_round.id limit {PAGE_SIZE} offset {offset(number)}"
    return Page(await rows(RoundLine, query, *arguments), total, number)


class PlaceLine(msgspec.Struct):
    """A checkpoint and how it stands today."""

    id: UUID
    name: str
    place: str
    kind: str
    planned: int
    done: int
    missed: int
    found: int
    last_at: dt.datetime | None


async def places_of(actor: Actor, day: dt.date) -> list[PlaceLine]:
    """Return every checkpoint that a day's rounds come by, the troubled ones first."""
    query = """select checkpoint.id, checkpoint.name, checkpoint.place, checkpoint.kind, count(*) as planned,
        count(patrol_point.done_at) as done,
        count(*) filter (where patrol_round.state = 'missed' and patrol_point.done_at is null) as missed,
        coalesce(sum((select count(*) from patrol_check where point_id = patrol_point.id and is_bad and counts)), 0)::bigint as found,
        max(patrol_point.scanned_at) as last_at
        from patrol_round join patrol_point on patrol_point.round_id = patrol_round.id
        join checkpoint on checkpoint.id = patrol_point.checkpoint_id
        where patrol_round.community_id = $1 and due_at >= $2 and due_at < $3
        group by checkpoint.id order by 8 desc, 7 desc, checkpoint.kind, checkpoint.name"""
    return await rows(PlaceLine, query, actor.here, *bounds(day))


# ---- One round ------------------------------------------------------------------------------------------------------


class RoundView(msgspec.Struct):
    """A round as its report shows it."""

    id: UUID
    community_id: UUID
    name: str
    state: str
    opens_at: dt.datetime
    due_at: dt.datetime
    late_at: dt.datetime
    ends_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    people: str
    handed: str
    signed: str | None
    signature: UUID | None
    note: str | None
    found: int
    signs: str
    reason: str | None
    reason_by: str | None
    reason_at: dt.datetime | None
    needs_two: bool
    version: int

    @property
    def names(self) -> str:
        """Who walked it."""
        return "、".join(one["name"] for one in msgspec.json.decode(self.people))


class PointView(msgspec.Struct):
    """A point as the report shows it."""

    id: UUID
    position: int
    name: str
    place: str
    grade: str | None
    reason: str | None
    scanned_at: dt.datetime | None
    device_at: dt.datetime | None
    received_at: dt.datetime | None
    done_at: dt.datetime | None
    done_by: str | None
    score: int | None
    signs: str
    content: str

    @property
    def entries(self) -> list[Entry]:
        """The list that was gone through."""
        return read(self.content)


class CheckView(msgspec.Struct):
    """An answer that counts."""

    point_id: UUID
    item: str
    label: str
    value: str
    is_bad: bool
    note: str | None
    level: str | None
    hazard_id: UUID | None
    photos: str
    actor_name: str
    at: dt.datetime
    received_at: dt.datetime


async def find(round_id: UUID, *, by: Actor) -> RoundView:
    """Return a round of the actor's community; raise NotFoundException for a strange id."""
    names = ", ".join(field.name for field in msgspec.structs.fields(RoundView))
    found = await row(
        RoundView, f"select {names} from patrol_round where id = $1 and community_id = $2", round_id, by.here
    )
    if found is None:
        raise NotFoundException
    return found


async def points_of(round_id: UUID) -> list[PointView]:
    """Return a round's points in order; the caller knows that the actor may see the round."""
    query = """select patrol_point.id, position, patrol_point.name, place, grade, reason, scanned_at, device_at, received_at, done_at,
        done_by, score, signs, content from patrol_point join checklist_version on checklist_version.id = list_id
        where round_id = $1 order by position"""
    return await rows(PointView, query, round_id)


async def checks_of(round_id: UUID) -> dict[tuple[UUID, str], CheckView]:
    """Return {(point, entry): answer that counts}; the caller knows that the actor may see the round."""
    query = """select distinct on (point_id, item) point_id, item, label, value, is_bad, note, level, hazard_id, photos, actor_name, at,
        received_at from patrol_check where round_id = $1 and counts order by point_id, item, received_at desc, id desc"""
    return {(one.point_id, one.item): one for one in await rows(CheckView, query, round_id)}


def said(entry: Entry, value: str) -> str:
    """Return an answer as people read it: √, × or ○ in words, a reading with its unit."""
    if entry.kind == "tri":
        return {"ok": "√ ", "bad": "× ", "na": "○ "}.get(value, "") + _(TRI.get(value, value))
    if entry.kind == "photo":
        return _("%(n)s 张照片", n=value)
    return f"{value} {entry.unit}".strip()


async def report(round_id: UUID, *, by: Actor) -> dict[str, Any]:
    """Return everything that the report of a round shows, photos as links."""
    found, points = await find(round_id, by=by), await points_of(round_id)
    checks = await checks_of(round_id)
    pictures = {str(one.id): one for one in await pictures_of(found, checks.values(), by)}
    return {
        "round": found,
        "state": STATES[found.state],
        "tone": TONES[found.state],
        "signs": [SIGNS[sign] for sign in msgspec.json.decode(found.signs) if sign in SIGNS],
        "handed": msgspec.json.decode(found.handed),
        "signature": signature_of(found, pictures, by),
        "points": [shown_point(point, checks, pictures, by) for point in points],
    }


def signature_of(found: RoundView, pictures: dict[str, StoredPhoto], by: Actor) -> str | None:
    """Return the link of the round's signature, None while it is not here."""
    picture = pictures.get(str(found.signature))
    return link(picture, by) if picture and not picture.is_waiting else None


async def pictures_of(found: RoundView, checks: Iterable[CheckView], by: Actor) -> list[StoredPhoto]:
    """Return the photos of these answers, whether they are the round's or of a hazard made of one, and the signature."""
    ids = [UUID(one["id"]) for check in checks for one in msgspec.json.decode(check.photos)]
    ids += [found.signature] if found.signature else []
    query = f"select {COLUMNS} from photo where community_id = $1 and id = any ($2::uuid[]) order by taken_at, id"
    return await rows(StoredPhoto, query, by.here, ids)


def shown_point(
    point: PointView, checks: dict[tuple[UUID, str], CheckView], pictures: dict[str, StoredPhoto], by: Actor
) -> dict[str, Any]:
    """Return a point with its answers in the order of its list."""
    answers = {item: check.value for (point_id, item), check in checks.items() if point_id == point.id}
    lines = []
    for entry in point.entries:
        check = checks.get((point.id, entry.id))
        if not is_shown(entry, answers) or (check is None and point.done_at is None):
            continue
        photos = [pictures.get(one["id"]) for one in msgspec.json.decode(check.photos)] if check else []
        lines.append({
            "entry": entry,
            "range": range_text(entry),
            "check": check,
            "said": said(entry, check.value) if check else "—",
            "photos": [
                {"href": link(one, by), "thumb": link(one, by, thumb=True)}
                for one in photos
                if one is not None and not one.is_waiting
            ],
            "waiting": sum(1 for one in photos if one is None or one.is_waiting),
        })  # fmt: skip
    signs = [SIGNS[sign] for sign in msgspec.json.decode(point.signs) if sign in SIGNS]
    return {"point": point, "lines": lines, "signs": signs}

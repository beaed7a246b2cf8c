"""What the page of a meter shows: its readings with who took them, their photos, its usage as a small chart."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.db import fetchrow, rows
from server.meters.finding import MeterView
from server.meters.kinds import COUNTED
from server.meters.usage import plain
from server.security.actor import Actor
from server.storage.links import link
from server.storage.photos import photos_of

READINGS = """select id, period, kind, value, usage, rolled, flags, status, reason, source, reader_name, read_at
    from meter_reading where meter_id = $1 order by period desc, read_at desc, id desc limit 60"""
REVIEWS = """select reading_id, verdict, reason, reviewer_name, at from meter_review
    where reading_id = any ($1::uuid[]) order by at desc"""

BARS = 12
STEP, HEIGHT, GAP = 52, 120, 8


class ReadingLine(msgspec.Struct):
    """A reading as the page of its meter shows it."""

    id: UUID
    period: str
    kind: str
    value: Decimal | None
    usage: Decimal | None
    rolled: bool
    flags: Any
    status: str
    reason: str | None
    source: str
    reader_name: str
    read_at: dt.datetime

    def __post_init__(self) -> None:
        self.flags = msgspec.json.decode(self.flags, type=list[str])


class ReviewLine(msgspec.Struct):
    """What somebody decided about a reading."""

    reading_id: UUID
    verdict: str
    reason: str
    reviewer_name: str
    at: dt.datetime


class Bar(msgspec.Struct):
    """A month of the chart."""

    x: int
    y: int
    width: int
    height: int
    label: str
    usage: str
    estimated: bool


async def shown(meter: MeterView, actor: Actor) -> dict[str, Any]:
    """Return the context of the page."""
    readings = await rows(ReadingLine, READINGS, meter.id)
    ids = [one.id for one in readings]
    photos = await photos_of("meter_reading", ids)
    reviews = await rows(ReviewLine, REVIEWS, ids)
    return {
        "meter": meter,
        "readings": readings,
        "reviews": {one.reading_id: one for one in reviews},
        "photos": {id_: faces(several, actor) for id_, several in photos.items()},
        "bars": bars(readings),
        "next": await fetchrow("select id, number from meter where id = $1", meter.replaced_by),
        "before": await fetchrow("select id, number from meter where replaced_by = $1", meter.id),
    }


def faces(photos: list[Any], actor: Actor) -> list[dict[str, str]]:
    """Return photos as the grid shows them; those still on a phone are left out."""
    return [{"href": link(one, actor), "thumb": link(one, actor, thumb=True)} for one in photos if not one.is_waiting]


def bars(readings: list[ReadingLine]) -> list[Bar]:
    """Return the usage of the last twelve periods as bars, the oldest first; a credit after an estimate has no height."""
    months: dict[str, Decimal] = {}
    guessed = set()
    for one in readings:
        if one.status in COUNTED and one.usage is not None:
            months[one.period] = months.get(one.period, Decimal(0)) + one.usage
            if one.kind == "estimated":
                guessed.add(one.period)
    last = sorted(months)[-BARS:]
    most = max([months[period] for period in last], default=Decimal(0)) or Decimal(1)
    return [
        Bar(
            x=nth * STEP, y=HEIGHT - height, width=STEP - GAP, height=height, label=period[2:], usage=plain(months[period]),
            estimated=period in guessed,
        )
        for nth, period in enumerate(last)
        for height in [max(int(HEIGHT * max(months[period], Decimal(0)) / most), 1)]
    ]  # fmt: skip

"""The only door to meters: every query starts from the community the actor works in, so a stranger finds nothing."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar.exceptions import NotFoundException

from server.db import row
from server.meters.documents import reads
from server.security.actor import Actor
from server.storage.photos import photo_rule


class MeterView(msgspec.Struct):
    """A meter with the names a page shows."""

    id: UUID
    community_id: UUID
    kind: str
    number: str
    room_id: UUID | None
    place: str
    digits: int
    ratio: Decimal
    installed_on: dt.date | None
    removed_on: dt.date | None
    replaced_by: UUID | None
    version: int


COLUMNS = """meter.id, meter.community_id, meter.kind, meter.number, meter.room_id, meter.place, meter.digits, meter.ratio,
    meter.installed_on, meter.removed_on, meter.replaced_by, meter.version"""


async def find(meter_id: UUID, *, by: Actor, lock: bool = False) -> MeterView:
    """Return a meter of the community the actor works in, locked until the transaction's end if asked; raise NotFoundException."""
    if not reads(by):
        raise NotFoundException
    query = f"select {COLUMNS} from meter where id = $1 and community_id = $2" + (" for update" if lock else "")
    found = await row(MeterView, query, meter_id, by.here)
    if found is None:
        raise NotFoundException
    return found


@photo_rule("meter_reading")
async def may_see_photos(actor: Actor, reading_id: UUID) -> bool:
    """Whoever has to do with meters may see the photos of their community's readings."""
    if not reads(actor):
        return False
    return (
        await row(Found, "select id from meter_reading where id = $1 and community_id = $2", reading_id, actor.here)
        is not None
    )


class Found(msgspec.Struct):
    """That there is such a reading."""

    id: UUID

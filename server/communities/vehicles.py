"""Vehicles of a room: a plate comes, a plate goes."""

import re
from datetime import date, timedelta
from uuid import UUID

from asyncpg import UniqueViolationError
from litestar.exceptions import NotFoundException

from server.audit import record
from server.communities.naming import half_width
from server.communities.occupancies import Refused
from server.communities.stays import head
from server.db import changed, execute, fetchrow, fetchval, transaction
from server.lib.formats import today
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.security.actor import Actor

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ORDINARY = rf"[{PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]"
_NEW_ENERGY = rf"[{PROVINCES}][A-HJ-NP-Z](?:[A-HJK][A-HJ-NP-Z0-9]\d{{4}}|\d{{5}}[A-HJK])"
_EMBASSY = r"(?:使\d{6}|[A-Z0-9]{6}使|[A-HJ-NP-Z0-9]{6}领)"
_ARMY = r"[A-Z]{2}\d{5}"
_PLATE = re.compile(f"^(?:{_NEW_ENERGY}|{_ORDINARY}|{_EMBASSY}|{_ARMY})$")
"""Number plates by GA 36-2018: seven characters; eight for new-energy vehicles 新能源, whose letter (A–H, J, K) comes third on
small and last on large vehicles; I and O are not used."""


def tidy_plate(text: str) -> str | None:
    """Return a plate as it is kept (`浙a·12345` → `浙A12345`), or None when it is none."""
    plate = re.sub(r"[\s·•・.\-]", "", half_width(text)).upper()
    return plate if _PLATE.match(plate) else None


async def add_vehicle(room_id: UUID, plate: str, description: str | None, since: date, *, by: Actor) -> None:
    """Register a vehicle with a room; `plate` is tidy. Raise Refused when it is registered already, NotFoundException."""
    vehicle_id = uuid7()
    try:
        async with transaction():
            await head(by, room_id)
            await execute(
                "insert into vehicle (id, community_id, plate, room_id, description, since) values ($1, $2, $3, $4, $5, $6)",
                vehicle_id, by.here, plate, room_id, description, since,
            )  # fmt: skip
            await record(
                by, "vehicle.add", community_id=by.here, entity="vehicle", entity_id=vehicle_id,
                after={"room_id": room_id, "plate": plate, "since": since},
            )  # fmt: skip
    except UniqueViolationError as error:
        label = await fetchval(
            "select room.label from vehicle left join room on room.id = vehicle.room_id"
            " where vehicle.community_id = $1 and plate = $2 and until is null",
            by.here,
            plate,
        )
        raise Refused("plate", N_("这个车牌已登记在 %(room)s"), room=label or "—") from error


async def end_vehicle(vehicle_id: UUID, *, by: Actor) -> UUID | None:
    """Take a vehicle off the register; return its room's id; raise NotFoundException."""
    async with transaction():
        found = await fetchrow(
            "select room_id, plate from vehicle where id = $1 and community_id = $2 and until is null",
            vehicle_id,
            by.here,
        )
        if found is None:
            raise NotFoundException
        last_day = today() - timedelta(days=1)  # one that came today was a mistake: it has no day at all
        await changed("update vehicle set until = $2 where id = $1 and until is null", vehicle_id, last_day)
        await record(
            by, "vehicle.end", community_id=by.here, entity="vehicle", entity_id=vehicle_id,
            before={"plate": found["plate"]}, after={"until": last_day},
        )  # fmt: skip
    room_id: UUID | None = found["room_id"]
    return room_id

"""What phones do to meters. Readings are facts: they are added, whatever happened meanwhile."""

from dataclasses import replace as changed
from typing import Any

from litestar.exceptions import NotFoundException

from server.lib.i18n import N_
from server.meters import replacing
from server.meters.finding import MeterView, find
from server.meters.reading import Taken, take
from server.sync.operations import ENTITY, Applied, Conflict, Op, Refusal, operation

TARGETS = {"meter": ENTITY, "meter_route": "route"}
REPLACED = N_("这块表已经由别人换过了，请核对新表号和止度")
NUMBER_TAKEN = N_("这个表号已经登记在别处，请核对新表号")


async def locked(op: Op) -> tuple[MeterView, bool]:
    """Return the operation's meter, locked, and whether it has changed since its reader saw it; raise NotFoundException."""
    if not op.by.can("meter.read"):
        raise NotFoundException
    meter = await find(op.entity_id, by=op.by, lock=True)
    return meter, op.base_version < meter.version


def plain(op: Op, merged: bool) -> dict[str, Any]:
    """Return the operation for the reducer. What was fine on the phone must not be asked about again because others were faster."""
    return (changed(op, args=op.args | {"confirmed": "yes"}) if merged else op).plain()


def taken(op: Op) -> Taken:
    """Return what comes with an operation's reading."""
    return Taken(waiting=tuple(photo.id for photo in op.photos), device_at=op.made_at)


@operation("meter.read", N_("抄表"), targets=TARGETS)
async def carry_read(op: Op) -> Applied:
    """Add a reading."""
    meter, merged = await locked(op)
    return Applied(await take(meter, plain(op, merged), taken(op), by=op.by), merged)


@operation("meter.unreadable", N_("抄不到表"), targets=TARGETS)
async def carry_unreadable(op: Op) -> Applied:
    """Say that a meter could not be read."""
    meter, merged = await locked(op)
    return Applied(await take(meter, plain(op, merged), taken(op), by=op.by), merged)


@operation("meter.replace", N_("换表"), targets=TARGETS)
async def carry_replace(op: Op) -> Applied:
    """Change a meter. Two people cannot change the same one: what the second typed waits for a person's decision."""
    meter, merged = await locked(op)
    if meter.removed_on is not None:
        raise Conflict(REPLACED)
    try:
        return Applied(await replacing.replace(meter, plain(op, merged), taken(op), by=op.by), merged)
    except replacing.NumberTaken:
        raise Refusal(NUMBER_TAKEN) from None

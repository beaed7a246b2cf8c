"""A community's own limits: how many hours each pace leaves. What runs already keeps its deadline."""

from uuid import UUID

from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import execute, transaction
from server.hazards.kinds import HOURS
from server.hazards.reporting import limits_here
from server.security.actor import Actor

LONGEST = 2160
"""Hours: ninety days."""


async def set_limits(hours: dict[str, int], *, by: Actor) -> dict[str, int]:
    """Set the limits (hours by pace, 1 to LONGEST, none shorter than the one before it); return what they were.

    Raise NotFoundException for who may not, ValueError for hours out of order or reach.
    """
    if not by.can("hazard.rules"):
        raise NotFoundException
    known = [hours[pace] for pace in HOURS]
    if not all(1 <= one <= LONGEST for one in known) or known != sorted(known):
        raise ValueError(hours)
    async with transaction():
        before = await limits_here(by.here)
        if before == hours:
            return before
        await execute(
            "insert into hazard_rules (id, community_id, immediate_hours, soon_hours, usual_hours, parts_hours)"
            " values ($1, $1, $2, $3, $4, $5) on conflict (id) do update set immediate_hours = $2, soon_hours = $3,"
            " usual_hours = $4, parts_hours = $5, version = hazard_rules.version + 1",
            by.here,
            *known,
        )
        await _touch(by.here)
        await record(
            by, "hazard.limits", community_id=by.here, entity="community", entity_id=by.here, before=before, after=hours
        )
        return before


async def _touch(community_id: UUID) -> None:
    """Bring the new limits to the phones: they are part of every open hazard's document."""
    await execute(
        "update hazard set version = version + 1 where community_id = $1 and on_phones and state not in ('closed', 'dismissed')",
        community_id,
    )

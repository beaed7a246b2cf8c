"""What each repairman can do and when he works: for giving out by skill, load and shift."""

from datetime import date, time
from uuid import UUID

from litestar.exceptions import NotFoundException

from server.audit.recording import record
from server.db import changed, transaction
from server.security.actor import Actor
from server.tickets.dispatching import Repairman, repairmen


async def hand(person_id: UUID, *, by: Actor) -> Repairman:
    """Return a repairman of the actor's community; raise NotFoundException."""
    found = next((one for one in await repairmen(by.here) if one.id == person_id), None)
    if found is None:
        raise NotFoundException
    return found


async def set_hand(
    person_id: UUID,
    *,
    by: Actor,
    skills: list[str],
    shift_from: time | None,
    shift_until: time | None,
    away_until: date | None,
) -> None:
    """Set what somebody repairs (none: everything), from when until when (None: always), and until which day they are away.

    Raise NotFoundException for who may not, or for somebody who does no repairs here; ValueError for half a shift.
    """
    if not by.can("ticket.rules"):
        raise NotFoundException
    if (shift_from is None) != (shift_until is None) or (shift_from is not None and shift_from == shift_until):
        raise ValueError(shift_from)
    async with transaction():
        before = await hand(person_id, by=by)
        await changed(
            "insert into repair_hand (id, community_id, skills, shift_from, shift_until, away_until) values ($1, $2, $3, $4, $5, $6)"
            " on conflict (id) do update set skills = $3, shift_from = $4, shift_until = $5, away_until = $6,"
            " version = repair_hand.version + 1",
            person_id, by.here, skills, shift_from, shift_until, away_until,
        )  # fmt: skip
        await record(
            by, "ticket.hand", community_id=by.here, entity="person", entity_id=person_id,
            before=_told(before.skills, before.shift_from, before.shift_until, before.away_until),
            after=_told(skills, shift_from, shift_until, away_until),
        )  # fmt: skip


def _told(skills: list[str], since: time | None, until: time | None, away: date | None) -> dict[str, object]:
    """Return a hand as the audit shows it."""
    shift = f"{since:%H:%M}–{until:%H:%M}" if since and until else None
    return {"skills": sorted(skills), "shift": shift, "away_until": away}

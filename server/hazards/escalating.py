"""What is not put right in time is told upwards, one step after another, each once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from server.db import execute, fetch, transaction
from server.hazards import states
from server.hazards.changing import Effect, change
from server.jobs.queue import JobRun, job
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import system_in

STEPS = (timedelta(0), timedelta(days=1), timedelta(days=3))
"""How long after the deadline each step is taken: who has it and the office, the site's manager, the company."""

LATE = """
select id, community_id, due_at, escalation from hazard
where state = any ($1::text[]) and due_at < $2 and escalation < $3 order by due_at limit 500
"""


def steps_due(late_by: timedelta) -> int:
    """Return how many steps up a hazard should have been told of when it is `late_by` past its deadline."""
    return sum(late_by >= step for step in STEPS)


@job("hazards.escalate")
async def escalate(_run: JobRun) -> dict[str, Any]:
    """Tell the next step up of every hazard that is late; however often it runs, each step is told once."""
    moment, told = now(), 0
    for one in await fetch(LATE, sorted(states.CLOCK), moment, len(STEPS)):
        due = steps_due(moment - one["due_at"])
        for level in range(one["escalation"] + 1, due + 1):
            told += await _one_step_up(one["id"], one["community_id"], level)
    return {"told": told}


async def _one_step_up(hazard_id: UUID, community_id: UUID, level: int) -> int:
    """Note that a hazard has been told `level` steps up, and tell it; return 0 when that is done already or needless."""
    async with transaction():
        query = """update hazard set escalation = $2 where id = $1 and escalation = $2 - 1
            and state = any ($3::text[]) and due_at < now() returning id"""
        if not await fetch(query, hazard_id, level, sorted(states.CLOCK)):
            return 0
        effect = Effect(detail={"level": level}, event="hazard_overdue")
        await change(
            hazard_id, "escalate", by=system_in(community_id, "hazard.report"), act=Act(), effect=effect, system=True
        )
        return 1


@job("hazards.leave_phones")
async def leave_phones(_run: JobRun) -> dict[str, Any]:
    """Take off the phones what has been closed for a month; the office keeps it."""
    tag = await execute(
        "update hazard set on_phones = false, version = version + 1"
        " where on_phones and state in ('closed', 'dismissed') and closed_at < now() - interval '30 days'"
    )
    return {"left": int(tag.rsplit(" ", 1)[-1])}

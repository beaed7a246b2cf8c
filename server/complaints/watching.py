"""What is late rises by itself, one step after another, each once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from server.complaints import states
from server.complaints.changing import Effect, change
from server.db import fetch, transaction
from server.jobs.queue import JobRun, job
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import system_in

STEPS = (timedelta(0), timedelta(hours=12), timedelta(days=2))
"""How long after a deadline each step is taken: who has it, who oversees, the company."""

CLOCK = "case when replied_at is null then reply_by else due_at end"

LATE = f"""
select id, community_id, escalation, {CLOCK} as deadline, replied_at is null as unanswered from complaint
where state = any ($1::text[]) and {CLOCK} < $2 and escalation < $3 order by {CLOCK} limit 500
"""


def steps_due(late_by: timedelta) -> int:
    """Return how many steps up a complaint should have been told of when it is `late_by` past its deadline."""
    return sum(late_by >= step for step in STEPS)


@job("complaints.watch")
async def watch(_run: JobRun) -> dict[str, Any]:
    """Tell the next step up of every complaint that is late; however often it runs, each step is told once."""
    moment, told = now(), 0
    for one in await fetch(LATE, sorted(states.WORKING), moment, len(STEPS)):
        for level in range(one["escalation"] + 1, steps_due(moment - one["deadline"]) + 1):
            told += await _one_step_up(one["id"], one["community_id"], level, one["unanswered"])
    return {"told": told}


async def _one_step_up(complaint_id: UUID, community_id: UUID, level: int, unanswered: bool) -> int:
    """Note that a complaint has been told `level` steps up, and tell it; return 0 when that is done already or needless."""
    async with transaction():
        query = f"select id from complaint where id = $1 and escalation = $2 - 1 and {CLOCK} < now() for update"
        if not await fetch(query, complaint_id, level):
            return 0
        effect = Effect(
            values={"escalation": level},
            detail={"level": level, "clock": "reply" if unanswered else "result"},
            event="complaint_overdue",
        )
        by = system_in(community_id, "complaint.oversee")
        await change(complaint_id, "escalate", by=by, act=Act(), effect=effect, system=True)
        return 1

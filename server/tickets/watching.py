"""What is late rises by itself, one step after another, each once; and what an owner never answers is accepted, where the rules say so."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.db import changed, fetch, transaction
from server.jobs.queue import JobRun, job
from server.lib.acting import Act
from server.lib.formats import now
from server.security.actor import system_in
from server.tickets import accepting, states
from server.tickets.changing import Effect, change

STEPS = (timedelta(0), timedelta(hours=4), timedelta(days=1))
"""How long after a deadline each step is taken: who has it and the office, the site's manager, the company."""

URGENT_STEPS = (timedelta(0), timedelta(minutes=15), timedelta(hours=1))

CLOCK = """case
    when ticket.state = 'submitted' then ticket.respond_by
    when ticket.arrived_at is null and ticket.state <> 'rework' then least(ticket.arrive_by, ticket.due_at)
    else ticket.due_at end"""
"""The deadline that runs at present: the answer, the arrival, the finish."""

LATE = f"""
select id, community_id, level, escalation, state, arrived_at is not null as is_there, {CLOCK} as deadline from ticket
where state = any ($1::text[]) and {CLOCK} < $2 and escalation < $3 order by {CLOCK} limit 500
"""

UNANSWERED = """
select ticket.id, ticket.community_id from ticket join ticket_rules as rules on rules.id = ticket.community_id
where ticket.state = 'finished' and ticket.finished_at < now() - make_interval(hours => rules.accept_after_hours)
and not (ticket.location = 'common') order by ticket.finished_at limit 500
"""


OVER = """
update ticket set on_phones = false
where on_phones and state = any ($1::text[]) and closed_at < $2
"""
KEPT = timedelta(days=7)
"""How long phones keep a ticket that is over."""


def steps_due(late_by: timedelta, level: str) -> int:
    """Return how many steps up a ticket should have been told of when it is `late_by` past a deadline."""
    return sum(late_by >= step for step in (URGENT_STEPS if level in ("P1", "P2") else STEPS))


def running_clock(state: str, is_there: bool) -> str:
    """Return which clock runs: respond, arrive or finish."""
    return "respond" if state == "submitted" else "finish" if is_there or state == "rework" else "arrive"


@job("tickets.watch")
async def watch(_run: JobRun) -> dict[str, Any]:
    """Tell the next step up of every ticket that is late, and accept what was waited for long enough; safe to run at any time."""
    moment, told, accepted = now(), 0, 0
    for one in await fetch(LATE, sorted(states.LATE_STATES), moment, len(STEPS)):
        due = steps_due(moment - one["deadline"], one["level"])
        for level in range(one["escalation"] + 1, due + 1):
            told += await _one_step_up(one["id"], one["community_id"], level, one["state"], one["is_there"], moment)
    for one in await fetch(UNANSWERED):
        await accepting.lapse(one["id"], by=system_in(one["community_id"], "ticket.read"))
        accepted += 1
    over = await changed(OVER, ["closed", "rejected", "cancelled"], moment - KEPT)
    return {"told": told, "accepted": accepted, "off_phones": over}


async def _one_step_up(
    ticket_id: UUID, community_id: UUID, level: int, state: str, is_there: bool, moment: datetime
) -> int:
    """Note that a ticket has been told `level` steps up, and tell it; return 0 when that is done already or needless."""
    async with transaction():
        query = f"""select id from ticket where id = $1 and escalation = $2 - 1 and state = any ($3::text[])
            and {CLOCK} < $4 for update"""
        if not await fetch(query, ticket_id, level, sorted(states.LATE_STATES), moment):
            return 0
        effect = Effect(
            values={"escalation": level},
            detail={"level": level, "clock": running_clock(state, is_there)},
            event="ticket_overdue",
        )
        by = system_in(community_id, "ticket.read")
        await change(ticket_id, "escalate", by=by, act=Act(), effect=effect, system=True)
        return 1

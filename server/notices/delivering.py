"""After a change is committed: the job that tells those concerned."""

from typing import Any
from uuid import UUID

import msgspec

from server.db import execute, transaction
from server.jobs.queue import JobRun, job
from server.notices.recipients import recipients
from server.notices.telling import tell


class Happened(msgspec.Struct):
    """What a change asked to be told."""

    event: str
    ticket_id: UUID
    facts: dict[str, Any]
    by: UUID | None = None
    previous: UUID | None = None
    detail: dict[str, Any] = {}


@job("notices.deliver")
async def deliver(run: JobRun) -> dict[str, Any]:
    """Put the message into the inboxes of those concerned; done twice, it is there once."""
    happened = msgspec.convert(run.args, Happened)
    assert run.community_id is not None
    async with transaction():
        told = await _tell(happened, happened.event, run, link=f"/tickets/{happened.ticket_id}")
        if happened.event == "ticket_assigned" and happened.previous is not None:
            await _forget_old_job(happened)
            told += await _tell(happened, "ticket_withdrawn", run, link=f"/tickets/{happened.ticket_id}")
    return {"told": told}


async def _tell(happened: Happened, event: str, run: JobRun, *, link: str) -> int:
    """Tell the recipients of one event; return how many."""
    accounts = await recipients(
        event, happened.ticket_id, by=happened.by, previous=happened.previous, detail=happened.detail
    )
    assert run.community_id is not None
    return await tell(
        accounts,
        event,
        happened.facts,
        link=link,
        entity_id=happened.ticket_id,
        community_id=run.community_id,
        once=run.id,
    )


async def _forget_old_job(happened: Happened) -> None:
    """Mark as read what the repairman who had the job before has not looked at: it no longer waits for him."""
    await execute(
        "update notification set read_at = now() where entity_id = $1 and read_at is null and event = 'ticket_assigned'"
        " and account_id = (select account_id from person where id = $2)",
        happened.ticket_id,
        happened.previous,
    )

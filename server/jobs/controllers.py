"""The screens of the jobs and their timetable."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.audit import record
from server.db import fetch, fetchval, rows, transaction
from server.jobs.queue import retry
from server.jobs.words import KINDS, STATES
from server.lib.i18n import _
from server.lib.paging import PAGE_SIZE, Page, base_address, offset, page_number
from server.lib.templating import page
from server.recurring import TIMETABLE, due_at
from server.security.actor import Actor
from server.security.guards import can


class JobLine(msgspec.Struct):
    """One job, as the screen lists it."""

    id: UUID
    kind: str
    state: str
    run_at: datetime
    attempts: int
    max_attempts: int
    done_count: int
    total_count: int
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


WHERE = "($1::text is null or state = $1) and (community_id = $2 or ($3 and community_id is null))"


class JobsController(Controller):
    """What Neiye is doing and failed to do, for whoever has jobs.read: their community's, and the company's for its administrators."""

    path = "/settings/jobs"
    guards = [can("jobs.read")]

    @get()
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List the jobs, newest first, and the timetable."""
        asked = request.query_params.get("state")
        state, number = (asked if asked in STATES else None), page_number(request)
        found = await rows(
            JobLine,
            "select id, kind, state, run_at, attempts, max_attempts, done_count, total_count, last_error, created_at,"
            f" finished_at from job where {WHERE} order by created_at desc limit {PAGE_SIZE} offset $4",
            state,
            actor.community_id,
            actor.is_company_admin,
            offset(number),
        )
        counts = await count_states(actor)
        total = counts.get(state, 0) if state else sum(counts.values())
        return page(
            request,
            "jobs/index.html",
            page=Page(found, total, number),
            chips=chips(counts, state),
            kinds=KINDS,
            states=STATES,
            base=base_address(request),
            timetable=await timetable(),
        )

    @post("/{job_id:uuid}/retry")
    async def create_retry(self, actor: Actor, job_id: UUID) -> Redirect:
        """Give a dead job another life."""
        async with transaction():
            community = await fetchval(
                "select coalesce(community_id::text, '') from job where id = $1 and (community_id = $2 or"
                " ($3 and community_id is null))",
                job_id,
                actor.community_id,
                actor.is_company_admin,
            )
            if community is None:
                raise NotFoundException
            if await retry(job_id):
                await record(
                    actor,
                    "job.retry",
                    community_id=UUID(community) if community else None,
                    entity="job",
                    entity_id=job_id,
                )
        return Redirect("/settings/jobs", status_code=303)


async def count_states(actor: Actor) -> dict[str, int]:
    """Return how many jobs there are of each state."""
    found = await fetch(
        f"select state, count(*) as n from job where {WHERE} group by state",
        None,
        actor.community_id,
        actor.is_company_admin,
    )
    return {record_["state"]: record_["n"] for record_ in found}


def chips(counts: dict[str, int], state: str | None) -> list[dict[str, Any]]:
    """Return the filter of states, each with its count."""
    every = {"href": "/settings/jobs", "label": _("全部"), "count": sum(counts.values()), "current": state is None}
    return [every] + [
        {"href": f"/settings/jobs?state={one}", "label": _(name), "count": counts.get(one, 0), "current": one == state}
        for one, name in STATES.items()
    ]


class Due(msgspec.Struct):
    """A line of the timetable: when it last ran, and will next."""

    kind: str
    what: str
    last: datetime | None
    next: datetime | None


async def timetable() -> list[Due]:
    """Return the timetable with its times."""
    last = {found["kind"]: found["last_run_at"] for found in await fetch("select kind, last_run_at from timetable")}
    return [
        Due(
            entry.kind,
            entry.what,
            last.get(entry.kind),
            due_at(entry, last[entry.kind]) if entry.kind in last else None,
        )
        for entry in TIMETABLE
    ]

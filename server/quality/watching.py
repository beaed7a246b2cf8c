"""A measure that is late is told, once: to who has to do it and to those who decide."""

from typing import Any

from server.db import changed, fetch, transaction
from server.jobs.queue import JobRun, job
from server.notices.recipients import holders_of
from server.notices.telling import tell

LATE = """
select measure.id, measure.community_id, measure.what, measure.due_on, person.account_id
from report_measure as measure join person on person.id = measure.person_id
where measure.state = 'open' and not measure.told_late and measure.due_on < (now() at time zone 'Asia/Shanghai')::date
order by measure.due_on limit 500
"""


@job("quality.watch")
async def watch(_run: JobRun) -> dict[str, Any]:
    """Tell of every measure whose day is over; safe to run at any time."""
    count = 0
    for one in await fetch(LATE):
        async with transaction():
            query = "update report_measure set told_late = true where id = $1 and state = 'open' and not told_late"
            if not await changed(query, one["id"]):
                continue
            accounts = {one["account_id"]} | await holders_of("report.decide", one["community_id"])
            facts = {"what": one["what"], "due": one["due_on"].isoformat()}
            count += await tell(
                sorted(account for account in accounts if account is not None), "measure_late", facts,
                link=f"/quality/measures/{one['id']}", entity_id=one["id"], community_id=one["community_id"],
            )  # fmt: skip
    return {"told": count}

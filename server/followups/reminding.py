"""Once a day those who call owners hear how many calls wait, and how many are late."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from server.db import fetch, transaction
from server.jobs.queue import JobRun, job
from server.lib.formats import today
from server.notices.recipients import holders_of
from server.notices.telling import tell

WAITING = """
select community_id, count(*) as due, count(*) filter (where due_at < now()) as late from follow_up
where state = 'due' group by community_id
"""


@job("followups.remind")
async def remind(_run: JobRun) -> dict[str, Any]:
    """Tell everybody who calls owners what waits today; run twice on a day it tells once."""
    told = 0
    for one in await fetch(WAITING):
        community_id: UUID = one["community_id"]
        async with transaction():
            accounts = [account for account in await holders_of("followup.call", community_id) if account is not None]
            told += await tell(
                accounts, "followups_due", {"due": one["due"], "late": one["late"]}, link="/followups", entity_id=None,
                community_id=community_id, once=uuid5(NAMESPACE_URL, f"neiye:followups:{community_id}:{today()}"),
            )  # fmt: skip
    return {"told": told}

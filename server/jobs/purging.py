"""Old jobs go: thirty days after they were done, half a year after they died."""

from typing import Any

from server.db import changed
from server.jobs.queue import JobRun, job


@job("jobs.purge")
async def purge(_run: JobRun) -> dict[str, Any]:
    """Delete old jobs; return how many."""
    gone = await changed(
        "delete from job where (state = 'done' and finished_at < now() - interval '30 days')"
        " or (state = 'dead' and finished_at < now() - interval '180 days')"
    )
    return {"deleted": gone}

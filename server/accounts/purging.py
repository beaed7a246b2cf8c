"""Sessions, challenges and rate buckets that have run out are deleted every hour, so that none of them can fill the disk."""

from typing import Any

from server.db import changed
from server.jobs import JobRun, job


@job("sessions.purge")
async def purge(_run: JobRun) -> dict[str, Any]:
    """Delete what has expired; return the counts."""
    return {
        "sessions": await changed("delete from session where expires_at < now()"),
        "challenges": await changed("delete from challenge where expires_at < now()"),
        "buckets": await changed("delete from rate_bucket where updated_at < now() - interval '2 days'"),
    }

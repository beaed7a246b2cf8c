"""Is it alive, and can it serve? For load balancers and `neiye doctor`."""

from typing import Any

from litestar import MediaType, Response, get

from server.db import fetchval
from server.security.guards import public


@get("/healthz", guards=[public], media_type=MediaType.TEXT, sync_to_thread=False)
def healthz() -> str:
    """Say that the process lives."""
    return "ok"


@get("/readyz", guards=[public])
async def readyz() -> Response[dict[str, Any]]:
    """Say whether the database answers; 503 when it does not. Photos may be away: pages still work then."""
    try:
        await fetchval("select 1")
    except Exception:  # noqa: BLE001 - whatever it is, we cannot serve
        return Response({"database": False}, status_code=503)
    return Response({"database": True})

"""Open pages follow the server: a script asks again every few seconds and says which version it shows.

While nothing has changed the answer is 204 without a body, so an idle page costs its version's query and nothing else.
"""

from typing import Any

from litestar import Request, Response

SEEN = "x-seen"


def unchanged(request: Request[Any, Any, Any], version: str) -> Response[Any] | None:
    """Return 204 when the page that asks already shows `version`, else None: then it has to be rendered."""
    if request.headers.get(SEEN) == version:
        return Response(b"", status_code=204)
    return None

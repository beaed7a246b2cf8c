"""Cross-site request forgery: two walls (OWASP cheat sheet, "Fetch Metadata" and "synchronizer token").

1. A browser says where a request comes from (`Sec-Fetch-Site`, or `Origin`): only our own pages may change anything.
2. Whoever is signed in must send the session's token, in `X-CSRF-Token` (htmx) or the field `_csrf` (plain forms).

The token in the page is masked anew each time, so that compression betrays nothing (BREACH).
"""

import hmac
import secrets
from typing import Any

from litestar import Request
from litestar.exceptions import PermissionDeniedException

from server.security.actor import actor_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "_csrf"
HEADER = b"x-csrf-token"


def comes_from_here(headers: dict[bytes, bytes]) -> bool:
    """Whether a browser says that our own page sent the request; clients that say nothing are no browsers of today."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is None or origin.partition(b"://")[2] == headers.get(b"host")


def mask(secret: str) -> str:
    """Return the session's `secret` (hex), XORed with a fresh pad that is sent along."""
    size = len(secret) // 2
    pad = secrets.randbits(8 * size)
    return f"{pad:0{2 * size}x}{pad ^ int(secret, 16):0{2 * size}x}"


def matches(token: str, secret: str) -> bool:
    """Whether `token` is a masked form of `secret`."""
    try:
        raw, wanted = bytes.fromhex(token), bytes.fromhex(secret)
    except ValueError:
        return False
    if len(raw) != 2 * len(wanted) or not wanted:
        return False
    pad, masked = raw[: len(wanted)], raw[len(wanted) :]
    return hmac.compare_digest(bytes(a ^ b for a, b in zip(pad, masked, strict=True)), wanted)


async def require_token(request: Request[Any, Any, Any]) -> None:
    """Raise PermissionDeniedException unless a signed-in person's change carries the session's token."""
    actor = actor_of(request)
    if request.method in SAFE_METHODS or actor is None:
        return
    token = request.headers.get(HEADER.decode(), "")
    if not token and (request.content_type[0] or "").startswith(("application/x-www-form", "multipart/form")):
        token = str((await request.form()).get(FIELD, ""))
    if not matches(token, actor.csrf_secret):
        raise PermissionDeniedException("csrf")

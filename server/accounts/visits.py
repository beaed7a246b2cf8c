"""What a request says of the browser it comes from: everything signing in needs besides the form."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from server.config import settings
from server.security import throttle
from server.security.clients import cookie_name

YEAR = 365 * 24 * 3600


def pending_name(https: bool) -> str:
    """Return the name of the cookie of somebody who has yet to show the second factor."""
    return "__Host-pending" if https else "pending"


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser's visit: its address, its cookies, and the address it knows us by."""

    ip: str
    https: bool
    host: str
    user_agent: str
    session_token: str
    pending_token: str
    device_cookie: str

    @property
    def origin(self) -> str:
        """Where our pages are for this browser: PUBLIC_URL, or what it asked for."""
        return settings.public_url or f"{'https' if self.https else 'http'}://{self.host}"

    @property
    def rp_id(self) -> str:
        """The name passkeys are bound to: the host without its port (WebAuthn §5.1.2)."""
        host = self.origin.partition("://")[2].partition("/")[0]
        return host if host.startswith("[") else host.partition(":")[0]


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """Return the visit of `request`."""
    scope: Any = request.scope
    https = bool(scope.get("https"))
    cookies = request.cookies
    return Visit(
        ip=scope.get("client_ip", ""),
        https=https,
        host=request.headers.get("host", "localhost"),
        user_agent=request.headers.get("user-agent", ""),
        session_token=cookies.get(cookie_name(https), "")[:100],
        pending_token=cookies.get(pending_name(https), "")[:100],
        device_cookie=cookies.get(throttle.cookie_name(https), "")[:400],
    )


def own_cookie(name: str, value: str, visit: Visit, *, max_age: int = YEAR) -> Cookie:
    """Return a cookie that only we can read, for this whole site."""
    return Cookie(key=name, value=value, path="/", max_age=max_age, httponly=True, secure=visit.https, samesite="lax")

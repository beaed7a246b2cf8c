"""What the connection says of the client: scheme and address, behind as many proxies as we were told to trust."""

from typing import Any

from server.config import settings


def header_map(scope: Any) -> dict[bytes, bytes]:
    """Return the request's headers by lower-case name (the last of equal ones)."""
    return dict(scope["headers"])


def is_https(scope: Any, headers: dict[bytes, bytes]) -> bool:
    """Whether the person's browser speaks HTTPS."""
    if settings.trusted_proxies and b"x-forwarded-proto" in headers:
        return headers[b"x-forwarded-proto"].split(b",")[-1].strip() == b"https"
    return bool(scope.get("scheme") == "https")


def client_ip(scope: Any, headers: dict[bytes, bytes]) -> str:
    """Return the person's address: of X-Forwarded-For only what NEIYE_TRUSTED_PROXIES vouches for."""
    direct = (scope.get("client") or ("", 0))[0]
    if not settings.trusted_proxies:
        return str(direct)[:45]
    hops = [part.strip() for part in headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",") if part.strip()]
    chain = [*hops, str(direct)]
    return chain[max(len(chain) - 1 - settings.trusted_proxies, 0)][:45]


def cookie_name(https: bool) -> str:
    """Return the session cookie's name; the __Host- prefix binds it to HTTPS and this host."""
    return "__Host-sid" if https else "sid"

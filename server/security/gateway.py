"""The outermost layer: what holds for every request, also for those that no route matches.

Litestar's middleware never sees 404 and 405, so security headers, the session, the language and the database scope are
laid here, around it. The order is the story: static file? foreign sender? who is it? then the application.
"""

import asyncio
import logging
from typing import cast

from litestar import Request
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from server.db import DB, Held, is_away
from server.lib.assets import build, find_asset
from server.lib.i18n import best_locale, use_locale
from server.lib.packing import packing
from server.lib.templating import page
from server.security.clients import client_ip, cookie_name, header_map, is_https
from server.security.csrf import SAFE_METHODS, comes_from_here
from server.security.headers import with_security
from server.security.sessions import actor_of_device, actor_of_token

log = logging.getLogger("neiye.gateway")

SMALL_BODY = 64 * 1024
"""Bytes of request body we wait for with a database connection in hand; for larger ones it is given back meanwhile."""


class Gateway:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        kind: str = scope["type"]
        if kind != "http":  # the server's start and stop come this way, too
            await self.app(scope, receive, send)
            return
        scope = cast(HTTPScope, scope)
        headers = header_map(scope)
        https = is_https(scope, headers)
        if scope["method"] == "HEAD":
            # A copy: the server that holds the scope must go on knowing that it was HEAD, and expect no body.
            scope, send = cast(HTTPScope, {**scope, "method": "GET"}), without_body(send)
        if scope["path"].startswith("/static/"):
            await send_static(scope["path"], headers, guarded(send, https=https, private=False))
            return
        if scope["method"] not in SAFE_METHODS and not comes_from_here(headers):
            await refuse(guarded(send, https=https, private=True))
            return
        if b"gzip" in headers.get(b"accept-encoding", b""):
            send = packing(send)
        async with DB.scope() as held:
            await self._serve(scope, receive, guarded(send, https=https, private=True, held=held), headers, https, held)

    async def _serve(
        self, scope: HTTPScope, receive: Receive, send: Send, headers: dict[bytes, bytes], https: bool, held: Held
    ) -> None:
        """Find out who it is and in which language, then let the application answer."""
        ip = client_ip(scope, headers)
        token, device = session_token(headers, https), device_token(scope["path"], headers)
        actor, pusher = None, None
        try:
            if device:
                pusher = await actor_of_device(device, ip)
            elif token:
                actor = await actor_of_token(token, ip)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("%s %s: the database is away: %s", scope["method"], scope["path"], error)
            await come_back(scope, headers, send)
            return
        scope["actor"], scope["client_ip"], scope["https"] = actor, ip, https  # type: ignore[typeddict-unknown-key]
        scope["pusher"] = pusher  # type: ignore[typeddict-unknown-key]
        use_locale(known.locale if (known := actor or pusher) else chosen_locale(headers))
        if int(headers.get(b"content-length", b"0") or 0) > SMALL_BODY or b"transfer-encoding" in headers:
            await held.release()
        await self.app(scope, receive, send)


def chosen_locale(headers: dict[bytes, bytes]) -> str:
    """Return a visitor's language: the cookie `lang`, or what the browser asks for."""
    cookie = cookies(headers).get("lang")
    return cookie or best_locale(headers.get(b"accept-language", b"").decode("latin-1"))


def cookies(headers: dict[bytes, bytes]) -> dict[str, str]:
    """Return the request's cookies; ours hold nothing that would need quotes."""
    pairs = (pair.partition("=") for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"))
    return {name.strip(): value.strip() for name, _equals, value in pairs}


def session_token(headers: dict[bytes, bytes], https: bool) -> str | None:
    """Return the session cookie's token, or None."""
    token = cookies(headers).get(cookie_name(https), "")
    return token if 0 < len(token) <= 100 else None


def device_token(path: str, headers: dict[bytes, bytes]) -> str | None:
    """Return a phone's own token where one counts: for handing in work and photos, nowhere else."""
    kind, _space, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind != "Device" or not (path.rstrip("/") == "/sync/push" or path.startswith("/sync/blobs/")):
        return None
    return token.strip()[:100] or None


def guarded(send: Send, *, https: bool, private: bool, held: Held | None = None) -> Send:
    """Return `send` with our headers on the response; the connection goes back before slow networks are served."""

    async def guarded_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = with_security(list(message.get("headers", [])), https=https, private=private)
            if held is not None:
                await held.release()
        await send(message)

    return guarded_send


def without_body(send: Send) -> Send:
    """Return `send` for HEAD: the headers of GET, and nothing else (RFC 9110 §9.3.2)."""

    async def head_send(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await send(message)

    return head_send


async def refuse(send: Send) -> None:
    """Answer a change that another site's page sent."""
    await respond(
        send,
        403,
        [(b"content-type", b"text/plain; charset=utf-8")],
        "请从本站页面操作 · cross-site request refused".encode(),
    )


async def come_back(scope: HTTPScope, headers: dict[bytes, bytes], send: Send) -> None:
    """Ask to come back in a moment: nobody knows who it is while the database is away."""
    use_locale(chosen_locale(headers))
    again = (b"retry-after", b"5")
    if b"application/json" in headers.get(b"accept", b""):
        await respond(send, 503, [(b"content-type", b"application/json"), again], b'{"status":503}')
        return
    html = page(Request(scope), "errors/503.html", 503).content
    await respond(send, 503, [(b"content-type", b"text/html; charset=utf-8"), again], html.encode())


async def respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send one whole response."""
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_static(path: str, headers: dict[bytes, bytes], send: Send) -> None:
    """Answer /static/<build>/<name>. The present build may be kept for ever; an older page still gets today's file."""
    _empty, _static, wanted, *rest = path.split("/")
    asset = find_asset("/".join(rest))
    if asset is None:
        await respond(send, 404, [(b"content-type", b"text/plain")], b"not found")
        return
    cache = b"public, max-age=31536000, immutable" if wanted == build() else b"no-cache"
    answer = [(b"content-type", asset.content_type.encode()), (b"cache-control", cache), (b"vary", b"accept-encoding")]
    body = asset.body
    if b"gzip" in headers.get(b"accept-encoding", b""):
        packed = await asyncio.to_thread(getattr, asset, "gzipped") if asset.made else asset.gzipped
        if packed is not None:
            body = packed
            answer.append((b"content-encoding", b"gzip"))
    await respond(send, 200, answer, body)

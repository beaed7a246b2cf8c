"""Where runs are played: the real application on a real port, in this loop, and one page of Chromium that holds the simulated phones.

In front of the application stands a door of ours: it serves the page and the (possibly spoilt) scripts of the phone, lets requests say in a
header whose session they have (a page has one cookie jar, three phones have three), and lets the page ask for what happens elsewhere:
colleagues at their desks, posts taken and given, a backup restored.
"""

import asyncio
import contextvars
import json
import mimetypes
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from playwright.async_api import Page, async_playwright

from server.config import ROOT
from server.db import DB, EVERYWHERE, fetchval
from server.security.csrf import mask
from server.security.sessions import open_session, token_hash
from tests.cast import LAOLI, SUNSHINE, ZHAO, Character
from tests.chaos import elsewhere, feature, plans
from tests.chaos.line import line
from tests.chaos.pictures import photos
from tests.journeys.conftest import CHROMIUM_FLAGS, chromium

PEOPLE = (ZHAO, LAOLI)
PAGE = Path(__file__).parent / "page"
SCRIPTS = ROOT / "static" / "js"

Patch = Callable[[str], str]


class Door:
    """The ASGI application in front of ours."""

    def __init__(self, app: Any, spoilt: Mapping[str, Patch], asked: Callable[[dict[str, Any]], Any]) -> None:
        self.app, self.spoilt, self.asked = app, spoilt, asked
        self.pictures = photos()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not scope["path"].startswith("/chaos/"):
            await self.app(self._as_whoever(scope), receive, send)
        elif scope["path"] == "/chaos/control":
            body = b""
            while (message := await receive()).get("more_body"):
                body += message["body"]
            told = await self.asked(json.loads(body + message["body"]))
            await self._answer(send, json.dumps(told).encode(), "application/json")
        else:
            await self._answer(send, *self._file(scope["path"].removeprefix("/chaos/")))

    def _as_whoever(self, scope: Any) -> Any:
        """Turn our header into the cookie of that session."""
        said = [value for name, value in scope["headers"] if name == b"x-chaos-session"]
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"x-chaos-session", b"cookie")]
        return {**scope, "headers": [*kept, (b"cookie", b"sid=" + said[0])] if said and said[0] else kept}

    def _file(self, name: str) -> tuple[bytes, str]:
        """Return a file of the page, a photo, or a script of the phone."""
        if name.startswith("photo"):
            return self.pictures[int(name[5:-4])], "image/jpeg"
        if name.startswith("js/"):
            path = SCRIPTS / name.removeprefix("js/")
            text = path.read_text()
            return self.spoilt.get(path.name, str)(text).encode(), "text/javascript; charset=utf-8"
        path = PAGE / (name or "index.html")
        return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "text/plain"

    @staticmethod
    async def _answer(send: Any, body: bytes, kind: str) -> None:
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve `app` on a port of its own in this loop; yield the address."""
    # asyncio turns off Nagle's delay, 40 ms an answer, only where the protocol is named.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    web = asyncio.create_task(server.serve(sockets=[listener]), context=contextvars.Context())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await web


class Stage:
    """A page ready to play runs."""

    def __init__(self, page: Page, line_port: int, others: elsewhere.Elsewhere) -> None:
        self.page = page
        self.line = line_port
        self.elsewhere = others
        self.sessions: dict[UUID, tuple[str, str]] = {}

    async def sign_in(self) -> None:
        """Open a session for everybody."""
        for who in PEOPLE:
            self.sessions[who.account_id] = await session_of(who)

    def cards(self, plan: plans.Plan) -> list[dict[str, Any]]:
        """Return what each phone of `plan` is told to be."""
        found = []
        for number, age in enumerate(plan["ages"]):
            who = PEOPLE[plans.PEOPLE[number]]
            token, csrf = self.sessions[who.account_id]
            device = UUID(int=plan["number"] << 16 | number | 0x7000 << 64 | 0x8 << 60)
            found.append({
                "account": str(who.account_id), "name": who.name, "device": str(device), "session": token, "signedIn": token, "csrf": csrf,
                "old": age == "old", "build": age or "today", "table": feature.table(old=age == "old", new=age == "new"),
            })  # fmt: skip
        return found

    async def play(self, plan: plans.Plan) -> dict[str, Any]:
        """Play `plan` from an empty database; return what the page tells, with what is wrong on the server's side."""
        from tests.chaos.invariants import broken

        await self.elsewhere.reset()
        text = await self.page.evaluate(
            "(plan) => window.play(JSON.parse(plan)).then(JSON.stringify)",
            json.dumps(plan | {"phones": self.cards(plan), "scripts": "/chaos/js/field", "line": self.line}),
        )
        told: dict[str, Any] = json.loads(text)
        await self.elsewhere.close()
        told["sessions"] = {str(account): token for account, (token, _) in self.sessions.items()}
        said = [told["error"].removeprefix("Error: ")] if told["error"] else []
        is_whole = told["at"] is None or told["at"] == len(plan["steps"])
        told["broken"] = said + (await broken(told) if is_whole else [])
        return told


async def session_of(who: Character) -> tuple[str, str]:
    """Open a session for `who`; return its cookie and the token that changes need."""
    async with DB.scope(EVERYWHERE):
        token = await open_session(who.account_id, community_id=SUNSHINE, ip="127.0.0.1", user_agent="chaos")
        secret = await fetchval("select csrf_secret from session where token_hash = $1", token_hash(token))
    return token, mask(secret)


@asynccontextmanager
async def stage(spoilt: Mapping[str, Patch] | None = None) -> AsyncIterator[Stage]:
    """Set everything up on the open database; yield the stage. `spoilt`: {script: how its source is changed}."""
    from server.app import create_app
    from server.storage.objects import object_store

    await object_store().make_bucket()
    await feature.lay_out()
    superuser, *desks = await lines()
    with feature.registered():
        door = Door(create_app(), spoilt or {}, lambda asked: None)
        async with served(door) as url, line(door) as port, browser_page(url) as page:
            made = Stage(page, port, elsewhere.Elsewhere(superuser, desks))
            door.asked = made.elsewhere.happens
            await made.sign_in()
            await made.elsewhere.begin()
            try:
                yield made
            finally:
                for one in (superuser, *desks):
                    await one.close()


async def lines() -> list[asyncpg.Connection]:
    """Return connections to the pool's database: one that may do what only a restore may, and two of colleagues."""
    async with DB.scope(EVERYWHERE):
        name = await fetchval("select current_database()")
    addresses = [os.environ["NEIYE_TEST_SUPERUSER"], *[os.environ["DATABASE_URL"]] * 2]
    return [await asyncpg.connect(f"{address.rpartition('/')[0]}/{name}") for address in addresses]


@asynccontextmanager
async def browser_page(url: str) -> AsyncIterator[Page]:
    """Open the page of the phones in a Chromium of its own, whose databases are in memory."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = await (await browser.new_context()).new_page()
        page.on("pageerror", lambda error: print(f"script error: {error}"))
        await page.goto(f"{url}/chaos/index.html")
        await page.wait_for_function("window.ready")
        try:
            yield page
        finally:
            await browser.close()

"""A running site and real browsers in people's hands: `phone(CHEN)`, `desk(ZHOU)`, or `phone(None)` for a visitor.

The site runs in the test's own loop on a copy of the cast's database, with the job worker beside it.
"""

import asyncio
import contextvars
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.cast import COMMUNITIES, Character
from tests.conftest import application

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # other tests share the machine; a journey says what must come, not how soon
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 13; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
)
SHOTS = os.environ.get("NEIYE_SHOTS", "")
"""A folder for screenshots of every step, when somebody wants to look; CI makes none."""


def chromium() -> str:
    """Return the path of the browser."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError("Chromium is missing: `neiye check` installs it on Debian")


LATE = """
const define = customElements.define.bind(customElements);
customElements.define = (name, kind) => { if (name === "%s") window.arrive = () => define(name, kind); else define(name, kind); };
"""
"""The script of an element comes late: at `arrive()`."""


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all journeys; every person gets a context of their own."""
    async with async_playwright() as play:
        running = await play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield running
        await running.close()


@asynccontextmanager
async def running_site() -> AsyncIterator[str]:
    """Run the application and the job worker on the open database; yield the address."""
    from server.jobs.worker import run

    # asyncio turns off Nagle's delay, 40 ms an answer, only where the protocol is named.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        application(), log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    stop = asyncio.Event()
    web = asyncio.create_task(server.serve(sockets=[listener]), context=contextvars.Context())
    worker = asyncio.create_task(run(stop), context=contextvars.Context())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        stop.set()
        server.should_exit = True
        await asyncio.gather(web, worker)


@pytest.fixture
async def site(db: str) -> AsyncIterator[str]:
    """Run the site on this test's database; yield the address."""
    async with running_site() as address:
        yield address


async def new_person(
    browser: Browser, site: str, who: Character | None, viewport: dict[str, int], **options: Any
) -> BrowserContext:
    """Return a browser context in which `who` is signed in (None: a visitor)."""
    context = await browser.new_context(
        base_url=site,
        viewport=viewport,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        **options,  # type: ignore[arg-type]
    )
    if who is not None:
        from server.db import DB, EVERYWHERE
        from server.security.sessions import open_session

        async with DB.scope(EVERYWHERE):
            token = await open_session(
                who.account_id, community_id=COMMUNITIES[who.community], ip="127.0.0.1", user_agent="journey"
            )
        await context.add_cookies([{"name": "sid", "value": token, "url": site, "httpOnly": True, "sameSite": "Lax"}])
    return context


@pytest.fixture
async def phone(browser: Browser, site: str) -> AsyncIterator[Callable[..., Any]]:
    """Return `await phone(CHEN)`: a page on that person's phone (390×844, touch)."""
    troubles: list[str] = []
    async with AsyncExitStack() as stack:

        async def page_of(who: Character | None = None, **options: Any) -> Page:
            options = {
                "is_mobile": True,
                "has_touch": True,
                "device_scale_factor": 2,
                "user_agent": PHONE_AGENT,
            } | options
            context = await new_person(browser, site, who, PHONE, **options)
            stack.push_async_callback(context.close)
            return watched(await context.new_page(), troubles)

        yield page_of
    assert not troubles


@pytest.fixture
async def desk(browser: Browser, site: str) -> AsyncIterator[Callable[..., Any]]:
    """Return `await desk(ZHOU)`: a page on that person's desk (1440×900)."""
    troubles: list[str] = []
    async with AsyncExitStack() as stack:

        async def page_of(who: Character | None = None, **options: Any) -> Page:
            context = await new_person(browser, site, who, DESK, **options)
            stack.push_async_callback(context.close)
            return watched(await context.new_page(), troubles)

        yield page_of
    assert not troubles


def watched(page: Page, troubles: list[str]) -> Page:
    """Note script errors and what the Content-Security-Policy refused; they fail the journey at its end."""
    page.on("pageerror", lambda error: troubles.append(f"script error on {page.url}: {error}"))
    page.on(
        "console",
        lambda said: (
            troubles.append(said.text) if said.type == "error" and "Content Security Policy" in said.text else None
        ),
    )
    page.set_default_timeout(30_000)
    return page


async def shoot(page: Page, name: str) -> None:
    """Keep a screenshot of the whole page when NEIYE_SHOTS names a folder."""
    if SHOTS:
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.png", full_page=True)

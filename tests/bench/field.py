"""The field work: pages, taps and photos on a slow phone without a line; handing in; the first pull; the weight of its scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright

from server.db import DB, EVERYWHERE, database, execute, fetchrow, migrate
from server.security.sessions import open_session
from tests.bench import handing_in, ours, walking
from tests.bench.network import MOBILE
from tests.chaos.stage import served
from tests.journeys.conftest import CHROMIUM_FLAGS, PHONE, PHONE_AGENT, chromium

DOCUMENTS = 5000


async def run() -> dict[str, Any]:
    """Measure everything; return the figures."""
    from server.field.packing import weight

    found: dict[str, Any] = {"scripts_gzip_bytes": weight(), "wanted_scripts_gzip_bytes_at_most": 45_000}
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        async with ours.site(ours.documents(DOCUMENTS)) as site:
            found["first_pull"] = {
                "documents": DOCUMENTS,
                **await ours.first_pull(await browser.new_context(), site, MOBILE),
                "wanted_ms_at_most": 5000,
            }
            found["handing_in"] = await handing_in.measure()
        await empty()
        async with demonstration() as address:
            context = await phone(browser, address)
            found["without_a_line"] = await walking.measure(context, address)
        await browser.close()
    return found


async def empty() -> None:
    """Take everything out of the database."""
    async with database(max_size=2), DB.scope(EVERYWHERE):
        await execute("drop schema public cascade")
        await execute("create schema public")


@asynccontextmanager
async def demonstration() -> AsyncIterator[str]:
    """Serve the demonstration; yield the address."""
    from server.app import create_app
    from server.demo import fill

    async with database(max_size=5):
        await migrate()
        await fill()
        async with served(create_app()) as address:
            yield address


async def phone(browser: Browser, address: str) -> BrowserContext:
    """Return the phone of the demonstration's guard, signed in."""
    async with DB.scope(EVERYWHERE):
        who = await fetchrow(
            "select a.id, p.community_id from account a join person p on p.account_id = a.id where a.login = 'zhao'"
        )
        assert who is not None
        token = await open_session(who["id"], community_id=who["community_id"], ip="127.0.0.1", user_agent="bench")
    options: dict[str, Any] = {
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
        "user_agent": PHONE_AGENT,
    }
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    await context.add_cookies([{"name": "sid", "value": token, "url": address, "httpOnly": True, "sameSite": "Lax"}])
    return context

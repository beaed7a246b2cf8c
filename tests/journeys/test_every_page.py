"""Every page of the demonstration, as the people who may open it see it: accessible, within the screen, without a script error.

The routes are walked as the application has them; one with an id gets real ids from the demonstration's database.
"""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from server.db import DB, EVERYWHERE, database, fetch, fetchval, migrate
from tests.conftest import OWNER, drop_database, make_database, with_database
from tests.journeys.conftest import DESK, PHONE, PHONE_AGENT, SHOTS, running_site

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
NO_PAGES = (
    "/photos",
    "/static/",
    "/sw.js",
    "/manifest",
    "/healthz",
    "/readyz",
    "/export",
    ".xlsx",
    ".svg",
    ".csv",
    ".pdf",
    "/refused",
)
PEOPLE = {
    "visitor": None,
    "owner": "19900001302",
    "tenant": "19900001301",
    "repair": "shui",
    "patrol": "zhao",
    "clerk": "zhou",
    "cashier": "qian",
    "finance": "li",
    "manager": "wang",
    "admin": "admin",
}
IDS = {
    "ticket_id": "select id::text from ticket where community_id = $1 order by state = 'in_progress' desc, id limit 1",
    "call_id": "select id::text from follow_up where community_id = $1 order by state = 'due' desc, id limit 1",
    "complaint_id": "select id::text from complaint where community_id = $1 order by state = 'assigned' desc, state = 'received' desc, id limit 1",
    "price_id": "select id::text from price_item where community_id = $1 order by id limit 1",
    "code": "select code from place_code where community_id = $1 and name like '中心花园%'",
    "label_id": "select id::text from place_code where community_id = $1 order by id limit 1",
    "visit_id": "select id::text from visit where community_id = $1 and outcome is null and voided_at is null order by id limit 1",
    "key_id": "select key_id::text from key_loan where community_id = $1 and returned_at is null order by id limit 1",
    "letter_id": "select id::text from letter where community_id = $1 and state = 'waiting' order by id limit 1",
    "room_id": "select room_id::text from vehicle where community_id = $1 order by id limit 1",
    "person_id": "select person_id::text from post where community_id = $1 and post = 'repair' order by id limit 1",
    "occupancy_id": "select id::text from occupancy where community_id = $1 and until is null order by id limit 1",
    "building_id": "select id::text from building where community_id = $1 order by sort limit 1",
    "round_id": "select id::text from patrol_round where community_id = $1 order by state = 'abnormal' desc, id limit 1",
    "route_id": "select id::text from patrol_route where community_id = $1 order by id limit 1",
    "list_id": "select id::text from checklist where community_id = $1 and key = 'water_pump_room'",
    "place_id": "select id::text from checkpoint where community_id = $1 order by id limit 1",
    "community_id": "select $1::uuid::text",
    "measure_id": "select id::text from report_measure where community_id = $1 order by state = 'open' desc, id limit 1",
    "meter_id": "select meter_id::text from meter_reading where community_id = $1 and status = 'doubtful' order by id limit 1",
    "reading_id": "select id::text from meter_reading where community_id = $1 and status = 'doubtful' order by id limit 1",
    "meter_route_id": "select route_id::text from meter_stop where community_id = $1 order by id limit 1",
    "route": "select route_id::text from meter_stop where community_id = $1 order by id limit 1",
    "meter": "select meter_id::text from meter_stop where community_id = $1 order by id limit 1",
    "device_id": "select id::text from sync_device where community_id = $1 order by id limit 1",
    "op_id": "select id::text from sync_op where community_id = $1 and outcome in ('conflict', 'rejected') order by id limit 1",
}
MEASURE = "() => document.scrollingElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
async def demonstration() -> AsyncIterator[str]:
    """Run the application on a filled demonstration; yield its address."""
    from server.demo import fill

    name = f"neiye_demo_{uuid4().hex[:8]}"
    await make_database(name, "template1")
    try:
        async with database(with_database(os.environ[OWNER], name), max_size=5):
            await migrate()
            await fill()
            async with running_site() as address:
                yield address
    finally:
        await drop_database(name)


def pages() -> list[str]:
    """Return the path of every page one can open."""
    from server.app import create_app

    found = set()
    for route in create_app().app.routes:
        for handler in getattr(route, "route_handlers", []):
            if "GET" in handler.http_methods and handler.fn.__name__ != "options_handler":
                found.add(route.path_format)
    return sorted(path for path in found if not any(part in path for part in NO_PAGES))


async def addresses() -> list[str]:
    """Return the pages' addresses, with real ids in them."""
    async with DB.scope(EVERYWHERE):
        community = await fetchval("select id from community where code = 'YG'")
        values = {name: await fetchval(query, community) for name, query in IDS.items()}
    missing = [name for name, value in values.items() if value is None]
    assert not missing, f"the demonstration has nothing for {missing}: pages would go unseen"
    filled = [PARAMETER.sub(lambda found: values.get(found[1]) or "?", path) for path in pages()]
    return [address for address in filled if "?" not in address]


async def person(browser: Browser, site: str, login: str | None, **options: Any) -> Page:
    """Return a page of somebody of the demonstration."""
    from server.security.sessions import open_session

    context = await browser.new_context(base_url=site, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    if login:
        async with DB.scope(EVERYWHERE):
            found = (await fetch("select id from account where login = $1 or phone = $1", login))[0]
            community = await fetchval("select id from community where code = 'YG'")
            token = await open_session(found["id"], community_id=community, ip="127.0.0.1", user_agent="journey")
        await context.add_cookies([{"name": "sid", "value": token, "url": site}])
    return await context.new_page()


LOOKS = {
    "phone-light": {
        "viewport": PHONE,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": PHONE_AGENT,
        "color_scheme": "light",
    },
    "desk-dark": {"viewport": DESK, "color_scheme": "dark"},
}


@pytest.mark.journey
@pytest.mark.timeout(400)
@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_accessible_and_fits(browser: Browser, demonstration: str, look: str):
    found, seen = await addresses(), set()
    troubles: list[str] = []

    def note(error: object) -> None:
        troubles.append(f"script error: {error}")

    for role, login in PEOPLE.items():
        page = await person(browser, demonstration, login, **LOOKS[look])
        page.on("pageerror", note)
        for address in found:
            if address in seen and address != "/":
                continue
            answer = await page.request.get(address, max_redirects=0)
            if answer.status != 200:
                continue
            seen.add(address)
            await page.goto(address)
            troubles += [f"{look} {role} {address}: {what}" for what in await faults(page)]
            if SHOTS:
                name = address.strip("/").replace("/", "_") or f"home-{role}"
                await page.screenshot(path=Path(SHOTS) / f"{look}-{name[:60]}.png", full_page=True)
        await page.context.close()
    assert not troubles, "\n".join(troubles)
    assert len(seen) >= 20


async def faults(page: Page) -> list[str]:
    """Return what axe finds, and by how much the page is wider than the screen."""
    result = await Axe().run(page, options={"resultTypes": ["violations"]})
    found = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]
    wider = await page.evaluate(MEASURE)
    return found + ([f"wider than the screen by {wider} px"] if wider > 0 else [])


async def test_the_demonstrations_owner_sees_the_photos_of_both_sides(demonstration: str, browser: Browser) -> None:
    owner = await person(browser, demonstration, "19900001302", **LOOKS["phone-light"])
    await owner.goto("/tickets")
    over = owner.locator("article", has_text="已完成").filter(has_text="对讲机听不到声音")
    await over.get_by_role("link").first.click()
    assert await owner.locator(".timeline img").count() == 2

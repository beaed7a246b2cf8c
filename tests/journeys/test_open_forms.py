"""Forms of the field that are left open: when the page is killed, what was drawn and typed is there again, and goes when it was saved."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from playwright.async_api import Error, Page, expect

from server.db import DB, EVERYWHERE, fetchval
from server.patrols import keeping
from tests.cast import SHIFU, ZHAO
from tests.field.conftest import until
from tests.field.test_phone import RECORDS
from tests.hazards.scenes import Scene as HazardScene
from tests.journeys.test_s01_patrols import settled, write_the_name
from tests.journeys.test_s02_hazards import PHOTO
from tests.meters.scenes import a_meter, a_period
from tests.meters.scenes import a_route as a_route_of_meters
from tests.patrols.scenes import a_route
from tests.tickets.scenes import Scene as TicketScene

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]
Hand = Callable[..., Awaitable[Page]]

INK = """(() => {
  const canvas = document.querySelector("sign-pad canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] < 128) dark++;
  return dark;
})()"""
"""How much is drawn."""


async def killed(page: Page) -> Page:
    """Kill the page and open its address anew."""
    fresh, address = await page.context.new_page(), page.url
    with suppress(Error):  # it is gone before it can answer
        async with page.expect_event("crash"):
            await asyncio.gather(page.goto("chrome://crash"), return_exceptions=True)
    await page.close()
    await fresh.goto(address)
    return fresh


async def a_round_begun(page: Page) -> str:
    """Begin the round that is due, and go to where it is signed; return its address."""
    await page.goto("/field/rounds")
    await settled(page)
    await page.context.set_offline(True)
    await page.get_by_role("link", name=re.compile("设备日检")).first.click()
    await page.get_by_role("button", name="开始巡查").click()
    await expect(page.get_by_role("button", name="完成并签名")).to_be_visible()
    return page.url


async def kept_drawings(page: Page) -> int:
    """Return how many drawings of open forms lie on the phone."""
    return len(await page.evaluate(RECORDS, "draft"))


async def until_kept(page: Page, count: int) -> None:
    """Wait until `count` drawings are kept."""
    for _try in range(200):
        if await kept_drawings(page) == count:
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never became {count} drawings")


async def test_a_signature_survives_a_killed_page_and_goes_with_its_round(phone: Hand):
    async with DB.scope(EVERYWHERE):
        await a_route()
        await keeping.make_ahead()
    page = await phone(ZHAO)
    address = await a_round_begun(page)
    await write_the_name(page)
    await until_kept(page, 1)
    await page.get_by_role("button", name="重写").click()
    await until(page, f"{INK} === 0")
    await until_kept(page, 0)
    await page.reload()
    await expect(page.locator("sign-pad")).to_be_visible()
    assert (await page.evaluate(INK), await kept_drawings(page)) == (0, 0)

    await write_the_name(page)
    await page.get_by_label(re.compile("点没走，原因")).fill("泵房在施工，进不去")
    await until_kept(page, 1)
    drawn = await page.evaluate(INK)
    page = await killed(page)
    await expect(page.locator("sign-pad")).to_be_visible()
    assert abs(await page.evaluate(INK) - drawn) < drawn / 20
    assert await page.get_by_label(re.compile("点没走，原因")).input_value() == "泵房在施工，进不去"
    await page.get_by_role("button", name="完成并签名").click()
    await expect(page.get_by_role("heading", name="巡查", exact=True)).to_be_visible()
    assert await kept_drawings(page) == 0
    assert len(await page.evaluate(RECORDS, "bytes")) == 1
    await page.goto(address)
    await expect(page.get_by_text("泵房在施工，进不去")).to_be_visible()
    await expect(page.get_by_role("img", name="赵强 的手写签名")).to_have_js_property("naturalWidth", 900)
    await page.context.set_offline(False)
    await expect(page.locator("header").get_by_text("已同步")).to_be_visible(timeout=60_000)
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo where size > 0") == 1


async def test_a_hazard_half_written_survives_and_does_not_come_back(phone: Hand):
    page = await phone(ZHAO)
    await page.goto("/field/hazards")
    await settled(page)
    await page.context.set_offline(True)
    await page.goto("/field/hazards/new")
    await page.get_by_label("具体位置").fill("3栋1单元 大堂")
    await page.get_by_role("radio", name="疏散通道堵塞").check()
    await page.get_by_label("说说情况").fill("安全出口堆放纸箱")
    page = await killed(page)
    await expect(page.get_by_text("已找回上次没提交的内容")).to_be_visible()
    await expect(page.get_by_label("具体位置")).to_have_value("3栋1单元 大堂")
    await expect(page.get_by_label("说说情况")).to_have_value("安全出口堆放纸箱")
    await page.locator("field-photos input[type=file]").set_input_files([PHOTO])
    await expect(page.locator(".photo-item[data-state=kept]")).to_have_count(1)
    await page.get_by_role("button", name="上报").click()
    await expect(page.locator("#main")).to_contain_text("3栋1单元 大堂")
    await page.goto("/field/hazards/new")
    await expect(page.get_by_label("说说情况")).to_have_value("")
    await page.reload()
    await expect(page.get_by_label("具体位置")).to_have_value("")
    await expect(page.locator(".draft-note")).to_have_count(0)


async def typed_and_killed(page: Page, path: str, label: str, text: str) -> None:
    """Type into a form, kill the page, and find the text again."""
    await page.goto(path)
    await page.get_by_label(label).first.fill(text)
    fresh = await killed(page)
    await expect(fresh.get_by_label(label).first).to_have_value(text)
    await fresh.close()


async def test_what_is_typed_belongs_to_its_form_alone(phone: Hand):
    async with DB.scope(EVERYWHERE):
        one, other = HazardScene(), HazardScene()
        await one.started()
        await other.started()
        ticket = await TicketScene().arrived()
        meter = await a_meter()
        await a_period()
        route = await a_route_of_meters(meter)
    page = await phone(SHIFU)
    await page.goto("/field/hazards")
    await settled(page)
    await page.context.set_offline(True)
    texts = {
        f"/field/hazards/{one.id}/submit": ("做了什么", "清走了一半"),
        f"/field/tickets/{ticket.id}/finish": ("做了什么", "换了角阀"),
        f"/field/meters/{route}/{meter}/otherwise": ("说明", "门锁着，邻居说明天在"),
        f"/field/meters/{route}/{meter}": ("本期读数", "132.5"),
    }
    for path, (label, text) in texts.items():
        await typed_and_killed(await page.context.new_page(), path, label, text)
    for path, label in (
        (f"/field/hazards/{other.id}/submit", "做了什么"),
        (f"/field/hazards/{one.id}/note", "说明"),
        (f"/field/tickets/{ticket.id}/note", "说明"),
    ):
        await page.goto(path)
        await expect(page.get_by_label(label)).to_have_value("")
    await page.goto(f"/field/hazards/{one.id}/submit")
    await page.get_by_role("button", name="清除").click()
    await page.reload()
    await expect(page.get_by_label("做了什么")).to_have_value("")

"""S02: hazards in real browsers. Three people look after the same one from three phones, two of them without a line."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import Error, Page, expect

from tests.cast import LAOLI
from tests.hazards.scenes import DB, EVERYWHERE, GUAN, SHIFU, ZHAO, Scene, actor, find
from tests.journeys.conftest import shoot
from tests.storage.pictures import encoded, picture

Hand = Callable[..., Awaitable[Page]]
PHOTO = {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture())}


async def until(page: Page, script: str) -> None:
    """Wait until `script` is true in the page; the strict policy forbids Playwright's own way."""
    for _try in range(300):
        with suppress(Error):  # the page may be on its way to the next one
            if await page.evaluate(script):
                return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {script}")


async def ready(page: Page) -> None:
    """Wait until everything is on the phone; then take the line away."""
    await page.goto("/field/hazards")
    await until(page, "!!navigator.serviceWorker.controller")
    await until(page, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")


async def hand_in(page: Page, address: str, note: str) -> None:
    """Begin, and hand in with a photo, as the pages lead there."""
    await page.goto(address)
    await page.get_by_role("button", name="开始整改").click()
    await page.get_by_role("link", name="提交整改").click()
    await page.locator("field-photos input[type=file]").set_input_files([PHOTO])
    await expect(page.locator(".photo-item:not([data-state=making])")).to_have_count(1)
    await page.get_by_label("做了什么").fill(note)
    await page.get_by_role("button", name="提交整改").click()
    await expect(page.locator("#main")).to_contain_text(note)
    await expect(page.locator("#main")).to_contain_text("待复查")


async def test_three_people_on_three_phones_two_of_them_offline(phone: Hand):
    scene = Scene()
    async with DB.scope(EVERYWHERE):
        await scene.notified()
    address = f"/field/hazards/{scene.id}"
    first, second, third = await phone(SHIFU), await phone(LAOLI), await phone(GUAN)
    for page in (first, second, third):
        await ready(page)
    for page in (first, second):
        await page.context.set_offline(True)
    await hand_in(first, address, "清走了，贴了标识")
    await hand_in(second, address, "我也清了一遍")
    await third.goto(f"{address}/note")
    await third.get_by_label("说明").fill("下午业主在家")
    await third.get_by_role("button", name="补充说明").click()
    await expect(third.locator("#main")).to_contain_text("下午业主在家")

    await first.context.set_offline(False)
    await expect(first.locator("[data-sync]")).to_have_text("已同步", timeout=20_000)
    await second.context.set_offline(False)
    await expect(second.locator("[data-sync]")).to_contain_text(re.compile("处理|冲突|问题"), timeout=20_000)
    await second.goto("/field/sync")
    await expect(second.locator("#main")).to_contain_text("王水生提交了整改")
    await expect(second.locator("#main")).to_contain_text("我也清了一遍")
    about = second.locator("[data-part=troubles] [data-set=about]").first
    await expect(about).to_have_text("疏散通道堆放纸箱 · 3栋1单元 大堂")
    await shoot(second, "s02-conflict")

    async with DB.scope(EVERYWHERE):
        hazard = await find(scene.id, by=actor(GUAN))
    assert (hazard.state, hazard.result) == ("submitted", "清走了，贴了标识")
    await third.goto(address)
    for words in ("下午业主在家", "清走了，贴了标识"):
        await expect(third.locator("#main")).to_contain_text(words)


async def test_a_guard_reports_in_the_basement_and_another_closes_it_at_the_desk(phone: Hand, desk: Hand):
    guard: Any = await phone(ZHAO)
    await ready(guard)
    await guard.context.set_offline(True)
    await guard.goto("/field/hazards/new")
    await guard.locator("field-photos input[type=file]").set_input_files([PHOTO])
    await expect(guard.locator(".photo-item:not([data-state=making])")).to_have_count(1)
    await guard.get_by_label("具体位置").fill("地下车库 B1")
    await guard.locator(".choice", has_text="用电安全").click()
    await guard.get_by_label("说说情况").fill("配电箱冒烟")
    await guard.get_by_role("button", name="上报").click()
    await expect(guard.locator("#main")).to_contain_text("配电箱冒烟")
    await expect(guard.locator("#main")).to_contain_text("待发送")
    await guard.context.set_offline(False)
    await expect(guard.locator("[data-sync]")).to_have_text("已同步", timeout=20_000)
    office = await desk(GUAN)
    await office.goto("/hazards?view=major")
    await office.get_by_role("link", name=re.compile("^YH-")).click()
    await expect(office.locator("#main")).to_contain_text("1 小时内上报")
    await expect(office.locator(".compare-photos img")).to_have_count(1)
    await shoot(office, "s02-major")

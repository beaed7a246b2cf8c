"""O07: meters read in a basement without a line, the odd one reviewed at the desk, the period handed to whoever makes the bills."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE, fetch
from tests.cast import SHIFU, ZHOU
from tests.journeys.conftest import shoot
from tests.journeys.test_s02_hazards import until
from tests.meters.scenes import a_meter, a_period, a_route, readings_of
from tests.storage.pictures import encoded, picture

Hand = Callable[..., Awaitable[Page]]
PHOTO = {"name": "dial.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture())}


async def save(page: Page, figure: str) -> None:
    """Type a figure and save it."""
    await page.get_by_label("本期读数").fill(figure)
    await page.get_by_role("button", name=re.compile("^保存")).click()


async def test_a_route_is_read_without_a_line_and_reviewed_at_the_desk(phone: Hand, desk: Hand):
    async with DB.scope(EVERYWHERE):
        one, two, three, four = [
            await a_meter(label) for label in ("3栋1单元1301", "3栋1单元1302", "3栋2单元101", "5栋1单元201")
        ]
        await a_period()
        await a_route(one, two, three, four)
    reader: Any = await phone(SHIFU)
    await reader.goto("/field/meters")
    await until(reader, "!!navigator.serviceWorker.controller")
    await until(reader, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")
    await reader.context.set_offline(True)

    await reader.get_by_role("link", name=re.compile("3栋水表")).click()
    await reader.get_by_role("link", name=re.compile("3栋1单元1301")).click()
    await reader.locator("field-photos input[type=file]").set_input_files([PHOTO])
    await expect(reader.locator(".photo-item:not([data-state=making])")).to_have_count(1)
    await save(reader, "132.5")
    await expect(reader.locator("h1")).to_have_text("3栋1单元1302")

    await save(reader, "90")
    await expect(reader.locator("[data-problem]")).to_contain_text("比上期小")
    await shoot(reader, "o07-asked")
    await reader.get_by_label("我已核对，表上就是这个数").check()
    await save(reader, "90")
    await expect(reader.locator("h1")).to_have_text("3栋2单元101")

    await reader.get_by_role("link", name=re.compile("抄不到")).click()
    await reader.locator(".choice", has_text="门锁着").click()
    await reader.get_by_label("估计读数").fill("131")
    await reader.get_by_role("button", name="保存").click()
    await expect(reader.locator("#main")).to_contain_text("已抄 3 / 4 块")

    await reader.get_by_role("link", name=re.compile("5栋1单元201")).click()
    await reader.get_by_role("link", name=re.compile("换了新表")).click()
    await reader.get_by_label("旧表止度").fill("125")
    await reader.get_by_label("新表号").fill("W-2026")
    await reader.get_by_label("新表起度").fill("0.2")
    await reader.get_by_role("button", name="确认换表").click()
    await expect(reader.locator("#main")).to_contain_text("已抄 4 / 4 块")
    await shoot(reader, "o07-done-offline")

    await reader.context.set_offline(False)
    await expect(reader.locator("[data-sync]")).to_have_text("已同步", timeout=20_000)
    async with DB.scope(EVERYWHERE):
        told = [(await readings_of(meter))[-1][1:] for meter in (one, two, three, four)]
        photos = await fetch("select size from photo where entity = 'meter_reading'")
    assert told == [
        ("actual", "132.5", "11.5", "ok"),
        ("actual", "90", "", "doubtful"),
        ("estimated", "131", "10", "ok"),
        ("final", "125", "4", "ok"),
    ]
    assert [one["size"] > 0 for one in photos] == [True]

    clerk = await desk(ZHOU)
    await clerk.goto("/meters/review")
    await clerk.get_by_role("link", name="3栋1单元1302").click()
    await clerk.get_by_label("处理").select_option(label="抄错了，按正确读数改")
    await clerk.get_by_label("正确的读数").fill("130")
    await clerk.get_by_label("理由").fill("打电话问过，是 130")
    await clerk.get_by_role("button", name="确定").click()
    await expect(clerk.locator("#main")).to_contain_text("没有待核对的读数")
    await clerk.goto("/meters/periods")
    await shoot(clerk, "o07-periods")
    async with clerk.expect_download() as waiting:
        await clerk.get_by_role("link", name="2026-11 读数表").click()
    assert (await waiting.value).suggested_filename == "meters-2026-11.xlsx"

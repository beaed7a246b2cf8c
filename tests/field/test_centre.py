"""The sync centre is accessible and fits, empty and full, in both themes."""

import re

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import expect

from server.db import DB, EVERYWHERE, execute
from tests.cast import ZHAO
from tests.field.conftest import Hand
from tests.field.test_phone import NETWORK, choose, spoil, write
from tests.journeys.conftest import shoot
from tests.storage.pictures import encoded, picture
from tests.support.notebook import note


async def test_it_is_accessible_and_fits_with_everything_in_it(walker: Hand) -> None:
    one = await note("阀门渗水")
    page = await walker(ZHAO, network=NETWORK, bypass_csp=True)
    await page.goto("/field/sync")
    await expect(page.locator("[data-part=calm]")).to_be_visible()
    await shoot(page, "sync-calm")
    await page.context.set_offline(True)
    await page.goto(f"/field/notes/{one}")
    await page.fill("#change input[name=text]", "阀门已拧紧")
    await page.get_by_role("button", name="改").click()
    await expect(page.locator("#text")).to_have_text("阀门已拧紧")
    async with DB.scope(EVERYWHERE):
        await execute("update note set text = '阀门要换', version = 2, changed_by = '李电' where id = $1", one)
    await page.context.set_offline(False)
    await expect(page.locator("[data-sync]")).to_have_text("1 条要处理")
    await page.goto("/field/notes")
    await spoil(page, "cut")
    await choose(page, encoded(picture(1600, 1200)), encoded(picture(900, 1200)))
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(2)
    await shoot(page, "sync-form")
    await write(page, "配电房门口堆物，占用消防通道")
    await page.goto("/field/sync")
    await expect(page.locator("[data-part=waiting] .sync-item")).to_be_visible()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        found = (await Axe().run(page)).response
        assert [(v["id"], [node["html"][:100] for node in v["nodes"]]) for v in found["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await shoot(page, f"sync-full-{scheme}")


async def test_room_on_the_phone_is_told_in_words_people_use(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.goto("/field/sync")
    await expect(page.locator("[data-part=storage]")).to_contain_text("GB")
    assert re.fullmatch(r"已用 \d+ MB，可用 \d+(\.\d)? GB · .+", await page.locator("[data-part=storage]").inner_text())


async def test_every_button_of_the_centre_is_large_enough_for_a_finger(walker: Hand) -> None:
    page = await walker(ZHAO, network=NETWORK)
    await spoil(page, "cut")
    await write(page, "东门岗亭")
    await page.goto("/field/sync")
    await expect(page.locator("[data-part=waiting] .sync-item")).to_be_visible()
    heights = await page.evaluate(
        "[...document.querySelectorAll('.btn')].filter((one) => one.checkVisibility()).map((one) => one.offsetHeight)"
    )
    assert len(heights) >= 4
    assert min(heights) >= 44


async def test_photos_that_wait_for_a_wireless_network_say_so_and_go_when_told(walker: Hand) -> None:
    page = await walker(ZHAO)
    await page.goto("/field/sync")
    await page.get_by_label("照片只用无线网发送").check()
    await page.goto("/field/notes")
    await choose(page, encoded(picture()))
    await expect(page.locator("#new .photo-item[data-state=kept]")).to_have_count(1)
    await write(page, "楼道堆放纸箱")
    await expect(page.locator("[data-sync]")).to_have_text("1 张照片待发")
    await page.goto("/field/sync")
    await expect(page.locator("[data-part=loose]")).to_contain_text("照片只用无线网发送")
    await page.get_by_role("button", name="立即发送").click()
    await expect(page.locator("[data-part=calm]")).to_be_visible()

"""C03 · The board of repairs 工单: the clerk narrows it, keeps the filter, gives two jobs at once, takes the list away."""

import asyncio
import io
import re

import openpyxl
import pytest
from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE
from server.lib.acting import Act
from server.tickets import dispatching
from tests.cast import CHEN, LAOLI, ZHOU
from tests.journeys.conftest import shoot
from tests.tickets.scenes import Scene, actor, leak, reporting

pytestmark = pytest.mark.journey


async def morning() -> Scene:
    """Three leaks and a dark lamp were reported; return the first leak."""
    first = Scene()
    async with DB.scope(EVERYWHERE):
        await reporting.report(leak(category="power", text="楼道灯不亮。三楼"), by=actor(CHEN))
        await first.reported()
        for text in ("卫生间下水堵。地上有水", "阳台水管渗水。滴到楼下"):
            await reporting.report(leak(text=text), by=actor(CHEN))
    return first


async def narrow(clerk: Page) -> None:
    """Narrow the board to what concerns water, and keep that."""
    await clerk.get_by_text("筛选、排序和保存").click()
    await clerk.get_by_label("类别").select_option("water")
    await clerk.get_by_role("button", name="筛选", exact=True).click()
    await expect(clerk.get_by_role("row")).to_have_count(4)
    await clerk.get_by_placeholder("给这组筛选起个名字").fill("漏水的")
    await clerk.get_by_role("button", name="保存筛选").click()
    await expect(clerk.get_by_role("link", name="漏水的")).to_have_attribute("aria-current", "true")


@pytest.mark.timeout(120)
async def test_c03_the_clerk_gives_out_a_morning(desk):
    clerk, first = await desk(ZHOU), await morning()
    await clerk.goto("/tickets")
    await expect(clerk.get_by_role("row")).to_have_count(5)
    await shoot(clerk, "c03-board-01-all")
    await narrow(clerk)
    await shoot(clerk, "c03-board-02-kept")

    # two are ticked; a colleague is a moment faster with one of them
    await clerk.get_by_role("row", name=re.compile("厨房水管漏水")).get_by_role("checkbox").check()
    await clerk.get_by_role("row", name=re.compile("卫生间下水堵")).get_by_role("checkbox").check()
    async with DB.scope(EVERYWHERE):
        await dispatching.accept(first.id, by=actor(ZHOU), act=Act())
    await clerk.get_by_label("勾选的工单派给").select_option(str(LAOLI.person_id))
    await shoot(clerk, "c03-board-03-ticked")
    await clerk.get_by_role("button", name="一起派单").click()
    await expect(clerk.get_by_text("派出 1 单，没派出 1 单")).to_be_visible()
    await expect(clerk.get_by_role("row", name=re.compile("厨房水管漏水"))).to_contain_text("刚被别人改过")
    await shoot(clerk, "c03-board-04-what-became-of-them")

    # the kept filter is there again, becomes the first one shown, and what it shows leaves as a spreadsheet
    await clerk.get_by_role("link", name="回到工单").click()
    await expect(clerk.get_by_role("row", name=re.compile("卫生间下水堵"))).to_contain_text(LAOLI.name)
    async with clerk.expect_download() as coming:
        await clerk.get_by_role("link", name=re.compile("导出")).click()
    file = await asyncio.to_thread((await (await coming.value).path()).read_bytes)
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    assert sheet.max_row == 2 + 3
    await clerk.get_by_role("button", name="打开工单时先看这个").click()
    await clerk.goto("/tickets")
    await expect(clerk).to_have_url(re.compile("category=water"))
    await clerk.get_by_role("link", name=re.compile("^未完成")).click()
    await clerk.get_by_role("link", name="清除条件").click()
    await expect(clerk.get_by_role("row")).to_have_count(5)

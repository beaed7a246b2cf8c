"""C04 · Follow-up 回访: the clerk calls who was drawn, by the form; one is not content, and the manager hears of it."""

import re

import pytest
from playwright.async_api import expect

from server.db import DB, EVERYWHERE
from tests.cast import SHIFU, WANG, ZHOU
from tests.followups.test_calling import drawn
from tests.journeys.conftest import shoot
from tests.tickets.scenes import Scene

pytestmark = pytest.mark.journey


async def test_c04_the_clerk_calls_and_the_work_is_opened_again(desk, phone):
    scene = Scene()
    async with DB.scope(EVERYWHERE):
        await drawn(scene)
    clerk, manager = await desk(ZHOU), await desk(WANG)
    await clerk.goto("/")
    await clerk.get_by_role("link", name=re.compile("待回访的电话")).click()
    await expect(clerk.locator("#main")).to_contain_text("随机抽中")
    await shoot(clerk, "c04-01-calls")
    await clerk.get_by_role("link", name=re.compile("^GD-")).click()
    await expect(clerk.get_by_role("link", name="打电话")).to_be_visible()

    # nobody answers at first
    await clerk.locator("#f-missed").fill("在开会")
    await clerk.get_by_role("button", name="记一次没打通").click()
    await expect(clerk.locator("#main")).to_contain_text("已经打过 1 次")

    # a form with a hole keeps what was chosen, and C wants a reason
    for name, answer in (("按约定的时间到了吗", "是"), ("问题解决了吗", "否"), ("收费讲清楚了吗", "不涉及")):
        await clerk.get_by_role("radiogroup", name=name).get_by_role("radio", name=answer, exact=True).check()
    await (
        clerk.get_by_role("radiogroup", name="穿鞋套、清理现场了吗").get_by_role("radio", name="是", exact=True).check()
    )
    await clerk.get_by_role("radiogroup", name="态度怎么样").get_by_role("radio", name="好", exact=True).check()
    await clerk.get_by_role("radiogroup", name="总的评价").get_by_role("radio", name="C 不满意").check()
    await clerk.get_by_role("button", name="保存回访").click()
    await expect(clerk.locator("#main")).to_contain_text("请写明原因")
    await expect(clerk.get_by_role("radio", name="否", checked=True)).to_have_count(1)
    await shoot(clerk, "c04-02-form")
    await clerk.get_by_label("备注").first.fill("第二天又漏了")
    await clerk.get_by_role("button", name="保存回访").click()
    await expect(clerk.locator("#main")).to_contain_text("已重开，并告诉了项目经理")
    await shoot(clerk, "c04-03-called")

    await manager.goto("/messages")
    await expect(manager.locator("#main")).to_contain_text("回访不满意，已重开")
    await expect(manager.locator("#main")).to_contain_text("第二天又漏了")
    await shoot(manager, "c04-04-manager-hears")
    repairman = await phone(SHIFU)
    await repairman.goto("/tickets")
    await expect(repairman.locator("#main")).to_contain_text("厨房水管漏水")

    # how it was drawn, and the record
    await clerk.goto("/followups/drawn")
    await expect(clerk.locator("#main")).to_contain_text("SHA-256")
    await clerk.goto("/followups?view=done")
    async with clerk.expect_download() as download:
        await clerk.get_by_role("link", name="导出").click()
    assert (await download.value).suggested_filename == "followups.xlsx"

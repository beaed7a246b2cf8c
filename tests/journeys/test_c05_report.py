"""C05: the month's repairs are summed up, a measure is decided, carried out on a phone, and compared in the report."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE
from server.lib.formats import now
from server.quality import months
from tests.cast import SHIFU, WANG
from tests.journeys.conftest import shoot
from tests.quality.scenes import a_ticket, an_event

Hand = Callable[..., Awaitable[Page]]
LAST = months.before(months.month_of(now()))


async def a_month_of_repairs() -> None:
    """Three leaks of one home in a month, one of them late and sent back, and a lamp."""
    start = months.starts(LAST)
    async with DB.scope(EVERYWHERE):
        for day, hours in ((2, 5), (9, 70), (16, 8)):
            reported = start + dt.timedelta(days=day)
            done = reported + dt.timedelta(hours=hours)
            ticket = await a_ticket(
                reported, arrived_at=reported + dt.timedelta(hours=1), arrive_by=reported + dt.timedelta(hours=24), finished_at=done,
                due_at=reported + dt.timedelta(hours=48), accepted_work_at=done, rating="good", cause="wear",
            )  # fmt: skip
            if hours == 70:
                await an_event(ticket, "rework", done + dt.timedelta(hours=3))
        await a_ticket(start + dt.timedelta(days=4), category="power", summary="客厅灯不亮", place="3栋2单元101")


async def test_a_month_is_summed_up_and_a_measure_is_carried_out(desk: Hand, phone: Hand, site: str) -> None:
    await a_month_of_repairs()
    manager: Any = await desk(WANG)
    await manager.goto("/")
    await manager.get_by_role("navigation", name="主菜单").get_by_role("link", name="分析").click()
    main = manager.locator("#main")
    await expect(main).to_contain_text("本月报修 4 件")
    await expect(main.locator(".report-figure", has_text="完工及时率")).to_contain_text("66.7%")
    await expect(main.locator("svg.chart")).to_have_count(6)
    await main.locator(".report-figure", has_text="完工及时率").get_by_role("link").click()
    await expect(main.locator("tbody tr")).to_have_count(1)
    await manager.go_back()

    await manager.get_by_role("link", name="写总结").click()
    words = manager.get_by_label("总结", exact=True)
    await words.fill(await words.input_value() + "\n1302 的水管三次报修，第一次没有换到底。")
    await manager.get_by_role("button", name="保存").click()
    await expect(main).to_contain_text("第一次没有换到底")

    await manager.get_by_role("link", name="定措施").click()
    await manager.get_by_label("做什么").fill("1302 立管整根换掉")
    await manager.get_by_label("针对哪个指标").select_option(label="重复报修")
    await manager.get_by_label("目标").fill("0")
    await manager.get_by_label("责任人").select_option(label="王水生")
    await manager.get_by_role("button", name="定措施").click()
    row = main.locator("#measures tbody tr", has_text="1302 立管整根换掉")
    await expect(row).to_contain_text("进行中")
    await shoot(manager, "c05-report")

    hand: Any = await phone(SHIFU)
    await hand.goto("/messages")
    await hand.get_by_text("有改进措施请您落实").click()
    await expect(hand.locator("#main")).to_contain_text("1302 立管整根换掉")
    await hand.get_by_label("落实情况").fill("换了整根立管，试压合格")
    await shoot(hand, "c05-measure")
    await hand.get_by_role("button", name="已完成").click()
    await expect(hand.locator("#main")).to_contain_text("试压合格")

    await manager.goto(f"/quality?month={LAST}")
    await expect(row).to_contain_text("已完成")
    await manager.get_by_role("button", name="定稿").click()
    await manager.get_by_role("dialog").get_by_role("button", name="确定").click()
    await expect(main).to_contain_text("数字不再变化")
    await manager.get_by_role("link", name="下个月").click()
    await expect(row).to_contain_text("达到")
    await expect(row).to_contain_text("2 件")

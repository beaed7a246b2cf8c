"""C03 · Repairs without a signal: the repairman works in the basement while the desk cancels; nothing he did is lost."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE, fetch, fetchval
from server.tickets.pricing import set_price
from tests.cast import CHEN, SHIFU, WANG, ZHOU
from tests.journeys.conftest import shoot
from tests.journeys.test_s02_hazards import PHOTO, until
from tests.tickets.scenes import Scene, actor

pytestmark = pytest.mark.journey
Hand = Callable[..., Awaitable[Page]]


async def ready(page: Page) -> None:
    """Wait until everything is on the phone."""
    await page.goto("/field/tickets")
    await until(page, "!!navigator.serviceWorker.controller")
    await until(page, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")


async def add_photo(page: Page) -> None:
    """Take a photo in the form that is open."""
    await page.locator("field-photos input[type=file]").set_input_files([PHOTO])
    await expect(page.locator(".photo-item:not([data-state=making])")).to_have_count(1)


@pytest.mark.timeout(180)
async def test_what_a_repairman_does_offline_is_kept_when_the_desk_cancels(phone: Hand, desk: Hand):
    async with DB.scope(EVERYWHERE):
        await set_price(
            None, by=actor(WANG), version=0, kind="material", category="water", name="角阀", unit="个", price=3500
        )
        ticket = await Scene().arrived()
    repairman, clerk = await phone(SHIFU), await desk(ZHOU)
    await ready(repairman)
    await repairman.context.set_offline(True)
    await repairman.get_by_role("link", name="厨房水管漏水").click()
    await shoot(repairman, "c03-30-offline-job")
    await repairman.get_by_role("button", name="开始维修").click()
    await repairman.get_by_role("link", name="完工").click()
    await add_photo(repairman)
    await repairman.get_by_label("做了什么").fill("换了角阀，不漏了")
    await repairman.get_by_label("角阀 数量").fill("1")
    await shoot(repairman, "c03-31-offline-finish")
    await repairman.get_by_role("button", name="完工").click()
    await expect(repairman.locator("#main")).to_contain_text("待验收")
    await expect(repairman.locator("#main")).to_contain_text("待发送")
    await expect(repairman.locator("#main")).to_contain_text("1 个 × ¥35.00")
    await shoot(repairman, "c03-32-offline-done")

    await clerk.goto(f"/tickets/{ticket.id}")
    await clerk.get_by_role("link", name="取消工单").click()
    await clerk.get_by_label("原因").fill("业主说不用修了")
    await clerk.get_by_role("button", name=re.compile("取消")).click()
    await expect(clerk.locator("#main")).to_contain_text("物业取消了报修")

    await repairman.context.set_offline(False)
    await expect(repairman.locator("[data-sync]")).to_contain_text("要处理", timeout=20_000)
    await repairman.goto("/field/sync")
    await expect(repairman.locator("#main")).to_contain_text(f"工单已被{ZHOU.name}取消")
    await expect(repairman.locator("#main")).to_contain_text("您的记录和照片已保存")
    await expect(repairman.locator("#main")).to_contain_text("换了角阀，不漏了")
    await shoot(repairman, "c03-33-repairman-sees-the-conflict")
    await repairman.goto(f"/field/tickets/{ticket.id}")
    await expect(repairman.locator("#main")).to_contain_text("不用再去")

    await expect(clerk.locator("#main")).to_contain_text("手机交来但没有生效：完工", timeout=20_000)
    await expect(clerk.locator("#main")).to_contain_text("换了角阀，不漏了")
    await expect(clerk.locator("#main")).to_contain_text("角阀 × 1 个")
    await expect(clerk.locator("#main .photos img").first).to_be_visible(timeout=20_000)
    await shoot(clerk, "c03-34-clerk-sees-the-work")
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select state from ticket where id = $1", ticket.id) == "cancelled"
        assert await fetch("select from ticket_event where kind = 'finish'") == []


@pytest.mark.timeout(180)
async def test_an_owner_reports_without_a_signal_and_the_desk_has_it_once(phone: Hand, desk: Hand):
    owner, clerk = await phone(CHEN), await desk(ZHOU)
    await owner.goto("/")
    await until(owner, "!!navigator.serviceWorker.controller")
    await owner.goto("/field/reports")
    await until(owner, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")
    await clerk.goto("/tickets")
    await owner.context.set_offline(True)
    await owner.goto("/tickets")
    await owner.get_by_role("link", name="没有信号也能报修").click()
    await owner.locator(".choice", has_text="给排水").click()
    await expect(owner.get_by_role("radio", name="3栋1单元1302")).to_be_checked()
    await add_photo(owner)
    await owner.get_by_label("说说情况").fill("厨房水管漏水，已关总阀")
    await shoot(owner, "c03-40-owner-offline-report")
    await owner.get_by_role("button", name="提交报修").click()
    await expect(owner.locator("#main")).to_contain_text("待发送")
    await expect(owner.locator("#main")).to_contain_text("厨房水管漏水，已关总阀")
    await shoot(owner, "c03-41-owner-report-waits")
    await owner.context.set_offline(False)
    await expect(owner.locator("[data-sync]")).to_have_text("已同步", timeout=20_000)

    await clerk.get_by_role("link", name=re.compile(r"GD-\d{4}-001")).click(timeout=20_000)
    await expect(clerk.locator(".timeline img")).to_have_count(1, timeout=20_000)
    await owner.goto("/field/reports")
    await owner.get_by_role("link", name="厨房水管漏水").click()
    await expect(owner.locator("#main")).to_contain_text("您提交了报修")
    async with DB.scope(EVERYWHERE):
        (ticket,) = await fetch("select reporter_account_id, contact_phone, location, place from ticket")
    assert tuple(ticket) == (CHEN.account_id, CHEN.phone, "private", "3栋1单元1302")

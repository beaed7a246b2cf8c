"""D03 · One file per household 一户一档: the clerk finds a room, sells it, takes a slip back, lets it, and looks up a phone."""

import re

import pytest
from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE, fetch, fetchval
from server.lib.formats import today
from tests.cast import CHEN, HE, ZHOU, room_id
from tests.journeys.conftest import shoot

pytestmark = pytest.mark.journey
ROOM = room_id("3栋1单元1302")


async def no_sideways_scrolling(page: Page) -> None:
    """A phone's page is as wide as the phone."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def audited() -> list[str]:
    """Return what is on record, in order."""
    async with DB.scope(EVERYWHERE):
        return [one["action"] for one in await fetch("select action from audit order by seq")]


@pytest.mark.timeout(180)
async def test_d03_a_room_changes_hands_at_the_desk(desk):
    clerk = await desk(ZHOU)
    await clerk.goto("/rooms")
    await expect(clerk.get_by_text("共 5 套")).to_be_visible()
    await shoot(clerk, "d03-01-register")

    # typing filters by itself, and the address can be sent to a colleague
    await clerk.keyboard.press("/")
    await clerk.keyboard.type("陈 1302")
    await expect(clerk.get_by_text("共 1 套")).to_be_visible()
    await expect(clerk).to_have_url(re.compile(r"q=%E9%99%88"))
    await clerk.get_by_role("link", name="3栋1单元1302").click()
    await expect(clerk.get_by_text("199****0101")).to_be_visible()
    await shoot(clerk, "d03-02-room")

    # the sale: typed, summed up, confirmed
    await clerk.get_by_role("link", name="办理过户").click()
    await clerk.get_by_label("新业主", exact=True).fill("何静")
    await clerk.get_by_label("电话").first.fill(HE.phone)
    await shoot(clerk, "d03-03-transfer")
    await clerk.get_by_role("button", name="下一步").click()
    await expect(clerk.get_by_text(re.compile("业主 何静 自 .* 起"))).to_be_visible()
    await expect(clerk.get_by_role("radio", name=re.compile("姓名电话都相同"))).to_be_checked()
    await shoot(clerk, "d03-04-confirm")
    await clerk.get_by_role("button", name="确认办理").click()
    await expect(clerk.get_by_text("已办理过户")).to_be_visible()
    await shoot(clerk, "d03-05-sold")

    # it was the wrong room: taken back, and still in the history
    await clerk.locator(".timeline li", has_text="何*").get_by_role("link", name="更正").click()
    await clerk.get_by_label("原因").fill("登记错了房号")
    await shoot(clerk, "d03-06-correction")
    await clerk.get_by_role("button", name="确认更正").click()
    await expect(clerk.get_by_text("登记有误，已更正")).to_be_visible()
    await expect(clerk.locator(".list").first).to_contain_text("陈**")
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from occupancy where room_id = $1", ROOM) == 2
    assert await audited() == ["occupancy.transfer", "occupancy.correct"]


@pytest.mark.timeout(180)
async def test_d03_on_the_phone_a_tenant_a_car_and_a_call(phone):
    clerk = await phone(ZHOU)
    await clerk.goto("/rooms")
    await no_sideways_scrolling(clerk)
    await shoot(clerk, "d03-11-phone-register")
    await clerk.get_by_role("link", name="3栋1单元1302").click()
    await no_sideways_scrolling(clerk)
    await shoot(clerk, "d03-12-phone-room")

    await clerk.get_by_role("link", name="登记租户").click()
    await clerk.get_by_label("租户", exact=True).fill("吴小满")
    await no_sideways_scrolling(clerk)
    await shoot(clerk, "d03-13-phone-lease")
    await clerk.get_by_role("button", name="下一步").click()
    await expect(clerk.get_by_text("改为“出租”")).to_be_visible()
    await shoot(clerk, "d03-14-phone-confirm")
    await clerk.get_by_role("button", name="确认办理").click()
    await expect(clerk.get_by_text("已登记租户")).to_be_visible()

    await clerk.get_by_role("link", name="登记车辆").click()
    await clerk.get_by_label("车牌").fill("浙A123")
    await clerk.get_by_role("button", name="登记").click()
    await expect(clerk.get_by_role("link", name=re.compile("看不懂的车牌"))).to_be_visible()
    await shoot(clerk, "d03-15-phone-bad-plate")
    await clerk.get_by_label("车牌").fill("浙a·d12345")
    await clerk.get_by_role("button", name="登记").click()
    await expect(clerk.get_by_text("已登记车辆")).to_be_visible()

    # a phone number is shown once, for a reason
    await clerk.get_by_role("link", name="陈**").first.click()
    await clerk.get_by_role("link", name="查看完整信息").click()
    await clerk.get_by_role("radio", name="电话联系业主").check()
    await shoot(clerk, "d03-16-phone-reveal")
    await clerk.get_by_role("button", name="查看").click()
    await expect(clerk.get_by_text(CHEN.phone)).to_be_visible()
    await no_sideways_scrolling(clerk)
    await shoot(clerk, "d03-17-phone-revealed")
    assert (await audited())[-1] == "person.reveal"


@pytest.mark.timeout(120)
async def test_d03_owners_see_their_own_rooms(phone):
    owner = await phone(CHEN)
    await owner.goto("/my/rooms")
    await expect(owner.get_by_text("陈晓明（我）").first).to_be_visible()
    await no_sideways_scrolling(owner)
    await shoot(owner, "d03-21-own-rooms")


@pytest.mark.timeout(120)
async def test_d03_without_scripts_the_register_still_works(desk):
    clerk = await desk(ZHOU, java_script_enabled=False)
    await clerk.goto("/rooms")
    await clerk.get_by_label("搜索").fill("商铺")
    await clerk.get_by_role("button", name="查找").click()
    await expect(clerk.get_by_text("共 1 套")).to_be_visible()
    await clerk.get_by_role("link", name="商铺S01").click()
    await clerk.get_by_role("link", name="登记家庭成员").click()
    await clerk.get_by_label("家庭成员").fill("陈小宝")
    await clerk.get_by_role("button", name="下一步").click()
    await clerk.get_by_role("button", name="确认办理").click()
    await expect(clerk.get_by_text("已登记家庭成员")).to_be_visible()
    async with DB.scope(EVERYWHERE):
        assert (
            await fetchval(
                "select count(*) from occupancy where role = 'member' and created_at::date >= $1::date - 1", today()
            )
            == 1
        )

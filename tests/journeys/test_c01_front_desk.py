"""C01 · Front desk 接待来访: a call becomes a ticket, a visitor gets an answer, a key goes out and comes back, a letter is handed out."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.cast import CHEN, LIN, ZHOU
from tests.journeys.conftest import shoot
from tests.storage.pictures import encoded, picture

pytestmark = pytest.mark.journey


async def write_down(page: Page, channel: str, who: str, words: str) -> None:
    """Write one line at the desk and press Enter."""
    await page.get_by_role("radio", name=channel, exact=True).check()
    await page.get_by_label("谁", exact=True).fill(who)
    if who.isdigit():
        await expect(page.get_by_role("radio", name="3栋1单元1302")).to_be_checked()
        await expect(page.get_by_role("radio", name=re.compile("陈.* · 业主"))).to_be_checked()
    await page.locator("#f-words").fill(words)
    await page.locator("#f-words").press("Enter")
    await expect(page.get_by_text(f"已记下：{words}")).to_be_visible()


@pytest.mark.timeout(180)
async def test_c01_a_day_at_the_front_desk(phone, desk):
    clerk, owner = await desk(ZHOU), await phone(CHEN)
    await clerk.goto("/")
    await clerk.get_by_role("link", name="前台").click()
    await expect(clerk.get_by_text("这一天没有登记")).to_be_visible()

    # a call: the room is found while she types; the page does not change
    await write_down(clerk, "来电", "1302", "厨房水管漏水")
    await shoot(clerk, "c01-01-desk")
    await write_down(clerk, "来访", "装修公司李工", "问出入证怎么办")

    # it becomes a ticket; each leads to the other
    await clerk.get_by_role("link", name="厨房水管漏水").click()
    await clerk.get_by_label("哪里坏了").select_option(label="给排水")
    await shoot(clerk, "c01-02-visit")
    await clerk.get_by_role("button", name="转工单").click()
    await clerk.get_by_role("link", name=re.compile(r"GD-\d{8}-001")).click()
    await expect(clerk.get_by_text("物业登记了报修")).to_be_visible()
    await clerk.get_by_role("link", name=re.compile("来自前台接待")).click()
    await expect(clerk.get_by_text("转工单").first).to_be_visible()
    await owner.goto("/")
    await expect(owner.get_by_role("link", name="厨房水管漏水")).to_be_visible()

    # the visitor gets an answer
    await clerk.goto("/reception")
    await clerk.get_by_role("link", name="问出入证怎么办").click()
    await clerk.get_by_label("怎么答复的").fill("带身份证和装修许可来前台，当场办")
    await clerk.get_by_role("button", name="记下答复").click()
    await expect(clerk.get_by_text("已答复").first).to_be_visible()

    # a key goes out and comes back
    await clerk.goto("/reception/keys")
    await clerk.get_by_label("哪里的钥匙").fill("3栋 水泵房")
    await clerk.get_by_role("button", name="登记").click()
    await clerk.get_by_role("link", name="3栋 水泵房").click()
    await clerk.get_by_label("借用人").fill("王水生")
    await clerk.get_by_label("用途").fill("检修水泵")
    await clerk.get_by_role("button", name="借出").click()
    await expect(clerk.get_by_text("借出中")).to_be_visible()
    await shoot(clerk, "c01-03-key-out")
    await clerk.get_by_role("button", name="已归还").click()
    await expect(clerk.get_by_role("heading", name="借出", exact=True)).to_be_visible()

    # a parcel: the owner sees it waiting, then somebody takes it
    await clerk.goto("/reception/letters")
    await clerk.get_by_label("给哪一户").fill("1302")
    await expect(clerk.get_by_role("radio", name="3栋1单元1302")).to_be_checked()
    await clerk.get_by_label("单号或说明").fill("顺丰 尾号 3391")
    await clerk.get_by_role("button", name="记下并通知住户").click()
    await expect(clerk.get_by_role("link", name="3栋1单元1302")).to_be_visible()
    await owner.goto("/")
    await expect(owner.get_by_text("前台待领")).to_be_visible()
    await expect(owner.get_by_text("快递 · 顺丰 尾号 3391")).to_be_visible()
    await shoot(owner, "c01-04-owner-home")
    await clerk.get_by_role("link", name="3栋1单元1302").click()
    await clerk.get_by_label("谁领走的").fill("陈晓明")
    await clerk.get_by_role("button", name="已领走").click()
    await expect(clerk.get_by_text("这里没有信件快递")).to_be_visible()

    # today's list shows it all
    await clerk.goto("/reception")
    table = clerk.get_by_role("table", name="接待登记表")
    await expect(table.get_by_text("转工单")).to_be_visible()
    await expect(table.get_by_text("带身份证和装修许可来前台，当场办")).to_be_visible()
    await shoot(clerk, "c01-05-today")


@pytest.mark.timeout(180)
async def test_c01_a_strangers_phone_scans_the_lifts_label(phone, desk):
    clerk, stranger, second = await desk(ZHOU), await phone(None), await phone(None)
    await clerk.goto("/labels")
    await clerk.get_by_label("位置，一行一个").fill("3栋1单元 电梯\n3栋 水泵房")
    await clerk.get_by_label("常见类别").select_option(label="电梯")
    await clerk.get_by_role("button", name="添加").click()
    await clerk.get_by_role("link", name="打印标签").click()
    await expect(clerk.locator(".plate")).to_have_count(2)
    await shoot(clerk, "c01-06-labels")
    await clerk.goto("/labels")
    await clerk.get_by_role("link", name="3栋1单元 电梯").click()
    address = await clerk.get_by_role("link", name="看扫码后的页面").get_attribute("href")
    assert address is not None

    # the stranger reports with a photo
    await stranger.goto(address)
    await expect(stranger.get_by_role("radio", name="电梯")).to_be_checked()
    await stranger.get_by_label("说说情况").fill("门关不上，一直响")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture())}
    await stranger.locator("input[type=file]").set_input_files([photo])
    await shoot(stranger, "c01-07-scan")
    await stranger.get_by_role("button", name="提交报修").click()
    await expect(stranger.get_by_role("heading", name="报修已收到")).to_be_visible()
    claim = stranger.url
    await shoot(stranger, "c01-08-claim")

    # another one gets the hint and says: me, too
    await second.goto(address)
    await expect(second.get_by_text("已有人报过：电梯")).to_be_visible()
    await second.get_by_role("button", name="我也遇到").click()
    await expect(second.get_by_text("还有 1 人遇到")).to_be_visible()
    await shoot(second, "c01-09-too")

    # the clerk sees it, with the photo and the second voice
    await clerk.goto("/tickets")
    await clerk.get_by_role("link", name=re.compile(r"GD-\d{4}-001")).click()
    await expect(clerk.get_by_text("有人扫码报修")).to_be_visible()
    await expect(clerk.get_by_text("还有 1 人遇到")).to_be_visible()
    await expect(clerk.locator(".timeline img")).to_have_count(1)

    # the owner claims it; a neighbour who reports the same is told
    owner = await phone(CHEN)
    await owner.goto(claim)
    await owner.get_by_role("button", name="这是我报的，放进我的报修").click()
    await expect(owner.get_by_text("您认领了这次报修")).to_be_visible()
    await owner.goto("/tickets")
    await expect(owner.get_by_role("link", name="门关不上，一直响")).to_be_visible()
    neighbour = await phone(LIN)
    await neighbour.goto("/tickets/new")
    await neighbour.get_by_role("radio", name="公共区域").check()
    await neighbour.get_by_role("radio", name="电梯").check()
    await expect(neighbour.get_by_text("已有人报过：门关不上，一直响")).to_be_visible()
    await shoot(neighbour, "c01-10-hint")
    await neighbour.get_by_role("button", name="我也遇到").click()
    await expect(neighbour.get_by_text("还有 2 人遇到")).to_be_visible()

"""C02 · Complaints 投诉: an owner complains from the phone without a name; the office answers; C opens it again; who it is about sees nothing."""

import re

import pytest
from playwright.async_api import expect

from tests.cast import CHEN, GUAN, WANG, ZHOU
from tests.journeys.conftest import shoot
from tests.storage.pictures import encoded, picture

pytestmark = pytest.mark.journey

PHOTO = {"name": "noise.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture(1200, 900))}


@pytest.mark.timeout(180)
async def test_c02_without_a_name_answered_refused_and_answered_again(phone, desk):
    owner, clerk, manager = await phone(CHEN), await desk(ZHOU), await desk(WANG)
    await owner.goto("/")
    await owner.get_by_role("link", name="投诉建议").click()
    await owner.get_by_role("link", name="投诉或提建议").click()
    await owner.get_by_label("说说情况").fill("5 栋架空层有人飞线充电，怕起火")
    await owner.locator("photo-input input[type=file]").set_input_files([PHOTO])
    await expect(owner.locator("photo-input [data-state=stored]")).to_have_count(1)
    await owner.get_by_label("不留名").check()
    await owner.get_by_label("在哪里").fill("5栋架空层")
    await shoot(owner, "c02-01-owner-files")
    await owner.get_by_role("button", name="提交").click()
    await expect(owner.locator("#main")).to_contain_text("您提交了投诉")
    await shoot(owner, "c02-02-owner-filed")

    await clerk.goto("/complaints")
    await expect(clerk.locator("#main")).to_contain_text("匿名")
    await expect(clerk.locator("#main")).not_to_contain_text("陈")
    await shoot(clerk, "c02-03-register")
    await clerk.get_by_role("link", name=re.compile("^TS-")).click()
    await expect(clerk.locator(".timeline img")).to_have_count(1)
    await shoot(clerk, "c02-04-case")
    await clerk.get_by_role("link", name="交给谁办").click()
    await clerk.get_by_label("交给谁").select_option(label="周敏")
    await clerk.get_by_role("button", name="交给谁办").click()
    await clerk.get_by_role("link", name="先回复业主").click()
    await clerk.get_by_label("怎么回复的").fill("马上派人查看")
    await clerk.get_by_role("button", name="先回复业主").click()
    await clerk.get_by_role("link", name="书面答复").click()
    await clerk.get_by_label("书面答复").fill("已拆除飞线，加装充电棚公告")
    await clerk.get_by_role("button", name="书面答复").click()
    await expect(clerk.locator("#main")).to_contain_text("请填写这一项")  # the cause
    await clerk.get_by_role("radio", name="安全秩序").check()
    await shoot(clerk, "c02-05-answer")
    await clerk.get_by_role("button", name="书面答复").click()
    await expect(clerk.locator("#main")).to_contain_text("已答复")

    await owner.goto("/complaints")
    await owner.get_by_role("link", name="看答复，给个评价").click()
    await owner.get_by_role("radio", name="不满意").check()
    await owner.get_by_role("button", name="评价答复").click()
    await expect(owner.locator("#main")).to_contain_text("请填写这一项")
    await owner.get_by_label("想说的话").fill("当晚又拉了一根线")
    await shoot(owner, "c02-06-verdict")
    await owner.get_by_role("button", name="评价答复").click()
    await expect(owner.locator("#main")).to_contain_text("重新处理")

    await manager.goto("/messages")
    await expect(manager.locator("#main")).to_contain_text("业主不满意答复，重新处理")
    await clerk.goto("/complaints?view=received")
    await clerk.get_by_role("link", name=re.compile("^TS-")).click()
    await expect(clerk.locator("#main")).to_contain_text("当晚又拉了一根线")
    await clerk.get_by_role("link", name="书面答复").click()
    await clerk.get_by_label("书面答复").fill("已拆除并移交消防，每晚巡查")
    await clerk.get_by_role("radio", name="安全秩序").check()
    await clerk.get_by_role("button", name="书面答复").click()
    await owner.goto("/complaints")
    await owner.get_by_role("link", name="看答复，给个评价").click()
    await owner.get_by_role("radio", name="满意", exact=True).check()
    await owner.get_by_role("button", name="评价答复").click()
    await expect(owner.locator("#main")).to_contain_text("已办结")


async def test_c02_a_call_about_a_colleague_who_neither_sees_nor_handles_it(desk):
    clerk, steward = await desk(ZHOU), await desk(GUAN)
    await clerk.goto("/complaints/new")
    await clerk.get_by_label("房号", exact=True).fill("1302")
    await clerk.get_by_role("radio", name="3栋1单元1302").check()
    await expect(clerk.locator("#callers")).to_contain_text("业主")
    await clerk.get_by_label("说说情况").fill("管家答应回电话，一周没有消息")
    await clerk.get_by_label("投诉的是谁").select_option(label=GUAN.name)
    await clerk.get_by_role("radio", name="12345 热线").check()
    await clerk.get_by_role("button", name="登记").click()
    await expect(clerk.locator("#main")).to_contain_text("请填写热线的工单编号")
    await expect(clerk.get_by_label("说说情况")).to_have_value("管家答应回电话，一周没有消息")
    await clerk.get_by_label("热线编号").fill("RX20261126-001")
    await shoot(clerk, "c02-07-office-form")
    await clerk.get_by_role("button", name="登记").click()
    await expect(clerk.locator("#main")).to_contain_text("12345 转办")
    await shoot(clerk, "c02-08-major")
    case = clerk.url
    await clerk.get_by_role("link", name="交给谁办").click()
    await expect(clerk.get_by_label("交给谁").get_by_role("option", name=re.compile(GUAN.name))).to_have_count(0)
    answer = await steward.goto(case)
    assert answer is not None and answer.status == 404
    await steward.goto("/complaints?view=all")
    await expect(steward.locator("#main")).to_contain_text("这里没有投诉建议")
    await clerk.goto(case + "/paper")
    await expect(clerk.locator("#main")).to_contain_text("投诉处理单")
    await shoot(clerk, "c02-09-paper")

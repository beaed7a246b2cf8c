"""C03 · Repairs 报修: an owner reports a leak from her phone, the repairman gets it on his, both see each other's photos."""

import contextlib
import io
import re

import pytest
from PIL import Image
from playwright.async_api import Error, Page, Route, expect

from server.db import DB, EVERYWHERE, fetch, fetchval
from server.storage.objects import object_store
from tests.cast import CHEN, SHIFU, ZHOU
from tests.journeys.conftest import shoot
from tests.storage.pictures import encoded, picture

pytestmark = pytest.mark.journey


def camera(name: str, width: int) -> dict[str, object]:
    """Return a photo as a phone's camera hands it over."""
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture(width, width * 3 // 4))}


async def take_photo(page: Page, name: str, width: int) -> None:
    """Choose a photo and wait until the server has it."""
    await page.locator("photo-input input[type=file]").set_input_files([camera(name, width)])
    await expect(page.locator("photo-input [data-state=stored]")).to_have_count(1)


async def no_sideways_scrolling(page: Page) -> None:
    """A phone's page is as wide as the phone."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.timeout(180)
async def test_c03_from_the_leak_to_the_owners_word(phone, desk):
    owner, repairman, clerk = await phone(CHEN), await phone(SHIFU), await desk(ZHOU)
    await repairman.goto("/")
    await expect(repairman.get_by_text("没有要修的工单")).to_be_visible()
    await clerk.goto("/tickets")
    await expect(clerk.get_by_text("这里没有工单")).to_be_visible()

    # the owner: what, photo, a word
    await owner.goto("/")
    await shoot(owner, "c03-01-owner-home-empty")
    await owner.get_by_role("link", name="报修", exact=True).first.click()
    await owner.get_by_role("radio", name="给排水").check()
    await take_photo(owner, "leak", 1200)
    await owner.get_by_label("说说情况").fill("厨房水管漏水，已关总阀。")
    await no_sideways_scrolling(owner)
    await shoot(owner, "c03-02-owner-reports")
    await owner.get_by_role("button", name="提交报修").click()
    await expect(owner.get_by_text("您提交了报修")).to_be_visible()
    await expect(owner.locator(".timeline img")).to_have_count(1)
    await shoot(owner, "c03-03-owner-ticket")

    # the clerk's open board shows it by itself; she gives it to the repairman
    await expect(clerk.get_by_role("link", name=re.compile(r"GD-\d{4}-001"))).to_be_visible()
    await shoot(clerk, "c03-04-clerk-board")
    await clerk.get_by_role("link", name="派单", exact=True).click()
    await clerk.get_by_role("radio", name=re.compile("王水生")).check()
    await clerk.get_by_role("radio", name="急修").check()
    await shoot(clerk, "c03-05-clerk-assigns")
    await clerk.get_by_role("button", name="派单").click()
    await expect(clerk.get_by_text("已派给 王水生")).to_be_visible()
    await shoot(clerk, "c03-06-clerk-ticket")

    # the repairman opens his list; her number is masked, and dialled in full
    await repairman.goto("/field/tickets")
    await expect(repairman.get_by_role("link", name="厨房水管漏水")).to_be_visible(timeout=15_000)
    await shoot(repairman, "c03-07-repairman-jobs")
    await repairman.get_by_role("link", name="厨房水管漏水").click()
    await repairman.get_by_role("button", name="接单").click()
    await expect(repairman.locator(f"a[href='tel:{CHEN.phone}']")).to_contain_text("199****0101")
    await shoot(repairman, "c03-08-repairman-ticket")
    await repairman.get_by_role("button", name="我到了").click()
    await repairman.get_by_role("button", name="开始维修").click()
    await expect(owner.get_by_text("王师傅正在维修")).to_be_visible(timeout=15_000)
    await shoot(owner, "c03-09-owner-sees-work")
    await repairman.get_by_role("link", name="完工").click()
    await repairman.locator("field-photos input[type=file]").set_input_files([camera("done", 1000)])
    await expect(repairman.locator(".photo-item:not([data-state=making])")).to_have_count(1)
    await repairman.get_by_label("做了什么").fill("更换角阀，试水不漏")
    await shoot(repairman, "c03-10-repairman-finishes")
    await repairman.get_by_role("button", name="完工").click()
    await expect(repairman.get_by_text("王水生已完工")).to_be_visible()
    await shoot(repairman, "c03-11-repairman-done")

    # the owner sees both photos on her open page and gives her word
    await expect(owner.get_by_text("王师傅已完工")).to_be_visible(timeout=15_000)
    await expect(owner.locator(".timeline img")).to_have_count(2, timeout=15_000)
    await no_sideways_scrolling(owner)
    await shoot(owner, "c03-12-owner-sees-result")
    await owner.goto("/")
    await shoot(owner, "c03-13-owner-home")
    await owner.get_by_role("link", name="去验收").click()
    await owner.get_by_role("radio", name="满意", exact=True).check()
    await shoot(owner, "c03-14-owner-accepts")
    await owner.get_by_role("button", name="确认修好了").click()
    await expect(owner.get_by_text("您验收了维修")).to_be_visible()
    await shoot(owner, "c03-15-owner-done")
    await owner.goto("/messages")
    await shoot(owner, "c03-16-owner-messages")
    await clerk.goto("/tickets?filter=all")
    await expect(clerk.get_by_role("cell", name="满意")).to_be_visible()
    await shoot(clerk, "c03-17-clerk-board-done")

    await both_photos_come_out_of_s3(owner)


async def both_photos_come_out_of_s3(owner: Page) -> None:
    """The bytes in the object store, and what the owner's phone is shown, are JPEGs of the right size."""
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select state from ticket") == "owner_accepted"  # urgent: somebody will ask how it was
        photos = await fetch("select key, size, role from photo where entity = 'ticket' order by created_at")
    assert [photo["role"] for photo in photos] == ["report", "after"]
    for photo, width in zip(photos, (1200, 1000), strict=True):
        image = Image.open(io.BytesIO(await object_store().get(photo["key"], 0, photo["size"])))
        assert (image.format, image.width) == ("JPEG", width)
    await owner.goto("/tickets")
    await owner.get_by_role("link", name="厨房水管漏水").click()
    for address in await owner.locator(".timeline a.photo").evaluate_all("links => links.map(link => link.href)"):
        answer = await owner.request.get(address)
        assert Image.open(io.BytesIO(await answer.body())).format == "JPEG"


@pytest.mark.timeout(180)
async def test_c03_a_lost_answer_loses_nothing_and_makes_no_second_ticket(phone):
    owner = await phone(CHEN)
    await owner.goto("/tickets/new")
    await owner.get_by_role("radio", name="给排水").check()
    await take_photo(owner, "leak", 900)
    await owner.get_by_label("说说情况").fill("阳台地漏返水")

    async def take_and_lose(route: Route) -> None:
        await route.fetch(max_redirects=0)  # the server has it, the phone never hears of it
        await route.abort("connectionreset")

    await owner.route("**/tickets", take_and_lose)
    with contextlib.suppress(Error):
        await owner.get_by_role("button", name="提交报修").click()
    await owner.unroute("**/tickets")
    await owner.goto("/tickets/new")
    await expect(owner.get_by_text("已找回上次没提交的内容")).to_be_visible()
    await expect(owner.get_by_label("说说情况")).to_have_value("阳台地漏返水")
    await owner.get_by_role("button", name="提交报修").click()
    await expect(owner.get_by_text("您提交了报修")).to_be_visible()
    await expect(owner.locator(".timeline img")).to_have_count(1)
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket") == 1


@pytest.mark.timeout(180)
async def test_c03_the_clerk_takes_a_call(desk, phone):
    clerk = await desk(ZHOU)
    await clerk.goto("/tickets")
    await clerk.get_by_role("link", name="登记报修").click()
    await clerk.get_by_role("searchbox", name="房号").press_sequentially("1302", delay=40)
    await clerk.get_by_role("radio", name="3栋1单元1302").check()
    await expect(clerk.get_by_role("radio", name=re.compile("· 业主 ·"))).to_be_checked()  # of those who may call
    await clerk.get_by_role("radio", name="门窗五金").check()
    await clerk.get_by_label("说说情况").fill("入户门锁打不开，进不了门")
    await shoot(clerk, "c03-20-clerk-takes-a-call")
    await clerk.get_by_role("button", name="登记").click()
    await expect(clerk.get_by_text("物业登记了报修")).to_be_visible()
    await expect(clerk.get_by_text("急修")).to_be_visible()
    owner = await phone(CHEN)
    await owner.goto("/")
    await expect(owner.get_by_text("入户门锁打不开")).to_be_visible()
    await expect(owner.get_by_text("已受理")).to_be_visible()

"""S01 · Patrols 安全巡查: a guard walks twenty checkpoints in airplane mode, and hours later everything is at the office, once."""

import json
import re

import pytest
from playwright.async_api import Page, expect

from server.db import DB, EVERYWHERE, fetch, fetchval
from server.patrols import keeping
from server.storage.objects import object_store
from tests.cast import WANG, ZHAO
from tests.field.conftest import until
from tests.journeys.conftest import shoot
from tests.patrols.scenes import a_route, code_of
from tests.storage.pictures import encoded, picture

pytestmark = pytest.mark.journey

POINTS = 20
LISTS = ("water_pump_room",) * 3 + ("garbage_point",) * (POINTS - 3)
BAD = {3: "2号泵出口法兰滴水", 7: "配电箱前堆放纸箱"}
"""The points at which the guard finds a hazard, and what he writes."""


async def lay_out_the_round() -> tuple[str, list[str]]:
    """Make a round of twenty points that is due now; return its id and what is printed on the points' plates."""
    async with DB.scope(EVERYWHERE):
        names = tuple(f"地下{n}号点" for n in range(1, POINTS + 1))
        schedule = await a_route(names=names, lists=LISTS, dwell=0)
        await keeping.make_ahead()
        found = await fetchval("select id from patrol_round where schedule_id = $1 order by due_at limit 1", schedule)
        return str(found), [await code_of(found, position) for position in range(1, POINTS + 1)]


async def settled(page: Page) -> None:
    """Wait until the worker holds the shift."""
    await until(page, "!!navigator.serviceWorker.controller")
    await until(page, "document.querySelector('field-ready')?.textContent.startsWith('可离线')")


async def answer(page: Page, number: int) -> None:
    """Answer what the list of the point's place asks for: one reading and one tick by hand, the rest as normal."""
    left = page.locator(".check-item")
    for index in range(await left.count()):
        entry = left.nth(index)
        if await entry.locator("input[name=value][inputmode=decimal]").count():
            await entry.locator("input[name=value]").fill(await middle(entry))
            await entry.get_by_role("button", name="记下").click()
            await expect(entry.get_by_role("button", name="已记")).to_be_visible()
        elif number in BAD and index == 0:
            await find_a_hazard(page, entry, number)
        elif await entry.get_by_role("button", name="√ 正常").count():
            await entry.get_by_role("button", name="√ 正常").click()
            await expect(entry.get_by_role("button", name="√ 正常")).to_have_attribute("aria-pressed", "true")


async def write_the_name(page: Page) -> None:
    """Write something like a name with the finger."""
    pad = page.locator("sign-pad canvas")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    for column in range(3):
        left, top = box["x"] + box["width"] * (0.2 + 0.2 * column), box["y"] + box["height"] * 0.3
        await page.mouse.move(left, top)
        await page.mouse.down()
        await page.mouse.move(left + 30, top + box["height"] * 0.4, steps=5)
        await page.mouse.move(left - 10, top + box["height"] * 0.3, steps=5)
        await page.mouse.up()


async def middle(entry: object) -> str:
    """Return a reading within the entry's range."""
    low = await entry.locator("input[name=low]").get_attribute("value")  # type: ignore[attr-defined]
    return low or "1"


async def find_a_hazard(page: Page, entry: object, number: int) -> None:
    """Mark the entry ×, say what it is, photograph it."""
    await entry.get_by_role("link", name="× 异常").click()  # type: ignore[attr-defined]
    await page.get_by_label("情况").fill(BAD[number])
    photo = {"name": "hazard.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture(1200 + number, 900))}
    await page.locator("field-photos input[type=file]").set_input_files([photo])
    await expect(page.locator("field-photos [data-photos] img")).to_have_count(1)
    await page.get_by_role("button", name="登记异常").click()
    await expect(page.get_by_text("已登记隐患")).to_be_visible()


@pytest.mark.timeout(420)
async def test_s01_twenty_checkpoints_in_airplane_mode(phone, desk):
    round_id, codes = await lay_out_the_round()
    guard = await phone(ZHAO)
    await guard.goto("/field/rounds")
    await settled(guard)
    await shoot(guard, "s01-01-rounds")

    await guard.context.set_offline(True)
    await guard.get_by_role("link", name=re.compile("设备日检")).first.click()
    await guard.get_by_role("button", name="开始巡查").click()
    await expect(guard.get_by_text("巡查中")).to_be_visible()
    await guard.get_by_role("link", name=re.compile("地下1号点")).click()
    for number, code in enumerate(codes, start=1):
        await expect(guard.get_by_role("heading", name=f"地下{number}号点", exact=True)).to_be_visible()
        await guard.get_by_label("扫点位上的码").fill(code)
        await guard.get_by_role("button", name="到点", exact=True).click()
        await expect(guard.locator(".check-item").first).to_be_visible()
        await answer(guard, number)
        if number == 3:
            await shoot(guard, "s01-02-checkpoint-offline")
            await guard.goto("/field/rounds")  # he leaves, and comes back
            await guard.goto(f"/field/rounds/{round_id}/points/{number}")
        await guard.get_by_role("button", name="完成本点").click()
    await expect(guard.get_by_text(f"{POINTS} / {POINTS} 点")).to_be_visible()
    await write_the_name(guard)
    await guard.get_by_role("button", name="完成并签名").click()
    await expect(guard.get_by_role("heading", name="巡查", exact=True)).to_be_visible()
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from patrol_check") == 0
    await shoot(guard, "s01-03-done-offline")
    await guard.goto(f"/field/rounds/{round_id}")
    await expect(guard.get_by_role("img", name="赵强 的手写签名")).to_be_visible()
    await shoot(guard, "s01-03-signed-offline")

    await guard.context.set_offline(False)
    await expect(guard.locator("header").get_by_text("已同步")).to_be_visible(timeout=90_000)
    await everything_arrived_once(round_id)

    office = await desk(WANG)
    await office.goto(f"/patrols/{round_id}")
    await expect(office.get_by_text(BAD[3]).first).to_be_visible()
    signature = office.get_by_role("img", name="赵强 的手写签名")
    await expect(signature).to_be_visible()
    assert await signature.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 900
    await shoot(office, "s01-04-office-report")
    paper = await office.request.get(f"/patrols/{round_id}/report.pdf")
    assert (paper.status, (await paper.body())[:5]) == (200, b"%PDF-")
    await office.goto("/hazards")
    await expect(office.get_by_text("泵房").or_(office.get_by_text("地下3号点")).first).to_be_visible()
    await shoot(office, "s01-05-office-hazards")


async def everything_arrived_once(round_id: str) -> None:
    """Each answer is there once, in order, with its photos whole in the store, and each hazard once."""
    async with DB.scope(EVERYWHERE):
        state = await fetchval("select state from patrol_round where id = $1::uuid", round_id)
        assert state == "abnormal"
        operations = await fetch("select seq, outcome from sync_op order by seq")
        assert [one["seq"] for one in operations] == list(range(1, len(operations) + 1))
        assert {one["outcome"] for one in operations} <= {"applied", "merged"}
        twice = await fetch(
            "select point_id, item, count(*) from patrol_check group by point_id, item having count(*) > 1"
        )
        assert twice == []
        assert await fetchval("select count(distinct point_id) from patrol_check") == POINTS
        hazards = await fetch("select id, summary from hazard order by found_at")
        assert len(hazards) == len(BAD)
        photos = await fetch("select key, size from photo where size > 0")
        assert len(photos) >= len(BAD)
        for photo in photos:
            assert (await object_store().get(photo["key"]))[:2] == b"\xff\xd8"
        print(json.dumps({"operations": len(operations), "photos": len(photos), "hazards": len(hazards)}))


async def test_what_a_guard_began_to_say_at_a_point_waits_there_and_nowhere_else(phone):
    async with DB.scope(EVERYWHERE):
        schedule = await a_route(names=("东门岗", "西门岗"), lists=("fire_daily",) * 2, dwell=0)
        await keeping.make_ahead()
        found = await fetchval("select id from patrol_round where schedule_id = $1 order by due_at limit 1", schedule)
        codes = [await code_of(found, position) for position in (1, 2)]
    guard = await phone(ZHAO)
    await guard.goto("/field/rounds")
    await settled(guard)
    await guard.context.set_offline(True)
    for number, code in enumerate(codes, start=1):
        await guard.goto(f"/field/rounds/{found}/points/{number}")
        await guard.get_by_label("扫点位上的码").fill(code)
        await guard.get_by_role("button", name="到点", exact=True).click()
        await expect(guard.locator(".check-item").first).to_be_visible()
        await guard.locator("#i-2").get_by_role("link", name="× 异常").click()
        await expect(guard.get_by_role("button", name="登记异常")).to_be_visible()
        if number == 1:
            photo = {"name": "hazard.jpg", "mimeType": "image/jpeg", "buffer": encoded(picture())}
            await guard.locator("field-photos input[type=file]").set_input_files([photo])
            await expect(guard.locator(".photo-item[data-state=kept]")).to_have_count(1)
            await guard.get_by_role("textbox", name="情况").fill("堆了纸箱")
    await guard.wait_for_timeout(500)  # what is kept is looked up after the page is there
    await expect(guard.locator(".photo-item")).to_have_count(0)
    await expect(guard.get_by_role("textbox", name="情况")).to_have_value("")
    await guard.goto(f"/field/rounds/{found}/points/1?bad=2")
    await expect(guard.locator(".photo-item")).to_have_count(1)
    await expect(guard.get_by_role("textbox", name="情况")).to_have_value("堆了纸箱")
    await guard.get_by_role("button", name="登记异常").click()
    await expect(guard.get_by_text("已登记隐患")).to_be_visible()


async def test_a_page_that_needs_a_line_leads_a_guard_in_the_basement_back_to_his_rounds(phone):
    guard = await phone(ZHAO)
    await guard.goto("/field/rounds")
    await settled(guard)
    await guard.context.set_offline(True)
    await guard.goto("/me")
    await guard.get_by_role("link", name="这部手机上还能做的").click()
    await guard.locator("#tabs").get_by_role("link", name="巡查").click()
    await expect(guard.get_by_role("heading", name="巡查", exact=True)).to_be_visible()

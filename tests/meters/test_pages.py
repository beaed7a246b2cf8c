"""The pages of meters over HTTP, at the desk and in the field without JavaScript."""

import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from python_calamine import CalamineWorkbook

from server.db import DB, EVERYWHERE, execute, fetchrow, fetchval
from tests.cast import CHEN, LAOLI, LIN, SHIFU, SUN, WANG, ZHAO, ZHOU
from tests.meters.scenes import a_meter, a_period, a_route, do, readings_of
from tests.patrols.scenes import reach
from tests.storage.pictures import encoded, picture


@pytest.fixture
async def stage(db: str) -> dict[str, UUID]:
    """Two meters on a route, one of which has been read oddly."""
    async with reach():
        one, two = await a_meter(), await a_meter("3栋1单元1302", number="W-2")
        await a_period()
        route = await a_route(one, two)
        await do("meter.read", two, LAOLI, value="90", confirmed="yes", photos=0)
        odd = await fetchval("select id from meter_reading where status = 'doubtful'")
    return {"one": one, "two": two, "route": route, "odd": odd}


def hidden(html: str) -> dict[str, str]:
    """Return the hidden fields of the first operation's form."""
    form = html[html.index("data-op") :]
    return dict(re.findall(r'type="hidden" name="([\w\[\]]+)" value="([^"]*)"', form[: form.index("</form>")]))


async def test_a_reader_walks_the_route_without_javascript(client_for, stage):
    shifu = await client_for(SHIFU)
    assert "3栋水表" in (await shifu.get("/field/meters")).text
    route = f"/field/meters/{stage['route']}"
    listed = (await shifu.get(f"{route}?show=all")).text
    assert "3栋1单元1301" in listed and "待核对" in listed and "<form" not in listed[listed.index('id="main"') :]
    address = f"{route}/{stage['one']}"
    page = (await shifu.get(address)).text
    assert 'inputmode="decimal"' in page and ">121<" in page
    refused = await shifu.post("/field/do/meter.read", data=hidden(page) | {"value": "12"})
    assert refused.status_code == 422 and "比上期小" in refused.text and 'value="12"' in refused.text
    files = {"photos:reading": ("表.jpg", io.BytesIO(encoded(picture())), "image/jpeg")}
    done = await shifu.post("/field/do/meter.read", data=hidden(page) | {"value": "131.5"}, files=files)
    assert (done.status_code, done.headers["location"]) == (303, route), "no meter of the route is left"
    shown = (await shifu.get(address)).text
    assert "131.5" in shown and "10.5" in shown and "/field/photo/" in shown
    async with DB.scope(EVERYWHERE):
        assert (await readings_of(stage["one"]))[-1][2:] == ("131.5", "10.5", "ok")


async def test_a_meter_behind_a_locked_door_and_a_changed_one(client_for, stage):
    shifu = await client_for(SHIFU)
    address = f"/field/meters/{stage['route']}/{stage['one']}"
    page = (await shifu.get(f"{address}/otherwise")).text
    assert (await shifu.post("/field/do/meter.unreadable", data=hidden(page) | {"reason": ""})).status_code == 422
    answer = await shifu.post("/field/do/meter.unreadable", data=hidden(page) | {"reason": "locked", "estimate": "132"})
    assert answer.status_code == 303
    page = (await shifu.get(f"{address}/replacement")).text
    answer = await shifu.post(
        "/field/do/meter.replace", data=hidden(page) | {"old_final": "133", "number": "W-77", "initial": "0"}
    )
    assert answer.status_code == 303
    async with DB.scope(EVERYWHERE):
        assert [one[1:] for one in (await readings_of(stage["one"]))[-2:]] == [
            ("estimated", "132", "11", "ok"),
            ("final", "133", "1", "ok"),
        ]
        assert await fetchval("select place from meter where number = 'W-77'") == "3栋1单元1301"


async def test_the_clerk_reviews_and_exports(client_for, stage):
    zhou = await client_for(ZHOU)
    assert "待核对 1" in (await zhou.get("/meters")).text
    assert "3栋1单元1302" in (await zhou.get("/meters/review")).text
    address = f"/meters/review/{stage['odd']}"
    assert "走满归零，批准" in (await zhou.get(address)).text
    refused = await zhou.post(address, data={"verdict": "correct", "value": "80", "reason": "看错"})
    assert refused.status_code == 422 and "比上一个读数 121 小" in refused.text and 'value="80"' in refused.text
    done = await zhou.post(address, data={"verdict": "correct", "value": "132", "reason": "看照片是 132"})
    assert done.status_code == 303
    shown = (await zhou.get(f"/meters/{stage['two']}")).text
    assert "看照片是 132" in shown and "<svg" in shown and "已被替代" in shown
    file = await zhou.get("/meters/periods/2026-11/readings.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert sheet[1][:4] == ["位置", "房屋编号", "类型", "表号"]
    assert [row[5:10] for row in sheet[2:]] == [[121.0, 132.0, 11.0, "实抄", "核对通过"]]
    assert (await zhou.get("/meters/periods/nonsense/readings.xlsx")).status_code == 404


async def test_the_reader_is_told_that_somebody_else_has_to_review(client_for, stage):
    async with reach():
        await do("meter.read", stage["one"], ZHOU, value="50", confirmed="yes")
        own = await fetchval(
            "select id from meter_reading where status = 'doubtful' and account_id = $1", ZHOU.account_id
        )
    zhou = await client_for(ZHOU)
    shown = (await zhou.get(f"/meters/review/{own}")).text
    assert "自己抄的读数要由别人核对" in shown and 'name="verdict"' not in shown
    assert (await zhou.post(f"/meters/review/{own}", data={"verdict": "reject", "reason": "x"})).status_code == 422


async def test_the_register_is_searched_and_taken_out(client_for, stage):
    wang = await client_for(WANG)
    page = (await wang.get("/meters?q=W-2&kind=water")).text
    assert "3栋1单元1302" in page and "3栋1单元1301" not in page
    assert "没有找到" in (await wang.get("/meters?q=nothing")).text
    assert "已拆下" in (await wang.get("/meters?hangs=removed")).text
    file = await wang.get("/meters/export?kind=water")
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()) == 4
    async with DB.scope(EVERYWHERE):
        assert (await fetchrow("select action from audit order by seq desc nulls first limit 1"))[
            "action"
        ] == "meter.export"


async def test_meters_periods_and_routes_are_kept_at_the_desk(client_for, stage):
    zhou = await client_for(ZHOU)
    new = {"kind": "power", "number": "D-9", "place": "3栋1单元1301", "digits": "6", "ratio": "1", "initial": "12.5"}
    bad = await zhou.post("/meters", data=new | {"installed_on": "2099-01-01", "ratio": "0"})
    assert bad.status_code == 422 and "要大于 0" in bad.text and 'value="D-9"' in bad.text
    made = await zhou.post("/meters", data=new | {"installed_on": "2026-10-01"})
    assert made.status_code == 303
    assert (await zhou.post("/meters", data=new | {"installed_on": "2026-10-01"})).status_code == 422
    address = made.headers["location"]
    typed = await zhou.post(f"{address}/readings", data={"value": "3"})
    assert typed.status_code == 422 and "比上期小" in typed.text and 'name="confirmed"' in typed.text
    assert (await zhou.post(f"{address}/readings", data={"value": "30"})).status_code == 303
    assert (
        await zhou.post(f"{address}/correction", data={"number": "D-9", "digits": "6", "ratio": "2"})
    ).status_code == 303
    route = {"name": "电表", "kind": "power", "reader": str(SHIFU.person_id)}
    assert (await zhou.post("/meters/routes", data=route)).status_code == 303
    assert (await zhou.post("/meters/routes", data=route)).status_code == 422
    page = (await zhou.get("/meters/periods")).text
    assert "电表" in page and "1 / 2" in page
    again = await zhou.post(
        "/meters/periods", data={"period": "2026-11", "opens_on": "2026-11-20", "due_on": "2026-11-25"}
    )
    assert again.status_code == 422 and "这一期已经开过" in again.text
    assert (await zhou.post("/meters/periods/closing")).status_code == 303


async def test_who_has_nothing_to_do_with_meters_sees_none(client_for, stage):
    desk = ("/meters", f"/meters/{stage['one']}", "/meters/review", "/meters/periods", "/meters/routes/new")
    field = ("/field/meters", f"/field/meters/{stage['route']}", f"/field/meters/{stage['route']}/{stage['one']}")
    for who, addresses in ((SHIFU, desk), (LIN, desk + field), (CHEN, desk + field), (ZHAO, desk + field)):
        client = await client_for(who)
        assert {(await client.get(address)).status_code for address in addresses} == {404}, who.name


async def test_another_community_finds_nothing(client_for, stage):
    sun = await client_for(SUN)
    for address in (f"/meters/{stage['one']}", f"/meters/review/{stage['odd']}", f"/meters/routes/{stage['route']}"):
        assert (await sun.get(address)).status_code == 404
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"/meters/{stage['one']}/readings", {"value": "130"}),
        (f"/meters/{stage['one']}/correction", {"number": "x", "digits": "5", "ratio": "1"}),
        (f"/meters/review/{stage['odd']}", {"verdict": "reject", "reason": "x"}),
        (f"/meters/routes/{stage['route']}", {"name": "x"}),
        (f"/meters/routes/{stage['route']}/end", {}),
        (f"/meters/{uuid4()}/readings", {"value": "1"}),
    ]
    assert {(await sun.post(address, data=data)).status_code for address, data in posts} == {404}
    async with DB.scope(EVERYWHERE):
        await execute("select 1")
        assert await fetchval("select count(*) from meter_reading where account_id = $1", SUN.account_id) == 0


async def test_a_room_leads_to_its_meters(client_for, stage):
    from tests.cast import room_id

    zhou = await client_for(ZHOU)
    assert f"/meters/{stage['one']}" in (await zhou.get(f"/rooms/{room_id('3栋1单元1301')}")).text

"""The phone's pages, rendered by the server and worked without any script."""

from server.lib.ids import uuid7
from tests.cast import CHEN, QIAN, SUN
from tests.hazards.scenes import DB, EVERYWHERE, GUAN, SHIFU, ZHAO, actor, fetchval, find
from tests.hazards.test_pages import come
from tests.storage.pictures import encoded, picture

PHOTO = ("a.jpg", encoded(picture()), "image/jpeg")


async def do(client, verb, scene, files=None, **data):
    """Send a field form as a browser without script does."""
    async with DB.scope(EVERYWHERE):
        base = await fetchval("select version from hazard where id = $1", scene.id)
    sent = {
        "_entity": str(scene.id),
        "_base": base,
        "_page": f"/field/hazards/{scene.id}/{verb}",
        "_next": "/field/hazards",
    }
    return await client.post(f"/field/do/hazard.{verb}", data=sent | data, files=files)


async def test_a_guard_reports_with_the_photo_first(client_for):
    guard, id_ = await client_for(ZHAO), str(uuid7())
    page = (await guard.get("/field/hazards/new")).text
    assert page.index('name="photos:before"') < page.index('name="place"')
    data = {
        "_entity": id_,
        "_page": "/field/hazards/new",
        "_next": "/field/hazards",
        "category": "power",
        "place": "配电房",
    }
    refused = await guard.post("/field/do/hazard.report", data=data | {"text": "冒烟了"})
    assert (refused.status_code, "请拍一张照片" in refused.text, "冒烟了" in refused.text) == (422, True, True)
    answer = await guard.post("/field/do/hazard.report", data=data | {"text": "冒烟了"}, files={"photos:before": PHOTO})
    assert (answer.status_code, answer.headers["location"]) == (303, "/field/hazards")
    shown = (await guard.get(f"/field/hazards/{id_}")).text
    assert "隔离现场" in shown
    assert "重大" in shown, "words of danger make it major"


async def test_each_sees_first_what_they_have_to_do(client_for):
    scene = await come("notified")
    mine = (await (await client_for(SHIFU)).get("/field/hazards")).text
    assert "等我处理 1" in mine
    others = (await (await client_for(ZHAO)).get("/field/hazards")).text
    assert "等我处理" not in others
    assert "疏散通道堆放纸箱" in others
    assert "开始整改" in (await (await client_for(SHIFU)).get(f"/field/hazards/{scene.id}")).text
    assert "开始整改" not in (await (await client_for(QIAN)).get(f"/field/hazards/{scene.id}")).text


async def test_it_is_put_right_and_checked_by_another_on_two_phones(client_for):
    scene = await come("notified")
    hand, guard = await client_for(SHIFU), await client_for(ZHAO)
    assert (await do(hand, "start", scene)).status_code == 303
    assert (await do(hand, "submit", scene, note="清走了")).status_code == 422
    assert (await do(hand, "submit", scene, {"photos:after": PHOTO}, note="清走了")).status_code == 303
    assert "复查隐患" not in (await hand.get(f"/field/hazards/{scene.id}")).text
    assert "复查隐患" in (await guard.get(f"/field/hazards/{scene.id}")).text
    own = await do(hand, "recheck", scene, {"photos:recheck": PHOTO}, result="pass")
    assert (own.status_code, "不能是同一个人" in own.text) == (422, True)
    assert (await do(guard, "recheck", scene, {"photos:recheck": PHOTO}, result="pass")).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert (await find(scene.id, by=actor(GUAN))).state == "closed"


async def test_who_is_late_is_told_who_was_first(client_for):
    scene = await come("submitted")
    hand = await client_for(SHIFU)
    page = f"/field/hazards/{scene.id}/submit"
    data = {"_entity": str(scene.id), "_base": "4", "_page": page, "note": "我也清了"}
    late = await hand.post("/field/do/hazard.submit", data=data, files={"photos:after": PHOTO})
    assert (late.status_code, "王水生提交了整改" in late.text, "我也清了" in late.text) == (409, True, True)


async def test_every_step_has_its_form(client_for):
    scene = await come("registered", grade="major", category="storage")
    office = await client_for(GUAN)
    for step in ("submit", "recheck", "extend", "isolate", "tell_company", "tell_authority", "dissuade", "note", "start", "inspect"):  # fmt: skip
        page = await office.get(f"/field/hazards/{scene.id}/{step}")
        assert page.status_code == 200, step
        assert f"/field/do/hazard.{step}" in page.text


async def test_the_offices_steps_lead_to_its_desk(client_for):
    scene = await come("registered")
    office = await client_for(GUAN)
    page = await office.get(f"/field/hazards/{scene.id}")
    assert f'href="/hazards/{scene.id}/steps/notice"' in page.text
    assert SHIFU.name in (await office.get(f"/hazards/{scene.id}/steps/notice")).text
    assert "/field/do/hazard.note" in (await office.get(f"/field/hazards/{scene.id}/notice")).text


async def test_a_stranger_finds_no_page(client_for):
    scene = await come("notified")
    for who in (SUN, CHEN):
        client = await client_for(who)
        for path in ("", "/submit", "/note"):
            assert (await client.get(f"/field/hazards/{scene.id}{path}")).status_code == 404
        assert (await do(client, "note", scene, note="入侵")).status_code == 404

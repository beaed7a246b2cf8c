"""The desk's pages over HTTP: the register, a new hazard, every step's form, papers, export, and who was faster."""

import io

import pytest
from python_calamine import CalamineWorkbook

from server.lib.ids import uuid7
from tests.cast import CHEN, SUN
from tests.hazards.scenes import DB, EVERYWHERE, GUAN, SHIFU, WANG, ZHAO, Scene, actor, execute, fetchval, find
from tests.storage.pictures import encoded, picture

NEW = {"category": "escape", "place": "3栋1单元 大堂", "text": "疏散通道堆放纸箱。两米多高"}


async def come(how: str, **changes) -> Scene:
    """Return a scene that has come as far as `how`."""
    scene = Scene()
    async with DB.scope(EVERYWHERE):
        await getattr(scene, how)(**changes)
    return scene


async def test_the_office_writes_a_hazard_down_and_it_is_registered(client_for):
    office = await client_for(GUAN)
    id_ = str(uuid7())
    files = {"photos": ("a.jpg", encoded(picture()), "image/jpeg")}
    answer = await office.post("/hazards", data={"id": id_, **NEW, "source": "resident"}, files=files)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/hazards/{id_}")
    again = await office.post("/hazards", data={"id": id_, **NEW, "source": "resident"})
    assert again.status_code == 303
    page = (await office.get(f"/hazards/{id_}")).text
    assert "疏散通道堆放纸箱" in page
    assert "待下通知" in page
    assert "住户反映" in page
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from hazard") == 1


async def test_a_form_with_mistakes_comes_back_with_what_was_typed(client_for):
    office = await client_for(GUAN)
    answer = await office.post("/hazards", data={"id": str(uuid7()), "category": "x", "text": "堆了东西"})
    assert answer.status_code == 422
    assert "请从列表中选择" in answer.text
    assert "请填写这一项" in answer.text
    assert "堆了东西" in answer.text


@pytest.mark.parametrize(
    "view", ["open", "late", "found", "recheck", "major", "closed", "all", "waiting", "working", "nonsense"]
)
async def test_the_register_is_filtered_and_searched(client_for, view):
    scene = await come("found")
    async with DB.scope(EVERYWHERE):
        await execute("update hazard set due_at = now() - interval '1 hour' where id = $1", scene.id)
    office = await client_for(WANG)
    page = (await office.get(f"/hazards?view={view}")).text
    assert ("疏散通道堆放纸箱" in page) == (view in {"open", "late", "found", "all", "nonsense"})
    assert "疏散通道堆放纸箱" not in (await office.get("/hazards?view=all&q=没有的词")).text
    assert "疏散通道堆放纸箱" in (await office.get("/hazards?view=all&q=纸箱 赵强&category=escape&grade=general")).text
    assert "疏散通道堆放纸箱" not in (await office.get(f"/hazards?view=all&responsible={SHIFU.person_id}")).text


async def test_every_step_by_its_form(client_for):
    scene = await come("found")
    office, hand, guard = await client_for(GUAN), await client_for(SHIFU), await client_for(ZHAO)

    async def step(client, name, photo=False, **data):
        files = {"photos": ("a.jpg", encoded(picture()), "image/jpeg")} if photo else None
        async with DB.scope(EVERYWHERE):
            version = await fetchval("select version from hazard where id = $1", scene.id)
        assert (await client.get(f"/hazards/{scene.id}/steps/{name}")).status_code == 200
        answer = await client.post(f"/hazards/{scene.id}/steps/{name}", data={"version": version, **data}, files=files)
        assert answer.status_code == 303, (name, answer.status_code, answer.text[:3000])

    await step(office, "register", category="storage", grade="general")
    await step(guard, "dissuade", helped="no", note="劝了不听")
    await step(office, "tell_authority", note="已报街道")
    await step(office, "notice", responsible=str(SHIFU.person_id), pace="soon", note="清走", budget="120.50")
    await step(hand, "start")
    await step(hand, "extend", until="2099-12-01", note="等人")
    await step(office, "decide", granted="yes")
    await step(office, "assign", responsible=str(ZHAO.person_id), note="换人")
    await step(office, "assign", responsible=str(SHIFU.person_id))
    await step(hand, "submit", photo=True, note="已清走", cost="88")
    await step(guard, "inspect")
    await step(guard, "recheck", photo=True, result="fail", note="还有一箱")
    await step(hand, "note", note="明天再清")
    await step(hand, "start")
    await step(hand, "submit", photo=True, note="全部清走")
    await step(guard, "recheck", photo=True, result="pass")
    async with DB.scope(EVERYWHERE):
        hazard = await find(scene.id, by=actor(GUAN))
    assert (hazard.state, hazard.budget, hazard.cost) == ("closed", 12050, 8800)
    for paper, words in (("notice", "隐患整改通知书"), ("record", "隐患销号单")):
        page = (await office.get(f"/hazards/{scene.id}/{paper}")).text
        assert words in page
        assert hazard.number in page


async def test_the_major_path_by_its_forms(client_for):
    scene = await come("found", grade="major")
    office = await client_for(GUAN)
    assert "1 小时内上报" in (await office.get(f"/hazards/{scene.id}")).text
    await office.post(f"/hazards/{scene.id}/steps/register", data={"version": 1})
    too_soon = await office.post(
        f"/hazards/{scene.id}/steps/notice", data={"responsible": str(SHIFU.person_id), "pace": "soon", "note": "停用"}
    )
    assert too_soon.status_code == 422
    assert "请先隔离现场" in too_soon.text
    for name in ("isolate", "tell_company", "tell_authority"):
        answer = await office.post(f"/hazards/{scene.id}/steps/{name}", data={"note": "做了"})
        assert answer.status_code == 303
    parts = dict.fromkeys(("duty", "measures", "funds", "term"), "有")
    missing = await office.post(f"/hazards/{scene.id}/steps/plan", data=parts)
    assert (missing.status_code, "五落实要逐项写明" in missing.text) == (422, True)
    done = await office.post(f"/hazards/{scene.id}/steps/plan", data=parts | {"emergency": "撤离"})
    assert done.status_code == 303
    assert "撤离" in (await office.get(f"/hazards/{scene.id}")).text


async def test_who_comes_too_late_is_told_who_was_faster_and_can_keep_it_as_a_note(client_for):
    scene = await come("submitted")
    hand = await client_for(SHIFU)
    stale = {"version": "4", "note": "我也清了"}
    files = {"photos": ("a.jpg", encoded(picture()), "image/jpeg")}
    late = await hand.post(f"/hazards/{scene.id}/steps/submit", data=stale, files=files)
    assert late.status_code == 409
    assert "王水生提交了整改" in late.text
    assert "我也清了" in late.text
    assert "作为补充说明保存" in late.text


async def test_own_work_is_not_offered_and_is_refused_in_words(client_for):
    scene = await come("submitted")
    hand = await client_for(SHIFU)
    assert (await hand.get(f"/hazards/{scene.id}/steps/recheck")).status_code == 303
    files = {"photos": ("a.jpg", encoded(picture()), "image/jpeg")}
    answer = await hand.post(f"/hazards/{scene.id}/steps/recheck", data={"result": "pass"}, files=files)
    assert (answer.status_code, "不能是同一个人" in answer.text) == (422, True)


async def test_a_ticket_is_made_and_both_pages_lead_to_each_other(client_for):
    scene = await come("registered", category="power")
    office = await client_for(WANG)
    form = (await office.get(f"/hazards/{scene.id}/steps/ticket")).text
    assert "疏散通道堆放纸箱" in form
    answer = await office.post(f"/hazards/{scene.id}/steps/ticket", data={"note": "修门", "ticket": str(uuid7())})
    assert answer.status_code == 303
    async with DB.scope(EVERYWHERE):
        ticket_id = await fetchval("select ticket_id from hazard where id = $1", scene.id)
    assert f"/tickets/{ticket_id}" in (await office.get(f"/hazards/{scene.id}")).text
    assert f"/hazards/{scene.id}" in (await office.get(f"/tickets/{ticket_id}")).text


async def test_the_register_as_a_spreadsheet(client_for):
    await come("closed")
    office = await client_for(GUAN)
    answer = await office.get("/hazards/export?view=all")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert "管婷" in rows[0][0]
    assert rows[1][:2] == ["编号", "状态"]
    assert rows[2][1:4] == ["已销号", "疏散通道堆放纸箱", "3栋1单元 大堂"]
    assert (await (await client_for(SHIFU)).get("/hazards/export")).status_code == 404


async def test_limits_are_set_by_the_manager_and_hold_for_the_next_report(client_for):
    manager = await client_for(WANG)
    wrong = await manager.post("/hazards/limits", data={"immediate": 9, "soon": 4, "usual": 168, "parts": 360})
    assert (wrong.status_code, "从短到长" in wrong.text) == (422, True)
    good = {"immediate": 1, "soon": 24, "usual": 120, "parts": 240}
    assert (await manager.post("/hazards/limits", data=good)).status_code == 303
    assert 'value="24"' in (await manager.get("/hazards/limits")).text
    assert (await (await client_for(GUAN)).get("/hazards/limits")).status_code == 404
    scene = await come("found")
    async with DB.scope(EVERYWHERE):
        hours = "select extract(epoch from due_at - found_at)::int / 3600 from hazard where id = $1"
        assert await fetchval(hours, scene.id) == 1


async def test_figures_show_months_and_categories(client_for):
    await come("closed")
    page = (await (await client_for(WANG)).get("/hazards/figures")).text
    assert "近六个月" in page
    assert "100.0%" in page
    assert "疏散通道堵塞" in page


async def test_a_stranger_meets_404(client_for):
    scene = await come("submitted")
    for who in (SUN, CHEN):
        client = await client_for(who)
        for path in ("", "/notice", "/record", "/steps/note", "/steps/recheck"):
            assert (await client.get(f"/hazards/{scene.id}{path}")).status_code == 404
        assert (await client.post(f"/hazards/{scene.id}/steps/note", data={"note": "x"})).status_code == 404
    assert (await (await client_for(ZHAO)).get(f"/hazards/{scene.id}/steps/nonsense")).status_code == 404

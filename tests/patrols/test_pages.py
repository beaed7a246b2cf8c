"""The office's pages of patrols and the field pages, over HTTP."""

import re

import pytest

from server.db import DB, EVERYWHERE, execute, fetchval
from server.lib.formats import CHINA, now
from server.lib.ids import uuid7
from server.patrols import board, keeping
from server.patrols.entries import read
from tests.cast import SUN, WANG, ZHAO, ZHOU
from tests.patrols.scenes import a_round, code_of, do, reach


async def stage():
    async with DB.scope(EVERYWHERE):
        return await a_round()


async def test_the_board_shows_the_round_that_is_due(client_for):
    round_id = await stage()
    answer = await (await client_for(WANG)).get("/patrols")
    assert answer.status_code == 200
    assert f"/patrols/{round_id}" in answer.text
    assert (await (await client_for(WANG)).get("/patrols?view=places")).text.count("生活水泵房") == 1


async def test_every_filter_of_the_board_finds_what_its_chip_counts(client_for):
    round_id = await stage()
    async with reach():
        await do("round.scan", round_id, ZHAO, point="2", reason="码被撕掉")
    async with DB.scope(EVERYWHERE):
        await execute(
            "update patrol_round set due_at = due_at - interval '3 days', state = 'missed' where id ="
            " (select id from patrol_round where id <> $1 order by due_at limit 1)",
            round_id,
        )
    office = await client_for(WANG)
    for name in board.FILTERS:
        shown = await office.get(f"/patrols?filter={name}")
        assert shown.status_code == 200, name
        count = re.search(rf'href="/patrols\?day=[0-9-]+&amp;filter={name}"[^>]*>[^<]*<[^>]*>(\d+)<', shown.text)
        assert count, name
        assert shown.text.count('class="row-link"') == int(count[1]), name
    assert f"/patrols/{round_id}" in (await office.get("/patrols?filter=signs")).text
    for nonsense in ("9999-12-31", "0001-01-01", "yesterday"):
        assert f"/patrols/{round_id}" in (await office.get(f"/patrols?day={nonsense}")).text


async def test_a_missed_round_gets_its_reason_and_is_added_afterwards_with_a_mark(client_for):
    round_id = await stage()
    async with DB.scope(EVERYWHERE):
        await fetchval(
            "update patrol_round set ends_at = now() - interval '1 minute' where id = $1 returning 1", round_id
        )
        await keeping.mark_missed()
    client = await client_for(ZHOU)
    assert (await client.post(f"/patrols/{round_id}/reason", data={"reason": ""})).status_code == 422
    assert (await client.post(f"/patrols/{round_id}/reason", data={"reason": "暴雨"})).status_code == 303
    assert "暴雨" in (await client.get(f"/patrols/{round_id}")).text
    version = await seen(round_id, "version")
    late = {"version": version, "walked_by": "赵强", "at": "2026-01-01T08:00", "reason": "手机没电"}
    assert (await client.post(f"/patrols/{round_id}/backfill", data=late | {"version": 99})).status_code == 409
    assert (
        await client.post(f"/patrols/{round_id}/backfill", data=late | {"at": "2099-01-01T08:00"})
    ).status_code == 422
    assert (await client.post(f"/patrols/{round_id}/backfill", data=late)).status_code == 303
    assert (await seen(round_id, "state"), await seen(round_id, "signs")) == ("late", '["backfilled"]')


async def seen(round_id, column):
    async with DB.scope(EVERYWHERE):
        return await fetchval(f"select {column} from patrol_round where id = $1", round_id)


async def test_the_report_is_a_page_a_pdf_and_a_line_of_a_spreadsheet(client_for):
    round_id = await stage()
    async with reach():
        await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
        await do("round.tick", round_id, ZHAO, point="1", item="2", value="bad", note="楼道堆物", photos=1)
    client = await client_for(WANG)
    assert "楼道堆物" in (await client.get(f"/patrols/{round_id}")).text
    paper = await client.get(f"/patrols/{round_id}/report.pdf")
    assert paper.content.startswith(b"%PDF")
    assert (await client.get("/patrols/export")).content.startswith(b"PK")
    assert (await client.get("/patrols/rates")).status_code == 200


async def test_without_a_chinese_font_the_page_says_so(client_for, monkeypatch):
    round_id = await stage()
    monkeypatch.setattr("server.patrols.typesetting.fonts", tuple)
    answer = await (await client_for(WANG)).get(f"/patrols/{round_id}/report.pdf")
    assert answer.status_code == 409
    assert "fonts-noto-cjk" in answer.text


async def test_a_checkpoint_is_added_printed_and_exported(client_for):
    client = await client_for(ZHOU)
    place = {"id": str(uuid7()), "name": "东门岗", "place": "东门", "kind": "gate", "is_active": "1", "nfc": "04:AA"}
    assert (await client.post("/patrols/checkpoints", data=place | {"name": ""})).status_code == 422
    assert (await client.post("/patrols/checkpoints", data=place)).status_code == 303
    twin = await client.post("/patrols/checkpoints", data=place | {"id": str(uuid7())})
    assert twin.status_code == 422
    assert (await client.post("/patrols/checkpoints", data=place | {"name": "东门"})).status_code == 303
    assert "东门" in (await client.get("/patrols/checkpoints?q=东门")).text
    assert "<svg" in (await client.get("/patrols/checkpoints/plates")).text
    assert (await client.get("/patrols/checkpoints/export")).content.startswith(b"PK")
    async with DB.scope(EVERYWHERE):
        secret = await fetchval("select secret from checkpoint")
    assert secret not in (await client.get("/patrols/checkpoints")).text


async def test_a_route_is_drawn_scheduled_and_its_rounds_follow_its_changes(client_for):
    await stage()
    client = await client_for(ZHOU)
    figures = {"name": "夜巡", "post": "patrol", "ordering": "shuffled", "is_active": "1", "dwell": "20"}
    made = await client.post("/patrols/routes", data=figures)
    address = made.headers["location"]
    async with DB.scope(EVERYWHERE):
        point = str(await fetchval("select id from checkpoint order by name limit 1"))
        list_ = str(await fetchval("select id from checklist where key = 'fire_daily'"))
    stops = {"version": "1", "stop_number": ["1"], "stop_point": [point], "stop_list": [list_]}
    assert (await client.post(address, data=figures | stops)).status_code == 303
    assert (await client.post(address, data=figures | stops)).status_code == 422, "saved by somebody else meanwhile"
    night = {"kind": "daily", "first": "22：00", "last": "06:00", "hours": "2"}
    assert (await client.post(f"{address}/schedules", data={"kind": "daily"})).status_code == 422
    assert (await client.post(f"{address}/schedules", data=night)).status_code == 303
    query = "select count(*) from patrol_round where name = '夜巡'"
    async with DB.scope(EVERYWHERE):
        assert await fetchval(query) >= 10
        schedule = await fetchval(
            'select id from patrol_schedule where clock_times = \'["00:00", "02:00", "04:00", "06:00", "22:00"]\''
        )
    assert (await client.post(f"{address}/schedules/{schedule}/end")).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await fetchval(query + " and opens_at > now()") == 0


async def test_a_list_is_edited_as_a_draft_and_published_as_a_new_version(client_for):
    round_id = await stage()
    client = await client_for(ZHOU)
    assert (await client.get("/patrols/checklists")).status_code == 200
    async with DB.scope(EVERYWHERE):
        list_id = await fetchval("select id from checklist where key = 'water_pump_room'")
    row = {
        name: [""] for name in ("entry_unit", "entry_low", "entry_high", "entry_options", "entry_wrong", "entry_when")
    }
    row |= {"entry_id": ["1"], "entry_text": ["门锁"], "entry_kind": ["tri"], "entry_weight": ["1"]}
    form = {"name": "水泵房", "version": "1", "publish": "1"} | row
    assert (
        await client.post(f"/patrols/checklists/{list_id}", data=form | {"entry_when": ["9=bad"]})
    ).status_code == 422
    form["version"] = "2"
    assert (await client.post(f"/patrols/checklists/{list_id}", data=form | {"entry_low": ["x"]})).status_code == 422
    assert (await client.post(f"/patrols/checklists/{list_id}", data=form)).status_code == 303
    async with DB.scope(EVERYWHERE):
        query = """select number from patrol_point join checklist_version on checklist_version.id = list_id
            where round_id = $1 and position = 2"""
        assert await fetchval(query, round_id) == 2
    assert "门锁" in (await client.get(f"/patrols/checklists/{list_id}")).text


EMPTY = {"entry_unit": "", "entry_low": "", "entry_high": "", "entry_options": "", "entry_wrong": "", "entry_when": ""}


async def publish(client, key, *rows):
    """Publish a list whose entries are what a clerk types into the columns of the editor."""
    async with DB.scope(EVERYWHERE):
        list_id = await fetchval("select id from checklist where key = $1", key)
    typed = [EMPTY | {"entry_id": str(n), "entry_weight": "1"} | one for n, one in enumerate(rows, start=1)]
    columns = {name: [one[name] for one in typed if name in one] for name in typed[0]}
    form = {"name": "检查表", "version": "1", "publish": "1"} | columns
    assert (await client.post(f"/patrols/checklists/{list_id}", data=form)).status_code == 303
    async with DB.scope(EVERYWHERE):
        query = "select content from checklist_version where checklist_id = $1 order by number desc limit 1"
        return read(await fetchval(query, list_id))


CHOICE = {"entry_kind": "choice", "entry_text": "挡位", "entry_options": "自动，手动、停", "entry_wrong": "停"}


async def test_a_list_takes_every_kind_as_a_clerk_types_it(client_for):
    await stage()
    asked = {"entry_kind": "text", "entry_text": "说明", "entry_when": "1＝停"}
    seen = {"entry_kind": "photo", "entry_text": "全景", "entry_low": "2", "entry_high": "4"}
    choice, text, photo = await publish(await client_for(ZHOU), "water_pump_room", CHOICE, asked, seen)
    assert choice.options == ("自动", "手动", "停")
    assert (text.when_item, text.when_is) == ("1", "停")
    assert (photo.least, photo.most, photo.low) == (2, 4, "")


async def at_the_first_point(client_for, round_id):
    """Return a guard who has scanned the first point of a round, the point's page, and what every form there sends."""
    async with DB.scope(EVERYWHERE):
        code = await code_of(round_id)
    guard, here = await client_for(ZHAO), f"/field/rounds/{round_id}/points/1"
    sent = {"_entity": str(round_id), "_base": "1", "_page": here, "_next": here, "point": "1"}
    await guard.post("/field/do/round.scan", data=sent | {"code": code, "how": "qr"})
    return guard, here, sent


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("photo", "4", "2"), ("photo", "0", ""), ("photo", "", "12"), ("number", "2", "1")]
)
async def test_a_range_that_nothing_fits_is_refused(client_for, kind, low, high):
    await stage()
    client = await client_for(ZHOU)
    async with DB.scope(EVERYWHERE):
        list_id = await fetchval("select id from checklist where key = 'fire_daily'")
    row = EMPTY | {
        "entry_id": "1",
        "entry_weight": "1",
        "entry_kind": kind,
        "entry_text": "压力",
        "entry_low": low,
        "entry_high": high,
    }
    form = {"name": "检查表", "version": "1", "publish": "1"} | {name: [value] for name, value in row.items()}
    answer = await client.post(f"/patrols/checklists/{list_id}", data=form)
    assert answer.status_code == 422
    assert "第 1 行：范围和权重要填数字，下限不大于上限" in answer.text


async def test_a_bad_choice_has_a_form_to_say_what_is_wrong(client_for):
    round_id = await stage()
    await publish(await client_for(ZHOU), "fire_daily", CHOICE)
    guard, here, sent = await at_the_first_point(client_for, round_id)
    tick = {"item": "1", "what": "choice", "value": "停", "wrong[]": "停"}
    assert (await guard.post("/field/do/round.tick", data=sent | tick)).status_code == 303
    assert f'href="{here}?bad=1#i-1"' in (await guard.get(here)).text
    form = (await guard.get(f"{here}?bad=1")).text.split("f-note-1")[0].rsplit("<form", 1)[1]
    for name, value in (("value", "停"), ("wrong[]", "停")):
        assert f'name="{name}" value="{value}"' in form


async def test_a_guard_sees_which_items_must_not_fail(client_for):
    round_id = await stage()
    await publish(await client_for(ZHOU), "fire_daily", CHOICE | {"entry_critical": "0"}, CHOICE)
    guard, here, _sent = await at_the_first_point(client_for, round_id)
    assert (await guard.get(here)).text.count("否决项") == 1


async def test_what_is_wrong_and_unexplained_stays_in_sight_when_its_condition_falls_away(client_for):
    round_id = await stage()
    asked = {"entry_kind": "number", "entry_text": "手动压力", "entry_high": "2", "entry_when": "1=手动"}
    await publish(await client_for(ZHOU), "fire_daily", CHOICE, asked)
    guard, here, sent = await at_the_first_point(client_for, round_id)
    for item, what, value in (("1", "choice", "手动"), ("2", "number", "9"), ("1", "choice", "自动")):
        tick = {"item": item, "what": what, "value": value, "high": "2"}
        assert (await guard.post("/field/do/round.tick", data=sent | tick)).status_code == 303
    assert (await guard.post("/field/do/round.point", data=sent | {"need[]": "1"})).status_code == 422
    assert 'id="i-2"' in (await guard.get(here)).text, "or nobody could say why the point cannot be finished"
    tick = {"item": "2", "what": "number", "value": "1", "high": "2"}
    assert (await guard.post("/field/do/round.tick", data=sent | tick)).status_code == 303
    assert (await guard.post("/field/do/round.point", data=sent | {"need[]": "1"})).status_code == 303
    assert 'id="i-2"' not in (await guard.get(here)).text


async def test_a_guard_walks_a_point_without_a_script(client_for):
    round_id = await stage()
    guard = await client_for(ZHAO)
    assert "设备日检" in (await guard.get("/field/rounds")).text
    here = f"/field/rounds/{round_id}/points/1"
    async with DB.scope(EVERYWHERE):
        code = await code_of(round_id)
    sent = {"_entity": str(round_id), "_base": "1", "_page": here, "_next": here, "point": "1"}
    assert (await guard.post("/field/do/round.scan", data=sent | {"code": "x"})).status_code == 422
    assert (await guard.post("/field/do/round.scan", data=sent | {"code": code, "how": "qr"})).status_code == 303
    assert (
        await guard.post("/field/do/round.tick", data=sent | {"item": "1", "value": "ok", "what": "tri"})
    ).status_code == 303
    shown = (await guard.get(here)).text
    assert "tri-ok" in shown
    assert "登记异常" in (await guard.get(here + "?bad=2")).text


async def test_who_set_out_alone_at_night_can_still_name_a_companion(client_for):
    round_id = await stage()
    async with DB.scope(EVERYWHERE):
        await execute("update patrol_round set needs_two = true where id = $1", round_id)
        code = await code_of(round_id)
    guard = await client_for(ZHAO)
    here = f"/field/rounds/{round_id}"
    sent = {"_entity": str(round_id), "_base": "1", "_page": here, "_next": here}
    await guard.post("/field/do/round.scan", data=sent | {"point": "1", "code": code, "how": "qr"})
    shown = (await guard.get(here)).text
    assert "请写上同行人" in shown
    assert 'name="partner"' in shown
    assert (await guard.post("/field/do/round.start", data=sent | {"partner": "胡军"})).status_code == 303
    shown = (await guard.get(here)).text
    assert "胡军" in shown
    assert "请写上同行人" not in shown


async def test_the_rival_and_those_without_the_capability_meet_404(client_for):
    round_id = await stage()
    async with DB.scope(EVERYWHERE):
        route = await fetchval("select id from patrol_route")
        list_id = await fetchval(
            "select id from checklist where community_id = (select community_id from patrol_route)"
        )
        place = await fetchval("select id from checkpoint")
    rival, guard = await client_for(SUN), await client_for(ZHAO)
    for path in (f"/patrols/{round_id}", f"/patrols/{round_id}/report.pdf", f"/patrols/routes/{route}",
                 f"/patrols/checklists/{list_id}", f"/patrols/checkpoints/{place}"):  # fmt: skip
        assert (await rival.get(path)).status_code == 404
        assert (await guard.get(path)).status_code == 404
    for path in (f"/patrols/{round_id}/reason", f"/patrols/{round_id}/backfill", f"/patrols/routes/{route}",
                 f"/patrols/routes/{route}/schedules", f"/patrols/checklists/{list_id}"):  # fmt: skip
        assert (await rival.post(path, data={"reason": "入侵"})).status_code == 404


async def test_a_cross_makes_a_hazard_that_phones_and_office_see(client_for):
    round_id = await stage()
    hazard = str(uuid7())
    async with reach():
        await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
        more = {"value": "bad", "note": "堆了纸箱", "level": "general", "hazard": hazard}
        await do("round.tick", round_id, ZHAO, point="1", item="2", photos=1, **more)
        found = await fetchval("select place || '|' || summary || '|' || source from hazard where id = $1", hazard)
        assert found == "地下一层 东门岗|安全出口、疏散通道畅通：堆了纸箱|patrol"
        assert await fetchval("select count(*) from photo where entity = 'hazard'") == 1
    report = (await (await client_for(WANG)).get(f"/patrols/{round_id}")).text.split('id="main"')[1]
    assert f'href="/hazards/{hazard}"' in report
    assert "今天" not in report, "it is printed and kept: 今天 is another day then"
    assert f"{now().astimezone(CHINA):%Y-%m-%d}" in report

"""Tickets over HTTP: each role's list, the forms, refusals, conflicts, strangers."""

import re
from decimal import Decimal

import pytest

from server.jobs.worker import drain
from server.lib.acting import Act
from server.lib.ids import uuid7
from server.tickets import quoting
from server.tickets.lines import Line
from tests.cast import CHEN, LAOLI, LIN, QIAN, SHIFU, SUN, SUN_OWNER, WANG, ZHAO, ZHOU, room_id
from tests.storage.pictures import encoded, picture
from tests.tickets.scenes import DB, EVERYWHERE, Scene, actor, execute, fetchval, seen

SCRIPT = {"hx-request": "true"}
PHOTO = ("leak.jpg", encoded(picture()), "image/jpeg")


def report_form(**changes):
    return {
        "id": str(uuid7()), "category": "water", "location": "private", "room_id": str(room_id("3栋1单元1302")),
        "text": "厨房水管漏水", "urgency": "auto", "contact_phone": CHEN.phone,
    } | changes  # fmt: skip


async def state_of(ticket_id):
    async with DB.scope(EVERYWHERE):
        return await fetchval("select state from ticket where id = $1", ticket_id)


async def stage(step, *arguments):
    async with DB.scope(EVERYWHERE):
        return await getattr(Scene(), step)(*arguments)


async def test_a_report_with_a_plain_file_and_no_script(client_for):
    chen = await client_for(CHEN)
    form = await chen.get("/tickets/new")
    assert form.status_code == 200
    assert "3栋1单元1302" in form.text
    answer = await chen.post("/tickets", data=report_form(), files={"photos": PHOTO})
    assert answer.status_code == 303
    shown = await chen.get(answer.headers["location"])
    assert "厨房水管漏水" in shown.text
    assert "您提交了报修" in shown.text
    photo = re.search(r'href="(/photos/[^"]+)"', shown.text)[1].replace("&amp;", "&")
    assert (await chen.get(photo)).content[:3] == b"\xff\xd8\xff"


async def test_a_form_sent_twice_leads_to_the_same_ticket(client_for):
    chen = await client_for(CHEN)
    form = report_form()
    answers = [await chen.post("/tickets", data=form) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"category": ""}, "请填写这一项"),
        ({"category": "spaceship"}, "请从列表中选择"),
        ({"location": "common", "place": ""}, "请写明位置"),
        ({"text": ""}, "请拍张照片或写一句说明"),
        ({"room_id": str(room_id("3栋1单元1301"))}, "请选择房号"),
        ({"contact_phone": "<script>"}, "格式不对"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(client_for, changes, message):
    chen = await client_for(CHEN)
    answer = await chen.post("/tickets", data=report_form(text="独一无二的说明") | changes)
    assert answer.status_code == 422
    assert message in answer.text
    assert "text" in changes or "独一无二的说明" in answer.text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket") == 0


async def test_a_file_that_is_no_photo_is_refused(client_for):
    chen = await client_for(CHEN)
    answer = await chen.post("/tickets", data=report_form(), files={"photos": ("a.jpg", b"<svg/>", "image/jpeg")})
    assert answer.status_code == 422
    assert "这不是照片" in answer.text


async def test_common_parts_are_named_by_words(client_for):
    zhao = await client_for(ZHAO)
    form = report_form(location="common", place="3栋1单元 大堂", text="灯不亮", category="power")
    answer = await zhao.post("/tickets", data=form)
    assert answer.status_code == 303
    assert "3栋1单元 大堂" in (await zhao.get("/tickets")).text


async def test_the_clerk_finds_the_room_as_she_types_and_reports_for_the_caller(client_for):
    zhou = await client_for(ZHOU)
    assert "3栋1单元1302" in (await zhou.get("/tickets/rooms?q=陈晓明", headers=SCRIPT)).text
    assert "3栋1单元1302" not in (await zhou.get("/tickets/rooms?q=%25%25", headers=SCRIPT)).text
    callers = await zhou.get(f"/tickets/callers?room_id={room_id('3栋1单元1302')}", headers=SCRIPT)
    assert "陈**" in callers.text
    assert CHEN.phone not in callers.text
    form = {
        "id": str(uuid7()), "category": "doors", "location": "private", "room_id": str(room_id("3栋1单元1302")),
        "text": "门锁坏了", "reporter_id": str(CHEN.person_id), "level": "",
    }  # fmt: skip
    answer = await zhou.post("/tickets", data=form)
    assert answer.status_code == 303
    chen = await client_for(CHEN)
    assert "物业登记了报修" in (await chen.get(answer.headers["location"])).text


async def test_the_search_for_rooms_is_the_offices(client_for):
    for who in (CHEN, SHIFU, ZHAO):
        client = await client_for(who)
        assert (await client.get("/tickets/rooms?q=13")).status_code == 404


async def test_the_board_filters_and_searches(client_for):
    ticket = await stage("reported")
    zhou = await client_for(ZHOU)
    assert ticket.short_number in (await zhou.get("/tickets")).text
    assert ticket.short_number in (await zhou.get("/tickets?filter=new")).text
    assert ticket.short_number not in (await zhou.get("/tickets?filter=finished")).text
    assert ticket.short_number in (await zhou.get("/tickets?filter=all&q=水管 1302")).text
    assert "没有找到" in (await zhou.get("/tickets?filter=all&q=电梯")).text
    assert (await zhou.get("/tickets?filter=nonsense&page=zzz&q=%00%25")).status_code == 200


async def test_an_idle_page_costs_nothing(client_for):
    ticket = await stage("reported")
    zhou = await client_for(ZHOU)
    for path in ("/", "/tickets", f"/tickets/{ticket.id}", "/messages"):
        await zhou.get(path)
        version = re.search(r'data-version="([^"]+)"', (await zhou.get(path)).text)[1]
        again = await zhou.get(path, headers={"x-seen": version})
        assert (again.status_code, again.content) == (204, b""), path
    async with DB.scope(EVERYWHERE):
        await execute("update ticket set version = version + 1")
    assert (await zhou.get("/tickets", headers={"x-seen": version})).status_code == 200


async def test_the_whole_way_by_forms(client_for):
    ticket = await stage("reported")
    at = f"/tickets/{ticket.id}"
    zhou, shifu, chen = [await client_for(who) for who in (ZHOU, SHIFU, CHEN)]
    assert "王水生" in (await zhou.get(f"{at}/assignment")).text
    await zhou.post(f"{at}/assignment", data={"version": 1, "repairman": str(SHIFU.person_id), "level": "P2"})
    assert "接单" in (await shifu.get(f"/field{at}")).text
    for verb in ("take", "arrive", "start"):
        await shifu.post(f"/field/do/ticket.{verb}", data={"_entity": str(ticket.id), "_page": f"/field{at}"})
    done = {"_entity": str(ticket.id), "_page": f"/field{at}/finish", "note": "换了角阀"}
    await shifu.post("/field/do/ticket.finish", data=done, files={"photos:after": PHOTO})
    assert "去验收" in (await chen.get("/")).text
    assert "换了角阀" in (await chen.get(f"{at}/acceptance")).text
    await chen.post(f"{at}/acceptance", data={"version": 6, "rating": "good", "note": "很快"})
    assert await state_of(ticket.id) == "owner_accepted"  # urgent: somebody will ask how it was
    assert "满意" in (await zhou.get("/tickets?filter=all")).text


async def test_the_owners_list_leads_to_the_quote(client_for):
    async with DB.scope(EVERYWHERE):
        ticket = await Scene().started()
        lines = [Line("labour", "上门费", "次", Decimal(1), 2000, None)]
        await quoting.quote(ticket.id, lines, by=actor(SHIFU), act=Act(base=ticket.version))
    shown = await (await client_for(CHEN)).get("/tickets")
    assert shown.status_code == 200
    assert f"/tickets/{ticket.id}/agreement" in shown.text


async def test_the_phone_is_shown_to_the_repairman_while_there_is_something_to_do(client_for):
    ticket = await stage("dispatched")
    shifu, qian = await client_for(SHIFU), await client_for(QIAN)
    assert CHEN.phone in (await shifu.get(f"/field/tickets/{ticket.id}")).text
    assert CHEN.phone not in (await qian.get(f"/tickets/{ticket.id}")).text
    assert CHEN.name not in (await qian.get(f"/tickets/{ticket.id}")).text
    async with DB.scope(EVERYWHERE):
        await execute("update ticket set state = 'closed'")
    assert CHEN.phone not in (await shifu.get(f"/field/tickets/{ticket.id}")).text


async def test_who_had_the_job_before_sees_why_it_is_gone_but_no_phone(client_for):
    ticket = await stage("dispatched")
    zhou, shifu = await client_for(ZHOU), await client_for(SHIFU)
    await zhou.post(f"/tickets/{ticket.id}/assignment", data={"version": 2, "repairman": str(LAOLI.person_id)})
    page = (await shifu.get(f"/tickets/{ticket.id}")).text
    assert "改派给 李电" in page
    assert CHEN.phone not in page
    assert "厨房水管漏水" not in (await shifu.get("/field/tickets")).text


async def test_a_changed_ticket_asks_again_with_the_typed_text(client_for):
    ticket = await stage("reported")
    zhou, chen = await client_for(ZHOU), await client_for(CHEN)
    await zhou.post(f"/tickets/{ticket.id}/intake", data={"version": 1})
    again = await chen.post(f"/tickets/{ticket.id}/cancellation", data={"version": 1, "note": "自己修好了"})
    assert again.status_code == 409
    assert "物业已受理" in again.text
    assert 'name="version" value="2"' in again.text
    assert "自己修好了" in again.text


async def test_the_office_says_who_accepted_the_work(client_for):
    ticket = await stage("finished")
    zhou = await client_for(ZHOU)
    form = {"version": ticket.version, "rating": "good"}
    refused = await zhou.post(f"/tickets/{ticket.id}/acceptance", data=form)
    assert refused.status_code == 422
    await zhou.post(f"/tickets/{ticket.id}/acceptance", data=form | {"note": "电话问过业主"})
    assert await state_of(ticket.id) == "closed"


STEPS = ("intake", "assignment", "acceptance", "rework", "cancellation")


@pytest.mark.parametrize("who", [SUN, SUN_OWNER, LIN, LAOLI, ZHAO], ids=lambda who: who.key)
async def test_a_stranger_finds_nothing(client_for, who):
    ticket = await stage("finished")
    stranger = await client_for(who)
    assert (await stranger.get(f"/tickets/{ticket.id}")).status_code == 404
    for step in STEPS:
        form = {
            "version": ticket.version, "repairman": str(LAOLI.person_id), "result": "x", "rating": "good", "note": "x",
        }  # fmt: skip
        assert (await stranger.post(f"/tickets/{ticket.id}/{step}", data=form)).status_code == 404, step
    for path in ("/tickets", "/tickets?filter=all", "/"):
        assert "厨房水管漏水" not in (await stranger.get(path)).text
    assert await state_of(ticket.id) == "finished"


async def test_photos_are_for_who_sees_the_ticket(client_for):
    ticket = await stage("finished")
    chen, sun = await client_for(CHEN), await client_for(SUN)
    page = (await chen.get(f"/tickets/{ticket.id}")).text
    link = re.search(r'href="(/photos/[^"]+)"', page)[1].replace("&amp;", "&")
    assert (await chen.get(link)).status_code == 200
    assert (await sun.get(link)).status_code == 404
    from server.storage.links import link as link_for

    photo_id = link.split("/")[2].split("?")[0]
    for who, status in ((SHIFU, 200), (WANG, 200), (SUN, 404), (LIN, 404)):
        from uuid import UUID

        client = await client_for(who)
        assert (await client.get(link_for(UUID(photo_id), actor(who)))).status_code == status


async def test_steps_of_another_party_are_not_found(client_for):
    ticket = await stage("dispatched")
    chen, qian = await client_for(CHEN), await client_for(QIAN)
    assert (await chen.post(f"/tickets/{ticket.id}/intake", data={"version": 2})).status_code == 404
    assert (await qian.post(f"/tickets/{ticket.id}/cancellation", data={"version": 2, "note": "x"})).status_code == 404
    async with DB.scope(EVERYWHERE):
        assert (await seen(ticket.id, CHEN)).state == "dispatched"


async def test_everybody_is_told_once(client_for):
    chen, zhou, shifu = [await client_for(who) for who in (CHEN, ZHOU, SHIFU)]
    await chen.post("/tickets", data=report_form())
    await drain()
    assert "新报修" in (await zhou.get("/messages")).text
    assert "还没有消息" in (await shifu.get("/messages")).text
    assert "还没有消息" in (await chen.get("/messages")).text

"""Repairs on the repairman's phone: the pages as the server makes them, every step, and what happens when somebody was faster."""

import re
from decimal import Decimal
from typing import Any

import httpx
import pytest

from server.db import DB, EVERYWHERE, execute, fetch, fetchval
from server.field.documents import kinds, load
from server.lib.acting import Act
from server.lib.ids import uuid7
from server.tickets import accepting, dispatching, quoting
from server.tickets.lines import Line
from server.tickets.pricing import set_price
from tests.cast import CHEN, LAOLI, QIAN, SHIFU, SUN, WANG, ZHOU
from tests.storage.pictures import encoded, picture
from tests.tickets.scenes import Scene, actor, on_stage, seen

PHOTO = ("a.jpg", encoded(picture()), "image/jpeg")
FEED = "select scope, gone from sync_entry where kind = $1 and id = $2 order by scope"


async def stage(step: str) -> Any:
    """Return a ticket that has come so far."""
    async with DB.scope(EVERYWHERE):
        return await getattr(Scene(), step)()


async def do(client: httpx.AsyncClient, verb: str, ticket: Any, files: Any = None, **args: Any) -> httpx.Response:
    """Send a field form as a browser without script does, from the page as it is now."""
    async with DB.scope(EVERYWHERE):
        base = await fetchval("select version from ticket where id = $1", ticket.id)
    page = f"/field/tickets/{ticket.id}/{verb}" if verb in FORMS else f"/field/tickets/{ticket.id}"
    page = "/field/tickets" if verb == "grab" else page
    own = {"_entity": str(ticket.id), "_base": args.pop("base", base), "_page": page, "_next": "/field/tickets"}
    return await client.post(f"/field/do/ticket.{verb}", data=own | args, files=files)


FORMS = {"finish", "quote", "agree", "decline", "sign", "suspend", "transfer", "note"}


async def row_of(ticket: Any) -> Any:
    """Return the ticket's row."""
    async with DB.scope(EVERYWHERE):
        return (await fetch("select * from ticket where id = $1", ticket.id))[0]


async def price(name: str, fen: int, kind: str = "material") -> str:
    """Put a line on the price list; return the name of its field."""
    async with DB.scope(EVERYWHERE):
        await set_price(None, by=actor(WANG), version=0, kind=kind, category=None, name=name, unit="个", price=fen)
        id_ = await fetchval("select id from price_item where name = $1", name)
    return f"line:{id_}:{kind}:{fen}:个:{name}"


async def test_a_job_is_done_step_by_step(client_for):
    ticket, valve = await stage("dispatched"), await price("角阀", 3500)
    shifu = await client_for(SHIFU)
    assert (await shifu.get("/")).headers["location"] == "/field/tickets"
    assert (await shifu.get("/tickets")).headers["location"] == "/field/tickets"
    assert (await shifu.get(f"/tickets/{ticket.id}")).headers["location"] == f"/field/tickets/{ticket.id}"
    assert "厨房水管漏水" in (await shifu.get("/field/tickets")).text
    page = (await shifu.get(f"/field/tickets/{ticket.id}")).text
    assert f'href="tel:{CHEN.phone}"' in page
    assert "199****0101" in page
    assert (await do(shifu, "arrive", ticket)).status_code == 422
    assert (await do(shifu, "take", ticket)).status_code == 303
    assert (await do(shifu, "arrive", ticket)).status_code == 303
    assert (await do(shifu, "start", ticket, {"photos:before": PHOTO})).status_code == 303
    assert (await do(shifu, "suspend", ticket)).status_code == 422
    assert (await do(shifu, "suspend", ticket, reason="parts", note="缺角阀")).status_code == 303
    assert (await do(shifu, "resume", ticket)).status_code == 303
    refused = await do(shifu, "finish", ticket, note="换了角阀", **{valve: "2"})
    assert (refused.status_code, "请拍一张照片" in refused.text, "换了角阀" in refused.text) == (422, True, True)
    assert f'name="{valve}" value="2"' in refused.text
    odd = await do(shifu, "finish", ticket, {"photos:after": PHOTO}, note="x", **{valve: "两个"})
    assert (odd.status_code, "数量请填数字" in odd.text) == (422, True)
    done = await do(shifu, "finish", ticket, {"photos:after": PHOTO}, note="换了角阀", cause="wear", **{valve: "2"})
    assert done.status_code == 303
    row = await row_of(ticket)
    assert (row["state"], row["result"], row["cause"]) == ("finished", "换了角阀", "wear")
    async with DB.scope(EVERYWHERE):
        roles = await fetch("select role from photo where entity_id = $1 order by created_at", ticket.id)
        line = (await fetch("select name, quantity, amount, purpose from ticket_line"))[0]
    assert [one["role"] for one in roles] == ["before", "after"]
    assert tuple(line) == ("角阀", Decimal("2.00"), 7000, "used")
    assert "角阀" in (await shifu.get(f"/field/tickets/{ticket.id}")).text


async def test_the_owner_agrees_and_accepts_on_the_repairmans_phone(client_for):
    ticket, work = await stage("arrived"), await price("换角阀", 5000, "labour")
    shifu = await client_for(SHIFU)
    assert "换角阀" in (await shifu.get(f"/field/tickets/{ticket.id}/quote")).text
    assert (await do(shifu, "quote", ticket)).status_code == 422
    dear = work.replace(":5000:", ":9000:")
    assert "价目表已经调整" not in (await do(shifu, "quote", ticket, **{work: "1"})).text
    assert "50.00" in (await shifu.get(f"/field/tickets/{ticket.id}/agree")).text
    assert (await do(shifu, "agree", ticket, amount="5000", how="signature")).status_code == 422
    wrong = await do(shifu, "agree", ticket, {"photos:signature": PHOTO}, amount="4000", how="signature")
    assert (wrong.status_code, "不是现在的报价" in wrong.text) == (409, True)
    assert (
        await do(shifu, "agree", ticket, {"photos:signature": PHOTO}, amount="5000", how="signature")
    ).status_code == 303
    row = await row_of(ticket)
    assert (row["state"], row["charge"], row["agreed_how"]) == ("owner_confirmed", 5000, "signature")
    over = await do(shifu, "quote", ticket, **{dear: "1"})
    assert (over.status_code, "价目表已经调整" in over.text) == (422, True)
    await do(shifu, "start", ticket)
    await do(shifu, "finish", ticket, {"photos:after": PHOTO}, note="换好了")
    code = str((await row_of(ticket))["code"])
    other = f"{(int(code) + 1) % 10000:04d}"
    no = await do(shifu, "sign", ticket, how="code", code=other)
    assert (no.status_code, "验收码不对" in no.text) == (422, True)
    assert (await do(shifu, "sign", ticket, how="code", code=code)).status_code == 303
    assert (await row_of(ticket))["state"] in ("owner_accepted", "closed")


async def test_an_owner_who_says_no_is_heard(client_for):
    ticket = await stage("arrived")
    async with DB.scope(EVERYWHERE):
        lines = [Line("labour", "上门费", "次", Decimal(1), 2000, None)]
        await quoting.quote(ticket.id, lines, by=actor(SHIFU), act=Act())
    shifu = await client_for(SHIFU)
    assert (await do(shifu, "decline", ticket)).status_code == 422
    assert (await do(shifu, "decline", ticket, note="太贵")).status_code == 303
    assert (await do(shifu, "transfer", ticket, note="没有配件")).status_code == 303
    assert (await row_of(ticket))["state"] == "transferred"
    assert "厨房水管漏水" not in (await shifu.get("/field/tickets")).text


async def test_of_two_hands_the_first_has_the_offer(client_for):
    ticket = await stage("reported")
    async with DB.scope(EVERYWHERE):
        await dispatching.offer(ticket.id, by=actor(ZHOU), act=Act())
    shifu, laoli = await client_for(SHIFU), await client_for(LAOLI)
    pool = (await shifu.get("/field/tickets")).text
    assert "抢单池" in pool
    assert CHEN.phone not in pool
    assert (await do(shifu, "grab", ticket)).status_code == 303
    late = await do(laoli, "grab", ticket)
    assert (late.status_code, "已被别人抢走" in late.text) == (409, True)
    assert str((await row_of(ticket))["assignee_id"]) == str(SHIFU.person_id)


async def test_who_is_late_is_told_who_cancelled(client_for):
    ticket = await stage("arrived")
    base = (await row_of(ticket))["version"]
    async with DB.scope(EVERYWHERE):
        await accepting.cancel(ticket.id, by=actor(ZHOU), act=Act(note="业主自己修好了"))
    shifu = await client_for(SHIFU)
    late = await do(shifu, "finish", ticket, {"photos:after": PHOTO}, base=base, note="角阀换好了")
    assert (late.status_code, f"工单已被{ZHOU.name}取消" in late.text, "角阀换好了" in late.text) == (409, True, True)
    assert (await row_of(ticket))["state"] == "cancelled"
    assert "不用再去" in (await shifu.get(f"/field/tickets/{ticket.id}")).text


async def test_a_step_on_an_older_version_counts_while_it_fits(client_for):
    ticket = await stage("dispatched")
    base = (await row_of(ticket))["version"]
    async with DB.scope(EVERYWHERE):
        await execute("update ticket set version = version + 1")
    assert (await do(await client_for(SHIFU), "take", ticket, base=base)).status_code == 303


async def test_a_job_given_to_somebody_else_is_a_conflict(client_for):
    ticket = await stage("started")
    base = (await row_of(ticket))["version"]
    async with DB.scope(EVERYWHERE):
        await dispatching.dispatch(ticket.id, LAOLI.person_id, by=actor(ZHOU), act=Act())
    late = await do(await client_for(SHIFU), "note", ticket, base=base, note="快好了")
    assert late.status_code == 404, "the form's page is gone with the job"
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket_event where note = '快好了'") == 0


@pytest.mark.parametrize("who", [CHEN, QIAN, SUN, ZHOU], ids=lambda who: who.key)
async def test_who_does_no_repairs_finds_no_jobs(client_for, who):
    ticket = await stage("dispatched")
    client = await client_for(who)
    for path in ("/field/tickets", f"/field/tickets/{ticket.id}", f"/field/tickets/{ticket.id}/finish"):
        assert (await client.get(path)).status_code == 404
    assert (await do(client, "take", ticket)).status_code in (404, 422)
    assert (await row_of(ticket))["state"] == "dispatched"


@pytest.mark.usefixtures("db")
@on_stage
async def test_the_feed_follows_the_job_from_hand_to_hand():
    ticket = await Scene().dispatched()
    assert [tuple(one) for one in await fetch(FEED, "ticket", ticket.id)] == [(f"repair:{SHIFU.person_id}", False)]
    await dispatching.dispatch(ticket.id, LAOLI.person_id, by=actor(ZHOU), act=Act())
    feed = dict([tuple(one) for one in await fetch(FEED, "ticket", ticket.id)])
    assert feed == {f"repair:{SHIFU.person_id}": True, f"repair:{LAOLI.person_id}": False}
    assert list(await load("ticket", [ticket.id], actor(LAOLI))) == [ticket.id]
    assert await load("ticket", [ticket.id], actor(SHIFU)) == {}
    await execute("update ticket set on_phones = false")
    assert await kinds()["ticket"].every(actor(LAOLI)) == []


@pytest.mark.usefixtures("db")
@on_stage
async def test_an_offer_is_open_until_somebody_has_it():
    ticket = await Scene().reported()
    await dispatching.offer(ticket.id, by=actor(ZHOU), act=Act())
    assert [one["gone"] for one in await fetch(FEED, "offer", ticket.id)] == [False]
    document = (await load("offer", [ticket.id], actor(SHIFU)))[ticket.id]
    assert "phone" not in document
    assert await kinds()["offer"].every(actor(SHIFU)) == [ticket.id]
    await dispatching.grab(ticket.id, by=actor(SHIFU), act=Act())
    assert [one["gone"] for one in await fetch(FEED, "offer", ticket.id)] == [True]
    assert (await seen(ticket.id, SHIFU)).state == "taken"


@pytest.mark.usefixtures("db")
@on_stage
async def test_the_price_list_is_one_document_that_grows_with_each_change():
    assert await kinds()["prices"].every(actor(SHIFU)) == []
    by = actor(WANG)
    await set_price(None, by=by, version=0, kind="labour", category=None, name="上门费", unit="次", price=2000)
    first = (await load("prices", [by.here], actor(SHIFU)))[by.here]
    id_ = await fetchval("select id from price_item")
    await set_price(id_, by=by, version=1, kind="labour", category=None, name="上门费", unit="次", price=3000)
    second = (await load("prices", [by.here], actor(SHIFU)))[by.here]
    assert (second["v"] > first["v"], second["lines"][0]["price"]) == (True, 3000)
    assert await load("prices", [by.here], actor(CHEN)) == {}


# ---- Reports ---------------------------------------------------------------------------------------------------------


async def report(client: httpx.AsyncClient, id_: Any, **args: Any) -> httpx.Response:
    """Send the form of a report."""
    data = {"_entity": str(id_), "_page": "/field/report", "_next": "/field/reports", "category": "water"} | args
    return await client.post("/field/do/ticket.report", data=data)


async def test_an_owner_reports_for_her_own_home_only(client_for):
    chen, id_ = await client_for(CHEN), uuid7()
    page = (await chen.get("/field/report")).text
    own = re.search(r'name="room" value="([^"]+)"', page)
    assert own
    assert (await report(chen, id_, location="private", room=own[1])).status_code == 422
    strange = f"{uuid7()} {own[1].partition(' ')[2]}"
    assert "请选择房号" in (await report(chen, id_, location="private", room=strange, note="漏水")).text
    done = await report(chen, id_, location="private", room=own[1], note="厨房冒烟了", phone="13800000000")
    assert (done.status_code, done.headers["location"]) == (303, "/field/reports")
    async with DB.scope(EVERYWHERE):
        (ticket,) = await fetch("select id, level, place, contact_phone, location from ticket")
    assert tuple(ticket) == (id_, "P1", "3栋1单元1302", "13800000000", "private")
    assert "厨房冒烟了" in (await chen.get("/field/reports")).text
    assert "厨房冒烟了" not in (await (await client_for(SUN)).get("/field/reports")).text


async def test_a_repairman_reports_what_he_sees(client_for):
    shifu, id_ = await client_for(SHIFU), uuid7()
    assert "请写明位置" in (await report(shifu, id_, location="common", note="灯不亮")).text
    assert (await report(shifu, id_, location="common", place="3栋1单元 大堂", note="灯不亮")).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select reporter_account_id from ticket") == SHIFU.account_id


@pytest.mark.usefixtures("db")
@on_stage
async def test_the_feed_brings_reports_and_homes_to_who_they_belong_to():
    ticket = await Scene().reported()
    assert [tuple(one) for one in await fetch(FEED, "report", ticket.id)] == [(f"report:{CHEN.account_id}", False)]
    assert await kinds()["report"].every(actor(CHEN)) == [ticket.id]
    assert await load("report", [ticket.id], actor(SUN)) == {}
    homes = await kinds()["home"].every(actor(CHEN))
    entries = await fetch("select id from sync_entry where kind = 'home' and scope = $1", f"home:{CHEN.person_id}")
    assert {one["id"] for one in entries} == set(homes) != set()

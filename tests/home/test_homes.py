"""`/` for everybody: what waits, no dead links, and a clear word for who belongs nowhere."""

import re
from datetime import timedelta

import pytest

from server.lib.formats import today
from server.lib.ids import uuid7
from tests.cast import ADMIN, CHEN, GUAN, LAOLI, LI, LIN, QIAN, SHIFU, SUN, SUNSHINE, WANG, ZHAO, ZHOU
from tests.hazards.scenes import Scene as HazardScene
from tests.tickets.scenes import DB, EVERYWHERE, Scene, execute

EVERYBODY = {
    WANG: "等着派单", ZHOU: "等着派单", ADMIN: "等着派单", SHIFU: "我的工单", QIAN: "未完成工单", LI: "未完成工单",
    GUAN: "未完成工单", CHEN: "我的报修", LIN: "没有报修",
}  # fmt: skip


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.key)
async def test_everybody_has_a_home_whose_links_lead_somewhere(client_for, who):
    async with DB.scope(EVERYWHERE):
        await Scene().finished()
    client = await client_for(who)
    home = await client.get("/", follow_redirects=True)
    assert home.status_code == 200
    assert EVERYBODY[who] in home.text
    main = home.text.split('<main id="main"')[1].split("</main>")[0]
    for link in sorted(set(re.findall(r'href="(/[^"#]*)"', main))):
        assert (await client.get(link.replace("&amp;", "&"))).status_code in (200, 303), link


async def test_a_guard_begins_with_the_rounds(client_for):
    client = await client_for(ZHAO)
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/field/rounds")
    assert "现在没有要走的" in (await client.get("/field/rounds")).text


async def test_what_waits_in_the_field_is_on_the_homes_of_those_it_waits_for(client_for):
    async with DB.scope(EVERYWHERE):
        await HazardScene().notified()
        await execute("update hazard set due_at = now() - interval '1 hour'")
    repairman, office = await client_for(SHIFU), await client_for(WANG)
    await repairman.get("/")  # leads to his jobs, where the hazards that wait for him stand, too
    assert "等我整改的隐患" in (await repairman.get("/field/tickets")).text
    assert "超期的隐患" in (await office.get("/")).text
    assert "现场" not in (await (await client_for(CHEN)).get("/")).text
    async with DB.scope(EVERYWHERE):
        await execute("update hazard set responsible_id = $1", LAOLI.person_id)
    assert "等我整改的隐患" not in (await repairman.get("/field/tickets")).text


async def test_the_owner_is_asked_for_her_word(client_for):
    async with DB.scope(EVERYWHERE):
        await Scene().finished()
    home = (await (await client_for(CHEN)).get("/")).text
    assert "阳光花园 3栋1单元1302" in home
    assert "等您验收" in home
    assert "厨房水管漏水" not in (await (await client_for(LIN)).get("/")).text


async def test_the_workbench_shows_certificates_and_refused_rows(client_for):
    async with DB.scope(EVERYWHERE):
        for who, days in ((LAOLI, 20), (SHIFU, -2), (ZHAO, 400)):
            await execute(
                "insert into certificate (id, community_id, person_id, kind, expires_on) values ($1, $2, $3, '低压电工证', $4)",
                uuid7(), SUNSHINE, who.person_id, today() + timedelta(days=days),
            )  # fmt: skip
        await execute(
            "insert into data_import (id, community_id, file_name, sha256, size, state, refused, done_count, total_count,"
            " actor_name) values ($1, $2, '住户表.xlsx', 'x', 1, 'done', 5, 10, 10, '周敏')",
            uuid7(), SUNSHINE,
        )  # fmt: skip
    home = (await (await client_for(ZHOU)).get("/")).text
    assert "李电 · 低压电工证" in home
    assert "快到期" in home
    assert "已过期" in home
    assert "赵强" not in home
    assert "5 行待改" in home
    assert "李电" not in (await (await client_for(SUN)).get("/")).text


async def test_who_belongs_nowhere_is_told_what_to_do(client_for):
    async with DB.scope(EVERYWHERE):
        await execute(
            "update occupancy set until = $2 where person_id = $1", CHEN.person_id, today() - timedelta(days=1)
        )
    chen = await client_for(CHEN)
    assert "您还不属于任何小区" in (await chen.get("/")).text
    assert (await chen.get("/tickets")).status_code == 404


async def test_a_visitor_is_sent_to_sign_in(visitor):
    answer = await visitor.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")

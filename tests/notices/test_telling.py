"""Who hears of what, once, in their own language; and the inbox over HTTP."""

import re

import pytest

from server.jobs.worker import drain
from server.lib.acting import Act
from server.lib.i18n import speaking
from server.lib.ids import uuid7
from server.notices import inbox
from server.notices.recipients import TICKET_EVENTS, recipients
from server.notices.telling import tell
from server.tickets import accepting, dispatching, reporting
from tests.cast import CHEN, LAOLI, LIN, QIAN, SHIFU, SUN, SUNSHINE, WANG, ZHOU
from tests.tickets.scenes import DB, EVERYWHERE, Scene, actor, execute, fetch, fetchval, leak, on_stage

FACTS = {"number": "GD-20261123-001", "summary": "厨房 <水管> & 漏水", "place": "3栋1单元1302", "level": "P3"}
NAMES = {who.account_id: who.key for who in (WANG, ZHOU, SHIFU, LAOLI, CHEN, LIN, QIAN, SUN)}


async def told() -> set[tuple[str, str]]:
    return {
        (NAMES[row["account_id"]], row["event"]) for row in await fetch("select account_id, event from notification")
    }


@on_stage
async def test_each_step_tells_those_concerned_and_nobody_else(db):
    await Scene().closed()
    await drain()
    assert await told() == {
        ("wang", "ticket_reported"), ("zhou", "ticket_reported"), ("shifu", "ticket_assigned"), ("chen", "ticket_arrived"),
        ("chen", "ticket_finished"), ("shifu", "ticket_confirmed"),
    }  # fmt: skip


@on_stage
async def test_a_job_that_runs_twice_tells_once(db):
    await Scene().reported()
    await drain()
    await execute("update job set state = 'ready', attempts = 0")
    await drain()
    assert await fetchval("select count(*) from notification") == 2


@on_stage
async def test_who_loses_a_job_is_told_and_no_longer_called_to_it(db):
    ticket = await Scene().dispatched(to=SHIFU)
    await drain()
    await dispatching.dispatch(ticket.id, LAOLI.person_id, by=actor(ZHOU), act=Act(base=ticket.version))
    await drain()
    assert {("laoli", "ticket_assigned"), ("shifu", "ticket_withdrawn")} <= await told()
    unread = await fetch("select event from notification where account_id = $1 and read_at is null", SHIFU.account_id)
    assert [row["event"] for row in unread] == ["ticket_withdrawn"]


@on_stage
async def test_the_office_judges_common_parts_and_is_told(db):
    ticket = await reporting.report(leak(location="common", room_id=None, place="大堂"), by=actor(CHEN))
    assert set(await recipients("ticket_finished", ticket.id, by=None)) == {
        CHEN.account_id, WANG.account_id, ZHOU.account_id,
    }  # fmt: skip


@on_stage
async def test_a_cancelled_job_is_told_to_everybody_but_who_cancelled(db):
    ticket = await Scene().dispatched()
    await drain()
    await execute("truncate notification")
    await accepting.cancel(ticket.id, by=actor(CHEN), act=Act(base=ticket.version, note="修好了"))
    await drain()
    assert await told() == {("shifu", "ticket_cancelled"), ("zhou", "ticket_cancelled"), ("wang", "ticket_cancelled")}


@pytest.mark.parametrize("event", sorted(TICKET_EVENTS))
@pytest.mark.parametrize("level", ["P1", "P2", "P3"])
def test_every_event_has_words(event, level):
    facts = FACTS | {"level": level}
    for locale in ("zh-CN", "en"):
        with speaking(locale):
            assert inbox.words(event, "title", facts)
            assert "厨房 <水管> & 漏水" in inbox.words(event, "body", facts)


async def test_the_inbox_is_read_by_opening(client_for):
    async with DB.scope(EVERYWHERE):
        entity = uuid7()
        await tell(
            [CHEN.account_id, LIN.account_id],
            "ticket_finished",
            FACTS,
            link="/tickets",
            entity_id=entity,
            community_id=SUNSHINE,
        )
    chen = await client_for(CHEN)
    page = (await chen.get("/messages")).text
    assert "&lt;水管&gt; &amp; 漏水" in page
    assert "未读" in page
    link = re.search(r'href="(/messages/[0-9a-f-]{36})"', page)[1]
    lin, sun = await client_for(LIN), await client_for(SUN)
    assert (await lin.get(link)).status_code == 404
    assert (await sun.get(link)).status_code == 404
    answer = await chen.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets")
    assert "未读" not in (await chen.get("/messages")).text
    assert "未读" in (await lin.get("/messages")).text


async def test_all_at_once(client_for):
    async with DB.scope(EVERYWHERE):
        for _ in range(60):
            await tell([CHEN.account_id], "ticket_arrived", FACTS, link=None, entity_id=None, community_id=SUNSHINE)
    chen = await client_for(CHEN)
    first = await chen.get("/messages")
    assert first.text.count('class="list-item"') == 50
    assert (await chen.get("/messages?page=2")).text.count('class="list-item"') == 10
    assert (await chen.post("/messages/reading")).status_code == 303
    assert "全部已读" not in (await chen.get("/messages")).text


async def test_looking_at_a_ticket_reads_what_was_told_of_it(client_for):
    async with DB.scope(EVERYWHERE):
        ticket = await Scene().finished()
    await drain()
    chen = await client_for(CHEN)
    assert 'class="count"' in (await chen.get("/tickets")).text
    assert 'class="count"' not in (await chen.get(f"/tickets/{ticket.id}")).text

"""The audit's screen: who may look, what they find."""

from server.audit import record
from server.db import DB, EVERYWHERE, transaction
from server.security.actor import SYSTEM
from tests.cast import ADMIN, CHEN, LAKE, SHIFU, SUNSHINE, WANG, ZHOU


async def write(action: str, community_id, reason: str) -> None:
    async with DB.scope(EVERYWHERE), transaction():
        await record(
            SYSTEM, action, community_id=community_id, entity="thing", before={"a": 1}, after={"a": 2}, reason=reason
        )


async def test_the_manager_sees_the_own_community_only(client_for):
    await write("thing.do", SUNSHINE, "阳光的事")
    await write("thing.do", LAKE, "翠湖的事")
    await write("thing.do", None, "公司的事")
    shown = (await (await client_for(WANG)).get("/settings/audit")).text
    assert "阳光的事" in shown
    assert "翠湖的事" not in shown
    assert "公司的事" not in shown


async def test_the_companys_administrator_sees_the_companys_chain_too(client_for):
    await write("thing.do", None, "公司的事")
    assert "公司的事" in (await (await client_for(ADMIN)).get("/settings/audit")).text


async def test_others_meet_404(client_for):
    for who in (ZHOU, SHIFU, CHEN):
        assert (await (await client_for(who)).get("/settings/audit")).status_code == 404


async def test_filters_find_by_person_action_and_day(client_for):
    await write("ticket.assign", SUNSHINE, "派给王师傅")
    wang = await client_for(WANG)
    assert "派给王师傅" in (await wang.get("/settings/audit?who=系统&action=ticket")).text
    assert "派给王师傅" not in (await wang.get("/settings/audit?action=room")).text
    assert "派给王师傅" not in (await wang.get("/settings/audit?until=2020-01-01")).text


async def test_a_nonsense_date_is_told_and_changes_nothing(client_for):
    answer = await (await client_for(WANG)).get("/settings/audit?since=昨天左右")
    assert "请填写日期" in answer.text


async def test_verification_says_that_nothing_was_altered(client_for):
    await write("ticket.assign", SUNSHINE, "一")
    answer = await (await client_for(WANG)).post("/settings/audit/verification")
    assert "没有被改动" in answer.text

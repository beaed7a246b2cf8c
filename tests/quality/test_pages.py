"""The report's pages over HTTP: who sees them, what they link to, what they refuse, the spreadsheet."""

import datetime as dt
import io
import re

import pytest
from python_calamine import CalamineWorkbook

from server.db import DB, EVERYWHERE, fetchval
from server.lib.formats import now, today
from server.quality import months
from tests.cast import CHEN, LI, SHIFU, SUN, WANG, ZHAO, ZHOU
from tests.quality.scenes import a_ticket

LAST = months.before(months.month_of(now()))
MEASURE = {
    "month": LAST, "what": "3栋立管排查", "aim": "repairs.category:water", "target": "1", "person_id": str(SHIFU.person_id),
    "due_on": (today() + dt.timedelta(days=9)).isoformat(),
}  # fmt: skip


@pytest.fixture
async def repairs(db):
    """Two repairs of the last whole month, of which one took too long."""
    start = months.starts(LAST) + dt.timedelta(days=2)
    async with DB.scope(EVERYWHERE):
        await a_ticket(
            start, finished_at=start + dt.timedelta(days=4), due_at=start + dt.timedelta(days=2), cause="wear",
            accepted_work_at=start + dt.timedelta(days=4), rating="poor",
        )  # fmt: skip
        await a_ticket(
            start,
            category="power",
            summary="客厅灯不亮",
            finished_at=start + dt.timedelta(hours=4),
            due_at=start + dt.timedelta(days=2),
        )


async def test_the_office_reads_the_last_whole_month_and_sees_the_tickets_behind_each_figure(client_for, repairs):
    office = await client_for(ZHOU)
    page = (await office.get("/quality")).text
    for words in (
        f"{LAST} 分析",
        "本月报修 2 件，上月 0 件",
        "给排水",
        "自然老化",
        "王水生",
        "3栋",
        "完工及时率",
        "50%",
    ):
        assert words in page
    assert "写总结" not in page
    links = sorted({link.replace("&amp;", "&") for link in re.findall(r'href="(/quality/tickets[^"]+)"', page)})
    assert len(links) > 10
    for link in links:
        assert (await office.get(link)).status_code == 200
    late = (await office.get(f"/quality/tickets?month={LAST}&figure=finished_late")).text
    assert "水管漏水" in late
    assert "客厅灯不亮" not in late
    assert (await office.get(f"/quality/tickets?month={LAST}&figure=nothing")).status_code == 404


async def test_the_manager_writes_decides_and_fixes(client_for, repairs):
    manager = await client_for(WANG)
    form = (await manager.get(f"/quality/findings?month={LAST}")).text
    assert "本月报修 2 件" in form
    answer = await manager.post("/quality/findings", data={"month": LAST, "findings": "水管是大头", "version": 0})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/quality?month={LAST}")
    wrong = await manager.post("/quality/measures", data=MEASURE | {"due_on": "2020-01-01", "aim": ""})
    assert wrong.status_code == 422
    assert "3栋立管排查" in wrong.text
    past = await manager.post("/quality/measures", data=MEASURE | {"due_on": "2020-01-01"})
    assert "期限不能早于今天" in past.text
    assert (await manager.post("/quality/measures", data=MEASURE)).status_code == 303
    async with DB.scope(EVERYWHERE):
        id_ = await fetchval("select id from report_measure")
    hand = await client_for(SHIFU)
    assert "做完了" in (await hand.get(f"/quality/measures/{id_}")).text
    assert (await hand.post(f"/quality/measures/{id_}/completion", data={"proof": "", "version": 1})).status_code == 422
    assert (
        await hand.post(f"/quality/measures/{id_}/withdrawal", data={"proof": "x", "version": 1})
    ).status_code == 404
    done = await hand.post(f"/quality/measures/{id_}/completion", data={"proof": "换了立管", "version": 1})
    assert done.status_code == 303
    again = await manager.post(f"/quality/measures/{id_}/withdrawal", data={"proof": "不做", "version": 1})
    assert "刚才有同事改过" in again.text
    assert (await manager.post("/quality/fixing", data={"month": LAST, "version": 1})).status_code == 303
    page = (await manager.get(f"/quality?month={LAST}")).text
    for words in ("已定稿", "水管是大头", "3栋立管排查", "换了立管"):
        assert words in page
    refused = await manager.post("/quality/findings", data={"month": LAST, "findings": "改", "version": 2})
    assert "已经定稿" in refused.text
    assert (await manager.post("/quality/fixing", data={"month": LAST, "version": 2})).status_code == 422
    assert (await manager.get(f"/quality/findings?month={LAST}")).status_code == 303
    assert "换了立管" not in (await manager.get("/quality/measures")).text
    assert "3栋立管排查" in (await manager.get("/quality/measures?view=done&q=立管")).text
    assert (
        await manager.post("/quality/reopening", data={"month": LAST, "reason": "", "version": 2})
    ).status_code == 422
    assert (
        await manager.post("/quality/reopening", data={"month": LAST, "reason": "漏了", "version": 2})
    ).status_code == 303


async def test_a_month_that_runs_cannot_be_fixed_and_one_ahead_is_not_there(client_for):
    manager, present = await client_for(WANG), months.month_of(now())
    await manager.post("/quality/findings", data={"month": present, "findings": "还早", "version": 0})
    early = await manager.post("/quality/fixing", data={"month": present, "version": 1})
    assert (early.status_code, "过完才能定稿" in early.text) == (422, True)
    ahead = months.before(present, -1)
    data = {"month": ahead, "findings": "x", "version": 0}
    assert (await manager.post("/quality/findings", data=data)).status_code == 404


async def test_the_spreadsheet_holds_every_section(client_for, repairs):
    answer = await (await client_for(ZHOU)).get(f"/quality/export?month={LAST}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == [
        "汇总", "按类别", "按楼栋", "按原因", "按维修工", "按级别", "重复报修", "十二个月", "投诉汇总", "投诉按原因", "投诉按来源", "投诉十二个月", "总结", "改进措施",
    ]  # fmt: skip
    figures = {row[0]: row[2] for row in book.get_sheet_by_name("汇总").to_python()[2:]}
    assert (figures["报修"], figures["完工及时率"], figures["验收满意率"]) == (2, 50, 0)
    assert book.get_sheet_by_name("十二个月").to_python()[-1][0] == LAST
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from audit where action = 'report.export'") == 1


@pytest.mark.parametrize("who", [SHIFU, ZHAO, LI, CHEN])
async def test_who_reads_no_reports_meets_404(client_for, who):
    client = await client_for(who)
    for path in (
        "",
        "/export",
        "/tickets?figure=open",
        "/complaints?figure=open",
        "/findings",
        "/measures",
        "/measures/new",
        "/reopening",
    ):
        assert (await client.get(f"/quality{path}")).status_code == 404
    for path in ("/findings", "/fixing", "/reopening", "/measures"):
        assert (await client.post(f"/quality{path}", data=MEASURE)).status_code == 404


async def test_the_clerk_reads_and_does_not_decide(client_for):
    client = await client_for(ZHOU)
    assert (await client.get("/quality/measures")).status_code == 200
    for path in ("/findings", "/fixing", "/reopening", "/measures"):
        assert (await client.post(f"/quality{path}", data=MEASURE)).status_code == 404


async def test_the_neighbours_see_only_their_own(client_for, repairs):
    page = (await (await client_for(SUN)).get("/quality")).text
    assert "本月没有报修" in page
    assert "王水生" not in page

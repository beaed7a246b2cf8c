"""The board: filters, words, pages, kept filters, many at once, the spreadsheet, the question whether anything has changed."""

import io
from uuid import UUID

import openpyxl
import pytest
from litestar.exceptions import NotFoundException

from server.lib.acting import Act
from server.lib.ids import uuid7
from server.tickets import accepting, board, bulk, dispatching, filters, reporting
from server.tickets.board import Filters, filters_from
from server.tickets.filters import TooManyFilters
from tests.cast import CHEN, LAOLI, SHIFU, WANG, ZHOU, room_id
from tests.tickets.scenes import DB, EVERYWHERE, Scene, actor, execute, fetchval, leak, on_stage


@pytest.fixture
def scene(db):
    return Scene()


async def numbers(**narrowed):
    """Return the summaries the clerk finds."""
    found = await board.board(actor(ZHOU), Filters(**narrowed), 1)
    assert found.total == len(found.items)
    return [one.summary for one in found.items]


@on_stage
async def test_every_filter_narrows_and_words_are_found_anywhere(scene):
    await scene.reported()
    await reporting.report(leak(category="power", text="楼道灯不亮。三楼"), by=actor(CHEN))
    assert await numbers() == ["楼道灯不亮", "厨房水管漏水"]
    assert await numbers(sort="oldest") == ["厨房水管漏水", "楼道灯不亮"]
    for narrowed in (
        {"q": "漏水"},
        {"q": "陈晓 水管"},
        {"q": "1302 水"},
        {"category": "water"},
        {"filter": "all", "q": "gd- 漏水"},
    ):
        assert await numbers(**narrowed) == ["厨房水管漏水"], narrowed
    for narrowed in (
        {"q": "查无此事"},
        {"level": "P1"},
        {"person": str(SHIFU.person_id)},
        {"filter": "finished"},
        {"until": "2020-01-01"},
    ):
        assert await numbers(**narrowed) == [], narrowed
    building = await fetchval("select building_id from room where id = $1", room_id("3栋1单元1302"))
    assert len(await numbers(building=str(building))) == 2
    assert await numbers(building=str(uuid7())) == []


@on_stage
async def test_whom_it_is_given_to_is_one_of_its_words(scene):
    await scene.dispatched()
    assert await numbers(q=SHIFU.name) == ["厨房水管漏水"]


def test_nonsense_in_an_address_is_no_filter():
    nonsense = {
        "filter": "x",
        "building": "x",
        "person": "1; drop",
        "since": "gestern",
        "level": "P9",
        "sort": "x",
        "q": "\0",
    }
    assert filters_from(nonsense) == Filters()
    same = Filters(filter="late", q="漏", category="water", since="2026-11-01", sort="due")
    assert filters_from(dict(pair.split("=") for pair in same.query(q="").split("&"))) == Filters(
        filter="late", category="water", since="2026-11-01", sort="due"
    )


@on_stage
async def test_the_figures_are_those_of_the_lists(scene):
    await scene.closed()
    again = Scene()
    await again.reported()
    figures = await board.tallies(actor(ZHOU))
    for name in board.FILTERS:
        found = await board.board(actor(ZHOU), Filters(filter=name), 1)
        assert figures.counts[name] == found.total, name
        assert await board.board(actor(ZHOU), Filters(filter=name), 1, total=found.total) == found
    assert (figures.month_done, figures.rate) == (1, "100.0%")


@on_stage
async def test_every_change_is_seen_by_who_asks_again(scene):
    seen = [await board.version(actor(ZHOU))]
    ticket = await scene.reported()
    seen.append(await board.version(actor(ZHOU)))
    await accepting.cancel(ticket.id, by=actor(CHEN), act=Act(note="自己好了"))
    seen.append(await board.version(actor(ZHOU)))
    assert len(set(seen)) == 3


@on_stage
async def test_filters_are_kept_for_one_person(scene):
    late = Filters(filter="late", category="water")
    await filters.keep("漏水超时", late, by=actor(ZHOU))
    await filters.keep("漏水超时", Filters(filter="late", category="leak"), by=actor(ZHOU))
    (one,) = await filters.kept(actor(ZHOU))
    assert (one.name, one.query, one.is_default) == ("漏水超时", "filter=late&category=leak", False)
    assert await filters.kept(actor(WANG)) == []
    for step in (filters.drop, filters.begin_with):
        with pytest.raises(NotFoundException):
            await step(one.id, by=actor(WANG))
    await filters.begin_with(one.id, by=actor(ZHOU))
    assert (await filters.kept(actor(ZHOU)))[0].is_default
    await filters.begin_with(one.id, by=actor(ZHOU))
    assert not (await filters.kept(actor(ZHOU)))[0].is_default
    for number in range(filters.MOST - 1):
        await filters.keep(f"第{number}个", late, by=actor(ZHOU))
    with pytest.raises(TooManyFilters):
        await filters.keep("太多", late, by=actor(ZHOU))
    await filters.drop(one.id, by=actor(ZHOU))
    assert len(await filters.kept(actor(ZHOU))) == filters.MOST - 1


@on_stage
async def test_of_many_given_at_once_each_is_told_apart(scene):
    free, taken, closed = Scene(), Scene(), Scene()
    await free.reported()
    await taken.dispatched(LAOLI)
    await closed.closed()
    stranger: UUID = uuid7()
    moved = Scene()
    seen = (await moved.reported()).version
    await dispatching.accept(moved.id, by=actor(ZHOU), act=Act())
    ticks = [(free.id, 1), (taken.id, 2), (closed.id, 1), (stranger, 1), (moved.id, seen), (free.id, 1)]
    given = await bulk.give(ticks, LAOLI.person_id, by=actor(ZHOU))
    assert [one.outcome for one in given] == ["done", "same", "over", "gone", "changed"]
    assert await fetchval("select assignee_id from ticket where id = $1", moved.id) is None
    assert await fetchval("select assignee_id from ticket where id = $1", free.id) == LAOLI.person_id
    assert await fetchval("select state from ticket where id = $1", closed.id) == "closed"


async def test_the_board_begins_with_the_filter_that_is_kept_for_it(client_for):
    async with DB.scope(EVERYWHERE):
        await Scene().reported()
    clerk = await client_for(ZHOU)
    answer = await clerk.post("/tickets/filters", data={"name": "水", "query": "filter=all&category=water"})
    assert answer.headers["location"] == "/tickets?filter=all&category=water"
    page = (await clerk.get("/tickets?filter=all&category=water")).text
    assert "厨房水管漏水" in page
    async with DB.scope(EVERYWHERE):
        (one,) = await filters.kept(actor(ZHOU))
    await clerk.post(f"/tickets/filters/{one.id}/start")
    assert (await clerk.get("/tickets")).headers["location"] == "/tickets?filter=all&category=water"
    assert (
        'href="/tickets?filter=open"' in (await clerk.get("/tickets?filter=all")).text
    )  # the plain board stays in reach
    refused = await clerk.post("/tickets/filters", data={"name": "", "query": "filter=late"})
    assert refused.status_code == 422
    assert "请填写这一项" in refused.text


async def test_ticked_tickets_are_given_in_one_go_and_nothing_ticked_is_said(client_for):
    async with DB.scope(EVERYWHERE):
        scenes = [Scene(), Scene()]
        for one in scenes:
            await one.reported()
    clerk = await client_for(ZHOU)
    empty = await clerk.post("/tickets/bulk", data={"repairman": str(SHIFU.person_id), "query": ""})
    assert empty.status_code == 422
    assert "请先在左边勾选工单" in empty.text
    ids = [f"{one.id}.1" for one in scenes]
    answer = await clerk.post("/tickets/bulk", data={"repairman": str(SHIFU.person_id), "tickets": ids})
    assert "派出 2 单" in answer.text
    assert (
        await (await client_for(CHEN)).post("/tickets/bulk", data={"repairman": str(SHIFU.person_id), "tickets": ids})
    ).status_code == 404


async def test_the_list_leaves_as_a_spreadsheet_masked_and_on_record(client_for):
    async with DB.scope(EVERYWHERE):
        await Scene().reported()
    answer = await (await client_for(ZHOU)).get("/tickets/export?filter=all&q=漏水")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    row = [cell.value for cell in sheet[3]]
    assert row[1:3] == ["厨房水管漏水", "3栋1单元1302"]
    assert CHEN.name not in row
    assert CHEN.phone not in row
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from audit where action = 'ticket.export'") == 1
        await execute("delete from ticket_filter")

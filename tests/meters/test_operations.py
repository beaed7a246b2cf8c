from uuid import UUID

import pytest
from litestar.exceptions import NotFoundException

from server.db import execute, fetch, fetchrow, fetchval
from server.field.documents import kinds, load
from server.field.reducers import reduce
from server.lib.ids import uuid7
from server.meters.reducers import ASK
from server.sync.operations import Conflict, Refusal
from tests.cast import CHEN, LAOLI, SHIFU, SUN, ZHAO, ZHOU
from tests.meters.scenes import a_meter, a_period, a_route, an_op, carry, do, doc_of, last_audit, readings_of
from tests.patrols.scenes import actor_for, on_stage, reach


@on_stage
async def test_a_reading_is_kept_with_its_usage_and_the_route_advances(db):
    meter, other = await a_meter(), await a_meter("3栋1单元1302")
    await a_period()
    route = await a_route(meter, other)
    applied = await do("meter.read", meter, value="132.50", photos=1)
    assert applied.version == await fetchval("select version from meter where id = $1", meter)
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "132.5", "11.5", "ok")
    doc = (await load("meter_route", [route], actor_for(SHIFU)))[route]
    assert [(stop["mark"], stop["last"], stop["value"]) for stop in doc["stops"]] == [
        ("read", "121", "132.5"),
        ("", "121", ""),
    ]
    assert (doc["done"], doc["total"]) == (1, 2)
    assert await fetchval("select count(*) from photo where entity = 'meter_reading' and role = 'reading'") == 1
    row = await last_audit()
    assert (row["action"], row["actor_name"], row["device_at"] is not None) == ("meter.read", SHIFU.name, True)


@on_stage
async def test_the_document_afterwards_is_what_the_reducer_said(db):
    meter = await a_meter()
    await a_period()
    route = await a_route(meter)
    op = an_op("meter.read", meter, value="133", route=str(route), photos=1)
    before, route_before = await doc_of(meter), (await load("meter_route", [route], actor_for(SHIFU)))[route]
    said, route_said = reduce("meter", before, op.plain()), reduce("meter_route", route_before, op.plain())
    await carry(op)
    told, route_told = await doc_of(meter), (await load("meter_route", [route], actor_for(SHIFU)))[route]
    said["reading"]["photos"][0]["pending"] = True  # promised, and still on the phone
    assert told | {"v": 0} == said | {"v": 0}
    assert route_told | {"v": 0} == route_said | {"v": 0}
    assert told["v"] > before["v"] and route_told["v"] > route_before["v"]


@on_stage
async def test_an_odd_reading_has_to_be_confirmed_and_then_waits_for_somebody(db):
    meter = await a_meter()
    await a_period()
    with pytest.raises(Refusal) as refused:
        await do("meter.read", meter, value="90")
    assert refused.value.message == ASK["backwards"]
    await do("meter.read", meter, value="90", confirmed="yes")
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "90", "", "doubtful")
    assert (await doc_of(meter))["reading"]["flags"] == ["backwards"]


@on_stage
async def test_a_second_reading_of_the_same_period_is_kept_beside_the_first(db):
    meter = await a_meter()
    await a_period()
    seen = (await doc_of(meter))["v"]
    await do("meter.read", meter, value="130", base=seen)
    applied = await do("meter.read", meter, LAOLI, value="131", base=seen)  # the other phone had no signal
    assert applied.merged
    assert [one[2:] for one in (await readings_of(meter))[-2:]] == [("130", "9", "ok"), ("131", "10", "doubtful")]
    doc = await doc_of(meter)
    assert doc["reading"]["value"] == "130" and [one["flags"] for one in doc["others"]] == [["second"]]
    with pytest.raises(Refusal):
        await do("meter.read", meter, value="131")


@on_stage
async def test_a_meter_that_could_not_be_read_is_estimated_and_made_true_later(db):
    meter = await a_meter()
    await a_period()
    await do("meter.unreadable", meter, reason="locked", note="下午再来")
    assert (await readings_of(meter))[-1] == ("2026-11", "unread", "", "", "ok")
    await do("meter.unreadable", meter, reason="nobody", estimate="140")
    assert [one[1:] for one in (await readings_of(meter))[-2:]] == [
        ("unread", "", "", "superseded"),
        ("estimated", "140", "19", "ok"),
    ]
    await execute("update meter_period set period = '2026-12'")
    await do("meter.read", meter, value="138", period="2026-12")
    assert (await readings_of(meter))[-1] == ("2026-12", "actual", "138", "-2", "ok")


@on_stage
async def test_the_real_figure_takes_the_place_of_an_estimate(db):
    meter = await a_meter()
    await a_period()
    await do("meter.unreadable", meter, reason="nobody", estimate="140")
    await do("meter.read", meter, value="131")
    assert [one[1:] for one in (await readings_of(meter))[-2:]] == [
        ("estimated", "140", "", "superseded"),
        ("actual", "131", "10", "ok"),
    ]


@on_stage
async def test_a_changed_meter_leaves_its_last_figure_and_its_place_on_the_route(db):
    meter, new = await a_meter(ratio="2"), uuid7()
    await a_period()
    route = await a_route(meter)
    await do("meter.replace", meter, old_final="126", number="W-900", initial="0.3", new=str(new), photos=1)
    assert (await readings_of(meter))[-1] == ("2026-11", "final", "126", "10", "ok")
    assert await readings_of(new) == [("2026-11", "initial", "0.3", "", "ok")]
    await do("meter.read", new, value="2.8")
    assert (await readings_of(new))[-1] == ("2026-11", "actual", "2.8", "5", "ok")
    old = await fetchrow("select removed_on, replaced_by from meter where id = $1", meter)
    assert old["replaced_by"] == new and old["removed_on"] is not None
    assert await fetchval("select meter_id from meter_stop where route_id = $1", route) == new
    assert (await load("meter_route", [route], actor_for(SHIFU)))[route]["stops"][0]["mark"] == "read"
    assert await kinds()["meter"].every(actor_for(SHIFU)) == [new]
    with pytest.raises(Conflict):
        await do("meter.replace", meter, LAOLI, old_final="127", number="W-901", initial="0", new=str(uuid7()))


@on_stage
async def test_a_number_hangs_in_one_place_only(db):
    meter = await a_meter()
    await a_meter("3栋1单元1302", number="W-1")
    with pytest.raises(Refusal):
        await do("meter.replace", meter, old_final="126", number="W-1", initial="0", new=str(uuid7()))


@on_stage
async def test_work_done_without_signal_is_kept_after_the_meter_and_the_period_have_gone(db):
    meter = await a_meter()
    await a_period()
    await execute("update meter_period set period = '2026-12'")
    await do("meter.read", meter, value="130", base=1)
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "130", "", "doubtful")
    await do("meter.replace", meter, old_final="131", number="W-900", initial="0", new=str(uuid7()), period="2026-12")
    await do("meter.read", meter, value="131", base=1, period="2026-12")
    flags = await fetch(
        "select flags from meter_reading where meter_id = $1 and status = 'doubtful' order by id", meter
    )
    assert [one["flags"] for one in flags] == ['["late"]', '["removed"]']


@on_stage
async def test_readings_cannot_be_changed_or_removed(db):
    meter = await a_meter()
    import asyncpg

    for query in (
        "update meter_reading set value = 1 where meter_id = $1",
        "delete from meter_reading where meter_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(query, meter)


@pytest.mark.parametrize("who", [ZHAO, CHEN, SUN])
async def test_a_stranger_reads_no_meter(db, who):
    async with reach():
        meter = await a_meter()
        await a_period()
    async with reach(who.community):
        with pytest.raises(NotFoundException):
            await do("meter.read", meter, who, value="130")
        assert await load("meter", [meter], actor_for(who)) == {}
        assert await kinds()["meter"].every(actor_for(who)) == []


async def test_the_feed_tells_of_meters_and_routes(db):
    async with reach():
        meter = await a_meter()
        await a_period()
        route = await a_route(meter)
        query = "select kind, id, seq, gone from sync_entry where scope = $1 order by kind"
        scope = kinds()["meter"].scope(actor_for(ZHOU))
        before = {one["id"]: one["seq"] for one in await fetch(query, scope)}
        await do("meter.read", meter, value="130")
        after = {one["id"]: one["seq"] for one in await fetch(query, scope)}
        assert before[meter] < after[meter] and before[route] < after[route]
        await do("meter.replace", meter, old_final="131", number="W-9", initial="0", new=str(uuid7()))
        gone = await fetchval("select gone from sync_entry where scope = $1 and id = $2", scope, meter)
        assert gone is True and isinstance(route, UUID)

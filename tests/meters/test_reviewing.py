from datetime import date
from decimal import Decimal as D

import pytest
from litestar.exceptions import NotFoundException

from server.db import fetchrow, fetchval
from server.meters import keeping, periods, reviewing, routing
from server.meters.keeping import NewMeter
from server.meters.usage import Shown, usages
from server.sync.operations import Refusal
from tests.cast import LAOLI, SHIFU, SUN, WANG, ZHOU
from tests.meters.scenes import a_meter, a_period, a_route, do, readings_of
from tests.patrols.scenes import actor_for, on_stage, reach

DAYS = (date(2026, 12, 20), date(2026, 12, 25))


async def doubtful(value: str = "90", past: tuple[str, ...] = ("100", "110", "121"), who=SHIFU, **more):
    """Make a meter with a reading that waits; return (meter, reading)."""
    meter = await a_meter(past=past, **more)
    if not await fetchval("select exists (select from meter_period)"):
        await a_period()
    await do("meter.read", meter, who, value=value, confirmed="yes")
    return meter, await fetchval("select id from meter_reading where meter_id = $1 and status = 'doubtful'", meter)


@on_stage
async def test_a_jump_is_accepted_with_a_reason_by_somebody_else(db):
    meter, reading = await doubtful("200")
    with pytest.raises(NotFoundException):
        await reviewing.decide(reading, "accept", "漏水", by=actor_for(SUN))
    await reviewing.decide(reading, "accept", "厨房漏水，已修", by=actor_for(ZHOU))
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "200", "79", "accepted")
    kept = await fetchrow("select verdict, reason, reviewer_name from meter_review")
    assert tuple(kept) == ("accept", "厨房漏水，已修", ZHOU.name)
    with pytest.raises(reviewing.Refused) as refused:
        await reviewing.decide(reading, "reject", "再想想", by=actor_for(WANG))
    assert refused.value.message == reviewing.DECIDED


@on_stage
async def test_nobody_reviews_what_they_read_themselves(db):
    _meter, reading = await doubtful("200", who=ZHOU)
    with pytest.raises(reviewing.Refused) as refused:
        await reviewing.decide(reading, "accept", "看过了", by=actor_for(ZHOU))
    assert refused.value.message == reviewing.OWN
    await reviewing.decide(reading, "accept", "看过了", by=actor_for(WANG))


@on_stage
async def test_a_reading_below_the_last_one_is_no_usage_unless_the_register_rolled_over(db):
    meter, reading = await doubtful("5", past=("99970", "99981", "99990"))
    with pytest.raises(reviewing.Refused):
        await reviewing.decide(reading, "accept", "就是这样", by=actor_for(ZHOU))
    await reviewing.decide(reading, "rollover", "照片可见", by=actor_for(ZHOU))
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "5", "15", "accepted")
    _other, wrong = await doubtful("200", label="3栋1单元1302")
    with pytest.raises(reviewing.Refused) as refused:
        await reviewing.decide(wrong, "rollover", "照片可见", by=actor_for(ZHOU))
    assert refused.value.message == reviewing.NOT_LOWER


@on_stage
async def test_a_wrong_reading_is_corrected_by_a_new_one_and_stays(db):
    meter, reading = await doubtful("90")
    with pytest.raises(reviewing.Refused):
        await reviewing.decide(reading, "correct", "看错了", by=actor_for(ZHOU))
    await reviewing.decide(reading, "correct", "看照片是 130", D(130), by=actor_for(ZHOU))
    assert [one[1:] for one in (await readings_of(meter))[-2:]] == [
        ("actual", "90", "", "superseded"),
        ("actual", "130", "9", "accepted"),
    ]


@on_stage
async def test_a_second_reading_that_is_accepted_takes_the_place_of_the_first(db):
    meter = await a_meter()
    await a_period()
    await do("meter.read", meter, value="130")
    await do("meter.read", meter, LAOLI, value="131", confirmed="yes")
    second = await fetchval("select id from meter_reading where meter_id = $1 and status = 'doubtful'", meter)
    await reviewing.decide(second, "accept", "第一次看错", by=actor_for(ZHOU))
    assert [one[2:] for one in (await readings_of(meter))[-2:]] == [
        ("130", "", "superseded"),
        ("131", "10", "accepted"),
    ]


@on_stage
async def test_a_refused_reading_counts_for_nothing_and_the_meter_can_be_read_again(db):
    meter, reading = await doubtful("90")
    await reviewing.decide(reading, "reject", "拍的是隔壁的表", by=actor_for(ZHOU))
    await do("meter.read", meter, value="133")
    assert [one[4] for one in (await readings_of(meter))[-2:]] == ["rejected", "ok"]


@on_stage
async def test_the_database_reckons_usage_as_the_rules_do(db):
    figures = ("99700", "99820.5", "99990", "12.25", "140")
    meter = await a_meter(past=figures[:3], ratio="1.5")
    await a_period()
    await do("meter.read", meter, value=figures[3], confirmed="yes")
    reading = await fetchval("select id from meter_reading where meter_id = $1 and status = 'doubtful'", meter)
    await reviewing.decide(reading, "rollover", "照片可见", by=actor_for(ZHOU))
    await periods.open_new("2026-12", *DAYS, by=actor_for(ZHOU))
    await do("meter.unreadable", meter, reason="locked", estimate="150", period="2026-12", confirmed="yes")
    await periods.open_new("2027-01", *DAYS, by=actor_for(ZHOU))
    await do("meter.read", meter, value=figures[4], period="2027-01", confirmed="yes")
    chain = [Shown(D(one)) for one in figures[:3]]
    chain += [Shown(D("12.25"), rolled=True), Shown(D(150), "estimated"), Shown(D(140))]
    told = [one[3] for one in await readings_of(meter)]
    assert [None if one == "" else D(one) for one in told] == usages(chain, D("1.5"), 5)


@on_stage
async def test_a_new_period_closes_the_one_before_and_there_is_one_of_each(db):
    meter = await a_meter()
    by = actor_for(ZHOU)
    await periods.open_new("2026-11", *DAYS, by=by)
    await periods.open_new("2026-12", *DAYS, by=by)
    assert [(one.period, one.state) for one in await periods.all_of(by)] == [("2026-12", "open"), ("2026-11", "closed")]
    with pytest.raises(periods.PeriodTaken):
        await periods.open_new("2026-11", *DAYS, by=by)
    assert (await periods.all_of(by))[0].state == "open", "a refused opening closes nothing"
    await periods.close(by=by)
    with pytest.raises(NotFoundException):
        await periods.close(by=by)
    await do("meter.read", meter, value="130", period="2026-12")
    assert (await readings_of(meter))[-1][4] == "doubtful"


@on_stage
async def test_a_route_takes_the_meters_that_are_on_none_in_the_order_of_the_rooms(db):
    by = actor_for(ZHOU)
    await a_meter("3栋1单元1302")
    first = await a_meter("3栋1单元1301")
    await a_meter("3栋1单元1301", kind="power")
    await a_route(await a_meter("3栋2单元101"))
    route = await routing.make("3栋1单元", SHIFU.person_id, "water", None, by=by)
    assert (await routing.find(route, by=by)).total == 2
    assert (
        await fetchval("select meter_id from meter_stop where route_id = $1 order by position limit 1", route) == first
    )
    with pytest.raises(routing.NameTaken):
        await routing.make("3栋1单元", None, "", None, by=by)
    await routing.change(route, "3栋", LAOLI.person_id, "", None, add=True, by=by)
    assert (await routing.find(route, by=by)).total == 3
    await routing.end(route, by=by)
    with pytest.raises(NotFoundException):
        await routing.find(route, by=by)
    async with reach("翠湖湾"):
        assert await routing.all_of(actor_for(SUN)) == []


@on_stage
async def test_who_may_read_is_asked_of_the_matrix(db):
    assert [name for _id, name in await routing.readers(actor_for(ZHOU))] == sorted([ZHOU.name, SHIFU.name, LAOLI.name])


@on_stage
async def test_a_meter_is_registered_with_where_it_begins_and_corrected(db):
    by = actor_for(ZHOU)
    new = NewMeter("water", "W-7", "3栋1单元1301", 5, D(1), date(2026, 10, 1), D("0.5"))
    meter = await keeping.hang(new, by=by)
    await a_period()
    await do("meter.read", meter, value="10.5")
    assert (await readings_of(meter))[-1] == ("2026-11", "actual", "10.5", "10", "ok")
    await keeping.correct(meter, "W-7", 5, D(2), by=by)
    assert (await readings_of(meter))[-1][3] == "20"
    with pytest.raises(keeping.NumberTaken):
        await keeping.hang(new, by=by)
    common = await keeping.hang(NewMeter("power", "D-1", "3栋 水泵房", 6, D(30), date(2026, 10, 1), D(0)), by=by)
    assert await fetchval("select room_id from meter where id = $1", common) is None
    with pytest.raises(Refusal):
        await do("meter.read", common, value="abc")

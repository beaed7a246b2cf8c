"""What is written, fixed and decided; who may; who is told."""

import datetime as dt
from decimal import Decimal

import asyncpg
import pytest
from litestar.exceptions import NotFoundException

from server.db import execute, fetch, fetchval
from server.lib.formats import now, today
from server.quality import measures, months, notes
from server.quality.measures import Decision, Impossible
from server.quality.reporting import report_of
from server.quality.watching import watch
from tests.cast import LAOLI, SHIFU, SUN, SUNSHINE, WANG, ZHOU
from tests.quality.scenes import a_ticket
from tests.tickets.scenes import actor, on_stage

LAST = months.before(months.month_of(now()))
"""The last whole month."""


def plan(**changes) -> Decision:
    """Return what is decided about pipes."""
    values = {
        "month": LAST, "what": "3栋立管排查", "aim": "repairs.category:water", "person_id": SHIFU.person_id,
        "due_on": today() + dt.timedelta(days=9), "target": Decimal(1),
    } | changes  # fmt: skip
    return Decision(**values)


async def told() -> list[tuple[str, str]]:
    """Return which events were told to whom."""
    found = await fetch("select event, name from notification join account on account.id = account_id order by 1, 2")
    return [(one["event"], one["name"]) for one in found]


@on_stage
async def test_a_fixed_report_keeps_its_figures_until_it_is_opened_with_a_reason(db):
    await a_ticket(months.starts(LAST) + dt.timedelta(days=3))
    with pytest.raises(notes.Fixed):
        await notes.fix(LAST, by=actor(WANG), version=0)
    await notes.write(LAST, "水管太多", by=actor(WANG), version=0)
    with pytest.raises(notes.Stale):
        await notes.write(LAST, "另一个人写的", by=actor(WANG), version=0)
    await notes.fix(LAST, by=actor(WANG), version=1)
    await a_ticket(months.starts(LAST) + dt.timedelta(days=4))
    report = await report_of(LAST, by=actor(ZHOU))
    assert (report.note.fixed_name, report.figures["repairs"].of().reported) == (WANG.name, 1)
    following = await report_of(months.before(LAST, -1), by=actor(ZHOU))
    assert following.figures["repairs"].of(LAST).reported == 1
    for refused in (
        notes.write(LAST, "改一改", by=actor(WANG), version=2),
        measures.decide(plan(), by=actor(WANG)),
        notes.fix(LAST, by=actor(WANG), version=2),
    ):
        with pytest.raises(notes.Fixed):
            await refused
    await notes.reopen(LAST, "漏了一张工单", by=actor(WANG), version=2)
    assert (await report_of(LAST, by=actor(ZHOU))).figures["repairs"].of().reported == 2
    actions = [
        one["action"] for one in await fetch("select action from audit where entity = 'month_report' order by seq")
    ]
    assert actions == ["report.write", "report.fix", "report.reopen"]
    assert await fetchval("select reason from audit where action = 'report.reopen'") == "漏了一张工单"


@on_stage
async def test_the_database_itself_alters_no_fixed_report(db):
    await notes.write(LAST, "水管太多", by=actor(WANG), version=0)
    await notes.fix(LAST, by=actor(WANG), version=1)
    for change in (
        "update month_report set figures = '{}'",
        "update month_report set findings = 'x', figures = null, fixed_at = null, fixed_name = null, reopened_why = 'x'",
        "update month_report set figures = null, fixed_at = null, fixed_name = null",
        "delete from month_report",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(change)


@on_stage
async def test_a_month_that_still_runs_is_not_fixed(db):
    present = months.month_of(now())
    await notes.write(present, "还早", by=actor(WANG), version=0)
    with pytest.raises(notes.NotOver):
        await notes.fix(present, by=actor(WANG), version=1)


@on_stage
async def test_a_measure_remembers_its_figure_and_the_next_report_compares(db):
    for day in (2, 3, 4):
        await a_ticket(months.starts(LAST) + dt.timedelta(days=day))
    id_ = await measures.decide(plan(), by=actor(WANG))
    assert await told() == [("measure_decided", SHIFU.name)]
    following = await report_of(months.before(LAST, -1), by=actor(ZHOU))
    one = following.measures[0]
    assert (one.before, one.target, one.after, one.reached) == ("3 件", "1 件", "0 件", True)
    mine = (await report_of(LAST, by=actor(ZHOU))).measures[0]
    assert (mine.measure.id, mine.after, mine.reached) == (id_, "3 件", False)
    done = await measures.end(id_, "done", "换了 6 根立管，照片在工单里", by=actor(SHIFU), version=1)
    assert (done.state, done.ended_name) == ("done", SHIFU.name)
    with pytest.raises(notes.Stale):
        await measures.end(id_, "dropped", "不做了", by=actor(WANG), version=1)


@on_stage
async def test_a_measure_that_cannot_be_meant_is_refused_and_nothing_is_left(db):
    for changes, field in (
        ({"aim": "repairs.charged"}, "aim"),
        ({"aim": "nothing"}, "aim"),
        ({"person_id": SUN.person_id}, "person_id"),
        ({"due_on": today() - dt.timedelta(days=1)}, "due_on"),
    ):
        with pytest.raises(Impossible) as refused:
            await measures.decide(plan(**changes), by=actor(WANG))
        assert refused.value.args == (field,)
    assert await fetchval("select count(*) from report_measure") == 0


@on_stage
async def test_who_may_not_decide_finds_nothing(db):
    id_ = await measures.decide(plan(), by=actor(WANG))
    for refused in (
        measures.decide(plan(), by=actor(ZHOU)),
        notes.write(LAST, "x", by=actor(ZHOU), version=0),
        measures.find(id_, by=actor(LAOLI)),
        measures.find(id_, by=actor(SUN)),
        measures.end(id_, "done", "x", by=actor(ZHOU), version=1),
        measures.end(id_, "dropped", "x", by=actor(SHIFU), version=1),
    ):
        with pytest.raises(NotFoundException):
            await refused
    assert (await measures.find(id_, by=actor(SHIFU))).state == "open"


@on_stage
async def test_a_late_measure_is_told_once_to_who_does_it_and_who_decides(db):
    at = now() - dt.timedelta(days=20)
    id_ = await measures.decide(plan(due_on=today() - dt.timedelta(days=2)), by=actor(WANG), at=at)
    await execute("delete from notification")
    assert [(await watch(None))["told"] for _ in range(2)] == [2, 0]
    assert set(await told()) == {("measure_late", SHIFU.name), ("measure_late", WANG.name)}
    assert (await measures.find(id_, by=actor(WANG))).is_late
    counts = await measures.tallies(SUNSHINE)
    assert (counts["open"], counts["late"], counts["all"]) == (1, 1, 1)

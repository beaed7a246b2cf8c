"""Readings from spreadsheets: the office's own sample, and every reason for which a row waits."""

import io
import re
from datetime import date
from decimal import Decimal as D
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.communities.importing.headers import recognise
from server.communities.importing.jobs import recognise_all
from server.communities.importing.reading import Sheet, read_sheets
from server.db import DB, EVERYWHERE, execute, fetch, fetchval, transaction
from server.lib.ids import uuid7
from server.meters.importing import apply, dry_run
from server.meters.planning import Known, KnownMeter, KnownReading, KnownRoom, Plan, plan
from server.meters.sheets import parse
from tests.cast import CHEN, COMMUNITIES, SHIFU, SUN, ZHOU
from tests.meters.scenes import a_meter, readings_of
from tests.patrols.scenes import actor_for, on_stage, reach
from tests.support.workbooks import workbook

FILES = Path(__file__).parents[1] / "files"
SAMPLE = FILES / "meter_readings.xlsx"
SUNSHINE = COMMUNITIES["阳光花园"]
HEADER = ["楼栋", "单元", "房号", "上期读数", "上期抄表时间", "本期读数", "抄表时间"]
ROOM, METER = UUID(int=1), UUID(int=2)
TODAY = date(2026, 11, 25)


def test_the_sample_is_recognised_below_its_note_once_it_is_said_whose_readings_they_are():
    (sheet,) = read_sheets(SAMPLE.read_bytes())
    assert recognise(sheet) is None
    layout = recognise(sheet, "water")
    assert layout is not None
    assert (layout.kind, layout.header_row) == ("water_readings", 2)
    assert {"building", "stairwell", "number", "last_value", "last_at", "value", "read_at"} <= layout.columns.keys()


def test_the_title_or_the_name_of_a_sheet_says_whose_readings_they_are():
    rows = [["2026年10月电表抄表记录"], HEADER]
    assert recognise(Sheet("Sheet1", rows)).kind == "power_readings"  # type: ignore[union-attr]
    assert recognise(Sheet("热水", [HEADER])).kind == "hot_water_readings"  # type: ignore[union-attr]


def planned(*lines: list[Any], past: list[KnownReading] | None = None, header: list[str] = HEADER) -> Plan:
    """Return what these rows would do where one room is known, with a meter if it has a past."""
    sheets = [Sheet("水表", [header, *lines])]
    room = KnownRoom(ROOM, "03-01-1301", "3栋1单元1301", "x", True)
    meters = [KnownMeter(METER, "water", "W-1", ROOM, room.label, 5, D(1))] if past is not None else []
    return plan(parse(sheets, recognise_all(sheets, {})), Known({room.code: room}, meters, past or []), TODAY)


def before(value: str, period: str = "2026-09", usage: str = "10") -> KnownReading:
    """Return a reading that is known."""
    return KnownReading(METER, period, "actual", D(value), D(usage), "ok")


def test_a_meter_nobody_knows_is_made_and_begins_where_the_file_says():
    made = planned([3, 1, "1301", 100, "2026-09-25", 110.5, "2026-10-25"])
    assert [(one["number"], one["place"], one["room_id"]) for one in made.meters] == [
        ("S-03-01-1301", "3栋1单元1301", ROOM)
    ]
    assert [(one["period"], one["kind"], one["value"], one["status"]) for one in made.readings] == [
        ("2026-09", "initial", D(100), "ok"),
        ("2026-10", "actual", D("110.5"), "ok"),
    ]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ([3, 1, "1301", 120, "2026-09-25", 117, "2026-10-25"], "reading_backwards", "F"),
        ([3, 1, "1301", 99990, "2026-09-25", 12, "2026-10-25"], "reading_rollover", "F"),
        ([3, 1, "1301", 100, "2026-09-25", "一百", "2026-10-25"], "reading_not_number", "F"),
        ([3, 1, "1301", 100, "2026-09-25", -5, "2026-10-25"], "reading_not_number", "F"),
        ([3, 1, "1301", 100, "2026-09-25", "", "2026-10-25"], "reading_missing", "F"),
        ([3, 1, "1301", 100, "2026-09-25", 110, ""], "reading_date_missing", "G"),
        ([3, 1, "1301", 100, "2026-09-25", 110, "上个月"], "date", "G"),
        ([3, 1, "1301", 100, "2026-09-25", 110, "2027-10-25"], "reading_future", "G"),
        ([9, 9, "909", 100, "2026-09-25", 110, "2026-10-25"], "room_unknown", "C"),
        (["", 1, "1301", 100, "2026-09-25", 110, "2026-10-25"], "building_missing", "A"),
    ],
)
def test_a_bad_row_waits_with_its_reason_and_makes_nothing(row: list[Any], code: str, column: str):
    made = planned(row)
    (problem,) = made.problems
    assert (problem.code, problem.column, problem.sheet, problem.row) == (code, column, "水表", 2)
    assert problem.reason and made.meters == [] and made.readings == []


def test_what_the_file_says_of_the_past_has_to_agree_with_what_is_known():
    row = [3, 1, "1301", 100, "2026-09-25", 112, "2026-10-25"]
    assert [one["value"] for one in planned(row, past=[before("100")]).readings] == [D(112)]
    assert planned(row, past=[before("101")]).problems[0].code == "reading_last_differs"
    gap = planned(row, past=[before("90", "2026-07")])
    assert [(one["period"], one["value"]) for one in gap.readings] == [("2026-09", D(100)), ("2026-10", D(112))]
    assert planned(row, past=[before("130", "2026-12"), before("100")]).problems[0].code == "reading_older"


def test_the_same_again_is_nothing_new_and_another_figure_waits():
    row = [3, 1, "1301", 100, "2026-09-25", 112, "2026-10-25"]
    known = [before("112", "2026-10", "12"), before("100")]
    again = planned(row, past=known)
    assert again.readings == [] and again.problems == [] and again.readings_unchanged == 1
    assert planned([*row[:5], 113, row[6]], past=known).problems[0].code == "reading_known_differs"
    twice = planned(row, [*row[:5], 113, row[6]], past=[before("100")])
    assert (twice.problems[0].code, twice.problems[0].details) == ("reading_twice", {"row": "2"})


def test_an_odd_reading_goes_in_and_is_doubtful():
    past = [before("100", "2026-09"), before("90", "2026-08")]
    made = planned([3, 1, "1301", 100, "2026-09-25", 200, "2026-10-25"], past=past)
    assert [(one["status"], one["flags"]) for one in made.readings] == [("doubtful", ["jump"])]
    assert "readings_doubtful" in {note.code for note in made.notes}


def test_meters_are_found_by_their_number_too():
    header = ["表号", "本期读数", "抄表时间"]
    assert [
        one["meter_id"] for one in planned(["W-1", 110, "2026-10-25"], past=[before("100")], header=header).readings
    ] == [METER]
    assert planned(["W-9", 110, "2026-10-25"], past=[before("100")], header=header).problems[0].code == "meter_unknown"


# ---- The sample, over the real database ------------------------------------------------------------------------------


async def rooms_of_the_sample() -> None:
    """Import the households that the readings belong to."""
    from server.communities.importing.applying import apply as apply_households
    from server.communities.importing.parsing import parse as parse_households

    sheets = read_sheets((FILES / "households.xlsx").read_bytes())
    layouts = recognise_all(sheets, {})
    by = actor_for(ZHOU)
    async with transaction():
        await apply_households(parse_households(sheets, layouts), layouts, SUNSHINE, uuid7(), by=by, facts={})


async def sample_plan(*, write: bool) -> Plan:
    """Return what the sample does; with `write` it does it."""
    sheets = read_sheets(SAMPLE.read_bytes())
    layouts = recognise_all(sheets, {}, "water")
    readings = parse(sheets, layouts)
    if not write:
        return await dry_run(readings, layouts, SUNSHINE)
    async with transaction():
        return await apply(readings, layouts, SUNSHINE, uuid7(), by=actor_for(ZHOU), facts={"file": SAMPLE.name})


@on_stage
async def test_the_sample_goes_in_but_for_every_fiftieth_row_and_twice_changes_nothing(db):
    await rooms_of_the_sample()
    dry = await sample_plan(write=False)
    assert await fetchval("select count(*) from meter") == 0
    done = await sample_plan(write=True)
    assert done.figures() == dry.figures()
    refused = [(problem.row, problem.code, problem.column) for problem in done.problems]
    assert refused == [(row, "reading_backwards", "F") for row in range(51, 903, 50)]
    assert done.problems[0].value == "117.58" and "120.58" in done.problems[0].reason
    assert await fetchval("select count(*) from meter") == 900 - len(refused)
    assert await fetchval("select count(*) from meter_reading where kind = 'actual'") == 900 - len(refused)
    first = await fetchval("select meter.id from meter join room on room.id = room_id where code = '01-01-0101'")
    assert (await readings_of(first))[-1] == ("2026-10", "actual", "854.98", "5.42", "ok")
    again = await sample_plan(write=True)
    assert again.figures()["readings"] == {"created": 0, "changed": 0, "unchanged": 882, "total": 882}
    assert len(again.problems) == len(refused)


def upload(browser: Any, content: bytes) -> Any:
    """Send a file to the wizard."""
    return browser.post("/imports", files={"file": ("抄表.xlsx", io.BytesIO(content))})


async def test_the_wizard_asks_whose_readings_they_are_then_shows_and_puts_them_in(client_for):
    from server.jobs.worker import drain

    async with reach():
        meter = await a_meter(past=("100",), number="W-1")
    rows = [
        HEADER,
        [3, 1, "1301", 100, "2026-10-22", 111, "2026-11-20"],
        [3, 1, "1302", 50, "2026-10-22", 40, "2026-11-20"],
    ]
    zhou = await client_for(ZHOU)
    address = (await upload(zhou, workbook({"表": rows}))).headers["location"]
    await drain()
    moved = await zhou.get(address)
    assert moved.status_code == 303 and moved.headers["location"].endswith("/layout")
    asked = (await zhou.get(moved.headers["location"])).text
    assert re.search(r'value="water_readings" selected', asked)
    columns = dict(re.findall(r'name="(column-\d+)".*?value="(\w+)" selected', asked, re.DOTALL))
    answer = await zhou.post(
        f"{address}/layout", data={"sheet": 0, "kind": "water_readings", "header_row": 1, **columns}
    )
    assert answer.status_code == 303
    await drain()
    shown = (await zhou.get(address)).text
    assert "比上期的 50 小" in shown and "新增读数" in shown
    await zhou.post(f"{address}/confirmation")
    await drain()
    assert "已于" in (await zhou.get(address)).text
    async with DB.scope(EVERYWHERE):
        assert (await readings_of(meter))[-1] == ("2026-11", "actual", "111", "11", "ok")
        assert await fetch("select 1 from data_import_layout") == [], "headings cannot tell water from power"
        await execute("select 1")
    assert (await (await client_for(SUN)).get(address)).status_code == 404


@pytest.mark.parametrize("who", [SHIFU, CHEN])
async def test_who_may_not_import_is_refused(client_for, who):
    assert (await upload(await client_for(who), SAMPLE.read_bytes())).status_code == 404

"""The pure rules: when rounds are due, what answers mean, how a round ends, what looks like faking."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.lib.formats import CHINA
from server.patrols import faking
from server.patrols.checklists import DELIVERED
from server.patrols.entries import Entry, accepts, flaws, is_bad, is_shown, missing, range_text, score
from server.patrols.occurrences import Rhythm, is_night, occurrences, times_between
from server.patrols.states import finished_as, overdue_as

moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(tzinfo=CHINA))
rhythms = st.builds(
    Rhythm,
    kind=st.sampled_from(["daily", "weekly", "monthly"]),
    times=st.lists(st.times().map(lambda at: at.replace(second=0, microsecond=0)), min_size=1, max_size=4).map(tuple),
    weekdays=st.lists(st.integers(1, 7), max_size=3).map(tuple),
    month_day=st.integers(1, 31),
)


@given(rhythms, moments, st.integers(0, 40), st.integers(0, 40))
def test_a_span_cut_in_two_has_the_same_rounds_none_twice(rhythm, since, first, second):
    middle, until = since + timedelta(days=first), since + timedelta(days=first + second)
    whole = list(occurrences(rhythm, since, until))
    assert whole == [*occurrences(rhythm, since, middle), *occurrences(rhythm, middle, until)]
    assert whole == sorted(set(whole))
    assert all(since <= at < until for at in whole)


@given(moments, st.lists(st.times(), min_size=1, max_size=3, unique=True))
def test_a_daily_schedule_is_due_at_each_time_of_every_day(since, times):
    found = list(occurrences(Rhythm("daily", tuple(times)), since, since + timedelta(days=10)))
    assert len(found) == 10 * len(times)


@pytest.mark.parametrize(("month", "day"), [("2025-02", 28), ("2028-02", 29), ("2026-04", 30), ("2026-12", 31)])
def test_the_31st_means_the_last_day_of_the_month(month, day):
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=CHINA)
    found = list(occurrences(Rhythm("monthly", (time(9),), month_day=31), start, start + timedelta(days=day)))
    assert [at.day for at in found] == [day]


def test_a_schedule_begins_on_its_first_day_and_has_no_last_one():
    rhythm = Rhythm("daily", (time(8),), since=date(2026, 1, 10))
    found = list(occurrences(rhythm, datetime(2026, 1, 1, tzinfo=CHINA), datetime(2126, 1, 1, tzinfo=CHINA)))
    assert found[0].date() == date(2026, 1, 10)
    assert len(found) > 36_000


def test_every_so_many_hours_goes_over_midnight():
    assert times_between(time(22), time(6), 2) == [time(0), time(2), time(4), time(6), time(22)]
    assert times_between(time(8), time(20), 4) == [time(8), time(12), time(16), time(20)]
    with pytest.raises(ValueError):
        times_between(time(8), time(20), 0)


@pytest.mark.parametrize(("clock", "night"), [("21:59", False), ("22:00", True), ("05:59", True), ("06:00", False)])
def test_the_night_is_from_ten_to_six(clock, night):
    assert is_night(datetime.fromisoformat(f"2026-11-25T{clock}").replace(tzinfo=CHINA)) is night


PRESSURE = Entry("4", "出水压力", kind="number", unit="MPa", low="0.40", high="0.60")
DOOR, LID = Entry("1", "门锁完好"), Entry("9", "水箱盖加锁", critical=True, weight=3)
WHY = Entry("2", "哪把锁", kind="text", when_item="1", when_is="bad")


def test_a_reading_is_wrong_outside_its_range_and_right_on_its_edges():
    assert [is_bad(PRESSURE, value) for value in ("0.40", "0.6", "0.39", "0.601")] == [False, False, True, True]
    assert [accepts(PRESSURE, value) for value in ("0.5", "-1", "1e3", "", "NaN")] == [True, True, False, False, False]
    assert range_text(PRESSURE) == "0.40–0.60"
    assert range_text(Entry("5", "湿度", kind="number", high="70")) == "≤ 70"


def test_a_conditional_entry_is_asked_only_when_its_condition_holds():
    assert not is_shown(WHY, {"1": "ok"})
    assert missing([DOOR, WHY], {"1": "ok"}) == []
    assert missing([DOOR, WHY], {"1": "bad"}) == ["2"]


def test_the_score_is_the_share_of_weights_and_a_critical_failure_is_zero():
    assert score([DOOR, PRESSURE, LID], {"1": "bad", "4": "0.5", "9": "ok"}) == 80
    assert score([DOOR, PRESSURE, LID], {"1": "ok", "4": "0.5", "9": "bad"}) == 0
    assert score([DOOR, LID], {"1": "na", "9": "ok"}) == 100
    assert score([DOOR], {"1": "na"}) is None


def test_a_list_with_mistakes_is_not_published():
    assert flaws([]) and flaws([DOOR, DOOR]) and flaws([WHY, DOOR])
    assert flaws([Entry("1", "x", kind="number", low="5", high="1")])
    assert flaws([DOOR, WHY, PRESSURE]) == []


def test_all_eleven_lists_are_delivered_with_their_readings():
    lines = {one.key: {entry.id.rstrip("abc") for entry in one.entries} for one in DELIVERED}
    assert [len(ids) for ids in lines.values()] == [12, 14, 12, 12, 12, 10, 12, 12, 12, 10, 10]
    assert all(flaws(one.entries) == [] for one in DELIVERED)
    readings = {one.key: {e.id for e in one.entries if e.kind == "number"} for one in DELIVERED}
    assert {key: ids for key, ids in readings.items() if ids} == {
        "lift_daily": {"9"},
        "water_pump_room": {"3", "3b", "4", "5"},
        "power_room": {"1", "1b", "1c", "2", "2b", "2c", "3", "6", "7"},
        "decoration": {"5"},
    }
    assert all(entry.low or entry.high for one in DELIVERED for entry in one.entries if entry.kind == "number")


@pytest.mark.parametrize(
    ("found", "skipped", "started", "over", "state"),
    [(0, 0, 5, False, "done"), (0, 0, 11, False, "late"), (0, 0, 5, True, "late"), (1, 0, 11, True, "abnormal"), (0, 2, 5, False, "abnormal")],
)  # fmt: skip
def test_how_a_round_ends(found, skipped, started, over, state):
    assert finished_as(found, skipped, started, 10, over_time=over) == state


def test_what_nobody_finished_in_time_is_missed():
    ends = datetime(2026, 11, 25, 8, tzinfo=CHINA)
    later = ends + timedelta(seconds=1)
    assert [overdue_as(state, ends, later) for state in ("pending", "doing", "done")] == ["missed", "missed", "done"]
    assert overdue_as("pending", ends, ends) == "pending"


def test_signs_of_faking():
    at = datetime(2026, 11, 25, 8, tzinfo=CHINA)
    assert faking.too_fast(at, at + timedelta(seconds=5), 20)
    assert not faking.too_fast(at, at + timedelta(seconds=20), 20)
    assert faking.out_of_order(3, [1], in_order=True)
    assert not faking.out_of_order(3, [1, 2], in_order=True)
    assert not faking.out_of_order(3, [], in_order=False)
    level = Entry("5", "水箱液位", kind="number")
    same = {"4": "0.52", "5": "2.10"}
    assert faking.copied([same, same, same], same, [PRESSURE, level])
    assert not faking.copied([same, same], same, [PRESSURE, level])
    assert not faking.copied([same, same, same | {"5": "2.11"}], same, [PRESSURE, level])
    assert faking.all_alike([([PRESSURE], {"4": "0.52"})] * 3)
    assert not faking.all_alike([([DOOR], {"1": "ok"})] * 9), "√ everywhere is a good day"

"""By when somebody has to answer, be there and be done; and pauses that stop the clock."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.lib.formats import CHINA
from server.tickets.appointments import NotAhead, appointment, slot_of
from server.tickets.clocks import LIMITS, Hours, clocks, in_office_hours

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("level", "respond", "arrive", "finish"),
    [
        ("P1", at(20, 10, 5), at(20, 10, 5), at(20, 10, 30)),
        ("P2", at(20, 10, 15), at(20, 10, 30), at(21, 10)),
        ("P3", at(20, 11), at(21, 10), at(22, 10)),
        ("P4", at(20, 12), None, datetime(2026, 12, 1, 10, tzinfo=CHINA)),
    ],
)
def test_each_level_has_three_clocks(level, respond, arrive, finish):
    found = clocks(level, FRIDAY)
    assert (found.respond_by, found.arrive_by, found.due_at) == (respond, arrive, finish)


@pytest.mark.parametrize(
    ("start", "minutes", "ends"),
    [
        (at(20, 17, 50), 30, at(21, 8, 20)),
        (at(20, 7), 30, at(20, 8, 30)),
        (at(20, 22), 30, at(21, 8, 30)),
        (at(20, 17), 60, at(20, 18)),
        (at(20, 12), 16 * 60, at(21, 18)),
    ],
)
def test_an_ordinary_report_is_answered_in_office_hours(start, minutes, ends):
    assert in_office_hours(start, minutes, Hours(time(8), time(18))) == ends


def test_urgent_clocks_run_at_night():
    assert clocks("P2", at(20, 23)).respond_by == at(20, 23, 15)


def test_an_appointment_moves_arrival_and_finish_back():
    found = clocks("P3", FRIDAY, appoint_until=at(24, 18))
    assert (found.arrive_by, found.due_at) == (at(24, 18), at(25, 18))
    soon = clocks("P3", FRIDAY, appoint_until=at(20, 18))
    assert soon.due_at == at(22, 10)
    assert clocks("P2", FRIDAY, appoint_until=at(24, 18)) == clocks("P2", FRIDAY)


@given(st.sampled_from(sorted(LIMITS)), st.integers(0, 60 * 24 * 30), st.integers(1, 600))
def test_deadlines_are_later_than_the_report_and_office_minutes_add_up(level, start, minutes):
    moment = FRIDAY + timedelta(minutes=start)
    found = clocks(level, moment)
    assert moment < found.respond_by <= max(found.due_at, found.respond_by)
    assert found.arrive_by is None or moment < found.arrive_by
    hours = Hours(time(8), time(18))
    half = minutes // 2
    assert in_office_hours(in_office_hours(moment, half, hours), minutes - half, hours) == in_office_hours(
        moment, minutes, hours
    )


def test_half_days_to_choose_from():
    now = at(20, 10)
    assert appointment(now.date(), "am", now) == (at(20, 8), at(20, 12))
    assert slot_of(at(20, 13)) == "pm"
    with pytest.raises(NotAhead):
        appointment(at(19, 10).date(), "am", now)
    with pytest.raises(NotAhead):
        appointment(datetime(2026, 12, 5, tzinfo=CHINA).date(), "am", now)

"""When something happened: mended by the measured error, within what can be, flagged where it cannot."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.sync.timing import effective

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = 60_000


def test_a_good_clock_is_believed():
    made = NOON - timedelta(hours=3)
    assert effective(made, 0, NOON, NOON - timedelta(hours=5)) == (made, ())


def test_a_clock_that_is_off_is_mended_and_flagged():
    made = NOON - timedelta(hours=3)
    assert effective(made - timedelta(minutes=20), 20 * MINUTE, NOON, None) == (made, ("clock",))
    assert effective(made - timedelta(minutes=4), 4 * MINUTE, NOON, None) == (made, ())


def test_what_cannot_be_is_brought_to_what_can():
    contact = NOON - timedelta(hours=1)
    assert effective(NOON - timedelta(hours=8), 0, NOON, contact) == (contact, ("clock",))
    assert effective(NOON + timedelta(hours=8), 0, NOON, contact) == (NOON, ("clock",))


def test_what_arrives_after_a_day_is_late():
    made = NOON - timedelta(hours=25)
    assert effective(made, 0, NOON, None) == (made, ("late",))


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(0, 10**10))
def test_it_is_never_outside_of_what_can_be(made_ms, offset, contact_ms):
    contact = NOON - timedelta(milliseconds=contact_ms)
    at, _flags = effective(NOON + timedelta(milliseconds=made_ms), offset, NOON, contact)
    assert contact <= at <= NOON

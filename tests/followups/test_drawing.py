"""Which finished work is asked about: all that must be, at least the rate of the rest, and the same whoever draws."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.followups.drawing import lot, reason_of

ids = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
percents = st.integers(0, 100)


@given(ids, percents, percents)
def test_a_higher_rate_draws_all_that_a_lower_one_does(one: UUID, low: int, high: int):
    low, high = sorted((low, high))
    assert not reason_of(one, low) or reason_of(one, high)


@given(ids, percents)
def test_leaks_urgent_and_badly_rated_repairs_are_always_drawn(one: UUID, percent: int):
    assert reason_of(one, percent, leak=True) == "leak"
    assert reason_of(one, percent, urgent=True) == "urgent"
    assert reason_of(one, percent, leak=True, urgent=True, poor=True) == "poor"


@given(ids)
def test_all_or_nothing_at_the_ends(one: UUID):
    assert reason_of(one, 100) == "sample"
    assert reason_of(one, 0) is None
    assert lot(one) in range(100)


def test_a_lot_is_what_anybody_computes():
    # printf '\0%.0s' {1..16} | sha256sum → 374708fff7719dd5…; 0x374708fff7719dd5 % 100
    assert lot(UUID(int=0)) == 0x374708FFF7719DD5 % 100


def test_thirty_percent_is_about_thirty_in_a_hundred():
    drawn = sum(reason_of(UUID(int=number), 30) is not None for number in range(10_000))
    assert 2_800 < drawn < 3_200

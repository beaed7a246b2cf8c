from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.meters.plausibility import Judged, Known, judge, usual_of

HOME = Known(digits=5, ratio=D(1), previous=D("849.56"), usual=D("12.5"), occupied=True)


@pytest.mark.parametrize(
    ("value", "judged"),
    [
        ("860.06", Judged(D("10.50"))),
        ("849.56", Judged(D("0.00"), ("zero",))),
        ("846.56", Judged(None, ("backwards",))),
        ("887.06", Judged(D("37.50"))),  # three times the usual is still let through
        ("887.07", Judged(D("37.51"), ("jump",))),
        ("100000", Judged(D("99150.44"), ("digits", "jump"))),
    ],
)
def test_a_reading_is_judged_by_what_is_known(value: str, judged: Judged):
    assert judge(HOME, D(value)) == judged


def test_a_register_near_its_end_has_probably_rolled_over():
    known = Known(digits=5, ratio=D(2), previous=D("99990.5"))
    assert judge(known, D("4.5")) == Judged(D("28.0"), ("rollover",))
    assert judge(known, D("20000")) == Judged(None, ("backwards",))


def test_nothing_is_odd_about_a_first_reading_or_an_empty_home():
    assert judge(Known(digits=5, ratio=D(1)), D(7)) == Judged(None)
    empty = Known(digits=5, ratio=D(1), previous=D(7), usual=D("0.5"))
    assert judge(empty, D(7)) == Judged(D(0))
    assert judge(empty, D("10")) == Judged(D(3)), "six times nearly nothing is no leak"


def test_below_an_estimate_is_fine_as_long_as_it_is_not_below_the_last_real_reading():
    known = Known(digits=5, ratio=D(1), previous=D(130), real=D(100), usual=D(20))
    assert judge(known, D(125)) == Judged(D(-5))
    assert judge(known, D(99)) == Judged(None, ("backwards",))


def test_the_usual_is_the_mean_of_six_periods_and_nothing_for_one():
    assert usual_of([D(10)]) is None
    assert usual_of([D(10), D(11)]) == D("10.50")
    assert usual_of([D(1)] * 6 + [D(900)]) == D("1.00")


@given(st.decimals(0, 99_999, places=2), st.decimals(0, 99_999, places=2), st.sampled_from([D(1), D(30)]))
def test_a_usage_is_what_the_two_figures_say_or_asks_for_somebody(previous: D, value: D, ratio: D):
    judged = judge(Known(digits=5, ratio=ratio, previous=previous), value)
    if value >= previous:
        assert judged == Judged((value - previous) * ratio)
    elif judged.flags == ("rollover",):
        assert judged.usage == (value + 100_000 - previous) * ratio
    else:
        assert judged == Judged(None, ("backwards",))

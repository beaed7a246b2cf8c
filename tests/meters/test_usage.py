from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.meters.usage import (
    Backwards,
    Shown,
    figure,
    plain,
    usage,
    usage_after_estimate,
    usage_over_change,
    usage_over_rollover,
    usages,
)

figures = st.decimals(0, 99_999, places=2)
steps = st.lists(st.decimals(0, 40_000, places=2), min_size=1, max_size=12)
ratios = st.sampled_from([D(1), D("0.5"), D(30), D("1.005")])


def test_usage_is_the_difference_times_the_ratio():
    assert usage(D("849.56"), D("854.98"), D(1)) == D("5.42")
    assert usage(D("100"), D("112.5"), D(30)) == D("375")


def test_a_changed_meter_adds_what_both_counted():
    assert usage_over_change(D("950"), D("960.5"), D("0.3"), D("4.8"), D(2)) == D("30.0")


def test_a_register_that_rolled_over_adds_its_end():
    assert usage_over_rollover(D("99990"), D("12.5"), D(1), 5) == D("22.5")


def test_less_than_before_is_an_error():
    with pytest.raises(Backwards):
        usage(D("120.58"), D("117.58"), D(1))
    with pytest.raises(Backwards):
        usage_over_change(D("950"), D("949"), D(0), D(5), D(1))


def test_an_estimate_is_made_true_by_the_next_reading():
    assert usage_after_estimate(D(100), D(130), D(125), D(1)) == D(-5)
    assert usages([Shown(D(100)), Shown(D(130), "estimated"), Shown(D(125))], D(1), 5) == [None, D(30), D(-5)]
    with pytest.raises(Backwards):
        usage_after_estimate(D(100), D(130), D(99), D(1))


def test_what_is_typed_is_a_figure_or_nothing():
    assert figure("1234.56") == D("1234.56")
    assert [figure(text) for text in ("", "-1", "1e3", "NaN", "1.2345", "１２", "1,200", "1234567890")] == [None] * 8
    assert [plain(D(text)) for text in ("7.50", "1E+2", "-0.00", "0.005", "1200")] == [
        "7.5",
        "100",
        "0",
        "0.005",
        "1200",
    ]


@given(figures, steps, ratios)
def test_the_usage_of_a_chain_adds_up_to_its_ends(start: D, used: list[D], ratio: D):
    shown = [start]
    for one in used:
        shown.append(shown[-1] + one)
    found = usages([Shown(value) for value in shown], ratio, 9)
    assert found[0] is None
    assert sum(one for one in found if one is not None) == sum(used) * ratio


@given(st.decimals(0, 999, places=2), st.lists(st.decimals(0, 900, places=2), min_size=1, max_size=20), ratios)
def test_it_adds_up_over_rollovers(start: D, used: list[D], ratio: D):
    real, chain = start, [Shown(start)]
    for one in used:
        before, real = real, real + one
        chain.append(Shown(real % 1000, rolled=real // 1000 > before // 1000))
    assert sum(one for one in usages(chain, ratio, 3) if one is not None) == sum(used) * ratio


@given(figures, steps, figures, steps, ratios)
def test_it_adds_up_over_a_changed_meter(start: D, used: list[D], initial: D, then: list[D], ratio: D):
    old, new = [Shown(start)], [Shown(initial, "initial")]
    for chain, several in ((old, used), (new, then)):
        for one in several:
            chain.append(Shown(chain[-1].value + one))
    old[-1] = Shown(old[-1].value, "final")
    both = [*usages(old, ratio, 9), *usages(new, ratio, 9)]
    assert sum(one for one in both if one is not None) == (sum(used) + sum(then)) * ratio
    assert usage_over_change(start, old[-1].value, initial, new[-1].value, ratio) == (sum(used) + sum(then)) * ratio


@given(
    figures, st.lists(st.tuples(st.decimals(0, 900, places=2), st.decimals(0, 900, places=2)), min_size=1, max_size=8)
)
def test_estimates_change_when_it_is_billed_and_never_how_much(start: D, periods: list[tuple[D, D]]):
    chain, real = [Shown(start)], start
    for used, guessed in periods:
        chain.append(Shown(real + guessed, "estimated"))
        real += used
        chain.append(Shown(real))
    assert sum(one for one in usages(chain, D(1), 9) if one is not None) == real - start

"""Quotes and parts: exact to the fen."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tickets.lines import Line, quantity_of, total


def line(quantity, price):
    return Line("material", "角阀", "个", Decimal(quantity), price, None)


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("1", 2500, 2500), ("0.5", 2500, 1250), ("0.33", 250, 83), ("0.5", 25, 13), ("2.25", 3800, 8550)],
)
def test_each_line_is_rounded_half_up_once(quantity, price, amount):
    assert line(quantity, price).amount == amount


@given(st.lists(st.tuples(st.decimals("0.01", "9999.99", places=2), st.integers(0, 100_000)), max_size=30))
def test_the_sum_is_the_sum_of_what_is_shown(figures):
    lines = [line(quantity, price) for quantity, price in figures]
    assert total(lines) == sum(one.amount for one in lines)
    for one in lines:
        assert abs(one.amount - one.quantity * one.price) <= Decimal("0.5")


@pytest.mark.parametrize(("text", "value"), [("1", "1"), (" 0.5 ", "0.5"), ("2.25", "2.25"), ("9999.99", "9999.99")])
def test_quantities_as_people_type_them(text, value):
    assert quantity_of(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.234", "abc", "NaN", "Infinity", "10000", "1e5"])
def test_what_is_no_quantity(text):
    assert quantity_of(text) is None


def test_a_quantity_is_shown_without_idle_zeros():
    assert [line(one, 1).count for one in ("1.00", "0.50", "2.25", "10")] == ["1", "0.5", "2.25", "10"]

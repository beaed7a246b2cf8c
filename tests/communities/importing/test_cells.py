"""One cell, one value: never an exception, never a float."""

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.communities.importing.cells import (
    Bad,
    as_area,
    as_date,
    as_end_date,
    as_number,
    as_text,
    as_whole,
    as_yes,
    is_blank,
)
from server.communities.importing.problems import column_letter

anything = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (101.0, "101"), ("１０１", "101"), ('="0101"', "0101"), ("`张三\t", "张三"), (None, ""), (89.37, "89.37"), (1e20, "1" + "0" * 20),
        (math.nan, ""), (True, "是"), (date(2025, 1, 31), "2025-01-31"), (datetime(2025, 1, 31), "2025-01-31"), (" 张　三 ", "张 三"),
    ],
)  # fmt: skip
def test_a_cell_reads_as_excel_shows_it(cell: Any, text: str) -> None:
    assert as_text(cell) == text


@pytest.mark.parametrize(
    ("cell", "area"),
    [
        (89.37, "89.37"), (60.03, "60.03"), (0.1 + 0.2, "0.30"), ("89.37㎡", "89.37"), ("1,234.56", "1234.56"), ("８９．３７", "89.37"),
        ("89.37 平方米", "89.37"), (100, "100.00"), ("89.375", "89.38"), (89.36999999999999, "89.37"),
    ],
)  # fmt: skip
def test_areas_are_exact_decimals(cell: Any, area: str) -> None:
    value = as_area(cell)
    assert isinstance(value, Decimal)
    assert str(value) == area


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("八十九", "area_not_number"), (-89.37, "area_negative"), ("-1", "area_negative"), (0, "area_zero"), (0.0, "area_zero"),
        ("1,23", "area_not_number"), (math.nan, "area_not_number"), (math.inf, "area_not_number"), (1e9, "area_too_large"),
        (date(2025, 1, 1), "area_not_number"), (True, "area_not_number"), ("89.37.1", "area_not_number"), (0.001, "area_zero"),
    ],
)  # fmt: skip
def test_a_bad_area_says_why(cell: Any, code: str) -> None:
    assert as_area(cell) == Bad(code)


@pytest.mark.parametrize("cell", [None, "", " ", "-", "/", "无", "#N/A"])
def test_blank_is_no_area_and_no_problem(cell: Any) -> None:
    assert as_area(cell) is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (45658, date(2025, 1, 1)), (45658.75, date(2025, 1, 1)), ("45658", date(2025, 1, 1)), ("2025-01-31", date(2025, 1, 31)),
        ("2025/1/31", date(2025, 1, 31)), ("2025.1.31", date(2025, 1, 31)), ("2025年1月31日", date(2025, 1, 31)), ("2025年1月", date(2025, 1, 1)),
        ("20250131", date(2025, 1, 31)), ("2025-01-31 12:30:00", date(2025, 1, 31)), (datetime(2025, 1, 31, 8), date(2025, 1, 31)),
        ("长期", None), ("", None), ("0000-00-00", None),
    ],
)  # fmt: skip
def test_days_are_read_in_every_spelling(cell: Any, day: date | None) -> None:
    assert as_date(cell) == day


@pytest.mark.parametrize("cell", ["2025-02-30", "明年", "31/01/2025", 7, "2025-13-01", True])
def test_what_is_no_day_is_a_problem(cell: Any) -> None:
    assert as_date(cell) == Bad("date")


def test_2037_means_no_end() -> None:
    assert as_end_date("2037-01-01") is None
    assert as_end_date("2099-12-31") is None
    assert as_end_date("2026-12-31") == date(2026, 12, 31)


def test_floors_and_lifts() -> None:
    assert (as_whole("18层"), as_whole(-1.0), as_whole("")) == (18, -1, None)
    assert as_whole("1.5") == as_whole(5000) == Bad("whole_number")
    assert (as_yes("有"), as_yes("无"), as_yes("")) == (True, False, None)


def test_columns_are_lettered_as_in_excel() -> None:
    assert [column_letter(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(anything)
def test_no_cell_breaks_a_reader(cell: Any) -> None:
    assert isinstance(as_text(cell), str)
    assert isinstance(as_area(cell), Decimal | Bad | None)
    assert isinstance(as_number(cell), Decimal | Bad | None)
    assert isinstance(as_whole(cell), int | Bad | None)
    assert isinstance(as_date(cell), date | Bad | None)
    assert isinstance(as_end_date(cell), date | Bad | None)
    assert as_yes(cell) in (True, False, None)


@given(st.decimals(min_value="0.01", max_value="999999.99", places=2))
def test_an_area_survives_excels_floats(area: Decimal) -> None:
    assert as_area(float(area)) == area
    assert as_area(f"{area:,}㎡") == area


@given(st.dates(min_value=date(1954, 10, 4), max_value=date(2098, 12, 31)))
def test_a_day_survives_as_serial_and_text(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert as_date(serial) == as_date(float(serial)) == as_date(day.isoformat()) == as_date(f"{day:%Y/%m/%d}") == day


def test_blank_words() -> None:
    assert is_blank("——") and not is_blank("0")
    assert as_text(time(8, 30)) == "08:30:00" and as_text(timedelta(hours=1)) == "1:00:00"

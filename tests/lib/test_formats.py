"""Money, dates and masks as people in China write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.lib import formats

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in China


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (22343, "223.43"), (123456789, "1,234,567.89"), (-100005, "-1,000.05")]
)
def test_money_is_written_in_yuan(fen, text):
    assert formats.yuan(fen) == text


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_money_reads_back_to_the_fen(fen):
    assert int(Decimal(formats.yuan(fen).replace(",", "")) * 100) == fen


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 1, 5, tzinfo=UTC), "今天 09:05"),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "今天 00:00"),
        (datetime(2026, 11, 22, 15, 59, tzinfo=UTC), "昨天 23:59"),
        (datetime(2026, 3, 1, 0, 0, tzinfo=UTC), "03-01 08:00"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "01-01 00:00"),
        (datetime(2025, 12, 31, 15, 0, tzinfo=UTC), "2025-12-31 23:00"),
        (None, "—"),
    ],
)
def test_moments_are_told_in_chinese_time(moment, text):
    assert formats.daytime(moment, at=NOON) == text


def test_a_day_is_the_day_in_china():
    assert formats.day(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "2026-11-23"
    assert formats.day(date(2026, 11, 23)) == "2026-11-23"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("王建国", "王**"), ("欧阳锋", "欧阳*"), ("欧阳", "欧*"), ("李", "李*"), (None, "—"), ("", "—")],
)
def test_names_are_masked(name, masked):
    assert formats.mask_name(name) == masked


def test_phones_and_plates_are_masked():
    assert formats.mask_phone("13812345678") == "138****5678"
    assert formats.mask_plate("浙A12345") == "浙A·**345"
    assert formats.mask_plate("浙AD12345") == "浙A·**345"
    assert formats.mask_phone(None) == formats.mask_plate(None) == "—"


@given(st.text(min_size=2, max_size=20))
def test_a_mask_always_hides_something(text):
    assert formats.mask_name(text) != text or text.endswith("*")
    assert formats.mask_phone(text) != text or "*" in text

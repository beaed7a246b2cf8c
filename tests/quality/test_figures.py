"""Rates, sentences and months, against figures reckoned by hand."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.lib.charting import BOTTOM, TOP, Series, draw, steps
from server.lib.formats import CHINA
from server.quality import figures, months
from server.quality.counting import Count, Counted, Repeat

OCTOBER = Count(
    "2026-10", reported=62, repeated=4, arrivals=50, arrived_in_time=46, finished=60, promised=60, finished_in_time=54,
    median_seconds=9000, again=3, worked=62, good=40, fair=6, poor=2, call_a=15, call_b=3, call_c=2, open=9, open_3=5, open_7=2,
    open_30=1, open_more=1, charged=123450, received=100000,
)  # fmt: skip
SEPTEMBER = Count(
    "2026-09", reported=58, arrivals=40, arrived_in_time=40, finished=50, promised=50, finished_in_time=44
)
CAUSES = [Count("2026-10", "cause", "wear", finished=30), Count("2026-10", "cause", "misuse", finished=10)]
CATEGORIES = [
    Count("2026-10", "category", "water", reported=31),
    Count("2026-10", "category", "lift", reported=31),
    Count("2026-09", "category", "water", reported=20),
]
COUNTED = Counted(
    "2026-10",
    dt.datetime(2026, 11, 1, tzinfo=CHINA),
    {"": 1240},
    {},
    [OCTOBER, SEPTEMBER, *CAUSES, *CATEGORIES],
    [Repeat("3栋1单元1302", "water", 2)],
)


def test_the_figures_of_a_month_reckoned_by_hand():
    found = {one.key: one for one in figures.values(COUNTED, "2026-09")}
    assert {key: one.shown for key, one in found.items()} == {
        "reported": "62 件", "per_100": "5 件", "arrive_rate": "92%", "finish_rate": "90%", "median_hours": "2.5 小时", "again_rate": "4.8%",
        "satisfied_rate": "95.8%", "call_rate": "90%", "repeated": "4 件", "open": "9 件", "charged": "¥1,234.50", "received": "¥1,000.00",
    }  # fmt: skip
    assert found["arrive_rate"].moved == "↓ 8 个百分点"
    assert (found["arrive_rate"].tone, found["finish_rate"].tone, found["reported"].tone) == ("warn", "brand", "warn")
    assert found["finish_rate"].moved == "↑ 2 个百分点"
    assert (found["again_rate"].change, found["again_rate"].moved) == (None, "—")
    assert figures.value_of(COUNTED, "category:water") == 31


def test_the_first_words_say_what_the_figures_say():
    words = figures.first_words(COUNTED, "2026-09")
    assert words == [
        "本月报修 62 件，上月 58 件；每百户 5 件。",
        "报修最多的是电梯 31 件（50%）、给排水 31 件（50%）。",
        "原因最多的是自然老化 30 件（75%）、使用不当 10 件（25%）。",
        "到场及时率 92%（↓ 8 个百分点），完工及时率 90%（↑ 2 个百分点）。",
        "返修 3 件，返修率 4.8%；验收满意率 95.8%，不满意 2 件。",
        "30 天内重复报修 4 件，最多的是3栋1单元1302的给排水。",
        "月末还有 9 件没有完工，其中 2 件超过 7 天。",
    ]


def test_a_month_without_anything_says_so_and_shows_dashes():
    empty = Counted("2026-10", COUNTED.at, {}, {}, [], [])
    assert figures.first_words(empty, "2026-09") == ["本月没有报修。"]
    assert [one.shown for one in figures.values(empty, "2026-09")] == [
        "0 件", "—", "—", "—", "—", "—", "—", "—", "0 件", "0 件", "¥0.00", "¥0.00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(2, 3, "66.7"), (1, 8, "12.5"), (1, 1600, "0.1"), (0, 5, "0.0"), (5, 5, "100.0")]
)
def test_shares_are_rounded_half_up_to_a_tenth(part, whole, said):
    assert figures.share(part, whole) == Decimal(said)
    assert figures.share(part, 0) is None


@given(part=st.integers(0, 10_000), rest=st.integers(0, 10_000))
def test_a_share_lies_between_0_and_100(part, rest):
    found = figures.share(part, part + rest)
    assert found is None if part + rest == 0 else 0 <= found <= 100


def test_months_follow_each_other_over_new_year():
    assert months.before("2026-01") == "2025-12"
    assert months.before("2025-12", -1) == "2026-01"
    assert months.up_to("2026-02", 4) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert months.ends("2026-12") == dt.datetime(2027, 1, 1, tzinfo=CHINA)
    new_year = dt.datetime(2025, 12, 31, 16, tzinfo=dt.UTC)
    assert months.month_of(new_year) == "2026-01"
    assert months.is_over("2025-12", new_year)
    assert not months.is_over("2026-01", new_year)


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-09", "2026-09"), (None, "2026-10"), ("2026-13", "2026-10"), ("x", "2026-10"), ("2027-05", "2026-11")],
)
def test_nonsense_means_the_last_whole_month_and_the_future_the_present(text, month):
    assert months.chosen(text, dt.datetime(2026, 11, 26, tzinfo=CHINA)) == month


@given(st.decimals(min_value=0, max_value=10**6, places=1))
def test_a_scale_is_round_and_reaches_the_top(top):
    found = steps(top)
    assert found[0] == 0
    assert found[-1] >= top
    assert 3 <= len(found) <= 6
    assert len({b - a for a, b in pairwise(found)}) == 1


def test_bars_stand_on_the_axis_and_a_line_has_gaps_where_nothing_was():
    drawn = draw(["09", "10", "11"], [Series("报修", [4, 0, 2]), Series("及时率", [None, 50, 100], "line")], most=100)
    bars, line = drawn.rows
    assert [mark.y + mark.height for mark in bars.marks] == [BOTTOM] * 3
    assert line.marks[0] is None
    assert line.marks[2].y == TOP
    assert len(line.lines) == 1
    assert [text for _y, text in drawn.scale] == ["0", "20", "40", "60", "80", "100"]

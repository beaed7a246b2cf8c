"""Categories, levels and limits."""

from datetime import datetime
from typing import get_args

import pytest

from server.lib.formats import CHINA
from server.tickets.clocks import finish_by
from server.tickets.forms import CategoryKey, LevelKey
from server.tickets.kinds import CATEGORIES, LEVELS, guess_level, summary_of

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)


def test_the_forms_know_every_category_and_level():
    assert set(get_args(CategoryKey)) == set(CATEGORIES)
    assert set(get_args(LevelKey)) == set(LEVELS)


@pytest.mark.parametrize(
    ("category", "text", "hurried", "level"),
    [
        ("lift", "电梯里有人被困", False, "P1"),
        ("water", "厨房爆管，水喷出来了", False, "P2"),
        ("water", "水龙头滴水", False, "P3"),
        ("water", "水龙头滴水", True, "P2"),
        ("lift", "按键不亮", False, "P2"),
        ("leak", "外墙渗水", False, "P4"),
        ("power", "插座漏电", True, "P1"),
    ],
)
def test_urgency_is_guessed(category, text, hurried, level):
    assert guess_level(category, text, hurried=hurried) == level


@pytest.mark.parametrize(
    ("level", "due"),
    [
        ("P1", datetime(2026, 11, 20, 10, 30, tzinfo=CHINA)),
        ("P2", datetime(2026, 11, 21, 10, 0, tzinfo=CHINA)),
        ("P3", datetime(2026, 11, 22, 10, 0, tzinfo=CHINA)),
        ("P4", datetime(2026, 12, 1, 10, 0, tzinfo=CHINA)),  # Friday and seven working days
    ],
)
def test_each_level_has_its_limit(level, due):
    assert finish_by(level, FRIDAY) == due


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("厨房水管漏水。已经关了总阀", "厨房水管漏水"),
        ("", "给排水"),
        ("  \n", "给排水"),
        ("长" * 40, "长" * 29 + "…"),
        ("马桶堵了，\n急", "马桶堵了"),
    ],
)
def test_a_ticket_is_known_by_a_few_words(text, summary):
    assert summary_of(text, "water") == summary

"""Months as reports speak of them: 2026-10, from midnight to midnight in China (pure)."""

import datetime as dt
import re

from server.lib.formats import CHINA, now

MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
TREND = 12
"""How many months a trend shows; the one before them is there to compare the first with."""


def month_of(moment: dt.datetime) -> str:
    """Return the month a moment lies in."""
    return f"{moment.astimezone(CHINA):%Y-%m}"


def before(month: str, count: int = 1) -> str:
    """Return the month `count` months earlier: before("2026-01") is 2025-12; a negative count leads ahead."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 - count, 12)
    return f"{year:04d}-{number + 1:02d}"


def starts(month: str) -> dt.datetime:
    """Return the moment a month begins."""
    return dt.datetime(int(month[:4]), int(month[5:]), 1, tzinfo=CHINA)


def ends(month: str) -> dt.datetime:
    """Return the moment the next month begins."""
    return starts(before(month, -1))


def up_to(month: str, count: int = TREND) -> list[str]:
    """Return `count` months that end with `month`, oldest first."""
    return [before(month, ago) for ago in range(count - 1, -1, -1)]


def chosen(text: str | None, at: dt.datetime | None = None) -> str:
    """Return the month an address asks for; the last whole one for nonsense, the present one for what lies ahead."""
    present = month_of(at or now())
    if text is None or not MONTH.fullmatch(text):
        return before(present)
    return min(text, present)


def is_over(month: str, at: dt.datetime | None = None) -> bool:
    """Whether nothing can happen in a month any more."""
    return month < month_of(at or now())

"""When rounds are due: pure functions of plain values. China has one time zone and no summer time, so a day has 24 hours."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from server.lib.formats import CHINA
from server.lib.i18n import N_

KINDS = {"daily": N_("每天"), "weekly": N_("每周"), "monthly": N_("每月")}

NIGHT_FROM, NIGHT_UNTIL = time(22), time(6)
"""The night of a residential community: two persons, doors, lights, strangers (practice of the trade)."""


class Rhythm(msgspec.Struct, frozen=True):
    """A schedule's rule. `weekdays`: 1 Monday … 7 Sunday; `month_day` 31 (or any a month lacks) means its last day."""

    kind: str
    times: tuple[time, ...]
    weekdays: tuple[int, ...] = ()
    month_day: int = 1
    since: date = date(2000, 1, 1)


def times_between(first: time, last: time, hours: int) -> list[time]:
    """Return every `hours` hours from `first` until `last`, over midnight when `last` is the earlier: 22:00–06:00 by 2."""
    if hours < 1:
        raise ValueError("at least one hour")
    start, end = minutes(first), minutes(last)
    if end < start:
        end += 24 * 60
    found = [at % (24 * 60) for at in range(start, end + 1, hours * 60)]
    return [time(at // 60, at % 60) for at in sorted(set(found))]


def minutes(clock: time) -> int:
    """Return the minutes since midnight."""
    return clock.hour * 60 + clock.minute


def falls_on(rhythm: Rhythm, day: date) -> bool:
    """Whether the schedule has rounds on this day."""
    if day < rhythm.since:
        return False
    if rhythm.kind == "weekly":
        return day.isoweekday() in rhythm.weekdays
    if rhythm.kind == "monthly":
        return day.day == min(rhythm.month_day, calendar.monthrange(day.year, day.month)[1])
    return True


def occurrences(rhythm: Rhythm, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield every moment the schedule is due with since ≤ moment < until, in order, as times in China."""
    day, clocks = since.astimezone(CHINA).date(), sorted(set(rhythm.times))
    while datetime.combine(day, time(), CHINA) < until:
        if falls_on(rhythm, day):
            for clock in clocks:
                at = datetime.combine(day, clock, CHINA)
                if since <= at < until:
                    yield at
        day += timedelta(days=1)


def is_night(at: datetime) -> bool:
    """Whether a moment lies in the night, 22:00 to 06:00 in China."""
    clock = at.astimezone(CHINA).time()
    return clock >= NIGHT_FROM or clock < NIGHT_UNTIL


def as_times(texts: Sequence[str]) -> tuple[time, ...]:
    """Return clock times as they are stored, "08:00"; raise ValueError for anything else."""
    return tuple(time.fromisoformat(text) for text in texts)

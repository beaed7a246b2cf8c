"""By when somebody has to answer, to be there and to be done (pure). All times are aware; minutes are whole.

Limits by level are the trade's service grades (住宅物业服务等级): grade 1 is there within 30 minutes for an urgent repair, grade 2
within 60; an office may set its own. Urgent clocks run day and night, the answer to an ordinary report only while the office is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from server.lib.formats import CHINA

AROUND_THE_CLOCK = frozenset({"P1", "P2"})
AFTER_APPOINTMENT = timedelta(hours=24)
"""How long an appointed repair may take from the end of its appointment: what a P3 has from the latest arrival to the finish."""


@dataclass(frozen=True)
class Limits:
    """What one level leaves: minutes to answer, to be there (None: by appointment only) and to be done, or working days to be done."""

    respond: int
    arrive: int | None
    finish: int | None = None
    finish_days: int | None = None


LIMITS = {
    "P1": Limits(5, 5, 30),
    "P2": Limits(15, 30, 24 * 60),
    "P3": Limits(60, 24 * 60, 48 * 60),
    "P4": Limits(120, None, finish_days=7),
}


@dataclass(frozen=True)
class Hours:
    """When the office is open, every day of the week: people report on Sundays, too."""

    opens: time = time(8)
    shuts: time = time(18)


@dataclass(frozen=True)
class Clocks:
    """The three deadlines of a ticket."""

    respond_by: datetime
    arrive_by: datetime | None
    due_at: datetime


def clocks(
    level: str,
    reported_at: datetime,
    *,
    limits: Mapping[str, Limits] = LIMITS,
    hours: Hours = Hours(),
    appoint_until: datetime | None = None,
) -> Clocks:
    """Return the deadlines of a report of `level`. An appointment (its end) moves arrival and finish of P3 and P4 back, never forward."""
    limit = limits[level]
    respond_by = reported_at + timedelta(minutes=limit.respond)
    if level not in AROUND_THE_CLOCK:
        respond_by = in_office_hours(reported_at, limit.respond, hours)
    arrive_by = None if limit.arrive is None else reported_at + timedelta(minutes=limit.arrive)
    due_at = finish_by(level, reported_at, limits)
    found = Clocks(respond_by, arrive_by, due_at)
    if appoint_until is None or level in AROUND_THE_CLOCK:
        return found
    return replace(found, arrive_by=appoint_until, due_at=max(due_at, appoint_until + AFTER_APPOINTMENT))


def finish_by(level: str, reported_at: datetime, limits: Mapping[str, Limits] = LIMITS) -> datetime:
    """Return when a ticket of `level` has to be finished: P1 in 30 minutes, P2 24 h, P3 48 h, P4 seven working days later.

    Working days are Monday to Friday; public holidays are not known here.
    """
    limit = limits[level]
    if limit.finish is not None:
        return reported_at + timedelta(minutes=limit.finish)
    moment, left = reported_at.astimezone(CHINA), limit.finish_days or 0
    while left:
        moment += timedelta(days=1)
        left -= moment.weekday() < 5
    return moment


def in_office_hours(start: datetime, minutes: int, hours: Hours) -> datetime:
    """Return when `minutes` of office time have gone by since `start`: at 17:50, half an hour ends at 08:20 on the next morning."""
    moment, left = start.astimezone(CHINA), timedelta(minutes=minutes)
    while True:
        opens = datetime.combine(moment.date(), hours.opens, CHINA)
        shuts = datetime.combine(moment.date(), hours.shuts, CHINA)
        moment = max(moment, opens)
        if moment + left <= shuts:
            return moment + left
        left -= max(shuts - moment, timedelta(0))
        moment = opens + timedelta(days=1)

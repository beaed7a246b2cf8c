"""When somebody may come: half days people choose from (pure). All times are China's."""

from datetime import date, datetime, time, timedelta

from server.lib.formats import CHINA
from server.lib.i18n import N_

SLOTS = {
    "am": (N_("上午 8–12 点"), time(8), time(12)),
    "pm": (N_("下午 13–18 点"), time(13), time(18)),
    "eve": (N_("晚上 18–21 点"), time(18), time(21)),
}
"""Slot → what it is called, from when, until when."""

DAYS_AHEAD = 14


class NotAhead(ValueError):
    """The appointment is over already, or too far off."""


def appointment(day: date, slot: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a half day; raise NotAhead when it is over, or more than DAYS_AHEAD days off."""
    _label, since, until = SLOTS[slot]
    ends = datetime.combine(day, until, CHINA)
    if ends <= now or day > now.astimezone(CHINA).date() + timedelta(days=DAYS_AHEAD):
        raise NotAhead(day)
    return datetime.combine(day, since, CHINA), ends


def slot_of(since: datetime | None) -> str:
    """Return the slot that begins at a moment, '' for none."""
    if since is None:
        return ""
    begins = since.astimezone(CHINA).time()
    return next((key for key, (_label, start, _until) in SLOTS.items() if start == begins), "")


def told(since: datetime, until: datetime) -> str:
    """Return an appointment as people say it: 11-27 13:00–18:00."""
    local, end = since.astimezone(CHINA), until.astimezone(CHINA)
    return f"{local:%m-%d} {local:%H:%M}–{end:%H:%M}"

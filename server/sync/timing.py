"""When something happened: the phone's clock, mended and bounded, never trusted and never used to order anything."""

from datetime import datetime, timedelta

FAR_OFF = timedelta(minutes=5)
"""A clock that is further off than this, or says what cannot be, gets the flag "clock"."""

LATE = timedelta(hours=24)
"""What arrives later than this after it was done gets the flag "late": longer than any shift."""


def effective(
    made_at: datetime, offset_ms: int, received_at: datetime, last_contact: datetime | None
) -> tuple[datetime, tuple[str, ...]]:
    """Return when it was done and the flags.

    `made_at` is mended by the clock's measured error `offset_ms`; it cannot have been after `received_at`, nor before `last_contact`:
    the moment when this phone had nothing more to send.
    """
    told = made_at + timedelta(milliseconds=offset_ms)
    at = min(max(told, last_contact or told), received_at)
    flags = []
    if abs(timedelta(milliseconds=offset_ms)) > FAR_OFF or abs(told - at) > FAR_OFF:
        flags.append("clock")
    if received_at - at > LATE:
        flags.append("late")
    return at, tuple(flags)

"""The life of a round: pure rules of plain values. The reducers of both languages follow them."""

from datetime import datetime

from server.lib.i18n import N_

STATES = {
    "pending": N_("待巡查"),
    "doing": N_("巡查中"),
    "done": N_("已完成"),
    "late": N_("迟到完成"),
    "abnormal": N_("有异常"),
    "missed": N_("漏检"),
}
TONES = {"pending": "", "doing": "warn", "done": "brand", "late": "warn", "abnormal": "bad", "missed": "bad"}

OPEN = frozenset({"pending", "doing"})
OVER = frozenset({"done", "late", "abnormal", "missed"})
WALKED = OVER - {"missed"}


def finished_as(found: int, skipped: int, started: int, late: int, *, over_time: bool) -> str:
    """Return the state a finished round gets: something wrong before lateness before good.

    `started` and `late` in milliseconds: when it was begun, and after when that was too late.
    """
    if found or skipped:
        return "abnormal"
    return "late" if over_time or started > late else "done"


def overdue_as(state: str, ends_at: datetime, at: datetime) -> str:
    """Return the state of a round that nobody has finished: missed once its time is over, whether begun or not."""
    return "missed" if state in OPEN and at > ends_at else state

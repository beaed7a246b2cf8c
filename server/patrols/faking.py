"""What looks like faking. Nothing here refuses anything: the office is shown the sign and asks the person."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from server.lib.i18n import N_
from server.patrols.entries import Entry

SIGNS = {
    "fast": N_("停留太短"),
    "photo": N_("照片用过"),
    "alike": N_("答案全部相同"),
    "clock": N_("手机时间不准"),
    "late_sync": N_("很久以后才上传"),
    "code": N_("二维码不是本点打印的"),
    "order": N_("没按顺序"),
    "alone": N_("夜间一人"),
    "by_hand": N_("没有扫码"),
    "skipped": N_("有点没走"),
    "backfilled": N_("事后补录"),
}

ENOUGH_ALIKE = 3
"""Fewer points than this are too few to say anything of answers that are all alike."""

ENOUGH_READINGS = 2


def too_fast(scanned: datetime | None, done: datetime, dwell: int) -> bool:
    """Whether somebody left a point sooner than `dwell` seconds after coming; a missing scan says nothing here."""
    return scanned is not None and (done - scanned).total_seconds() < dwell


def all_alike(points: Sequence[tuple[Sequence[Entry], Mapping[str, str]]]) -> bool:
    """Whether a round's answers are copies: the same reading typed at every point that asks for one with the same text.

    √ everywhere is a good day, not a sign; the same pressure to the last digit in three rooms is.
    """
    readings: dict[str, list[str]] = {}
    for entries, answers in points:
        for one in entries:
            if one.kind == "number" and one.id in answers:
                readings.setdefault(one.text, []).append(answers[one.id])
    return any(len(values) >= ENOUGH_ALIKE and len(set(values)) == 1 for values in readings.values())


def copied(before: Sequence[Mapping[str, str]], answers: Mapping[str, str], entries: Sequence[Entry]) -> bool:
    """Whether all readings at a point are the very same as in each of the last rounds: nobody looked at the gauge."""
    read = {one.id for one in entries if one.kind == "number"} & set(answers)
    if len(read) < ENOUGH_READINGS or len(before) < ENOUGH_ALIKE:
        return False
    return all(all(earlier.get(id_) == answers[id_] for id_ in read) for earlier in before)


def out_of_order(position: int, visited: Sequence[int], *, in_order: bool) -> bool:
    """Whether a point was come to before one that stands ahead of it on an ordered route."""
    return in_order and any(earlier not in visited for earlier in range(1, position))

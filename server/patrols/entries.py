"""One entry of a checklist, and what its answers mean: pure rules of plain values."""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from server.lib.i18n import N_

KINDS = {
    "tri": N_("√ × ○"),
    "number": N_("读数"),
    "choice": N_("选择"),
    "text": N_("文字"),
    "photo": N_("照片"),
    "sign": N_("签名"),
}

OK, BAD, NONE = "ok", "bad", "na"
TRI = {OK: N_("正常"), BAD: N_("异常"), NONE: N_("无此项")}
"""√ × ○: what every paper list of the trade has."""

NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?")
MOST_TEXT = 200


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a checklist. `low` and `high` are decimal texts, "" for no limit.

    `when_item`, `when_is`: shown only when that other entry has this value. `optional`: a point may be finished without it.
    """

    id: str
    text: str
    kind: str = "tri"
    unit: str = ""
    low: str = ""
    high: str = ""
    options: tuple[str, ...] = ()
    bad_options: tuple[str, ...] = ()
    least: int = 1  #: photos
    most: int = 3
    critical: bool = False
    optional: bool = False
    weight: int = 1
    when_item: str = ""
    when_is: str = ""


def read(content: str | bytes | Sequence[object]) -> list[Entry]:
    """Return the entries of a list as it is stored; raise msgspec.ValidationError when it is none."""
    if isinstance(content, (str, bytes)):
        return msgspec.json.decode(content, type=list[Entry])
    return msgspec.convert(content, list[Entry])


def accepts(entry: Entry, value: str) -> bool:
    """Whether `value` is an answer that this entry can have."""
    if entry.kind == "tri":
        return value in TRI
    if entry.kind == "number":
        return NUMBER.fullmatch(value) is not None
    if entry.kind == "choice":
        return value in entry.options
    return 0 < len(value) <= MOST_TEXT


def is_bad(entry: Entry, value: str) -> bool:
    """Whether the answer is not as it should be: ×, a reading out of its range, a choice marked as bad."""
    if entry.kind == "number":
        reading = Decimal(value)
        return bool((entry.low and reading < Decimal(entry.low)) or (entry.high and reading > Decimal(entry.high)))
    return value == BAD if entry.kind == "tri" else value in entry.bad_options


def is_shown(entry: Entry, answers: Mapping[str, str]) -> bool:
    """Whether the entry is asked at all, given the answers so far ({entry's id: value})."""
    return not entry.when_item or answers.get(entry.when_item) == entry.when_is


def missing(entries: Sequence[Entry], answers: Mapping[str, str]) -> list[str]:
    """Return the ids of the entries that still need an answer before the point can be finished."""
    return [one.id for one in entries if not one.optional and is_shown(one, answers) and one.id not in answers]


def score(entries: Sequence[Entry], answers: Mapping[str, str]) -> int | None:
    """Return the share of weights that are as they should be, 0–100 (HALF_UP); None when nothing applied.

    A critical entry that fails makes the whole point 0, as in the trade's inspections (一票否决).
    """
    whole = good = 0
    for one in entries:
        value = answers.get(one.id)
        if value is None or not is_shown(one, answers) or (one.kind == "tri" and value == NONE):
            continue
        whole += one.weight
        if not is_bad(one, value):
            good += one.weight
        elif one.critical:
            return 0
    return int((Decimal(100 * good) / whole).quantize(Decimal(1), ROUND_HALF_UP)) if whole else None


def range_text(entry: Entry) -> str:
    """Return the range as the page shows it: 0.40–0.60, ≤ 70, ≥ 24, or ''."""
    if entry.low and entry.high:
        return f"{entry.low}–{entry.high}"
    return f"≤ {entry.high}" if entry.high else f"≥ {entry.low}" if entry.low else ""


def flaws(entries: Sequence[Entry]) -> list[str]:
    """Return what is wrong with a list, as messages for its editor; an empty list means that it may be published."""
    ids = [one.id for one in entries]
    found = [] if entries else [N_("至少要有一个检查项")]
    if len(set(ids)) != len(ids):
        found.append(N_("检查项的编号不能重复"))
    for place, one in enumerate(entries):
        if one.when_item and one.when_item not in ids[:place]:
            found.append(N_("条件要指向前面的检查项"))
        if one.kind == "choice" and len(one.options) < 2:
            found.append(N_("选择题至少要有两个选项"))
        if one.kind == "number" and one.low and one.high and Decimal(one.low) > Decimal(one.high):
            found.append(N_("读数的下限不能大于上限"))
        if one.kind == "photo" and not 0 < one.least <= one.most <= 9:
            found.append(N_("照片张数要在 1 到 9 之间"))
    return list(dict.fromkeys(found))

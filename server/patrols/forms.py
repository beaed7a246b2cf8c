"""What the office's forms of patrols send."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from server.lib.forms import Form
from server.lib.i18n import _
from server.patrols.entries import NUMBER, Entry
from server.patrols.occurrences import times_between
from server.storage.photos import MAX_AT_ONCE

Name = Annotated[str, msgspec.Meta(max_length=60)]
Long = Annotated[str, msgspec.Meta(max_length=300)]
Kind = Literal[
    "gate", "perimeter", "lobby", "roof", "garage", "pump", "power", "control", "lift", "playground", "refuse", "fire_lane", "other"
]  # fmt: skip
Minutes = Annotated[int, msgspec.Meta(ge=0, le=720)]


class PlaceForm(msgspec.Struct, kw_only=True):
    """A checkpoint."""

    id: UUID
    name: Name
    place: Annotated[str, msgspec.Meta(max_length=120)]
    kind: Kind
    building_id: UUID | None = None
    latitude: Annotated[Decimal, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[Decimal, msgspec.Meta(ge=-180, le=180)] | None = None
    nfc: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    is_active: bool = False


class RouteForm(msgspec.Struct, kw_only=True):
    """A route's own figures; its points come as repeated fields."""

    name: Name
    post: Literal["patrol", "repair"]
    ordering: Literal["fixed", "free", "shuffled"]
    dwell: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30
    early: Minutes = 30
    slack: Minutes = 30
    length: Annotated[int, msgspec.Meta(ge=5, le=1440)] = 120
    two_at_night: bool = False
    is_active: bool = False
    version: int = 0


class ScheduleForm(msgspec.Struct, kw_only=True):
    """When a route is walked: single times, or every so many hours from one time to another."""

    kind: Literal["daily", "weekly", "monthly"]
    times: Annotated[str, msgspec.Meta(max_length=300)] | None = None
    first: str | None = None
    last: str | None = None
    hours: Annotated[int, msgspec.Meta(ge=1, le=24)] | None = None
    weekdays: list[Annotated[int, msgspec.Meta(ge=1, le=7)]] = []
    month_day: Annotated[int, msgspec.Meta(ge=1, le=31)] | None = None


class ReasonForm(msgspec.Struct):
    """Why a round was missed."""

    reason: Long


class BackfillForm(msgspec.Struct, kw_only=True):
    """A round that was walked without a phone."""

    version: int
    walked_by: Name
    at: dt.datetime
    reason: Long


class ListForm(msgspec.Struct, kw_only=True):
    """A checklist's name; its entries come as repeated fields."""

    name: Name
    frequency: Name | None = None
    version: int = 0


def clock(text: str) -> dt.time:
    """Return a clock time; raise ValueError for anything else."""
    if not re.fullmatch(r"[0-2]?\d:[0-5]\d", text):
        raise ValueError(text)
    hours, minutes = text.split(":")
    return dt.time(int(hours), int(minutes))


def plain(text: str | None) -> str:
    """Return what was typed with the signs and figures of a Chinese keyboard as those of an English one: “08：00，14：00” too."""
    return unicodedata.normalize("NFKC", text or "")


def times_of(form: Form[ScheduleForm]) -> list[dt.time]:
    """Return the clock times a schedule's form means, sorted; what is wrong is said beside its field."""
    data = form.data
    found: set[dt.time] = set()
    try:
        found |= {clock(text) for text in re.split(r"[\s,、;]+", plain(data.times)) if text}
    except ValueError:
        form.fail("times", _("请填写时间，例如 08:00 14:00"))
    if data.hours:
        try:
            found |= set(times_between(clock(plain(data.first)), clock(plain(data.last)), data.hours))
        except ValueError:
            form.fail("first", _("请填写时间，例如 08:00 14:00"))
    if not found:
        form.fail("times", _("请填写时间，例如 08:00 14:00"))
    if data.kind == "weekly" and not data.weekdays:
        form.fail("weekdays", _("请选择星期"))
    if data.kind == "monthly" and not data.month_day:
        form.fail("month_day", _("请填写日期（31 表示月末）"))
    return sorted(found)


def texts(sent: dict[str, Any], name: str) -> list[str]:
    """Return a repeated field's values, blanks included, so that the columns of a table stay in step."""
    value = sent.get(name, [])
    return [value] if isinstance(value, str) else [str(one) for one in value]


COLUMNS = ("id", "text", "kind", "unit", "low", "high", "options", "wrong", "when", "weight")


def entries_of(form: Form[Any]) -> list[Entry]:
    """Return the entries of the editor's table; rows without a text are left out. What is wrong is said beside `entries`."""
    columns = {name: texts(form.values, f"entry_{name}") for name in COLUMNS}
    marks = {name: set(texts(form.values, f"entry_{name}")) for name in ("critical", "optional")}
    found = []
    for place, text in enumerate(columns["text"]):
        if not text.strip():
            continue
        cells = {name: values[place].strip() if place < len(values) else "" for name, values in columns.items()}
        try:
            found.append(entry_of(cells, {name for name, places in marks.items() if str(place) in places}))
        except ValueError:
            form.fail("entries", _("第 %(n)s 行：范围和权重要填数字，下限不大于上限，照片 1 到 9 张", n=place + 1))
    return found


def options_of(cell: str) -> tuple[str, ...]:
    """Return the options that a cell lists, whichever comma stands between them."""
    return tuple(one.strip() for one in re.split("[,，、]", cell) if one.strip())


def entry_of(cells: dict[str, str], marks: set[str]) -> Entry:
    """Return one row of the editor's table as an entry; raise ValueError for what is no number or no range."""
    if any(cells[name] and not NUMBER.fullmatch(cells[name]) for name in ("low", "high")):
        raise ValueError(cells["text"])
    if cells["low"] and cells["high"] and Decimal(cells["low"]) > Decimal(cells["high"]):
        raise ValueError(cells["text"])
    item, _sign, value = cells["when"].replace("＝", "=").partition("=")
    photos = cells["kind"] == "photo"
    least = int(cells["low"] or "1") if photos else 1
    most = int(cells["high"] or max(least, 3)) if photos else 3
    if not 1 <= least <= most <= MAX_AT_ONCE:
        raise ValueError(cells["text"])
    return Entry(
        id=cells["id"][:8] or "1",
        text=cells["text"][:120],
        kind=cells["kind"] if cells["kind"] in ("tri", "number", "choice", "text", "photo", "sign") else "tri",
        unit=cells["unit"][:10],
        low="" if photos else cells["low"],
        high="" if photos else cells["high"],
        least=least,
        most=most,
        options=options_of(cells["options"]),
        bad_options=options_of(cells["wrong"]),
        critical="critical" in marks,
        optional="optional" in marks,
        weight=min(max(int(cells["weight"] or "1"), 1), 100),
        when_item=item.strip()[:8],
        when_is=value.strip()[:60],
    )

"""Money, areas, dates and private data as people in China write them.

Field pages hand in plain values: a moment is whole milliseconds since 1970 (UTC), a decimal is a text. What they use is written a second
time, in static/js/field/formats.js for the phone; `tests/field/test_parity.py` keeps both equal to the letter.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from server.lib.i18n import _

CHINA = ZoneInfo("Asia/Shanghai")
EIGHT = timezone(timedelta(hours=8))
"""China's time for milliseconds: as the phone reckons it, without the summer times of 1986 to 1991."""

EPOCH = datetime(1970, 1, 1, 8, tzinfo=EIGHT)
DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

Moment = datetime | int


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return today's date in China."""
    return datetime.now(CHINA).date()


def yuan(fen: int) -> str:
    """Return an amount of 分 as 元 with two decimals and thousands commas: 123456 → "1,234.56"."""
    sign, rest = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{rest // 100:,}.{rest % 100:02d}"


def area(square_metres: Decimal | None) -> str:
    """Return an area in m² with two decimals: "89.37㎡"; a dash when it is unknown."""
    return "—" if square_metres is None else f"{square_metres:.2f}㎡"


def num(value: int | Decimal | str | None) -> str:
    """Return a number (or a decimal text, all of its decimals kept) with thousands commas; a dash for None."""
    if isinstance(value, str):
        units, point, rest = decimal_text(value).partition(".")
        sign = units[:1] if units[:1] in "+-" else ""
        return f"{sign}{_commas(units.removeprefix(sign))}{point}{rest}"
    return "—" if value is None else f"{value:,}"


def _commas(digits: str) -> str:
    """Return digits with thousands commas, leading zeros kept."""
    return re.sub(r"\B(?=(?:[0-9]{3})+$)", ",", digits)


def decimal_text(value: int | str) -> str:
    """Return a whole number or decimal text as a text; raise ValueError for anything else."""
    text = str(value)
    if isinstance(value, bool) or not DECIMAL.fullmatch(text):
        raise ValueError(f"no number: {value!r}")
    return text


def cmp_decimal(one: int | str, other: int | str) -> int:
    """Return -1, 0 or 1: how two decimal texts (or whole numbers) compare."""
    a, b = Decimal(decimal_text(one)), Decimal(decimal_text(other))
    return (a > b) - (a < b)


def local(value: Moment) -> datetime:
    """Return a moment in China's time. Raise ValueError for milliseconds before 1970 there, or after the year 9999."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA)
    try:
        moment = EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        raise ValueError(f"a moment out of reach: {value}") from None
    if moment.year < 1970:
        raise ValueError(f"a moment out of reach: {value}")
    return moment


def day(value: date | Moment | None) -> str:
    """Return a date as 2026-11-23 (in China); a dash for None."""
    if value is None:
        return "—"
    return (local(value).date() if isinstance(value, (datetime, int)) else value).isoformat()


def clock(value: Moment | None) -> str:
    """Return a moment's time of day in China: 14:05; a dash for None."""
    return "—" if value is None else f"{local(value):%H:%M}"


def daytime(value: Moment | None, at: Moment | None = None) -> str:
    """Return a moment as people say it at the moment `at` (now): 今天 14:05, 昨天 09:15, 11-20 08:00, 2025-11-20 08:00."""
    if value is None:
        return "—"
    then, present = local(value), local(now() if at is None else at)
    time = f"{then:%H:%M}"
    if then.date() == present.date():
        return _("今天 %(clock)s", clock=time)
    if then.date() == present.date() - timedelta(days=1):
        return _("昨天 %(clock)s", clock=time)
    return f"{then:%m-%d} {time}" if then.year == present.year else f"{then:%Y-%m-%d} {time}"


def ago(value: Moment | None, at: Moment | None = None) -> str:
    """Return how long ago a moment was at the moment `at` (now): 刚刚, 5 分钟前, 3 小时前, then the day."""
    if value is None:
        return "—"
    past = local(now() if at is None else at) - local(value)
    n = past // timedelta(minutes=1)
    if n < 1:
        return _("刚刚")
    if n < 60:
        return _("%(n)s 分钟前", n=n)
    return _("%(n)s 小时前", n=n // 60) if n < 24 * 60 else day(value)


def minutes(value: int | None) -> str:
    """Return a duration of whole minutes: 45 分钟, 2 小时, 1 小时 5 分钟; a dash for None. Raise ValueError when it is negative."""
    if value is None:
        return "—"
    if value < 0:
        raise ValueError("less than no time")
    h, m = divmod(value, 60)
    if not h:
        return _("%(m)s 分钟", m=m)
    return _("%(h)s 小时 %(m)s 分钟", h=h, m=m) if m else _("%(h)s 小时", h=h)


# Masking, the default on every list and export: Personal Information Protection Law arts. 6 and 28, and common practice.

DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "令狐",
        "慕容",
        "长孙",
        "宇文",
        "司徒",
        "夏侯",
        "端木",
        "百里",
        "南宫",
    ]
)


def mask_name(name: str | None) -> str:
    """Return a name with all but the surname hidden: 张*, 欧阳**; a company's name is no personal data but is cut, too."""
    if not name:
        return "—"
    shown = 2 if name[:2] in DOUBLE_SURNAMES and len(name) > 2 else 1
    return name[:shown] + "*" * min(max(len(name) - shown, 1), 2)


def mask_phone(phone: str | None) -> str:
    """Return a phone number with the middle hidden: 138****5678."""
    if not phone:
        return "—"
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 9 else "*" * max(len(phone) - 2, 1) + phone[-2:]


def show_plate(plate: str) -> str:
    """Return a plate with its dot: 浙A12345 → 浙A·12345."""
    return f"{plate[:2]}·{plate[2:]}" if len(plate) >= 7 else plate


def mask_plate(plate: str | None) -> str:
    """Return a plate with its middle hidden: 浙A·**123."""
    if not plate:
        return "—"
    return f"{plate[:2]}·**{plate[-3:]}" if len(plate) >= 7 else plate[:1] + "****"

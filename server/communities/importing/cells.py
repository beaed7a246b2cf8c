"""From one cell to one plain value. Nothing here raises: what cannot be understood comes back as `Bad`.

Areas and other figures are Decimal, never float: 60.03 in a workbook is the shortest decimal that Excel shows.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import msgspec

from server.communities.importing.reading import Cell
from server.communities.naming import half_width

CENT = Decimal("0.01")
LARGEST_AREA = Decimal("1000000")
EXCEL_DAY_ZERO = date(1899, 12, 30)  # with it, serials from March 1900 on come out right despite Excel's 29 Feb 1900
FOREVER_WORDS = frozenset({"长期", "永久", "无期限", "至今", "无", "-", "/"})
FOREVER_DAY = date(2037, 1, 1)
"""Property software writes this for "no end" (2^31 seconds after 1970 end in January 2038)."""
BLANK_WORDS = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "空", "暂无", "没有", "不详", "未知", "null", "none", "n/a", "#n/a"}
)

_NUMBER = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$|^[+-]?\.\d+$")
_UNITS = re.compile(r"(平方米|平方|平米|㎡|m²|m2|平|元|层|楼|f)$", re.IGNORECASE)
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:[ T].*)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


class Bad(msgspec.Struct, frozen=True):
    """Why a cell cannot be understood: the code of a reason (`problems.REASONS`) and what the sentence needs."""

    code: str
    details: dict[str, str] = {}


def as_text(cell: Cell) -> str:
    """Return a cell as a person reads it: 101.0 is `101`, full-width is half-width, `="0101"` is `0101`."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        number = float_to_decimal(cell)
        return "" if number is None else plain(number)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    text = half_width(cell)
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.strip("`'\t ").replace("\x00", "")


def float_to_decimal(number: float) -> Decimal | None:
    """Return the decimal Excel shows for a binary float (15 digits), or None for NaN and infinity."""
    decimal = Decimal(format(number, ".15g"))
    return decimal if decimal.is_finite() else None


def plain(number: Decimal) -> str:
    """Return `number` without exponent and needless zeros: 1E+2 → `100`, 7.50 → `7.5`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_blank(text: str) -> bool:
    """Whether `text` says that there is nothing: empty, `-`, `/`, `无` ..."""
    return text.strip().lower() in BLANK_WORDS


def as_number(cell: Cell) -> Decimal | Bad | None:
    """Return a figure, None for a blank cell, or Bad("number"). Thousands commas and a unit behind it are fine."""
    if isinstance(cell, bool):
        return Bad("number")
    if isinstance(cell, int):
        return Decimal(cell)
    if isinstance(cell, float):
        return float_to_decimal(cell) or (Decimal(0) if cell == 0 else Bad("number"))
    if not isinstance(cell, str) and cell is not None:
        return Bad("number")
    text = as_text(cell).replace(" ", "")
    if is_blank(text):
        return None
    bare = _UNITS.sub("", text).replace("¥", "")
    if not _NUMBER.match(bare):
        return Bad("number")
    try:
        return Decimal(bare.replace(",", ""))
    except InvalidOperation:
        return Bad("number")


def as_area(cell: Cell) -> Decimal | Bad | None:
    """Return an area in m² with two decimals (HALF_UP), None for blank, or Bad: not a number, negative, zero, absurd."""
    number = as_number(cell)
    if isinstance(number, Bad):
        return Bad("area_not_number")
    if number is None:
        return None
    if number < 0:
        return Bad("area_negative")
    if number == 0:
        return Bad("area_zero")
    if number >= LARGEST_AREA:
        return Bad("area_too_large")
    return number.quantize(CENT, ROUND_HALF_UP) or Bad("area_zero")


def as_whole(cell: Cell, least: int = -20, most: int = 200) -> int | Bad | None:
    """Return a whole number such as a floor, None for blank, or Bad("whole_number")."""
    number = as_number(cell)
    if number is None:
        return None
    if isinstance(number, Bad) or number != number.to_integral_value() or not least <= number <= most:
        return Bad("whole_number")
    return int(number)


def as_date(cell: Cell) -> date | Bad | None:
    """Return a day from a date cell, an Excel serial (45658) or text (2025-01-01, 2025/1/1, 2025年1月, 20250101)."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool | time | timedelta):
        return Bad("date")
    text = as_text(cell)
    if is_blank(text) or text in FOREVER_WORDS or text.startswith("0000"):
        return None
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return EXCEL_DAY_ZERO + timedelta(days=int(text[:5]))
    found = _DATE.match(text) or _COMPACT_DATE.match(text)
    if not found:
        return Bad("date")
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return Bad("date")


def as_end_date(cell: Cell) -> date | Bad | None:
    """Return the last day, or None for "no end": blank, 长期, 2037-01-01, 2099 and later."""
    day = as_date(cell)
    return None if isinstance(day, date) and (day == FOREVER_DAY or day.year >= 2099) else day


def as_yes(cell: Cell) -> bool | None:
    """Return True for 有/是/Y, False for 无/否/N, None when it says neither."""
    word = as_text(cell).upper()
    if word in {"有", "是", "Y", "YES", "√", "1", "TRUE"}:
        return True
    return False if word in {"无", "否", "没有", "N", "NO", "×", "0", "FALSE"} else None

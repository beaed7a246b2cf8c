"""Phone numbers as offices write them, and the fillers they write when they know none.

A filler (`18999999999`) stands on dozens of strangers: it is never a phone, and never a reason to merge two people.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from server.communities.importing.cells import Bad, is_blank
from server.communities.naming import half_width

KNOWN_FILLERS = frozenset(
    {"18999999999", "13800000000", "13800138000", "13900000000", "13000000000", "15000000000", "18000000000",
     "13812345678", "13912345678", "12345678901", "12345678910", "13333333333", "13888888888", "13999999999"}
)  # fmt: skip
SHARED_BY_NAMES = 4
SHARED_BY_ROOMS = 4
"""A number under as many different names in as many different rooms is no one person's: families share within a room."""

_SEPARATORS = re.compile(r"\s*(?:[,，、;；/|]|\r?\n)\s*|(?<=\d{7})\s+(?=\d{7})")
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^(0\d{2,3}\d{7,8}|[2-9]\d{6,7}|[48]00\d{7})$")
_EXTENSION = re.compile(r"^((?:\(?0\d{2,3}\)?[- ]?)?\d{7,8})(?:转|[-*]|ext\.?)(\d{1,5})$", re.IGNORECASE)


def split_phones(text: str) -> list[str]:
    """Return the numbers in a cell, in order, blanks kept in their places (`a,,b` names no phone for the second)."""
    written = half_width(text).rstrip(",，、;；/| ")
    return _SEPARATORS.split(written) if written else []


def as_phone(text: str) -> str | Bad | None:
    """Return one number as digits, None for nothing or a filler, or Bad("phone_digits" | "phone_letters")."""
    if is_blank(text):
        return None
    extended = _EXTENSION.match(half_width(text).replace(" ", ""))
    written = re.sub(r"[\s\-—–()（）.]", "", extended[1] if extended else half_width(text))
    abroad = written.startswith(("+", "00")) and not written.startswith(("+86", "0086"))
    digits = re.sub(r"^(\+86|0086)", "", written).lstrip("+")
    if not digits.isascii() or not digits.isdigit():
        return Bad("phone_letters")
    if is_filler(digits):
        return None
    if _MOBILE.match(digits) or _LANDLINE.match(digits) or (abroad and 8 <= len(digits) <= 15):
        return digits
    return Bad("phone_digits", {"count": str(len(digits))})


def is_filler(digits: str) -> bool:
    """Whether `digits` are one of the known fillers: a list, one digit repeated, or 1 and a digit and then one repeated."""
    if digits in KNOWN_FILLERS or not digits:
        return True
    return len(digits) >= 7 and (len(set(digits)) == 1 or (len(digits) == 11 and len(set(digits[2:])) == 1))


def shared_phones(uses: Iterable[tuple[str, str, str]]) -> dict[str, int]:
    """Return the numbers that too many strangers share, with how many names.

    `uses` are (phone, name, room) triples. A number counts as shared from SHARED_BY_NAMES names in SHARED_BY_ROOMS rooms.
    """
    names: dict[str, set[str]] = defaultdict(set)
    rooms: dict[str, set[str]] = defaultdict(set)
    for phone, name, room in uses:
        names[phone].add(name)
        rooms[phone].add(room)
    return {
        phone: len(found)
        for phone, found in names.items()
        if len(found) >= SHARED_BY_NAMES and len(rooms[phone]) >= SHARED_BY_ROOMS
    }

"""How buildings, stairwells and rooms are numbered and spoken of: one spelling for each, whatever the office typed.

`12栋`, `12号楼`, `12.0`, `012` and `十二栋` are one building. A room's identity in its community is its `room_code`.
"""

import re
from functools import lru_cache

import msgspec

_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " "}
_TIDY = _WIDE | dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD), "")
_CHINESE = {"零": 0, "〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_BUILDING_WORDS = re.compile(r"^(?:第|商铺|住宅)?(.+?)(?:号楼|栋楼|[栋幢座楼号#]+)$")
_STAIRWELL_WORDS = re.compile(r"^第?(.+?)(?:单元|梯|门)$")
_ROOM_WORDS = re.compile(r"^(?:商铺|门面|房号)?(.+?)(?:号房|号铺|[室号房铺])?$")
_LABEL = re.compile(
    r"^(?P<building>[A-Z0-9一二三四五六七八九十]{1,8}?)(?:号楼|栋楼|[栋幢座楼号#])"
    r"(?:(?P<stairwell>[A-Z0-9一二三四五六七八九十]{1,4}?)(?:单元|梯|门))?"
    r"(?:商铺|门面)?(?P<room>[A-Z0-9][A-Z0-9-]*)(?:[室号房铺])?$"
)
NO_STAIRWELL = frozenset({"", "0", "00", "无", "-", "/", "商铺", "底商"})
"""What offices write for the stairwell of a shop that opens to the street."""


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a room is: the codes of its building and stairwell ("" = none) and its number, as `tidy_*` spell them."""

    building: str
    stairwell: str
    number: str

    @property
    def code(self) -> str:
        """The room's code, unique in its community: `03-01-1302`, or `06-S17` without a stairwell."""
        return room_code(self.building, self.stairwell, self.number)


def half_width(text: str) -> str:
    """Return `text` with full-width letters, digits and blanks made ordinary and invisible characters removed."""
    return (text if text.isascii() else text.translate(_TIDY)).strip()


def arabic(text: str) -> str:
    """Return Chinese numerals up to 99 (`十二`) as digits (`12`); anything else unchanged."""
    if not text or any(character not in _CHINESE and character != "十" for character in text):
        return text
    if "十" not in text:
        return "".join(str(_CHINESE[character]) for character in text)
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return text
    return str((_CHINESE[tens] if tens else 1) * 10 + (_CHINESE[ones] if ones else 0))


def _spell(text: str, words: re.Pattern[str]) -> str:
    text = re.sub(r"\s+", "", half_width(text)).upper()
    found = words.match(text)
    text = arabic(found[1] if found else text)
    return text.lstrip("0") or "0" if text.isascii() and text.isdigit() else text


@lru_cache(maxsize=4096)
def tidy_building(text: str) -> str:
    """Return a building's code: `1栋`, `01`, `一号楼` → `1`; `a座` → `A`; "" stays ""."""
    return _spell(text, _BUILDING_WORDS) if text.strip() else ""


@lru_cache(maxsize=4096)
def tidy_stairwell(text: str) -> str:
    """Return a stairwell's code: `1单元`, `01` → `1`; `0`, `无` or nothing → "" (shops)."""
    spelled = _spell(text, _STAIRWELL_WORDS) if text.strip() else ""
    return "" if spelled in NO_STAIRWELL else spelled


@lru_cache(maxsize=4096)
def tidy_number(text: str) -> str:
    """Return a room's number: `0101室` → `101`, `商铺S01` → `S01`, ` 101 ` → `101`."""
    return _spell(text, _ROOM_WORDS) if text.strip() else ""


@lru_cache(maxsize=4096)
def split_label(text: str) -> Place | None:
    """Return the place in a whole label (`1栋1单元101`, `12号101室`, `1-1-101`, `3-502`), or None if it is not one."""
    text = re.sub(r"[\s]+", "", half_width(text)).upper().replace("—", "-").replace("–", "-")
    found = _LABEL.match(text)
    if found:
        stairwell = tidy_stairwell(found["stairwell"] or "")
        return Place(tidy_building(found["building"]), stairwell, tidy_number(found["room"]))
    parts = text.split("-")
    if not all(parts) or len(parts) not in (2, 3):
        return None
    stairwell = tidy_stairwell(parts[1]) if len(parts) == 3 else ""
    return Place(tidy_building(parts[0]), stairwell, tidy_number(parts[-1]))


def room_code(building: str, stairwell: str, number: str) -> str:
    """Return a room's code in its community: digits padded so that it reads in order, no part for a missing stairwell."""
    parts = (
        (_pad(building, 2), _pad(stairwell, 2), _pad(number, 4)) if stairwell else (_pad(building, 2), _pad(number, 4))
    )
    return "-".join(parts)


def sort_key(code: str) -> str:
    """Return the natural order of `code` as text: every run of digits padded to five (2 before 10)."""
    return re.sub(r"\d+", lambda found: found[0].zfill(5), code)[:60]


def sort_number(code: str) -> int:
    """Return the order of a building or stairwell among its sisters: its number; letters come after the numbers."""
    digits = re.match(r"\d{1,6}", code)
    return int(digits[0]) if digits else 1_000_000 + (ord(code[0]) if code else 0)


def room_label(template: str, place: Place, *, shop: bool) -> str:
    """Return what people call the room: the community's `label_template` filled, or `6栋商铺S17` for a street shop.

    A room without a stairwell leaves out that part of the template (`{stairwell}单元`).
    """
    if not place.stairwell:
        template = re.sub(r"\{stairwell\}[^{]*", "", template)
        if shop:
            template = template.replace("{room}", "商铺{room}")
    filled = template.replace("{building}", place.building).replace("{stairwell}", place.stairwell)
    return filled.replace("{room}", place.number)


def _pad(text: str, width: int) -> str:
    return text.zfill(width) if text.isascii() and text.isdigit() else text

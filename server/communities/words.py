"""What people type into the register's search box, made into patterns for LIKE."""

import re

from server.communities.naming import half_width, split_label

MOST_WORDS = 6
LONGEST_WORD = 40
_DOTS = str.maketrans("", "", "·•・.")
_PHONE = re.compile(r"^\+?[\d\-()]{7,20}$")


def patterns(text: str) -> list[list[str]]:
    """Return one list per word typed: patterns of which one must match. All words must.

    Small letters, as the search words are kept. `浙A·123` finds the plate, `138-0013-8000` the phone, `3-1-1302` the room
    whose code is 03-01-1302.
    """
    words = half_width(text).lower().split()[:MOST_WORDS]
    return [[f"%{escaped(one)}%" for one in spellings(word[:LONGEST_WORD])] for word in words]


def spellings(word: str) -> list[str]:
    """Return the ways the register may spell `word`, itself first."""
    found = [word.translate(_DOTS) or word]
    digits = re.sub(r"\D", "", word)
    if _PHONE.match(word) and len(digits) >= 7:
        found.append(digits.removeprefix("86") if word.startswith("+86") else digits)
    place = split_label(word)
    if place is not None and len(digits) < 10:
        found.append(place.code.lower())
    return list(dict.fromkeys(found))


def escaped(word: str) -> str:
    """Return `word` with LIKE's own signs made ordinary."""
    return re.sub(r"([\\%_])", r"\\\1", word)

"""Pictures for the simulated phones: small ones, and ones made long with comments, so that they go in several pieces."""

import io
import random

from PIL import Image

from tests.chaos.plans import PHOTOS

LONG = 2
"""How many of them need more than one piece."""


def photos() -> list[bytes]:
    """Return the pictures, the long ones last."""
    dice = random.Random(1)
    return [photo(dice, long=number >= PHOTOS - LONG) for number in range(PHOTOS)]


def photo(dice: random.Random, *, long: bool) -> bytes:
    """Return a JPEG of 48 × 36 points; `long`: with 300 KB of comments."""
    out = io.BytesIO()
    Image.frombytes("RGB", (48, 36), dice.randbytes(48 * 36 * 3)).save(out, "JPEG", quality=70)
    data = out.getvalue()
    comment = b"\xff\xfe" + (60_002).to_bytes(2, "big") + dice.randbytes(60_000).replace(b"\xff", b"\xfe")
    return data[:2] + comment * 5 + data[2:] if long else data

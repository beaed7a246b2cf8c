"""Pictures for the simulated phones: small ones, and ones made long with comments, so that they go in several pieces.

The last goes so at once, the one before it only after it did not get through whole.
"""

import io
import random

from PIL import Image

from tests.chaos.plans import PHOTOS

COMMENTS = {PHOTOS - 2: 5, PHOTOS - 1: 10}
"""Which are long, and how many comments of 60 KB they have."""


def photos() -> list[bytes]:
    """Return the pictures, the longest last."""
    dice = random.Random(1)
    return [photo(dice, COMMENTS.get(number, 0)) for number in range(PHOTOS)]


def photo(dice: random.Random, comments: int) -> bytes:
    """Return a JPEG of 48 × 36 points; made long with `comments`."""
    out = io.BytesIO()
    Image.frombytes("RGB", (48, 36), dice.randbytes(48 * 36 * 3)).save(out, "JPEG", quality=70)
    data = out.getvalue()
    comment = b"\xff\xfe" + (60_002).to_bytes(2, "big") + dice.randbytes(60_000).replace(b"\xff", b"\xfe")
    return data[:2] + comment * comments + data[2:]

"""Identifiers: UUID version 7 (RFC 9562), made by us because PostgreSQL before 18 has none.

They sort by the time they were made, so indexes stay compact, and a phone without signal can make them, too.
"""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, then randomness."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)

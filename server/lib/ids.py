"""Identifiers: UUID version 7 (RFC 9562), made by us because PostgreSQL before 18 has none.

They sort by the time they were made, so indexes stay compact, and a phone without signal can make them, too.
Two that one process makes in the same millisecond, or after its clock was set back, sort in the order they were made as well
(RFC 9562 §6.2, method 2): what a transaction writes one after the other can be read in that order.
"""

import os
import threading
import time
from uuid import UUID

_last = [0]  # of this process
_turn = threading.Lock()


def uuid7() -> UUID:
    """Return a new UUIDv7, greater than all this process has made: 48 bits of Unix milliseconds, then 74 bits of randomness."""
    moment = time.time_ns() // 1_000_000 << 74 | int.from_bytes(os.urandom(10), "big") >> 6
    with _turn:
        bits = moment if moment > _last[0] else _last[0] + 1 + int.from_bytes(os.urandom(4), "big")
        _last[0] = bits
    return UUID(int=bits >> 74 << 80 | 0x7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0x2 << 62 | bits & (1 << 62) - 1)

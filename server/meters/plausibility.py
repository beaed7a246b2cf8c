"""What is odd about a reading: pure rules of plain decimals. static/js/field/reducers/meter.js does the same on the phone.

The limits are usual practice, not law: an office looks at what is more than three times the usual, at a zero where people live, and at
every register that went back.
"""

from dataclasses import dataclass
from decimal import Decimal

from server.meters.usage import Backwards, usage, usage_after_estimate, usage_over_rollover

JUMP_TIMES = 3
"""How many times the usual amount is too much."""
JUMP_LEAST = 10
"""What a jump has to be above the usual at least, in the meter's unit: from 0.4 to 2 tons is no leak."""
TENTH = Decimal("0.1")
"""A register that stood in its last tenth and now stands in its first one has probably rolled over."""


@dataclass(frozen=True)
class Known:
    """What is known of a meter before it is read. `real`: the last real figure, when `previous` is only an estimate."""

    digits: int
    ratio: Decimal
    previous: Decimal | None = None
    real: Decimal | None = None
    usual: Decimal | None = (
        None  #: usage of a usual period, in the meter's unit; None while there is too little to go by
    )
    occupied: bool = False


@dataclass(frozen=True)
class Judged:
    """The usage a reading would make (None: none can be said), and what is odd about it, the weightiest first."""

    usage: Decimal | None
    flags: tuple[str, ...] = ()


def judge(known: Known, value: Decimal, kind: str = "actual") -> Judged:
    """Return the usage and the oddities of `value`, read from the meter `known`; for a roll-over the usage that it would mean."""
    odd = ["digits"] if value >= 10**known.digits else []
    if known.previous is None:
        return Judged(None, tuple(odd))
    try:
        used = used_since(known, value)
    except Backwards:
        rolled = has_rolled_over(known, value)
        proposed = usage_over_rollover(known.previous, value, known.ratio, known.digits) if rolled else None
        return Judged(proposed, (*odd, "rollover" if rolled else "backwards"))
    if known.usual is not None and used > JUMP_TIMES * known.usual and used - known.usual > JUMP_LEAST:
        odd.append("jump")
    if kind == "actual" and used == 0 and known.occupied and known.usual:
        odd.append("zero")
    return Judged(used, tuple(odd))


def used_since(known: Known, value: Decimal) -> Decimal:
    """Return the usage since the last counted reading; raise Backwards."""
    assert known.previous is not None
    if known.real is not None:
        return usage_after_estimate(known.real, known.previous, value, known.ratio)
    return usage(known.previous, value, known.ratio)


def has_rolled_over(known: Known, value: Decimal) -> bool:
    """Whether a register that went back most probably went through its end."""
    end = 10**known.digits
    return known.previous is not None and end * (1 - TENTH) <= known.previous < end and value < end * TENTH


def usual_of(recent: list[Decimal]) -> Decimal | None:
    """Return the usual usage of a period from those of the last ones (newest first, six at most), None for fewer than two."""
    recent = recent[:6]
    if len(recent) < 2:
        return None
    return (sum(recent, Decimal(0)) / len(recent)).quantize(Decimal("0.01"))

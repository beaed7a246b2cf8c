"""From readings to usage: pure rules of plain decimals.

usage = (current - previous) x ratio. A changed meter: ((old final - previous) + (current - new initial)) x ratio. A register that rolled over
adds 10^digits, and somebody approves it. A reading below the one before, with neither, is an error. An estimate counts until
the next real reading makes it true. (Usual practice of Chinese property offices: 用量 = (本期 - 上期) x 倍率.)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

FIGURE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
"""A figure as a register shows it: no sign, at most three decimals."""


class Backwards(ValueError):
    """The register went back, and neither a change of the meter nor a roll-over explains it."""


@dataclass(frozen=True)
class Shown:
    """One reading of a chain: what the register showed, how it is known, and whether it had rolled over since the one before."""

    value: Decimal
    kind: str = "actual"  #: actual | estimated | initial | final
    rolled: bool = False


def figure(text: str) -> Decimal | None:
    """Return what somebody typed as a reading, or None when it is none."""
    return Decimal(text) if FIGURE.fullmatch(text) else None


def plain(number: Decimal) -> str:
    """Return `number` as a text without needless zeros: 7.50 -> "7.5", 1E+2 -> "100", -0.0 -> "0"."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def usage(previous: Decimal, current: Decimal, ratio: Decimal) -> Decimal:
    """Return what went through between two readings; raise Backwards when the second is lower."""
    if current < previous:
        raise Backwards(f"{current} < {previous}")
    return (current - previous) * ratio


def usage_over_rollover(previous: Decimal, current: Decimal, ratio: Decimal, digits: int) -> Decimal:
    """Return the usage of a register with `digits` whole digits that passed its end once and began at 0."""
    return usage(previous, current + 10**digits, ratio)


def usage_over_change(
    previous: Decimal, old_final: Decimal, new_initial: Decimal, current: Decimal, ratio: Decimal
) -> Decimal:
    """Return the usage of a period in which the meter was changed; raise Backwards when either of the two went back."""
    return usage(previous, old_final, ratio) + usage(new_initial, current, ratio)


def usage_after_estimate(last_real: Decimal, estimated: Decimal, current: Decimal, ratio: Decimal) -> Decimal:
    """Return the usage since an estimate, so that both together are true: negative when the estimate was too high.

    Raise Backwards when the register shows less than when it was last really read.
    """
    usage(last_real, current, ratio)
    return (current - estimated) * ratio


def usages(chain: Sequence[Shown], ratio: Decimal, digits: int) -> list[Decimal | None]:
    """Return the usage that each reading of one meter adds, None where something begins. `settling.SETTLE` does the same in SQL.

    Raise Backwards when a reading is below the last real one without a roll-over.
    """
    found: list[Decimal | None] = []
    before: Shown | None = None
    real = Decimal(0)
    for one in chain:
        value = one.value + (10**digits if one.rolled else 0)
        if before is None or one.kind == "initial":
            found.append(None)
        elif before.kind == "estimated":
            found.append(usage_after_estimate(real, before.value, value, ratio))
        else:
            found.append(usage(before.value, value, ratio))
        before = one
        if one.kind != "estimated":
            real = one.value
    return found

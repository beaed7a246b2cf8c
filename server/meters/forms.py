"""What the forms of the desk send."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Kind = Literal["water", "hot_water", "power", "gas", "heat"]
Figure = Annotated[Decimal, msgspec.Meta(ge=0, le=999_999_999)]
Ratio = Annotated[Decimal, msgspec.Meta(gt=0, le=100_000)]
Digits = Annotated[int, msgspec.Meta(ge=3, le=9)]
Reason = Annotated[str, msgspec.Meta(max_length=300)]
Number = Annotated[str, msgspec.Meta(max_length=40)]
Month = Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class MeterForm(msgspec.Struct, kw_only=True):
    """A meter to register."""

    kind: Kind
    number: Number
    place: Annotated[str, msgspec.Meta(max_length=80)]
    digits: Digits = 5
    ratio: Ratio = Decimal(1)
    installed_on: date
    initial: Figure


class CorrectionForm(msgspec.Struct, kw_only=True):
    """What was typed wrong of a meter."""

    number: Number
    digits: Digits
    ratio: Ratio


class ReadingForm(msgspec.Struct, kw_only=True):
    """A reading entered at the desk."""

    value: Figure
    confirmed: bool = False


class ReviewForm(msgspec.Struct, kw_only=True):
    """A verdict."""

    verdict: Literal["accept", "rollover", "correct", "reject"]
    value: Figure | None = None
    reason: Reason


class PeriodForm(msgspec.Struct, kw_only=True):
    """A period to open."""

    period: Month
    opens_on: date
    due_on: date


class RouteForm(msgspec.Struct, kw_only=True):
    """A route to make or to change; `add` takes meters that are on none."""

    name: Annotated[str, msgspec.Meta(max_length=60)]
    reader: UUID | None = None
    kind: Kind | None = None
    building: UUID | None = None
    add: bool = False

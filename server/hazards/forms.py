"""What the desk's forms of hazards send."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from server.hazards.limits import LONGEST

CategoryKey = Literal[
    "escape", "ebike", "gear", "power", "lift", "falling", "water", "structure", "playground", "road", "decoration", "storage",
    "other",
]  # fmt: skip
GradeKey = Literal["general", "major"]
PaceKey = Literal["immediate", "soon", "usual", "parts"]
LongText = Annotated[str, msgspec.Meta(max_length=1000)]
Yuan = Annotated[Decimal, msgspec.Meta(ge=0, le=100_000_000)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]


class ReportForm(msgspec.Struct, kw_only=True):
    """A hazard that the office writes down."""

    id: UUID
    category: CategoryKey
    grade: Literal["auto", "general", "major"] = "auto"
    source: Literal["inspection", "report", "resident"] = "report"
    place: Annotated[str, msgspec.Meta(max_length=120)]
    text: LongText
    measure: LongText | None = None
    photo_ids: list[UUID] = []
    photo_waiting: list[UUID] = []


class StepForm(msgspec.Struct, kw_only=True):
    """Whatever a step brings; which of it is needed say the rules (`states.STEPS`)."""

    version: int = 0
    note: LongText | None = None
    photo_ids: list[UUID] = []
    photo_waiting: list[UUID] = []
    responsible: UUID | None = None
    pace: PaceKey | None = None
    due: date | None = None
    budget: Yuan | None = None
    cost: Yuan | None = None
    grade: GradeKey | None = None
    category: CategoryKey | None = None
    result: Literal["pass", "fail"] | None = None
    until: date | None = None
    granted: Literal["yes", "no"] | None = None
    extension: UUID | None = None
    helped: Literal["yes", "no"] | None = None
    duty: LongText | None = None
    measures: LongText | None = None
    funds: LongText | None = None
    term: LongText | None = None
    emergency: LongText | None = None
    ticket: UUID | None = None


class LimitsForm(msgspec.Struct):
    """A community's limits, in hours."""

    immediate: Hours
    soon: Hours
    usual: Hours
    parts: Hours

"""What the forms of complaints send."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from server.tickets.forms import Phone, WithPhotos

Text = Annotated[str, msgspec.Meta(max_length=2000)]
Place = Annotated[str, msgspec.Meta(max_length=60)]
Kind = Literal["complaint", "suggestion", "praise"]
Major = Literal["injury", "group", "media", "hotline", "other"]
Cause = Literal[
    "attitude", "slow", "quality", "charges", "cleaning", "green", "safety", "parking", "noise", "facility", "neighbour", "other"
]  # fmt: skip


class OwnForm(WithPhotos, kw_only=True):
    """A complaint by who lives here."""

    id: UUID
    kind: Kind = "complaint"
    text: Text
    place: Place | None = None
    room_id: UUID | None = None
    anonymous: bool = False
    contact_phone: Phone | None = None
    ticket_id: UUID | None = None


class OfficeForm(WithPhotos, kw_only=True):
    """A complaint that the office writes down."""

    id: UUID
    kind: Kind = "complaint"
    channel: Literal["desk", "phone", "letter", "hotline", "media"]
    text: Text
    room_id: UUID | None = None
    reporter_id: UUID | None = None
    place: Place | None = None
    anonymous: bool = False
    contact_phone: Phone | None = None
    about_id: UUID | None = None
    ticket_id: UUID | None = None
    major: Major | None = None
    case_no: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    case_due: date | None = None


class StepForm(WithPhotos, kw_only=True):
    """A step: which of these it needs is the rules' business."""

    version: int
    note: Text | None = None
    handler_id: UUID | None = None
    cause: Cause | None = None
    until: date | None = None
    major: Major | None = None
    verdict: Literal["A", "B", "C"] | None = None

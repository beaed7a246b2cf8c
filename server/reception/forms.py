"""What the forms of the front desk send."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Name = Annotated[str, msgspec.Meta(max_length=60)]
Line = Annotated[str, msgspec.Meta(max_length=200)]
Short = Annotated[str, msgspec.Meta(max_length=20)]
Words = Annotated[str, msgspec.Meta(max_length=1000)]
Phone = Annotated[str, msgspec.Meta(pattern=r"^[0-9+\- ()]{5,20}$")]


class VisitForm(msgspec.Struct, kw_only=True):
    """One line: how, who, what. `q` is what was typed to find the room; without a room it is who it was."""

    id: UUID
    channel: Literal["visit", "call", "wechat"] = "visit"
    q: Name | None = None
    room_id: UUID | None = None
    person_id: UUID | None = None
    phone: Phone | None = None
    words: Words


class CorrectForm(VisitForm, kw_only=True):
    """The same, corrected."""

    version: int


class VoidForm(msgspec.Struct, kw_only=True):
    """Why a line should not be there."""

    version: int
    reason: Line


class KeyForm(msgspec.Struct, kw_only=True):
    """A key."""

    id: UUID
    name: Name
    hook: Short | None = None
    version: int = 0
    is_active: bool = True


class LoanForm(msgspec.Struct, kw_only=True):
    """Who takes it, what for, until when."""

    borrower: Name
    phone: Phone | None = None
    purpose: Line
    due_at: dt.datetime


class BackForm(msgspec.Struct, kw_only=True):
    """It is back."""

    loan_id: UUID
    note: Line | None = None


class LetterForm(msgspec.Struct, kw_only=True):
    """What arrived."""

    id: UUID
    room_id: UUID | None = None
    q: Name | None = None
    kind: Literal["parcel", "letter", "registered", "other"] = "parcel"
    addressee: Name | None = None
    detail: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    shelf: Short | None = None


class HandForm(msgspec.Struct, kw_only=True):
    """Who takes it away."""

    version: int
    to: Name
    note: Line | None = None


class SendBackForm(msgspec.Struct, kw_only=True):
    """Why it goes back."""

    version: int
    note: Line

"""What the forms of tickets send."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from server.lib.acting import Carried
from server.lib.forms import Form
from server.lib.i18n import _
from server.security.actor import Actor
from server.storage.images import PhotoRefused
from server.storage.objects import StorageUnavailable
from server.storage.photos import MAX_AT_ONCE, TOO_MANY, TRY_LATER_PLAIN, store_photos

CategoryKey = Literal[
    "water", "power", "signal", "lift", "fire", "doors", "leak", "heating", "shared", "parking", "green", "cleaning"
]
LevelKey = Literal["P1", "P2", "P3", "P4"]
LongText = Annotated[str, msgspec.Meta(max_length=1000)]
Phone = Annotated[str, msgspec.Meta(pattern=r"^[0-9+\- ()]{5,20}$")]


class WithPhotos(msgspec.Struct, kw_only=True):
    """A form that carries photos: `photo_ids` are stored already, `photo_waiting` still on the phone."""

    photo_ids: list[UUID] = []
    photo_waiting: list[UUID] = []


class ReportForm(WithPhotos, kw_only=True):
    """A report by who lives here or works on the ground."""

    id: UUID
    category: CategoryKey
    location: Literal["private", "common"] = "private"
    room_id: UUID | None = None
    place: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    text: LongText | None = None
    urgency: Literal["auto", "urgent"] = "auto"
    contact_phone: Phone | None = None


class RegisterForm(WithPhotos, kw_only=True):
    """A report that the office writes down for a caller."""

    id: UUID
    category: CategoryKey
    location: Literal["private", "common"] = "private"
    room_id: UUID | None = None
    place: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    text: LongText
    level: LevelKey | None = None
    reporter_id: UUID | None = None
    contact_phone: Phone | None = None
    appoint_day: date | None = None
    appoint_slot: Literal["am", "pm", "eve"] | None = None


class StepForm(msgspec.Struct):
    """A step of one tap."""

    version: int


class DispatchForm(StepForm):
    """Who gets the job."""

    repairman: UUID
    level: LevelKey | None = None
    note: LongText | None = None


class NoteForm(StepForm):
    """A step that has to be explained."""

    note: LongText


class SuspendForm(StepForm):
    """Why the work cannot go on."""

    reason: Literal["parts", "owner", "outside", "approval"]
    note: LongText | None = None


class AdjustForm(StepForm):
    """What the office corrects."""

    category: CategoryKey
    level: LevelKey
    payer: Literal["company", "owner", "warranty", "fund", "liable"]
    place: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    appoint_day: date | None = None
    appoint_slot: Literal["am", "pm", "eve"] | None = None
    note: LongText | None = None


class PayForm(StepForm):
    """A payment at the counter."""

    amount: Decimal
    how: Literal["cash", "wechat", "alipay", "card", "transfer"]
    note: LongText | None = None


class AgreeForm(StepForm):
    """A word on the price."""

    note: LongText | None = None


class RemarkForm(WithPhotos, kw_only=True):
    """Something to add. `id` was made by the form, so that the form sent twice is one step."""

    id: UUID
    note: LongText | None = None


class ConfirmForm(StepForm):
    """The owner's word."""

    rating: Literal["good", "fair", "poor"]
    note: LongText | None = None


class ReworkForm(WithPhotos, kw_only=True):
    """Why it is not solved."""

    version: int
    note: LongText


class CancelForm(StepForm):
    """Why a report is taken back."""

    note: LongText


async def carried(form: Form[Any], by: Actor) -> Carried:
    """Return the photos of a form, storing those that came as plain files; what is wrong is said beside the field `photos`."""
    if form.struct is None:
        return Carried()
    stored, waiting = list(form.data.photo_ids), list(form.data.photo_waiting)
    files = form.files.get("photos", [])
    if len(stored) + len(waiting) + len(files) > MAX_AT_ONCE:
        form.fail("photos", _(TOO_MANY))
        return Carried()
    try:
        stored += [photo.id for photo in await store_photos(files, by=by)] if files else []
    except PhotoRefused as error:
        form.fail("photos", _(str(error)))
    except StorageUnavailable:
        form.fail("photos", _(TRY_LATER_PLAIN))
    form.values["photo_ids"] = [str(id_) for id_ in stored]  # a form that is shown again brings them along
    return Carried(tuple(stored), tuple(waiting))

"""What the register's forms ask for."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request

from server.communities.occupancies import Refused
from server.communities.parties import Party, read_parties, recognise
from server.lib.forms import Form, read_form
from server.lib.i18n import _
from server.security.actor import Actor

Area = Annotated[Decimal, msgspec.Meta(gt=0, le=99_999_999)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
Short = Annotated[str, msgspec.Meta(max_length=80)]
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]

MOST_PARTIES = 4


class RoomFacts(msgspec.Struct):
    """The facts of a room that the office may change."""

    version: int
    kind: Literal["home", "shop", "storage", "office"]
    vacancy: Literal["occupied", "let", "vacant", "developer"]
    gross_area: Area | None = None
    net_area: Area | None = None
    handover_on: date | None = None
    note: Note | None = None


class PersonFacts(msgspec.Struct):
    """The facts of a person. What is masked is left blank to stay as it is; `clear` names what is to be forgotten."""

    version: int
    kind: Literal["natural", "company"]
    name: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    phone: str | None = None
    phone_2: str | None = None
    email: Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    emergency_contact: Short | None = None
    note: Note | None = None
    clear: list[Literal["phone", "phone_2", "email", "emergency_contact"]] = []


class MovingIn(msgspec.Struct):
    """入住 of owners the register knows already."""

    on: date
    step: str = ""


class Owners(msgspec.Struct):
    """交付 to the first owners, or 过户 to new ones; their names are read by `read_parties`."""

    on: date
    moved_in: bool = False
    members_leave: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    step: str = ""


class Lease(msgspec.Struct):
    """Tenants in."""

    since: date
    until: date | None = None
    step: str = ""


class Joining(msgspec.Struct):
    """A member of the household in."""

    since: date | None = None
    step: str = ""


class Leaving(msgspec.Struct):
    """A tenant or member out."""

    on: date


class Correcting(msgspec.Struct):
    """Why an entry is taken back."""

    reason: Reason


class Revealing(msgspec.Struct):
    """Why somebody looks at a person unmasked: one of the usual reasons, or their own words."""

    usual: str | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class NewVehicle(msgspec.Struct):
    """A vehicle to register."""

    plate: Annotated[str, msgspec.Meta(max_length=16)]
    since: date
    description: Annotated[str, msgspec.Meta(max_length=60)] | None = None


async def read_with_parties(
    request: Request[Any, Any, Any], kind: type[Any], by: Actor, most: int = MOST_PARTIES
) -> tuple[Form[Any], list[Party]]:
    """Return a form and the people named in it, with those of the register they may be."""
    form = await read_form(request, kind)
    parties = read_parties(form, most)
    await recognise(by, parties)
    return form, parties


def refuse(form: Form[Any], error: Refused) -> None:
    """Put a broken rule's message beside its field."""
    form.fail(error.field, _(error.message, **error.values))


def settled(form: Form[Any], parties: list[Party]) -> bool:
    """Whether the clerk has seen the summary and said yes, and who is meant is clear; else say what is open."""
    if form.value("step") != "do" or not form.ok:
        return False
    for party in parties:
        if party.is_open:
            form.fail(f"person_{party.index}", _("请选择是哪一位"))
    return not any(party.is_open for party in parties)

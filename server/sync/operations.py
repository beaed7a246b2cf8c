"""What a phone may do: every operation's type, the documents it changes, and who carries it out.

An operation is an intent (`round.tick`, `hazard.submit`, `meter.read`), never a patch of a row. Features register theirs in their
`operations.py`; the phone gets the same table (`described()`), so that both sides agree on what an operation touches.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from server.security.actor import Actor

Json = dict[str, Any]

ENTITY = "entity"
"""The target that is the operation's own entity; any other target names the argument that holds the document's id."""


@dataclass(frozen=True)
class Promised:
    """A photo that an operation names; its bytes come before or after it (`server/sync/blobs.py`)."""

    id: UUID
    sha256: str
    size: int
    role: str  #: what it shows, in the feature's own words: "item", "before", "after", "signature"


@dataclass(frozen=True)
class Op:
    """One operation as it was taken in. `args` are texts and lists of texts, just as the form on the phone sent them."""

    id: UUID
    type: str
    entity_id: UUID
    base_version: int  #: the document's version the person saw; 0 when this operation makes it
    args: Json
    photos: tuple[Promised, ...]
    by: Actor
    device_id: UUID
    made_at: datetime  #: what the phone's clock said
    effective_at: datetime  #: made_at mended by the clock's measured error, and no later than its arrival
    clock_offset: int = 0  #: milliseconds to add to the phone's clock, as measured at its last contact
    flags: tuple[str, ...] = ()  #: "clock": the phone's clock was far off; "late": made long before it arrived

    def plain(self) -> Json:
        """Return the operation as the reducers of both languages see it."""
        return {
            "id": str(self.id),
            "type": self.type,
            "entity": str(self.entity_id),
            "args": self.args,
            "at": int(self.effective_at.timestamp() * 1000),
            "by": {
                "account": str(self.by.account_id or ""),
                "person": str(self.by.person_id or ""),
                "name": self.by.name,
            },
            "photos": [{"id": str(photo.id), "role": photo.role} for photo in self.photos],
            "pending": False,
        }


@dataclass(frozen=True)
class Applied:
    """The operation took effect. `version`: of the entity's document afterwards; `merged`: others had changed it meanwhile."""

    version: int
    merged: bool = False


class Refusal(Exception):
    """A reducer or an operation says no: the rules do not allow it, whoever was first. `message` is Chinese, from N_()."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Conflict(Exception):
    """Somebody else changed the entity so that this no longer fits. A person decides; nothing is lost. `message` as in Refusal."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


Carry = Callable[[Op], Awaitable[Applied]]


@dataclass(frozen=True)
class Operation:
    """One type. `targets`: {kind of document: ENTITY or the name of the argument with its id}."""

    type: str
    label: str  #: what it is called in the sync centre and the supervisor's list, from N_()
    targets: Mapping[str, str]
    carry_out: Carry
    version: int = 1
    waits_for_photos: bool = False  #: not applied before its photos are whole (the outcome is "deferred" until then)
    described: Json = field(default_factory=dict)  #: more that the phone must know


_operations: dict[str, Operation] = {}


def operation(
    type_: str, label: str, *, targets: Mapping[str, str], version: int = 1, waits_for_photos: bool = False
) -> Callable[[Carry], Carry]:
    """Register how operations of `type_` are carried out.

    The function runs inside the operation's transaction, with everything its change needs (rows, audit, jobs). It reaches its records
    through `op.by`, raises NotFoundException for a stranger, Refusal, or Conflict; all three leave no trace but the operation itself.
    """

    def register(carry_out: Carry) -> Carry:
        if type_ in _operations:
            raise ValueError(f"two operations {type_}")
        _operations[type_] = Operation(type_, label, targets, carry_out, version, waits_for_photos)
        return carry_out

    return register


Upcast = Callable[[Json], Json]
_upcasts: dict[tuple[str, int], Upcast] = {}


def upcaster(type_: str, version: int) -> Callable[[Upcast], Upcast]:
    """Register how arguments of `type_` at `version` become those of the next version; they are kept for half a year at least."""

    def register(function: Upcast) -> Upcast:
        if (type_, version) in _upcasts:
            raise ValueError(f"two upcasters of {type_} {version}")
        _upcasts[type_, version] = function
        return function

    return register


def upcast(operation: Operation, version: int, args: Json) -> Json:
    """Return what an older phone sent at `version` as arguments of the present version; where nothing was registered they are the same."""
    for number in range(version, operation.version):
        change = _upcasts.get((operation.type, number))
        args = change(args) if change else args
    return args


def operations() -> Mapping[str, Operation]:
    """Return every operation by its type."""
    return _operations


def described() -> Json:
    """Return the table for the phone: {type: {label, targets, version}}."""
    return {
        one.type: {"label": one.label, "targets": dict(one.targets), "version": one.version}
        for one in sorted(_operations.values(), key=lambda one: one.type)
    }

"""Reads what a phone sends: strict about what we act on, lenient about what only informs us, never surprised.

One bad operation must not block the others, so each is read by itself. Every operation that names itself is taken in, even when
it cannot be read: what a person did is never thrown away.
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

Json = dict[str, Any]

MAX_OPS = 200
MAX_BODY = 256 * 1024
LARGEST = 2**53
EARLIEST, LATEST = 0, 32_503_680_000_000
"""Milliseconds: 1970 and the year 3000; what a broken clock says is kept, and mended by `timing.effective`."""

Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,29}\.[a-z][a-z0-9_]{0,29}$")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0, le=LARGEST)]
Text = Annotated[str, Meta(max_length=8000)]


class Unreadable(ValueError):
    """The body is no JSON, or not what a push or a pull looks like."""


class Photo(msgspec.Struct):
    """A photo an operation names."""

    id: UUID
    sha256: Hash
    size: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    role: Annotated[str, Meta(max_length=12)] = ""


class Sent(msgspec.Struct):
    """One operation as the phone made it."""

    id: UUID
    seq: Annotated[int, Meta(ge=1, le=LARGEST)]
    type: Id
    entity: UUID
    made_at: Annotated[int, Meta(ge=EARLIEST, le=LATEST)]
    hash: Hash
    version: Annotated[int, Meta(ge=1, le=1000)] = 1
    base: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    args: dict[Annotated[str, Meta(max_length=60)], Text | Annotated[list[Text], Meta(max_length=200)]] = {}
    photos: Annotated[list[Photo], Meta(max_length=18)] = []
    deps: Annotated[list[UUID], Meta(max_length=2000)] = []
    offset: Annotated[int, Meta(ge=-LATEST, le=LATEST)] = 0
    community: UUID | None = None

    @property
    def made(self) -> datetime:
        """What the phone's clock said."""
        return moment(self.made_at)


class Discarded(msgspec.Struct):
    """Work that a person threw away on the phone, with the reason: its number is no gap."""

    id: UUID
    seq: Annotated[int, Meta(ge=1, le=LARGEST)]
    type: Id
    reason: Annotated[str, Meta(max_length=500)] = ""
    entity: UUID | None = None
    hash: Hash = "0" * 64


class Storage(msgspec.Struct):
    """How full the browser's storage is, in bytes."""

    used: Count | None = None
    quota: Count | None = None
    persisted: bool | None = None


class Report(msgspec.Struct):
    """A push: what the phone says of itself, and the operations, not yet read."""

    device: UUID
    user: UUID | None = None
    build: Annotated[str, Meta(max_length=60)] = ""
    now: Annotated[int, Meta(ge=EARLIEST, le=LATEST)] | None = None
    number: Count | None = None  #: of this report, growing; None: an older phone, which does not count them
    next_seq: Count = 0
    unsent: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    oldest_age: Count = 0
    token: bool | None = None  #: whether the phone holds a push token; None: an older phone, which says nothing
    storage: Storage | None = None
    ops: Annotated[list[Any], Meta(max_length=MAX_OPS)] = []
    discarded: Annotated[list[Any], Meta(max_length=MAX_OPS)] = []


class Cursor(msgspec.Struct):
    """How far a phone has read a scope."""

    epoch: Annotated[str, Meta(max_length=100)]
    seq: Count


class Question(msgspec.Struct):
    """A pull."""

    device: UUID | None = None
    build: Annotated[str, Meta(max_length=60)] = ""
    cursors: Annotated[dict[Annotated[str, Meta(max_length=80)], Cursor], Meta(max_length=50)] = {}
    limit: Annotated[int, Meta(ge=1, le=LARGEST)] = 500
    me: Annotated[str, Meta(max_length=64)] | None = ""
    sums: bool = False


def parsed(body: bytes) -> Json:
    """Return the JSON object in `body`; raise Unreadable."""
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable("json") from error
    if not isinstance(found, dict):
        raise Unreadable("json")
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def report(body: bytes) -> Report:
    """Return a push; raise Unreadable."""
    try:
        return _converted(parsed(body), Report)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from error


def question(body: bytes) -> Question:
    """Return a pull; raise Unreadable."""
    try:
        asked = _converted(parsed(body), Question)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from error
    if any(CONTROL.search(scope) for scope in asked.cursors):
        raise Unreadable("scope")
    return asked


def operation(raw: Any) -> Sent | None:
    """Return one operation, or None when it is not what operations look like."""
    try:
        return _converted(raw, Sent)
    except msgspec.ValidationError:
        return None


def discarded(raw: Any) -> Discarded | None:
    """Return what says that an operation was thrown away, or None when it cannot be read."""
    try:
        return _converted(raw, Discarded)
    except msgspec.ValidationError:
        return None


T = TypeVar("T")


def _converted(raw: Any, kind: type[T]) -> T:
    """Return `raw` as a `kind`; halves of characters, which are no text, are replaced. Raise ValidationError."""
    try:
        return msgspec.convert(raw, kind)
    except UnicodeEncodeError:
        whole = SURROGATE.sub("\ufffd", json.dumps(raw, ensure_ascii=False))
        return msgspec.convert(json.loads(whole), kind)


SURROGATE = re.compile("[\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def canonical(raw: Any) -> str:
    """Return `raw` as both sides hash it: keys sorted, no blanks, as JSON.stringify writes it. May raise RecursionError."""
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # half an emoji, as JSON.stringify writes it


def hash_of(raw: Json) -> str:
    """Return the SHA-256 of an operation without its own `hash`."""
    return hashlib.sha256(
        canonical({name: value for name, value in raw.items() if name != "hash"}).encode()
    ).hexdigest()


def clean(args: Json) -> Json:
    """Return arguments without what no text of ours holds: control characters and halves of characters."""
    return {
        CONTROL.sub("", name): [CONTROL.sub("", one) for one in value]
        if isinstance(value, list)
        else CONTROL.sub("", value)
        for name, value in args.items()
    }


def id_of(raw: Any, device: UUID) -> UUID:
    """Return the id of an operation that cannot be read: its own, or one that the same bytes get each time."""
    own = raw.get("id") if isinstance(raw, dict) else None
    try:
        return UUID(own)
    except (ValueError, TypeError, AttributeError):
        return uuid5(device, canonical(raw))


def moment(milliseconds: int) -> datetime:
    """Return a moment from milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(at: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(at.timestamp() * 1000)

"""Piccolo columns with our defaults: nothing is silently empty, every id is a UUIDv7 made by us."""

from typing import Any

from piccolo.columns import UUID, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow


def id_column() -> UUID:
    """Return a primary key that the caller fills with `uuid7()`."""
    return UUID(primary_key=True, default=None)


def reference(table: Any, *, null: bool = False, index: bool = True) -> ForeignKey[Any]:
    """Return an indexed foreign key that refuses to lose what it points at."""
    return ForeignKey(table, null=null, default=None, index=index, on_delete=OnDelete.restrict)


def text(length: int, *, null: bool = False, unique: bool = False, index: bool = False) -> Varchar:
    """Return a text column without the implicit default '' that hides forgotten fields."""
    return Varchar(length=length, default=None, null=null, unique=unique, index=index)


def moment(*, null: bool = False, index: bool = False) -> Timestamptz:
    """Return an aware point in time; when it may not be null it is filled with the time of the insert."""
    return Timestamptz(default=None if null else TimestamptzNow(), null=null, index=index)

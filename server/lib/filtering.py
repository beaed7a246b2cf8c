"""What a list is narrowed to: it stands in the list's address, and nonsense there counts as nothing."""

from collections.abc import Callable, Container
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import msgspec


class Narrowing(msgspec.Struct, frozen=True):
    """The filters of one list. A subclass's first field is the chip above the list, with its default; the others are '' when not used."""

    PATH: ClassVar[str]
    KEPT: ClassVar[frozenset[str]] = frozenset()
    """Fields that narrow nothing, such as the order."""

    @property
    def _chip(self) -> tuple[str, str]:
        """Return the name of the first field, and its default."""
        first = msgspec.structs.fields(type(self))[0]
        return first.name, str(first.default)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the chip narrows the list."""
        values = msgspec.structs.asdict(self)
        return any(value for name, value in values.items() if name not in {self._chip[0], *self.KEPT})

    def query(self, **changes: str) -> str:
        """Return these filters, with `changes`, as an address's query; '' for the plain list."""
        values = msgspec.structs.asdict(self) | changes
        return urlencode([(name, value) for name, value in values.items() if value and (name, value) != self._chip])

    def address(self, path: str = "", **changes: str) -> str:
        """Return the address of the list (or of `path`) with these filters and `changes`."""
        query = self.query(**changes)
        return (path or self.PATH) + (f"?{query}" if query else "")

    def cleared(self) -> str:
        """Return the address of the chip alone."""
        return self.alone().address()

    def alone(self) -> Self:
        """Return the chip without what narrows it."""
        return type(self)(getattr(self, self._chip[0]))


class Sent:
    """What an address or a form sent, read field by field."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def text(self, name: str, most: int = 60) -> str:
        """Return what was typed, without NUL, at most `most` characters."""
        return str(self.values.get(name, "")).replace("\0", "").strip()[:most]

    def one_of(self, name: str, choices: Container[str]) -> str:
        """Return one of `choices`, or ''."""
        value = self.text(name, 400)
        return value if value in choices else ""

    def read(self, name: str, reader: Callable[[str], Any]) -> str:
        """Return what `reader` makes of it (a date, an id) as text, or '' when it cannot."""
        value = self.text(name, 400)
        try:
            return str(reader(value)) if value else ""
        except ValueError:
            return ""

"""The subjects of a month report, in the order of the page. A new subject is a class with these methods, and a line in SECTIONS."""

from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from server.lib.workbooks import Sheet
from server.quality.complaints import Complaints
from server.quality.figures import Value
from server.quality.repairs import Repairs


class Section(Protocol):
    """What a report asks of each of its subjects. `counted` is always what the section's own `count` has returned."""

    key: str
    title: str
    template: str  #: drawn with what `context` returns
    counted: type[Any]  #: a Struct that JSON can hold: a fixed report keeps it

    async def count(self, community_id: UUID, month: str) -> Any:
        """Return what is counted of a month and of those before it that a trend shows."""

    def with_fixed(self, counted: Any, month: str, fixed: Any) -> Any:
        """Return `counted` with an earlier `month` as its fixed report has it."""

    def values(self, counted: Any) -> list[Value]:
        """Return the figures of the month beside those of the month before."""

    def value_of(self, counted: Any, key: str) -> Decimal | None:
        """Return the figure `key` of the month."""

    def aims(self) -> dict[str, tuple[str, str, int]]:
        """Return the figures a measure can be meant to change: key → label, unit, which way is better."""

    def first_words(self, counted: Any) -> list[str]:
        """Return what the figures say, as sentences to begin with."""

    def context(self, counted: Any) -> dict[str, Any]:
        """Return what the section's template shows."""

    def sheets(self, counted: Any) -> list[Sheet]:
        """Return the section's sheets of the spreadsheet."""


SECTIONS: dict[str, Section] = {one.key: one for one in (Repairs(), Complaints())}


def aims() -> dict[str, tuple[str, str, int]]:
    """Return every figure a measure can be meant to change: `section.figure` → label, unit, which way is better."""
    return {f"{section.key}.{key}": told for section in SECTIONS.values() for key, told in section.aims().items()}

"""The rows of a sheet being read: values taken by field, what is wrong with them collected. For every kind of import."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from server.communities.importing.cells import Bad, as_text, is_blank
from server.communities.importing.headers import NEVER_STORED, Layout
from server.communities.importing.problems import Problem
from server.communities.importing.reading import Cell, Sheet
from server.communities.naming import Place, split_label, tidy_building, tidy_number, tidy_stairwell

T = TypeVar("T")
LONGEST = {
    "name": 60,
    "building": 20,
    "stairwell": 20,
    "number": 20,
    "space": 20,
    "zone": 40,
    "email": 120,
    "emergency": 80,
}
"""The most characters the register keeps of each field."""


class Origin(msgspec.Struct, frozen=True):
    """The row something was read from, as Excel counts."""

    sheet: str
    row: int


class Row:
    """One row being read: takes values by field, collects what is wrong with them."""

    def __init__(self, layout: Layout, sheet: str, number: int, cells_: Sequence[Cell]) -> None:
        self.layout = layout
        self.origin = Origin(sheet, number)
        self.cells = cells_
        self.problems: list[Problem] = []

    def cell(self, field: str) -> Cell:
        """Return the cell of `field` as it stands, None when there is none."""
        index = self.layout.columns.get(field)
        return self.cells[index] if index is not None and index < len(self.cells) else None

    def text(self, field: str) -> str:
        """Return the cell of `field` as a person reads it, "" when it is blank."""
        if field not in self.layout.columns:
            return ""
        text = as_text(self.cell(field))
        return "" if is_blank(text) else text

    def short(self, field: str) -> str | None:
        """Return the text of `field`, None when blank; too long a text is a problem."""
        text = self.text(field)
        if len(text) > LONGEST.get(field, 2000):
            self.fail(field, Bad("too_long", {"most": str(LONGEST.get(field, 2000))}))
        return text or None

    def take(self, field: str, read: Callable[[Cell], T | Bad | None]) -> T | None:
        """Return what `read` makes of the cell; a Bad becomes a problem and None."""
        if field not in self.layout.columns:
            return None
        value = read(self.cell(field))
        if isinstance(value, Bad):
            self.fail(field, value)
            return None
        return value

    def word(self, field: str, meanings: dict[str, tuple[str, ...]]) -> str | None:
        """Return which of `meanings` the cell's word has, or None when it is blank or unknown."""
        text = self.text(field)
        return next((meaning for meaning, words in meanings.items() if text in words), None) if text else None

    def fail(self, field: str, why: Bad) -> None:
        """Note what is wrong with the cell of `field`."""
        value = as_text(self.cell(field))
        header = self.layout.header(field)
        sheet, row = self.origin.sheet, self.origin.row
        self.problems.append(Problem(sheet, row, self.layout.letter(field), header, value, why.code, why.details))

    @property
    def blank(self) -> bool:
        """Whether nothing stands in the row."""
        return all(not as_text(cell) for cell in self.cells)


def data_rows(sheet: Sheet, layout: Layout) -> Iterator[Row]:
    """Yield every row below the headings that is neither blank nor a total."""
    for number, cells in enumerate(sheet.rows[layout.header_row :], start=layout.header_row + 1):
        row = Row(layout, sheet.name, number, cells)
        if not row.blank and not is_total(row):
            yield row


def is_total(row: Row) -> bool:
    """A last line such as `合计` is no row of data."""
    first = next((as_text(cell) for cell in row.cells if as_text(cell)), "")
    return re.sub(r"\s", "", first).rstrip(":：") in {"合计", "总计", "小计"}


def ignored_columns(layout: Layout) -> list[str]:
    """Return the headings of columns that are not read, or read and not kept."""
    ignored = [
        header for index, header in enumerate(layout.headers)
        if header and len(header) <= 20 and index not in layout.columns.values()
    ]  # fmt: skip
    return ignored + [
        layout.header(field) for field in layout.columns if field in NEVER_STORED - {"id_number", "refusal", "serial"}
    ]


def place_in(row: Row) -> Place | None:
    """Return the room a row names by itself, or None after noting what is missing."""
    building, stairwell, number = (row.short(field) or "" for field in ("building", "stairwell", "number"))
    for text in (row.text("place"), number):
        whole = split_label(text) if text and not (building and number) else None
        if whole is not None:
            return whole
    if not number:
        row.fail("number" if "number" in row.layout.columns else "place", Bad("room_missing"))
    elif not building:
        row.fail("building" if "building" in row.layout.columns else "number", Bad("building_missing"))
    else:
        return Place(tidy_building(building), tidy_stairwell(stairwell), tidy_number(number))
    return None

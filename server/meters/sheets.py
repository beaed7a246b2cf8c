"""From a sheet of readings to plain values, and every row that must wait. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from server.communities.importing.cells import Bad, as_date, as_number
from server.communities.importing.headers import READINGS, Layout
from server.communities.importing.problems import Note, Problem
from server.communities.importing.reading import Cell, Sheet
from server.communities.importing.rows import Row, data_rows, ignored_columns, place_in
from server.meters.kinds import KINDS

SHEETS = frozenset(kind + READINGS for kind in KINDS)
THOUSANDTH = Decimal("0.001")
LARGEST = Decimal(1_000_000_000)


class Line(msgspec.Struct):
    """One good row: whose meter, what it showed before and now. `at`: where the row stands, to say what is wrong with it later."""

    at: Row
    meters: str  #: the kind of meter
    room: str | None  #: the room's code
    number: str | None  #: the meter's number, where the file has it
    ratio: Decimal | None
    last_value: Decimal | None
    last_on: date | None
    value: Decimal
    read_on: date


class Readings(msgspec.Struct):
    """What a file of readings says."""

    lines: list[Line] = []
    problems: list[Problem] = []
    notes: list[Note] = []
    rows: int = 0


def parse(sheets: Sequence[Sheet], layouts: dict[str, Layout]) -> Readings:
    """Return what `sheets` say; other kinds of sheets are left out, with a note."""
    found = Readings()
    for sheet in sheets:
        layout = layouts.get(sheet.name)
        if layout is None or layout.kind not in SHEETS:
            found.notes.append(Note("sheet_ignored", {"sheet": sheet.name}))
            continue
        for row in data_rows(sheet, layout):
            found.rows += 1
            line = read_line(row)
            if line is not None and not row.problems:
                found.lines.append(line)
            found.problems += row.problems
        ignored = ignored_columns(layout)
        if ignored:
            found.notes.append(Note("columns_ignored", {"columns": "、".join(ignored)}))
    return found


def read_line(row: Row) -> Line | None:
    """Return what one row says, or None after noting what is wrong."""
    number = row.short("meter_number")
    located = {"place", "number", "building"} & row.layout.columns.keys()
    room = place_in(row) if located and (not number or row.text("place") or row.text("number")) else None
    value, read_on = row.take("value", as_reading), row.take("read_at", as_date)
    last_value, last_on = row.take("last_value", as_reading), row.take("last_at", as_date)
    ratio = row.take("meter_ratio", as_number)
    if value is None and not row.problems:
        row.fail("value", Bad("reading_missing"))
    if read_on is None and not row.problems:
        row.fail("read_at", Bad("reading_date_missing"))
    if room is None and not number and not row.problems:
        row.fail("meter_number", Bad("meter_unknown"))
    if value is None or read_on is None:
        return None
    meters = row.layout.kind.removesuffix(READINGS)
    return Line(row, meters, room.code if room else None, number, ratio, last_value, last_on, value, read_on)


def as_reading(cell: Cell) -> Decimal | Bad | None:
    """Return a figure of a register, None for a blank cell, or Bad: not a number, negative, more than three decimals."""
    number = as_number(cell)
    if number is None:
        return None
    if isinstance(number, Bad) or not 0 <= number < LARGEST or number != number.quantize(THOUSANDTH):
        return Bad("reading_not_number")
    return number

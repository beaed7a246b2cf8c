"""Mapping a sheet by hand: what the screen shows of it, and the layout that is chosen. Pure."""

from collections import Counter

import msgspec

from server.communities.importing.cells import as_text
from server.communities.importing.headers import (
    FIELDS,
    KINDS,
    READING_FIELDS,
    READINGS,
    Layout,
    has_readings,
    header_guess,
    headings_at,
    match_row,
    meters_of,
)
from server.communities.importing.problems import column_letter
from server.communities.importing.reading import Sheet
from server.lib.i18n import N_, _

SAMPLES = 3
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "households": (("place", "number"),),
    "rooms": (("place", "number"), ("owner_number",)),
    "owners": (("owner_number",), ("name",)),
    "stairwells": (("building",),),
    "spaces": (("space",),),
    "skip": (),
} | {
    kind: (("place", "number", "meter_number"), ("value",), ("read_at",))
    for kind, (_label, fields) in KINDS.items()
    if fields is READING_FIELDS
}
"""For each kind of sheet, the groups of fields of which one must have a column."""

TWICE = N_("“%(field)s”选了两列，只能选一列")
MISSING = N_("还没有选“%(field)s”在哪一列")


class Column(msgspec.Struct):
    """A column as the mapping screen shows it."""

    index: int
    letter: str
    header: str
    samples: list[str]
    field: str


class Draft(msgspec.Struct):
    """A sheet being mapped: its kind and heading row so far, and its columns with a guess for each."""

    kind: str
    header_row: int
    columns: list[Column]


def draft(sheet: Sheet, known: Layout | None, kind: str | None = None, header_row: int | None = None) -> Draft:
    """Return what the screen starts from: the layout in use, or a guess; `kind` and `header_row` are what was asked for."""
    if header_row is None:
        header_row = known.header_row if known else header_guess(sheet)
    header_row = min(max(header_row, 0), len(sheet.rows))
    kind = kind if kind in KINDS else (known.kind if known else first_guess(sheet, header_row))
    headers = headings_at(sheet, header_row)
    below = sheet.rows[header_row : header_row + 50]
    width = max([len(headers), *(len(row) for row in below)], default=0)
    fields = _guess(sheet, known, kind, header_row)
    columns = [
        Column(index, column_letter(index), headers[index] if index < len(headers) else "", [], fields.get(index, ""))
        for index in range(width)
    ]
    for column in columns:
        texts = (as_text(row[column.index]) for row in below if column.index < len(row))
        column.samples = list(dict.fromkeys(text[:20] for text in texts if text))[:SAMPLES]
    return Draft(kind, header_row, [column for column in columns if column.header or column.samples])


def first_guess(sheet: Sheet, header_row: int) -> str:
    """Return the kind that a sheet nobody has mapped most probably is."""
    if header_row and has_readings(match_row(sheet.rows[header_row - 1])):
        return (meters_of(sheet, header_row) or "water") + READINGS
    return "households"


def _guess(sheet: Sheet, known: Layout | None, kind: str, header_row: int) -> dict[int, str]:
    """Return the field of each column as far as it is known, among those that `kind` can use."""
    columns = known.columns if known and known.header_row == header_row else {}
    if not columns and header_row:
        columns = match_row(sheet.rows[header_row - 1])
    usable = KINDS[kind][1]
    return {index: field for field, index in columns.items() if field in usable}


def choose(
    sheet: Sheet, kind: str, header_row: int, chosen: dict[int, str]
) -> tuple[Layout | None, dict[int | str, str]]:
    """Return the layout somebody chose ({column: field}), or None and what is wrong, by column (or "kind")."""
    usable = KINDS[kind][1]
    picked = {index: field for index, field in chosen.items() if field in usable}
    errors: dict[int | str, str] = {}
    counts = Counter(picked.values())
    for index, field in picked.items():
        if counts[field] > 1:
            errors[index] = _(TWICE, field=_(FIELDS[field][0]))
    for group in NEEDED[kind]:
        if not any(field in counts for field in group):
            errors.setdefault("kind", _(MISSING, field=_(FIELDS[group[-1]][0])))
    if errors:
        return None, errors
    return Layout(
        kind, header_row, {field: index for index, field in picked.items()}, headings_at(sheet, header_row)
    ), {}

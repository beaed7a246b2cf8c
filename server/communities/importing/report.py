"""The rows that wait, as a spreadsheet with their reasons: mend it and import it again."""

import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

from server.communities.importing.cells import as_text
from server.communities.importing.headers import Layout
from server.communities.importing.problems import Problem, column_letter
from server.communities.importing.reading import Cell, Sheet
from server.lib.i18n import N_, _

REASON_HEADER = N_("未导入原因")
LINKED = frozenset({"owners", "rooms", "spaces"})
SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""What somebody typed stays text: no formula, no link."""


def refused_workbook(sheets: Sequence[Sheet], layouts: dict[str, Layout], problems: Sequence[Problem]) -> bytes:
    """Return an .xlsx of the refused rows as they stand in the file, with the reasons in a column behind.

    Sheets that refer to each other by numbers are given whole, their bad rows marked, because a room cannot be read
    without its owner's row. Either way the mended file can be imported as it is: what is in already stays as it is.
    """
    import xlsxwriter  # slow to import, and needed by few processes

    by_row: dict[tuple[str, int], list[Problem]] = defaultdict(list)
    for problem in problems:
        by_row[problem.sheet, problem.row].append(problem)
    linked = any(layout.kind in LINKED for layout in layouts.values())
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, SAFE) as workbook:
        styles = {
            "head": workbook.add_format({"bold": True, "bg_color": "#E6F3EE", "border": 1}),
            "bad": workbook.add_format({"bg_color": "#FDECEC", "font_color": "#C4262E"}),
            "day": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for sheet in sheets:
            layout = layouts.get(sheet.name)
            bad = {row: found for (name, row), found in by_row.items() if name == sheet.name}
            if layout is not None and layout.kind != "skip" and (bad or linked):
                _write_sheet(workbook.add_worksheet(sheet.name[:31]), sheet, layout, bad, linked, styles)
        if not workbook.worksheets():
            workbook.add_worksheet()
    return output.getvalue()


def _write_sheet(
    target: "Worksheet",
    sheet: Sheet,
    layout: Layout,
    bad: dict[int, list[Problem]],
    whole: bool,
    styles: "dict[str, Format]",
) -> None:
    """Write the headings, then the bad rows (or all), then the reasons; the cells in question are red."""
    refusal = layout.columns.get("refusal")
    reasons_in = refusal if refusal is not None else len(layout.headers)
    for index, header in enumerate(layout.headers):
        target.write_string(0, index, header, styles["head"])
    target.write_string(0, reasons_in, _(REASON_HEADER), styles["head"])
    numbers = range(layout.header_row + 1, len(sheet.rows) + 1) if whole else sorted(bad)
    for line, number in enumerate(numbers, start=1):
        problems = bad.get(number, [])
        letters = {problem.column for problem in problems}
        for index, cell in enumerate(sheet.rows[number - 1]):
            if index != reasons_in:
                red = index < len(layout.headers) and column_letter(index) in letters
                _write_cell(target, line, index, cell, styles["bad"] if red else None, styles["day"])
        reasons = [f"{problem.header}{'：' if problem.header else ''}{problem.reason}" for problem in problems]
        target.write_string(line, reasons_in, "；".join(reasons), styles["bad"] if reasons else None)
    target.freeze_panes(1, 0)
    target.set_column(reasons_in, reasons_in, 44)


def _write_cell(
    target: "Worksheet",
    line: int,
    index: int,
    cell: Cell,
    style: "Format | None",
    day: "Format",
) -> None:
    """Write one cell as what it is: numbers as numbers, days as days, the rest as text."""
    if isinstance(cell, bool) or cell is None or cell == "":
        if style is not None or cell is True or cell is False:
            target.write_string(line, index, as_text(cell), style)
    elif isinstance(cell, int | float) and abs(cell) < 1e15:
        target.write_number(line, index, cell, style)
    elif isinstance(cell, date | datetime) and cell.year >= 1900:
        target.write_datetime(line, index, cell, style or day)
    else:
        target.write_string(line, index, as_text(cell), style)

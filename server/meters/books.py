"""Spreadsheets of meters: figures as numbers, days as days, what somebody typed as text."""

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def book(title: str, heads: Sequence[str], lines: Sequence[Sequence[Any]], mark: str) -> bytes:
    """Return an .xlsx file: the watermark on top, the headings, the lines."""
    from xlsxwriter import Workbook  # slow to import, and needed by few processes

    written = io.BytesIO()
    with Workbook(written, SAFE) as workbook:
        sheet = workbook.add_worksheet(title[:31])
        sheet.write_string(0, 0, mark, workbook.add_format({"font_color": "#5b6762", "italic": True}))
        sheet.write_row(1, 0, heads, workbook.add_format({"bold": True, "bottom": 1}))
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for number, line in enumerate(lines, start=2):
            for column, value in enumerate(line):
                if isinstance(value, Decimal):
                    sheet.write_number(number, column, value)
                elif isinstance(value, dt.date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)
        sheet.set_column(0, len(heads) - 1, 13)
        sheet.freeze_panes(2, 1)
        sheet.autofilter(1, 0, max(2, len(lines) + 1), len(heads) - 1)
    return written.getvalue()

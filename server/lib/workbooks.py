"""Lists as spreadsheets: whose copy it is on top and on every printed page, headings that stay, a filter."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.lib.formats import CHINA

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title (at most 31 characters), its columns as (heading, width), its rows."""

    title: str
    columns: Sequence[tuple[str, int]]
    lines: Sequence[Sequence[object]]


def workbook(sheets: Sequence[Sheet], mark: str) -> bytes:
    """Return an .xlsx file of `sheets`, each under the watermark `mark`. Nothing in a cell is taken for a formula or a link."""
    from xlsxwriter import Workbook  # slow to import, and needed by few processes

    written = io.BytesIO()
    book = Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    grey = book.add_format({"font_color": "#5b6762", "italic": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    for one in sheets:
        sheet = book.add_worksheet(one.title)
        sheet.write_string(0, 0, mark, grey)
        sheet.set_footer("&L" + mark.replace("&", "&&") + "&R&P / &N")
        sheet.write_row(1, 0, [heading for heading, _width in one.columns], bold)
        sheet.freeze_panes(2, 1)
        sheet.repeat_rows(1)
        for column, (_heading, width) in enumerate(one.columns):
            sheet.set_column(column, column, width)
        for number, line in enumerate(one.lines, start=2):
            sheet.write_row(number, 0, line)
        sheet.autofilter(1, 0, max(1, len(one.lines) + 1), len(one.columns) - 1)
    book.close()
    return written.getvalue()


def moment(value: datetime | None) -> str:
    """Return a moment as a cell shows it, in China."""
    return "" if value is None else f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"


def yuan(fen: int | None) -> str:
    """Return an amount of 分 in 元, exactly; '' for none."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"

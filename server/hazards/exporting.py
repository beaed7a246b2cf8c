"""The register as a spreadsheet, with whose copy it is, and on record."""

import asyncio
import io
from datetime import datetime

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import transaction
from server.hazards.finding import HazardView
from server.hazards.register import Filters, listed
from server.hazards.showing import faces
from server.lib.formats import CHINA, now
from server.lib.i18n import _
from server.security.actor import Actor

MOST_ROWS = 20_000
WIDTHS = (18, 14, 30, 22, 8, 10, 10, 10, 16, 16, 16, 16, 10, 10, 30)


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the hazards that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"hazards": found.total, "view": filters.view, "category": filters.category, "grade": filters.grade}
        await record(by, "hazard.export", community_id=by.here, entity="hazard", after=after)
    lines = [cells(one) for one in found.items]
    return await asyncio.to_thread(workbook, headings(), lines, watermark(by, now()), _("隐患台账"))


def headings() -> list[str]:
    """Return the columns' headings."""
    return [
        _("编号"), _("状态"), _("隐患"), _("位置"), _("等级"), _("类别"), _("来源"), _("责任人"), _("发现时间"), _("整改期限"),
        _("提交整改"), _("销号时间"), _("预算（元）"), _("费用（元）"), _("整改结果"),
    ]  # fmt: skip


def cells(hazard: HazardView) -> list[object]:
    """Return a hazard's cells."""
    face = faces(hazard)
    return [
        hazard.number, face["state"], hazard.summary, hazard.place, face["grade"], face["category"], face["source"],
        hazard.responsible_name, moment(hazard.found_at), moment(hazard.due_at), moment(hazard.submitted_at),
        moment(hazard.closed_at), yuan(hazard.budget), yuan(hazard.cost), hazard.result,
    ]  # fmt: skip


def moment(value: datetime | None) -> str:
    """Return a moment as a cell shows it, in China."""
    return "" if value is None else f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"


def yuan(fen: int | None) -> str:
    """Return an amount of 分 in 元, exactly; '' for none."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def workbook(heads: list[str], lines: list[list[object]], mark: str, title: str) -> bytes:
    """Return the file: the watermark on top (and on every printed page), then headings and hazards."""
    from xlsxwriter import Workbook  # slow to import, and needed by few processes

    written = io.BytesIO()
    book = Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title)
    grey = book.add_format({"font_color": "#5b6762", "italic": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.write_string(0, 0, mark, grey)
    sheet.set_footer("&L" + mark.replace("&", "&&") + "&R&P / &N")
    sheet.write_row(1, 0, heads, bold)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    for number, line in enumerate(lines, start=2):
        sheet.write_row(number, 0, line)
    sheet.autofilter(1, 0, max(1, len(lines) + 1), len(heads) - 1)
    book.close()
    return written.getvalue()

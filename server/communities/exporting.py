"""Taking the register out: a spreadsheet or a sheet of paper, masked, with who took it and when, and on record.

Personal information leaves only as far as the work needs it (PIPL arts. 6, 28): masked, counted, limited.
"""

import asyncio
import io
from datetime import datetime

from server.audit import record
from server.communities.register import Filters, RoomLine, find
from server.db import transaction
from server.lib.formats import CHINA, mask_name, mask_phone, mask_plate, now
from server.lib.i18n import _
from server.security.actor import Actor

MOST_ROWS = 20_000
MOST_PRINTED = 2_000


class TooMany(Exception):
    """More rooms than may be taken out at once; `count` is how many were asked for, `most` the limit."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"{count} rooms, at most {most}")
        self.count, self.most = count, most


async def take_out(filters: Filters, *, by: Actor, most: int, action: str) -> list[RoomLine]:
    """Return the rooms `filters` ask for and put on record who took them; raise TooMany."""
    async with transaction():
        found = await find(by, filters, 1, most)
        if found.total > most:
            raise TooMany(found.total, most)
        await record(
            by,
            action,
            community_id=by.here,
            entity="register",
            after={"rooms": found.total, "building": filters.building, "kind": filters.kind, "vacancy": filters.vacancy}
            | {"searched": bool(filters.q)},
        )
    return found.items


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the rooms as an .xlsx file; raise TooMany."""
    found = await take_out(filters, by=by, most=MOST_ROWS, action="register.export")
    return await asyncio.to_thread(workbook, heads(), found, watermark(by, now()), _("房产档案"))


def watermark(by: Actor, at: datetime) -> str:
    """Return the line that says whose copy this is."""
    moment = f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return _(
        "%(community)s · %(name)s 于 %(at)s 导出 · 内部资料，请勿外传",
        community=by.community_name,
        name=by.name,
        at=moment,
    )


def heads() -> list[str]:
    """Return the columns' headings."""
    return [_("房号"), _("建筑面积（㎡）"), _("类型"), _("房态"), _("业主"), _("电话"), _("租户数"), _("车牌")]


def cells(line: RoomLine) -> list[object]:
    """Return a room's cells, masked."""
    return [
        line.label,
        line.gross_area,
        line.kind_label,
        line.vacancy_label,
        "、".join(mask_name(name) for name in line.owners),
        "、".join(mask_phone(phone) for phone in line.phones if phone),
        line.tenants,
        "、".join(mask_plate(plate) for plate in line.plates),
    ]


def workbook(headings: list[str], lines: list[RoomLine], mark: str, title: str) -> bytes:
    """Return the file: the watermark on top (and on every printed page), then headings and rooms."""
    from xlsxwriter import Workbook  # slow to import, and needed by few processes

    written = io.BytesIO()
    book = Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title)
    grey = book.add_format({"font_color": "#5b6762", "italic": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    area = book.add_format({"num_format": "0.00"})
    sheet.write_string(0, 0, mark, grey)
    sheet.set_footer("&L" + mark.replace("&", "&&") + "&R&P / &N")
    sheet.write_row(1, 0, headings, bold)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(1)
    for column, width in enumerate((18, 12, 8, 8, 16, 24, 8, 24)):
        sheet.set_column(column, column, width, area if column == 1 else None)
    for number, line in enumerate(lines, start=2):
        sheet.write_row(number, 0, cells(line))
    sheet.autofilter(1, 0, max(1, len(lines) + 1), len(headings) - 1)
    book.close()
    return written.getvalue()

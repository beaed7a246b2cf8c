"""The register as a spreadsheet, with whose copy it is, and on record."""

import asyncio

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import transaction
from server.hazards.finding import HazardView
from server.hazards.register import Filters, listed
from server.hazards.showing import faces
from server.lib.formats import now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, moment, workbook, yuan
from server.security.actor import Actor

MOST_ROWS = 20_000


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the hazards that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"hazards": found.total, "view": filters.view, "category": filters.category, "grade": filters.grade}
        await record(by, "hazard.export", community_id=by.here, entity="hazard", after=after)
    lines = [cells(one) for one in found.items]
    sheets = [Sheet(_("隐患台账"), columns(), lines)]
    return await asyncio.to_thread(workbook, sheets, watermark(by, now()))


def columns() -> list[tuple[str, int]]:
    """Return the columns' headings and widths."""
    return [
        (_("编号"), 18), (_("状态"), 14), (_("隐患"), 30), (_("位置"), 22), (_("等级"), 8), (_("类别"), 10), (_("来源"), 10),
        (_("责任人"), 10), (_("发现时间"), 16), (_("整改期限"), 16), (_("提交整改"), 16), (_("销号时间"), 16), (_("预算（元）"), 10),
        (_("费用（元）"), 10), (_("整改结果"), 30),
    ]  # fmt: skip


def cells(hazard: HazardView) -> list[object]:
    """Return a hazard's cells."""
    face = faces(hazard)
    return [
        hazard.number, face["state"], hazard.summary, hazard.place, face["grade"], face["category"], face["source"],
        hazard.responsible_name, moment(hazard.found_at), moment(hazard.due_at), moment(hazard.submitted_at),
        moment(hazard.closed_at), yuan(hazard.budget), yuan(hazard.cost), hazard.result,
    ]  # fmt: skip

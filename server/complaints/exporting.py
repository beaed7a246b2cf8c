"""The register of complaints 投诉台账 as a spreadsheet, with whose copy it is, and on record."""

import asyncio

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.complaints.finding import ComplaintView
from server.complaints.kinds import CAUSES, CHANNELS, KINDS, MAJORS, VERDICTS
from server.complaints.register import Filters, listed
from server.complaints.states import STATES
from server.db import transaction
from server.lib.formats import mask_name, now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, moment, workbook
from server.security.actor import Actor

MOST_ROWS = 20_000


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the complaints that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"complaints": found.total, "view": filters.view}
        await record(by, "complaint.export", community_id=by.here, entity="complaint", after=after)
    sheets = [Sheet(_("投诉台账"), columns(), [cells(one) for one in found.items])]
    return await asyncio.to_thread(workbook, sheets, watermark(by, now()))


def columns() -> list[tuple[str, int]]:
    """Return the columns' headings and widths."""
    return [
        (_("编号"), 18), (_("类型"), 8), (_("渠道"), 10), (_("内容"), 40), (_("位置"), 20), (_("投诉人"), 10), (_("收到时间"), 16),
        (_("状态"), 10), (_("经办人"), 10), (_("首次回复"), 16), (_("答复期限"), 16), (_("答复时间"), 16), (_("答复"), 40), (_("原因"), 10),
        (_("重大"), 14), (_("评价"), 8), (_("重新处理次数"), 8), (_("热线编号"), 16),
    ]  # fmt: skip


def cells(case: ComplaintView) -> list[object]:
    """Return a complaint's cells; names are masked, and nobody's where it is anonymous."""
    return [
        case.number, _(KINDS[case.kind]), _(CHANNELS[case.channel]), case.description, case.place,
        _("匿名") if case.anonymous else mask_name(case.filer_name), moment(case.received_at), _(STATES[case.state]),
        case.handler_name or "", moment(case.replied_at), moment(case.due_at), moment(case.resulted_at), case.result or "",
        _(CAUSES[case.cause]) if case.cause else "", _(MAJORS[case.major]) if case.major else "",
        _(VERDICTS[case.verdict]) if case.verdict else "", case.reopened, case.case_no or "",
    ]  # fmt: skip

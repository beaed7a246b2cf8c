"""The register of visits as a spreadsheet, with whose copy it is, and on record."""

import asyncio

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import transaction
from server.lib.formats import mask_phone, now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, moment, workbook
from server.reception.finding import Filters, VisitView, listed
from server.reception.words import CHANNELS, RESULTS
from server.security.actor import Actor

MOST_ROWS = 20_000


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the visits that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"visits": found.total, "day": filters.shown_day}
        await record(by, "reception.export", community_id=by.here, entity="visit", after=after)
    sheets = [Sheet(_("接待登记表"), columns(), [cells(one) for one in found.items])]
    return await asyncio.to_thread(workbook, sheets, watermark(by, now()))


def columns() -> list[tuple[str, int]]:
    """Return the columns' headings and widths."""
    return [
        (_("时间"), 16), (_("方式"), 8), (_("房号"), 16), (_("来访人"), 12), (_("电话"), 14), (_("事由"), 40), (_("接待人"), 10),
        (_("处理结果"), 12), (_("说明"), 40), (_("处理人"), 10), (_("处理时间"), 16),
    ]  # fmt: skip


def cells(visit: VisitView) -> list[object]:
    """Return a visit's cells."""
    return [
        moment(visit.received_at), _(CHANNELS[visit.channel]), visit.room_label, visit.name, mask_phone(visit.number_to_call),
        visit.words, visit.receiver_name, result_of(visit), explained(visit), visit.settler_name, moment(visit.settled_at),
    ]  # fmt: skip


def result_of(visit: VisitView) -> str:
    """Return what became of a visit, in a word."""
    if visit.voided_at is not None:
        return _("已作废")
    return _(RESULTS[visit.outcome]) if visit.outcome else _("待处理")


def explained(visit: VisitView) -> str:
    """Return the rest of it: the ticket's number, what was said, to whom, or why the line is void."""
    parts = (visit.void_reason if visit.voided_at else None, visit.linked_label, visit.told_name, visit.said)
    return " · ".join(part for part in parts if part)

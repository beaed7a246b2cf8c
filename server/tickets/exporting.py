"""The list of tickets 工单台账 as a spreadsheet, with whose copy it is, and on record."""

import asyncio

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import transaction
from server.lib.formats import mask_name, mask_phone, now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, moment, workbook, yuan
from server.security.actor import Actor
from server.tickets.board import Filters, board
from server.tickets.finding import TicketView
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.states import CAUSES, PAYERS, RATINGS, STATES

MOST_ROWS = 20_000


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the tickets that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await board(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"tickets": found.total, "filter": filters.query()}
        await record(by, "ticket.export", community_id=by.here, entity="ticket", after=after)
    return await asyncio.to_thread(_written, found.items, watermark(by, now()))


def _written(tickets: list[TicketView], mark: str) -> bytes:
    return workbook([Sheet(_("工单台账"), columns(), [cells(one) for one in tickets])], mark)


def columns() -> list[tuple[str, int]]:
    """Return the columns' headings and widths."""
    return [
        (_("单号"), 18), (_("内容"), 30), (_("位置"), 20), (_("类别"), 12), (_("级别"), 8), (_("状态"), 10), (_("报修人"), 10),
        (_("联系电话"), 14), (_("维修工"), 10), (_("报修时间"), 16), (_("派单时间"), 16), (_("到场时间"), 16), (_("完工时间"), 16),
        (_("完工期限"), 16), (_("原因"), 10), (_("结果"), 30), (_("谁付费"), 12), (_("金额（元）"), 10), (_("评价"), 8), (_("重开次数"), 8),
    ]  # fmt: skip


def cells(ticket: TicketView) -> list[object]:
    """Return a ticket's cells; who reported it is masked."""
    return [
        ticket.number, ticket.summary, ticket.place, _(CATEGORIES[ticket.category].label), _(LEVELS[ticket.level]),
        _(STATES[ticket.state]), mask_name(ticket.reporter_name), mask_phone(ticket.contact_phone), ticket.assignee_name or "",
        moment(ticket.reported_at), moment(ticket.assigned_at), moment(ticket.arrived_at), moment(ticket.finished_at),
        moment(ticket.due_at), _(CAUSES[ticket.cause]) if ticket.cause else "", ticket.result or "", _(PAYERS[ticket.payer]),
        yuan(ticket.charge or None), _(RATINGS[ticket.rating]) if ticket.rating else "", ticket.reopened,
    ]  # fmt: skip

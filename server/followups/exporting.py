"""The record of calls 回访记录 as a spreadsheet, with whose copy it is, and on record."""

import asyncio

from server.audit.recording import record
from server.communities.exporting import TooMany, watermark
from server.db import transaction
from server.followups.finding import FollowUpView
from server.followups.kinds import ANSWERS, ATTITUDES, ENTITIES, QUESTIONS, RATINGS, REASONS, STATES
from server.followups.register import Filters, listed
from server.lib.formats import mask_phone, now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, moment, workbook
from server.security.actor import Actor

MOST_ROWS = 20_000


async def spreadsheet(filters: Filters, *, by: Actor) -> bytes:
    """Return the calls that `filters` ask for as an .xlsx file, and put on record who took it; raise TooMany."""
    async with transaction():
        found = await listed(by, filters, 1, MOST_ROWS)
        if found.total > MOST_ROWS:
            raise TooMany(found.total, MOST_ROWS)
        after = {"calls": found.total, "view": filters.view}
        await record(by, "followup.export", community_id=by.here, entity="follow_up", after=after)
    sheets = [Sheet(_("回访记录"), columns(), [cells(one) for one in found.items])]
    return await asyncio.to_thread(workbook, sheets, watermark(by, now()))


def columns() -> list[tuple[str, int]]:
    """Return the columns of the trade's form, and their widths."""
    return [
        (_("回访日期"), 16), (_("单号"), 18), (_("类型"), 10), (_("房号或位置"), 22), (_("事由"), 30), (_("受访人"), 10),
        (_("电话"), 14), (_("评价"), 8), *((_(text), 12) for text in QUESTIONS.values()), (_("回访人"), 10), (_("备注"), 30),
        (_("为什么回访"), 16), (_("结果"), 10), (_("拨打次数"), 8), (_("期限"), 16),
    ]  # fmt: skip


def cells(call: FollowUpView) -> list[object]:
    """Return a call's cells; the phone is masked."""
    return [
        moment(call.called_at), call.number, _(ENTITIES[call.entity]), call.place, call.summary, call.respondent or "",
        mask_phone(call.phone), _(RATINGS[call.rating]) if call.rating else "", *answers_of(call), call.caller_name or "",
        call.note or "", _(REASONS[call.reason]), _(STATES[call.state]), call.tries, moment(call.due_at),
    ]  # fmt: skip


def answers_of(call: FollowUpView) -> list[str]:
    """Return what was answered to each of the questions, in words."""
    given = [(key, call.answers.get(key)) for key in QUESTIONS]
    return [_((ATTITUDES if key == "attitude" else ANSWERS)[value]) if value else "" for key, value in given]

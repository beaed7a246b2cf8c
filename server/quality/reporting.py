"""One month of a community with everything a page, a sheet of paper or a spreadsheet shows of it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from server.audit.recording import record
from server.communities.exporting import watermark
from server.db import transaction
from server.lib.formats import now
from server.lib.i18n import _
from server.lib.workbooks import Sheet, workbook
from server.quality import measures, notes
from server.quality.figures import Value
from server.quality.measures import Followed
from server.quality.notes import Note
from server.quality.sections import SECTIONS
from server.security.actor import Actor


@dataclass(frozen=True)
class Report:
    """A month: what is written, what each section has counted, the measures."""

    month: str
    note: Note
    figures: dict[str, Any]
    measures: list[Followed]

    @property
    def draft(self) -> str:
        """The first words of every section, to begin the findings with."""
        told = [words for key, one in self.figures.items() for words in SECTIONS[key].first_words(one)]
        return "\n".join(told)

    @property
    def values(self) -> list[Value]:
        """The figures of all sections."""
        return [value for key, one in self.figures.items() for value in SECTIONS[key].values(one)]


async def report_of(month: str, *, by: Actor) -> Report:
    """Return the report of a month of the actor's community, whose route has asked for `report.read`."""
    note = await notes.note_of(by.here, month)
    figures = await notes.counted(by.here, month, is_fixed=note.fixed_at is not None)
    found = await measures.of_report(by.here, month)
    return Report(month, note, figures, [measures.followed(one, figures) for one in found])


async def spreadsheet(month: str, *, by: Actor) -> bytes:
    """Return the report as an .xlsx file, and put on record who took it."""
    async with transaction():
        report = await report_of(month, by=by)
        await record(by, "report.export", community_id=by.here, entity="month_report", after={"month": month})
    written = [line for line in (report.note.findings or report.draft).split("\n") if line]
    sheets = [sheet for key, one in report.figures.items() for sheet in SECTIONS[key].sheets(one)]
    sheets += [Sheet(_("总结"), [(_("总结"), 100)], [[line] for line in written]), measures_sheet(report.measures)]
    return await asyncio.to_thread(workbook, sheets, watermark(by, now()))


def measures_sheet(found: list[Followed]) -> Sheet:
    """Return the sheet of the measures."""
    columns = [
        (_("月份"), 10), (_("措施"), 44), (_("针对指标"), 18), (_("定措施时"), 12), (_("目标"), 12), (_("本月"), 12), (_("责任人"), 10),
        (_("期限"), 12), (_("状态"), 10), (_("落实情况"), 44),
    ]  # fmt: skip
    rows = [
        [
            one.measure.month, one.measure.what, one.label, one.before, one.target, one.after, one.measure.person_name,
            one.measure.due_on.isoformat(), _(measures.STATES[one.measure.state]), one.measure.proof or "",
        ]
        for one in found
    ]  # fmt: skip
    return Sheet(_("改进措施"), columns, rows)

"""The section of complaints: its figures, tables, charts and sheets, out of what was counted (pure but for `count`).

Reply within 24 hours, answer within the stated time, at the very latest after 7 days: the trade's service grades. Nothing here
says who complained, or about whom.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.complaints.kinds import CAUSES, CHANNELS
from server.lib.charting import Chart, Series, draw
from server.lib.i18n import N_, _
from server.lib.workbooks import Sheet
from server.quality import cases, months
from server.quality.cases import CaseCount, CountedCases
from server.quality.figures import Figure, Value, compared, ratio, say, share
from server.quality.repairs import cell, figures_sheet

FIGURES: dict[str, Figure] = {
    "received": Figure(N_("投诉"), "件", -1, lambda c, _h: Decimal(c.received), "received", N_("不含撤回的")),
    "per_100": Figure(N_("每百户投诉"), "件", -1, lambda c, homes: ratio(c.received * 100, homes)),
    "reply_rate": Figure(
        N_("24 小时回复率"), "%", 1, lambda c, _h: share(c.replied_in_time, c.replies), "late_replies", N_("本月到期的；点开看迟的")
    ),
    "answer_rate": Figure(
        N_("答复及时率"), "%", 1, lambda c, _h: share(c.answered_in_time, c.answers), "late_answers", N_("本月到期的；点开看迟的")
    ),
    "beyond": Figure(N_("超过 7 天未答复"), "件", -1, lambda c, _h: Decimal(c.beyond), "beyond", N_("热线的按它自己的期限")),
    "content_rate": Figure(
        N_("答复满意率"), "%", 1, lambda c, _h: share(c.verdict_a + c.verdict_b, c.verdict_a + c.verdict_b + c.verdict_c), "verdicts",
        N_("业主评 A 和 B 的"),
    ),
    "major": Figure(N_("重大投诉"), "件", -1, lambda c, _h: Decimal(c.major), "major"),
    "open": Figure(N_("月末未办结"), "件", -1, lambda c, _h: Decimal(c.open), "open"),
}  # fmt: skip

DIMENSIONS = {"cause": N_("原因"), "channel": N_("来源")}


class Line(msgspec.Struct):
    """One line of a table."""

    key: str
    label: str
    count: CaseCount
    before: int
    part: Decimal | None
    reply_rate: Decimal | None
    answer_rate: Decimal | None
    content_rate: Decimal | None


class Complaints:
    """Complaints as a section of the month report."""

    key = "complaints"
    title = N_("投诉建议")
    template = "quality/_complaints.html"
    counted = CountedCases

    async def count(self, community_id: UUID, month: str) -> CountedCases:
        """Count a month and the twelve before it."""
        return await cases.count(community_id, month)

    def with_fixed(self, counted: CountedCases, month: str, fixed: CountedCases) -> CountedCases:
        """Put an earlier month's counts as they were fixed in the place of those counted now."""
        kept = [one for one in counted.counts if one.month != month]
        return msgspec.structs.replace(counted, counts=kept + [one for one in fixed.counts if one.month == month])

    def values(self, counted: CountedCases) -> list[Value]:
        """Return the figures on top of the section."""
        return compared(FIGURES, counted.of(), counted.of(months.before(counted.month)), counted.homes)

    def value_of(self, counted: CountedCases, key: str) -> Decimal | None:
        """Return one figure of the month: one of FIGURES, or `cause:noise` for that cause's complaints."""
        by, _colon, under = key.partition(":")
        return (
            Decimal(counted.of(None, by, under).received) if under else FIGURES[key].value(counted.of(), counted.homes)
        )

    def aims(self) -> dict[str, tuple[str, str, int]]:
        """Return the figures a measure can be meant to change; the complaints of each cause, too."""
        plain_ones = {key: (_(one.label), one.unit, one.better) for key, one in FIGURES.items()}
        return plain_ones | {
            f"cause:{key}": (_("%(what)s的投诉", what=_(label)), "件", -1) for key, label in CAUSES.items()
        }

    def first_words(self, counted: CountedCases) -> list[str]:
        """Return the first draft of the findings."""
        mine, found = counted.of(), {one.key: one.shown for one in self.values(counted)}
        if not (mine.received or mine.replies or mine.answers or mine.open):
            return [_("本月没有投诉。")]
        told = [
            _(
                "本月投诉 %(n)s 件，上月 %(m)s 件，其中重大 %(major)s 件；另有建议 %(ideas)s 件、表扬 %(praise)s 件。",
                n=mine.received, m=counted.of(months.before(counted.month)).received, major=mine.major, ideas=mine.suggestions,
                praise=mine.praises,
            ),
            _(
                "24 小时回复率 %(reply)s，答复及时率 %(answer)s，答复满意率 %(content)s；月末未办结 %(open)s 件。",
                reply=found["reply_rate"], answer=found["answer_rate"], content=found["content_rate"], open=mine.open,
            ),
        ]  # fmt: skip
        causes = [one for one in lines(counted, "cause") if one.key and one.count.received][:3]
        named = _("、").join(
            _("%(name)s %(n)s 件（%(share)s）", name=one.label, n=one.count.received, share=say(one.part, "%"))
            for one in causes
        )
        return [*told, _("投诉最多的原因是%(list)s。", list=named)] if named else told

    def context(self, counted: CountedCases) -> dict[str, Any]:
        """Return what the template shows."""
        return {
            "mine": counted.of(),
            "values": self.values(counted),
            "tables": {by: lines(counted, by) for by in DIMENSIONS},
            "dimensions": DIMENSIONS,
            "charts": charts(counted),
        }

    def sheets(self, counted: CountedCases) -> list[Sheet]:
        """Return the sheets: all figures, each dimension, the trend."""
        return [
            figures_sheet(self.values(counted), _("投诉汇总")),
            *(dimension_sheet(counted, by) for by in DIMENSIONS),
            trend_sheet(counted),
        ]


def named(by: str, key: str) -> str:
    """Return what a key of a dimension is called."""
    words = CAUSES if by == "cause" else CHANNELS
    return _(words[key]) if key in words else _("答复后才定")


def lines(counted: CountedCases, by: str) -> list[Line]:
    """Return the table of a dimension, the most complained of first."""
    before, whole = months.before(counted.month), counted.of().received
    return [
        Line(
            one.key, named(by, one.key), one, counted.of(before, by, one.key).received, share(one.received, whole),
            *(FIGURES[key].value(one, 0) for key in ("reply_rate", "answer_rate", "content_rate")),
        )
        for one in counted.under(by)
        if one.received or one.replies or one.answers
    ]  # fmt: skip


def charts(counted: CountedCases) -> list[tuple[str, str, Chart]]:
    """Return the trends of twelve months as (title, unit, drawing)."""
    shown = months.up_to(counted.month)
    per_month, labels = [counted.of(month) for month in shown], [month[5:] for month in shown]

    def rate(name: str) -> list[Decimal | None]:
        return [FIGURES[name].value(one, 0) for one in per_month]

    amounts = [
        Series(_("投诉"), [c.received for c in per_month]),
        Series(_("月末未办结"), [c.open for c in per_month], tone="warn"),
    ]
    times = [
        Series(_("24 小时回复率"), rate("reply_rate"), "line"),
        Series(_("答复及时率"), rate("answer_rate"), "line", "warn"),
    ]
    return [(_("投诉"), _("件"), draw(labels, amounts)), (_("回复和答复"), "%", draw(labels, times, most=100))]


def dimension_sheet(counted: CountedCases, by: str) -> Sheet:
    """Return the sheet of one dimension."""
    columns = [
        (_(DIMENSIONS[by]), 18), (_("投诉"), 8), (_("上月"), 8), (_("占比 %"), 9), (_("重大"), 8), (_("24 小时回复率 %"), 16),
        (_("答复及时率 %"), 14), (_("答复满意率 %"), 14),
    ]  # fmt: skip
    rows = [
        [
            one.label, one.count.received, one.before, cell(one.part), one.count.major, cell(one.reply_rate), cell(one.answer_rate),
            cell(one.content_rate),
        ]
        for one in lines(counted, by)
    ]  # fmt: skip
    return Sheet(_("投诉按%(what)s", what=_(DIMENSIONS[by])), columns, rows)


def trend_sheet(counted: CountedCases) -> Sheet:
    """Return the sheet of the last twelve months."""
    columns = [(_("月份"), 10), *((_(one.label), 16) for one in FIGURES.values())]
    rows = [
        [month, *(cell(one.value(counted.of(month), counted.homes)) for one in FIGURES.values())]
        for month in months.up_to(counted.month)
    ]
    return Sheet(_("投诉十二个月"), columns, rows)

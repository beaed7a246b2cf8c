"""The section of repairs: its tables, charts and sheets, out of what was counted (pure but for `count`)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.lib.charting import Chart, Series, draw
from server.lib.i18n import N_, _
from server.lib.workbooks import Sheet, yuan
from server.quality import counting, figures, months
from server.quality.counting import Count, Counted
from server.quality.figures import Value, ratio, share
from server.tickets.kinds import CATEGORIES, LEVELS
from server.tickets.states import CAUSES

DIMENSIONS = {
    "category": N_("类别"),
    "building": N_("楼栋"),
    "cause": N_("原因"),
    "person": N_("维修工"),
    "level": N_("级别"),
}


class Line(msgspec.Struct):
    """One line of a table: a key of a dimension, its counts and what follows from them."""

    key: str
    label: str
    count: Count
    before: int  #: reported in the month before
    part: Decimal | None  #: percent of all that was reported; of causes: of what was finished
    per_100: Decimal | None
    arrive_rate: Decimal | None
    finish_rate: Decimal | None
    again_rate: Decimal | None
    satisfied_rate: Decimal | None
    hours: Decimal | None


class Repairs:
    """Repairs as a section of the month report."""

    key = "repairs"
    title = N_("报修")
    template = "quality/_repairs.html"
    counted = Counted

    async def count(self, community_id: UUID, month: str) -> Counted:
        """Count a month and the twelve before it."""
        return await counting.count(community_id, month)

    def with_fixed(self, counted: Counted, month: str, fixed: Counted) -> Counted:
        """Put an earlier month's counts as they were fixed in the place of those counted now."""
        kept = [one for one in counted.counts if one.month != month]
        counts = kept + [one for one in fixed.counts if one.month == month]
        return msgspec.structs.replace(counted, counts=counts, names=fixed.names | counted.names)

    def values(self, counted: Counted) -> list[Value]:
        """Return the figures on top of the section."""
        return figures.values(counted, months.before(counted.month))

    def value_of(self, counted: Counted, key: str) -> Decimal | None:
        """Return one figure of the month."""
        return figures.value_of(counted, key)

    def aims(self) -> dict[str, tuple[str, str, int]]:
        """Return the figures a measure can be meant to change; the reports of each category, too."""
        plain_ones = {key: (_(one.label), one.unit, one.better) for key, one in figures.FIGURES.items() if one.better}
        return plain_ones | {
            f"category:{key}": (_("%(what)s的报修", what=_(one.label)), "件", -1) for key, one in CATEGORIES.items()
        }

    def first_words(self, counted: Counted) -> list[str]:
        """Return the first draft of the findings."""
        return figures.first_words(counted, months.before(counted.month))

    def context(self, counted: Counted) -> dict[str, Any]:
        """Return what the template shows."""
        return {
            "repairs": counted,
            "mine": counted.of(),
            "values": self.values(counted),
            "tables": {by: lines(counted, by) for by in DIMENSIONS},
            "dimensions": DIMENSIONS,
            "repeats": [(one, _(CATEGORIES[one.category].label)) for one in counted.repeats],
            "charts": charts(counted),
            "ages": ages(counted.of()),
        }

    def sheets(self, counted: Counted) -> list[Sheet]:
        """Return the sheets: all figures, each dimension, what came back, the trend."""
        return [
            figures_sheet(self.values(counted), _("汇总")),
            *(dimension_sheet(counted, by) for by in DIMENSIONS),
            repeats_sheet(counted),
            trend_sheet(counted),
        ]


def named(names: dict[str, str], by: str, key: str) -> str:
    """Return what a key of a dimension is called; `names` are those of buildings and people."""
    if not key:
        return {"building": _("小区公共"), "person": _("未派单"), "cause": _("未填写")}.get(by, "—")
    if by in ("building", "person"):
        return names.get(key, "—")
    words = {"category": {name: one.label for name, one in CATEGORIES.items()}, "level": LEVELS, "cause": CAUSES}
    return _(words[by].get(key, key))


def lines(counted: Counted, by: str) -> list[Line]:
    """Return the table of a dimension; causes are of what was finished, people only those who had something to do."""
    before, whole = months.before(counted.month), counted.of()
    found = []
    for one in counted.under(by):
        if not (one.finished if by == "cause" else one.reported or one.worked or one.arrivals):
            continue
        homes = counted.homes.get(one.key, 0) if by == "building" and one.key else 0
        part = share(one.finished, whole.finished) if by == "cause" else share(one.reported, whole.reported)
        found.append(
            Line(
                one.key,
                named(counted.names, by, one.key),
                one,
                counted.of(before, by, one.key).reported,
                part,
                ratio(one.reported * 100, homes),
                share(one.arrived_in_time, one.arrivals),
                share(one.finished_in_time, one.promised),
                share(one.again, one.worked),
                share(one.good + one.fair, one.good + one.fair + one.poor),
                ratio(one.median_seconds or 0, 3600) if one.finished else None,
            )
        )  # fmt: skip
    order = {"cause": lambda line: -line.count.finished, "level": lambda line: line.key}
    return sorted(found, key=order.get(by, lambda line: (-line.count.reported, -line.count.finished)))


def ages(mine: Count) -> list[tuple[str, int]]:
    """Return how old the open ones are."""
    return [
        (_("3 天以内"), mine.open_3), (_("3–7 天"), mine.open_7), (_("7–30 天"), mine.open_30), (_("30 天以上"), mine.open_more),
    ]  # fmt: skip


def charts(counted: Counted) -> list[tuple[str, str, Chart]]:
    """Return the trends of twelve months as (title, unit, drawing)."""
    shown = months.up_to(counted.month)
    per_month = [counted.of(month) for month in shown]
    labels = [month[5:] for month in shown]

    def rate(name: str) -> list[Decimal | None]:
        return [figures.FIGURES[name].value(one, 0) for one in per_month]

    amounts = [
        Series(_("报修"), [c.reported for c in per_month]),
        Series(_("完工"), [c.finished for c in per_month], tone="warn"),
    ]
    times = [Series(_("到场"), rate("arrive_rate"), "line"), Series(_("完工"), rate("finish_rate"), "line", "warn")]
    words = [
        Series(_("验收满意率"), rate("satisfied_rate"), "line"),
        Series(_("返修率"), rate("again_rate"), "line", "warn"),
    ]
    left = [
        Series(_("月末未完工"), [c.open for c in per_month]),
        Series(_("重复报修"), [c.repeated for c in per_month], tone="warn"),
    ]
    return [
        (_("报修和完工"), _("件"), draw(labels, amounts)),
        (_("及时率"), "%", draw(labels, times, most=100)),
        (_("满意率和返修率"), "%", draw(labels, words, most=100)),
        (_("未完工和重复报修"), _("件"), draw(labels, left)),
    ]


def cell(value: Decimal | int | None) -> float | int | str:
    """Return a number as a spreadsheet's cell; '' for none."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    return float(value)


def figures_sheet(values: list[Value], title: str) -> Sheet:
    """Return the sheet `title` of all figures, each beside the month before."""
    columns = [(_("指标"), 22), (_("单位"), 8), (_("本月"), 12), (_("上月"), 12), (_("变化"), 18), (_("口径"), 44)]
    return Sheet(title, columns, [
        [one.label, _(one.unit) if one.unit != "%" else "%", cell(one.value), cell(one.before), one.moved, one.hint] for one in values
    ])  # fmt: skip


def dimension_sheet(counted: Counted, by: str) -> Sheet:
    """Return the sheet of one dimension."""
    columns = [
        (_(DIMENSIONS[by]), 18), (_("报修"), 8), (_("上月"), 8), (_("占比 %"), 9), (_("每百户"), 9), (_("到场"), 8), (_("到场及时率 %"), 13),
        (_("完工"), 8), (_("完工及时率 %"), 13), (_("完工用时（小时）"), 16), (_("返修"), 8), (_("返修率 %"), 10), (_("满意"), 8),
        (_("较满意"), 8), (_("不满意"), 8), (_("满意率 %"), 10), (_("重复报修"), 10), (_("应收（元）"), 12),
    ]  # fmt: skip
    rows = [
        [
            one.label, one.count.reported, one.before, cell(one.part), cell(one.per_100), one.count.arrivals, cell(one.arrive_rate),
            one.count.finished, cell(one.finish_rate), cell(one.hours), one.count.again, cell(one.again_rate), one.count.good,
            one.count.fair, one.count.poor, cell(one.satisfied_rate), one.count.repeated, yuan(one.count.charged),
        ]
        for one in lines(counted, by)
    ]  # fmt: skip
    return Sheet(_("按%(what)s", what=_(DIMENSIONS[by])), columns, rows)


def repeats_sheet(counted: Counted) -> Sheet:
    """Return the sheet of what came back within 30 days."""
    columns = [(_("位置"), 24), (_("类别"), 14), (_("本月再次报修"), 14)]
    return Sheet(
        _("重复报修"), columns, [[one.place, _(CATEGORIES[one.category].label), one.count] for one in counted.repeats]
    )


def trend_sheet(counted: Counted) -> Sheet:
    """Return the sheet of the last twelve months."""
    columns = [
        (_("月份"), 10),
        *((_(one.label) + (f" {one.unit}" if one.unit == "%" else ""), 14) for one in figures.FIGURES.values()),
    ]
    return Sheet(_("十二个月"), columns, [
        [month, *(cell(figures.value_of(counted, key, month)) for key in figures.FIGURES)] for month in months.up_to(counted.month)
    ])  # fmt: skip

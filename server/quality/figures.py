"""Rates, comparisons and first sentences, out of what was counted (pure).

Rates are percentages with one decimal, rounded half up; None where there was nothing to count. "及时" is what was done by the
stored deadline, which pauses have moved. "满意率" counts 满意 and 较满意, as the trade's surveys do (at least 80 % for grade 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from server.lib.formats import yuan
from server.lib.i18n import N_, _
from server.quality.counting import Count, Counted
from server.tickets.kinds import CATEGORIES
from server.tickets.states import CAUSES

TENTH = Decimal("0.1")


def share(part: int, whole: int) -> Decimal | None:
    """Return how many percent `part` is of `whole`, with one decimal: share(2, 3) is 66.7; None of nothing."""
    return ratio(part * 100, whole)


def ratio(part: int, whole: int) -> Decimal | None:
    """Return part / whole with one decimal, rounded half up; None when there is no whole."""
    return None if not whole else (Decimal(part) / Decimal(whole)).quantize(TENTH, ROUND_HALF_UP)


@dataclass(frozen=True)
class Figure:
    """A figure of a month: what it is called, its unit, which way is better (1 up, -1 down, 0 neither), how it comes out of the counts."""

    label: str
    unit: str
    better: int
    value: Callable[[Any, int], Decimal | None]  #: counts of a month, number of homes
    behind: str | None = None  #: what a click shows (BEHIND of the section's counting)
    hint: str = ""


FIGURES: dict[str, Figure] = {
    "reported": Figure(N_("报修"), "件", -1, lambda c, _h: Decimal(c.reported), "reported", N_("不含取消和不予受理的")),
    "per_100": Figure(N_("每百户报修"), "件", -1, lambda c, homes: ratio(c.reported * 100, homes)),
    "arrive_rate": Figure(
        N_("到场及时率"),
        "%",
        1,
        lambda c, _h: share(c.arrived_in_time, c.arrivals),
        "arrived_late",
        N_("本月到场、有时限的；点开看迟到的"),
    ),
    "finish_rate": Figure(
        N_("完工及时率"),
        "%",
        1,
        lambda c, _h: share(c.finished_in_time, c.promised),
        "finished_late",
        N_("暂停的时间不算；点开看超时的"),
    ),
    "median_hours": Figure(
        N_("完工用时（中位数）"),
        "小时",
        -1,
        lambda c, _h: None if c.median_seconds is None else ratio(c.median_seconds, 3600),
        "finished",
        N_("从报修到完工，暂停的时间不算"),
    ),
    "again_rate": Figure(
        N_("返修率"),
        "%",
        -1,
        lambda c, _h: share(c.again, c.worked),
        "again",
        N_("本月返工或重开的，占完工和返修的工单"),
    ),
    "satisfied_rate": Figure(
        N_("验收满意率"),
        "%",
        1,
        lambda c, _h: share(c.good + c.fair, c.good + c.fair + c.poor),
        "rated",
        N_("业主验收时的评价，满意和较满意"),
    ),
    "call_rate": Figure(
        N_("回访满意率"),
        "%",
        1,
        lambda c, _h: share(c.call_a + c.call_b, c.call_a + c.call_b + c.call_c),
        "called",
        N_("回访评 A 和 B 的"),
    ),
    "repeated": Figure(
        N_("重复报修"), "件", -1, lambda c, _h: Decimal(c.repeated), "repeated", N_("同一处、同一类，30 天内再次报修")
    ),
    "open": Figure(N_("月末未完工"), "件", -1, lambda c, _h: Decimal(c.open), "open"),
    "charged": Figure(
        N_("维修收费"), "元", 0, lambda c, _h: Decimal(c.charged) / 100, "charged", N_("本月完工的工单应收")
    ),
    "received": Figure(
        N_("已收维修费"), "元", 0, lambda c, _h: Decimal(c.received) / 100, "received", N_("本月收到的")
    ),
}


@dataclass(frozen=True)
class Value:
    """A figure as a page, a sheet or a measure shows it."""

    key: str
    label: str
    unit: str
    better: int
    value: Decimal | None
    before: Decimal | None  #: of the month before
    behind: str | None = None
    hint: str = ""

    @property
    def change(self) -> Decimal | None:
        """By how much it differs from the month before."""
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def tone(self) -> str:
        """Whether the change is for the better (brand), for the worse (warn) or neither."""
        way = (self.change or 0) * self.better
        return "brand" if way > 0 else "warn" if way < 0 else "muted"

    @property
    def shown(self) -> str:
        """The figure with its unit."""
        return say(self.value, self.unit)

    @property
    def moved(self) -> str:
        """The change as people say it: ↑ 2.1 个百分点, ↓ 3 件, 持平."""
        return movement(self.change, self.unit)


def say(value: Decimal | None, unit: str) -> str:
    """Return a figure with its unit: 93.3%, 12 件, ¥1,234.50; a dash for none."""
    if value is None:
        return "—"
    if unit == "元":
        return "¥" + yuan(int(value * 100))
    number = plain(value)
    return f"{number}%" if unit == "%" else f"{number} {_(UNITS[unit])}"


def movement(change: Decimal | None, unit: str) -> str:
    """Return a change against the month before as people say it."""
    if change is None:
        return "—"
    if not change:
        return _("持平")
    size = f"{plain(abs(change))} {_('个百分点')}" if unit == "%" else say(abs(change), unit)
    return f"{'↑' if change > 0 else '↓'} {size}"


def plain(value: Decimal) -> str:
    """Return a number with one decimal, or none where it is whole."""
    return f"{int(value):,}" if value == value.to_integral_value() else f"{value:,.1f}"


UNITS = {"件": N_("件"), "小时": N_("小时")}


def value_of(counted: Counted, key: str, month: str | None = None) -> Decimal | None:
    """Return a figure of a month by its key: one of FIGURES, or `category:water` for that category's reports."""
    by, _colon, under = key.partition(":")
    if under:
        return Decimal(counted.of(month, by, under).reported)
    return FIGURES[key].value(counted.of(month), counted.homes.get("", 0))


def values(counted: Counted, before: str) -> list[Value]:
    """Return every figure of the report's month beside that of the month `before`."""
    return compared(FIGURES, counted.of(), counted.of(before), counted.homes.get("", 0))


def compared(known: dict[str, Figure], mine: Any, earlier: Any, homes: int) -> list[Value]:
    """Return the figures of a month's counts beside those of an earlier month's."""
    return [
        Value(
            key,
            _(one.label),
            one.unit,
            one.better,
            one.value(mine, homes),
            one.value(earlier, homes),
            one.behind,
            _(one.hint) if one.hint else "",
        )
        for key, one in known.items()
    ]


def first_words(counted: Counted, before: str) -> list[str]:
    """Return what the figures say, as sentences to begin with."""
    mine = counted.of()
    if not mine.reported and not mine.finished:
        return [_("本月没有报修。")]
    return [
        *_how_many(counted, before),
        *_how_well({one.key: one for one in values(counted, before)}, mine),
        *_how_often(counted),
        _("月末还有 %(n)s 件没有完工，其中 %(old)s 件超过 7 天。", n=mine.open, old=mine.open_30 + mine.open_more),
    ]


def _how_many(counted: Counted, before: str) -> list[str]:
    """Return what was reported, and why."""
    n, m = counted.of().reported, counted.of(before).reported
    per_100 = say(value_of(counted, "per_100"), "件")
    told = [_("本月报修 %(n)s 件，上月 %(m)s 件；每百户 %(rate)s。", n=n, m=m, rate=per_100)]
    if named := most(counted, "category"):
        told.append(_("报修最多的是%(list)s。", list=named))
    if named := most(counted, "cause"):
        told.append(_("原因最多的是%(list)s。", list=named))
    return told


def _how_well(found: dict[str, Value], mine: Count) -> list[str]:
    """Return how quickly and how well it was done."""
    arrive, finish = found["arrive_rate"], found["finish_rate"]
    quick = _(
        "到场及时率 %(arrive)s（%(am)s），完工及时率 %(finish)s（%(fm)s）。",
        arrive=arrive.shown,
        am=arrive.moved,
        finish=finish.shown,
        fm=finish.moved,
    )
    well = _(
        "返修 %(n)s 件，返修率 %(rate)s；验收满意率 %(good)s，不满意 %(poor)s 件。",
        n=mine.again,
        rate=found["again_rate"].shown,
        good=found["satisfied_rate"].shown,
        poor=mine.poor,
    )
    return [quick, well]


def _how_often(counted: Counted) -> list[str]:
    """Return what came back within 30 days."""
    n = counted.of().repeated
    if not n or not counted.repeats:
        return []
    place, what = counted.repeats[0].place, _(CATEGORIES[counted.repeats[0].category].label)
    return [_("30 天内重复报修 %(n)s 件，最多的是%(place)s的%(what)s。", n=n, place=place, what=what)]


def most(counted: Counted, by: str, count: int = 3) -> str:
    """Return the most frequent keys of a dimension with their share: 给排水 12 件（32.4%）、…; '' without any."""
    numbers = [(one.finished if by == "cause" else one.reported, one.key) for one in counted.under(by) if one.key]
    whole = sum(number for number, _key in numbers)
    names = {key: one.label for key, one in CATEGORIES.items()} if by == "category" else CAUSES
    first = sorted((one for one in numbers if one[0]), key=lambda one: (-one[0], one[1]))[:count]
    return _("、").join(
        _("%(name)s %(n)s 件（%(share)s）", name=_(names[key]), n=number, share=say(share(number, whole), "%"))
        for number, key in first
    )

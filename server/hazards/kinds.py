"""What a hazard is: categories, grades, sources, and how soon it has to be gone (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server.lib.formats import CHINA
from server.lib.i18n import N_


@dataclass(frozen=True)
class Category:
    """A category of hazards. `pace`: how soon it has to be gone when nobody has said otherwise."""

    label: str
    icon: str
    pace: str = "usual"
    illegal: bool = (
        False  #: decoration or storage against the law: dissuade, and report within 24 h if that does not help
    )


CATEGORIES = {
    "escape": Category(N_("疏散通道堵塞"), "door-open", "immediate"),
    "ebike": Category(N_("电动车进楼充电"), "zap", "immediate"),
    "gear": Category(N_("消防设施"), "flame", "soon"),
    "power": Category(N_("用电安全"), "zap", "soon"),
    "lift": Category(N_("电梯"), "arrow-up-down", "soon"),
    "falling": Category(N_("高空坠物"), "triangle-alert", "soon"),
    "water": Category(N_("漏水积水"), "droplets"),
    "structure": Category(N_("建筑结构"), "brick-wall"),
    "playground": Category(N_("公共设施"), "armchair"),
    "road": Category(N_("道路车辆"), "car"),
    "decoration": Category(N_("违规装修"), "hammer", "soon", illegal=True),
    "storage": Category(N_("违规堆放"), "package", "immediate", illegal=True),
    "other": Category(N_("其他"), "circle-help"),
}

GRADES = {"general": N_("一般"), "major": N_("重大")}

SOURCES = {
    "patrol": N_("巡查"),
    "inspection": N_("检查"),
    "report": N_("员工上报"),
    "resident": N_("住户反映"),
}

PACES = {
    "immediate": N_("立即整改"),
    "soon": N_("3 天内"),
    "usual": N_("7 天内"),
    "parts": N_("待配件"),
}

HOURS = {"immediate": 2, "soon": 72, "usual": 168, "parts": 360}
"""Default limits: blocked escape routes and water on electrics at once, the general ones 3 to 7 days, parts 15 days.

The trade's practice, not law: each community sets its own (`limits.py`)."""

MAJOR_REPORT = timedelta(hours=1)
"""A major hazard is reported to company and authority within an hour (the trade's emergency rules)."""

ILLEGAL_REPORT = timedelta(hours=24)
"""Illegal decoration or storage that dissuasion does not end is reported to the authority within a day (Shanghai's rules)."""

PLAN = {
    "duty": N_("责任"),
    "measures": N_("措施"),
    "funds": N_("资金"),
    "term": N_("时限"),
    "emergency": N_("预案"),
}
"""五落实: what the plan against a major hazard has to settle."""

DAY = re.compile("20[0-9]{2}-[0-9]{2}-[0-9]{2}")
SENTENCE_END = re.compile("[\n。！？!?；;]")

DANGER = ("冒烟", "着火", "起火", "燃气", "煤气", "坍塌", "塌陷", "爆炸", "裸露带电", "断裂", "有人受伤")
"""Words of a report that make it major until somebody has looked."""


def guess_grade(text: str) -> str:
    """Return the grade a report gets by itself: major when it speaks of danger to life."""
    return "major" if any(word in text for word in DANGER) else "general"


def pace_of(category: str, grade: str) -> str:
    """Return how soon a hazard has to be gone when nobody has said so yet: major ones in 3 days, until their plan is made."""
    return "soon" if grade == "major" else CATEGORIES[category].pace


def limits_of(found: Mapping[str, int] | None) -> dict[str, int]:
    """Return a community's limits in hours by pace; its own where it has any."""
    return HOURS | dict(found or {})


def due_after(pace: str, at: datetime, limits: Mapping[str, int]) -> datetime:
    """Return when a hazard of `pace` has to be gone, counted from `at`."""
    return at + timedelta(hours=limits[pace])


def end_of_day(day: str) -> datetime:
    """Return the last second of a day in China (2026-12-01); raise ValueError when it is no day."""
    if not DAY.fullmatch(day):
        raise ValueError(day)
    return end_of(date.fromisoformat(day))


def end_of(day: date) -> datetime:
    """Return the last second of a day in China."""
    return datetime.combine(day, time(23, 59, 59), CHINA)


def summary_of(text: str) -> str:
    """Return the few words a hazard is known by: the first sentence of the report, or '' when it has none."""
    first = SENTENCE_END.split(text)[0].strip(" ，,、")
    return first if len(first) <= 30 else first[:29] + "…"

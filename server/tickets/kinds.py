"""What breaks and how urgent it is: categories and levels (pure); clocks.py has their limits."""

from dataclasses import dataclass

from server.lib.i18n import N_


@dataclass(frozen=True)
class Category:
    """A category of repairs, with the level guessed for it before anybody has looked."""

    label: str
    icon: str
    level: str = "P3"


CATEGORIES = {
    "water": Category(N_("给排水"), "droplets"),
    "power": Category(N_("强电照明"), "zap"),
    "signal": Category(N_("弱电门禁监控"), "cctv"),
    "lift": Category(N_("电梯"), "arrow-up-down", "P2"),
    "fire": Category(N_("消防"), "flame", "P2"),
    "doors": Category(N_("门窗五金"), "door-open"),
    "leak": Category(N_("土建渗漏"), "brick-wall", "P4"),
    "heating": Category(N_("供暖空调"), "thermometer"),
    "shared": Category(N_("公共设施"), "armchair"),
    "parking": Category(N_("道路停车"), "car"),
    "green": Category(N_("绿化"), "trees"),
    "cleaning": Category(N_("保洁"), "brush-cleaning"),
}

LEVELS = {"P1": N_("特急"), "P2": N_("急修"), "P3": N_("一般"), "P4": N_("复杂")}

DANGER = ("被困", "困人", "困在", "着火", "起火", "冒烟", "燃气味", "煤气味", "漏气", "漏电", "触电")
URGENT = (
    "爆管",
    "爆裂",
    "喷水",
    "大量漏水",
    "停电",
    "跳闸",
    "没电",
    "返水",
    "倒灌",
    "污水",
    "淹",
    "进不了门",
    "锁不上",
)
"""Words of a report that make it P1 or P2 whatever its category (levels and examples: the trade's service grades)."""


def guess_level(category: str, text: str, *, hurried: bool = False) -> str:
    """Return the level a report gets by itself: danger first, then urgent words or the reporter's own word, then the category."""
    if any(word in text for word in DANGER):
        return "P1"
    if hurried or any(word in text for word in URGENT):
        return "P2"
    return CATEGORIES[category].level


def guess_payer(location: str) -> str:
    """Return who probably bears the cost: at home the owner, for common parts the company; the office corrects it.

    Civil Code art. 271, 278: an owner's exclusive part is the owner's to keep up, common parts are everybody's.
    """
    return "owner" if location == "private" else "company"


def summary_of(text: str, category: str) -> str:
    """Return the few words a ticket is known by: the first sentence of the report, or the category's name."""
    return first_words(text) or CATEGORIES[category].label


def first_words(text: str) -> str:
    """Return the first sentence of a text, at most 30 characters of it.

    >>> first_words("楼上半夜装修。说过三次了")
    '楼上半夜装修'
    """
    first = text.strip().split("\n")[0]
    for stop in "。！？!?；;":
        first = first.split(stop)[0]
    first = first.strip(" ，,、")
    return first if len(first) <= 30 else first[:29] + "…"

"""Which places a person's menus lead to: the side navigation of the desk and the bottom tabs of the phone.

One table each; a place is shown to those who may enter it, so a menu never leads to a refusal.
"""

from functools import lru_cache

import msgspec

from server.lib.i18n import N_, current_locale, translations
from server.security.actor import Actor


class Place(msgspec.Struct, frozen=True):
    """Somewhere to go. `needs` are capabilities of which one is enough; none means everybody. `also` are its other roots."""

    href: str
    label: str
    icon: str
    counts_unread: bool = False
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """A place as it is drawn in a menu for one person."""

    href: str
    label: str
    icon: str
    count: int
    current: bool


HAZARDS = ("hazard.report", "hazard.handle", "hazard.manage", "hazard.company")

COMPLAINTS = ("complaint.handle", "complaint.oversee")

REGISTER = ("/buildings", "/spaces", "/people", "/occupancies", "/imports")
"""Pages of the register that do not lie under /rooms."""

DESK = (
    Place("/", N_("工作台"), "layout-dashboard"),
    Place("/rooms", N_("房产档案"), "building-2", needs=("register.read",), also=REGISTER),
    Place("/reception", N_("前台"), "heart-handshake", needs=("reception.read",)),
    Place("/tickets", N_("工单"), "wrench", needs=("ticket.read", "ticket.work", "ticket.report")),
    Place("/complaints", N_("投诉建议"), "megaphone", needs=COMPLAINTS),
    Place("/followups", N_("回访"), "phone", needs=("followup.call",)),
    Place("/hazards", N_("隐患"), "triangle-alert", needs=HAZARDS, also=("/field/hazards",)),
    Place("/patrols", N_("巡查"), "shield-check", needs=("patrol.read",)),
    Place("/meters", N_("抄表"), "gauge", needs=("meter.review", "meter.manage")),
    Place("/quality", N_("分析"), "activity", needs=("report.read",)),
    Place("/messages", N_("消息"), "bell", counts_unread=True),
    Place("/staff", N_("人事"), "users", needs=("staff.read",)),
    Place(
        "/settings",
        N_("设置"),
        "settings",
        needs=("staff.read", "audit.read", "jobs.read", "matrix.read", "sync.supervise"),
        also=("/phones", "/labels"),
    ),
    Place("/me", N_("我的"), "user"),
)
STAFF_TABS = (
    Place("/", N_("首页"), "house"),
    Place("/tickets", N_("工单"), "wrench", needs=("ticket.read", "ticket.work", "ticket.report")),
    Place("/field/rounds", N_("巡查"), "shield-check", needs=("patrol.walk",)),
    Place("/field/hazards", N_("隐患"), "triangle-alert", needs=("hazard.handle",), also=("/hazards",)),
    Place("/rooms", N_("房产"), "building-2", needs=("register.read",), also=REGISTER),
    Place("/messages", N_("消息"), "message-square", counts_unread=True),
    Place("/me", N_("我的"), "user"),
)
REPAIR_TABS = (
    Place("/field/tickets", N_("工单"), "wrench", needs=("ticket.work",), also=("/tickets",)),
    Place("/field/rounds", N_("巡查"), "shield-check", needs=("patrol.walk",)),
    Place("/field/meters", N_("抄表"), "gauge", needs=("meter.read",)),
    Place("/field/hazards", N_("隐患"), "triangle-alert", needs=("hazard.handle",), also=("/hazards",)),
    Place("/messages", N_("消息"), "message-square", counts_unread=True),
    Place("/me", N_("我的"), "user"),
)
"""Of those whose only post is to repair."""

PATROL_TABS = (
    Place("/field/rounds", N_("巡查"), "shield-check", needs=("patrol.walk",)),
    Place("/field/hazards", N_("隐患"), "triangle-alert", needs=("hazard.report",), also=("/hazards",)),
    Place("/tickets", N_("工单"), "wrench", needs=("ticket.read", "ticket.work", "ticket.report")),
    Place("/messages", N_("消息"), "message-square", counts_unread=True),
    Place("/me", N_("我的"), "user"),
)
"""Of those whose only post is to walk rounds."""

RESIDENT_TABS = (
    Place("/", N_("首页"), "house"),
    Place("/tickets", N_("报修"), "wrench"),
    Place("/messages", N_("消息"), "message-square", counts_unread=True),
    Place("/me", N_("我的"), "user"),
)
SPECIAL = {frozenset({"repair"}): "repair", frozenset({"patrol"}): "patrol"}
"""Whoever holds these posts and no other has tabs of their own."""

MENUS = {"desk": DESK, "staff": STAFF_TABS, "repair": REPAIR_TABS, "patrol": PATROL_TABS, "resident": RESIDENT_TABS}


def nav_items(actor: Actor, path: str) -> list[Entry]:
    """Return the side navigation of `actor` on the page `path`."""
    return _entries("desk", actor, path)


def home_of(actor: Actor) -> str:
    """Return where `actor` begins: at `/`, or on their first tab when `/` belongs to none of them."""
    tabs = tab_items(actor, "/")
    return "/" if any(tab.current for tab in tabs) else tabs[0].href


def tab_items(actor: Actor, path: str) -> list[Entry]:
    """Return the bottom tabs of `actor` on the page `path`: those of guards, of other staff, or a resident's."""
    menu = SPECIAL.get(actor.posts) or ("staff" if actor.is_staff else "resident")
    return _entries(menu, actor, path)


def _entries(menu: str, actor: Actor, path: str) -> list[Entry]:
    """Return the places of `menu` that `actor` may enter."""
    return [
        Entry(
            place.href,
            label,
            place.icon,
            actor.unread if place.counts_unread else 0,
            any(is_current(href, path) for href in (place.href, *place.also)),
        )
        for place, label in _open_to(menu, actor.capabilities, current_locale())
    ]


@lru_cache(maxsize=1024)
def _open_to(menu: str, capabilities: frozenset[str], locale: str) -> list[tuple[Place, str]]:
    """Return the places of `menu` open to holders of `capabilities`, named in `locale`; kept, since every page asks."""
    name = translations(locale).gettext
    return [
        (place, name(place.label))
        for place in MENUS[menu]
        if not place.needs or not capabilities.isdisjoint(place.needs)
    ]


def is_current(href: str, path: str) -> bool:
    """Tell whether the page `path` lies under the menu's `href`; only the home itself is under "/"."""
    return path == href or (href != "/" and path.startswith(href + "/"))

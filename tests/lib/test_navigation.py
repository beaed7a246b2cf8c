"""Menus lead where one may go, and only there."""

import pytest

from server.lib.navigation import DESK, RESIDENT_TABS, STAFF_TABS, is_current, nav_items, tab_items
from server.security.actor import Actor
from server.security.capabilities import CAPABILITIES, granted
from tests.pwa.sprite import symbols


def holding(*posts: str) -> Actor:
    """Return somebody with `posts`, and three unread messages."""
    return Actor(account_id=None, name="某人", posts=frozenset(posts), capabilities=granted(posts, ()), unread=3)


def test_a_resident_sees_the_resident_tabs_with_the_unread_count() -> None:
    tabs = tab_items(holding(), "/messages")
    assert [tab.label for tab in tabs] == ["首页", "报修", "消息", "我的"]
    assert [(tab.count, tab.current) for tab in tabs if tab.href == "/messages"] == [(3, True)]


def test_a_repairman_is_not_led_to_the_register() -> None:
    assert "/rooms" not in {
        item.href for item in [*nav_items(holding("repair"), "/"), *tab_items(holding("repair"), "/")]
    }


def test_a_clerk_is_led_to_the_register() -> None:
    assert "/rooms" in {item.href for item in nav_items(holding("clerk"), "/")}


@pytest.mark.parametrize(
    ("href", "path", "expected"),
    [("/", "/", True), ("/", "/rooms", False), ("/rooms", "/rooms/7", True), ("/rooms", "/rooms-more", False)],
)
def test_the_place_one_is_in(href: str, path: str, expected: bool) -> None:
    assert is_current(href, path) is expected


def test_places_have_icons_and_known_capabilities() -> None:
    for place in (*DESK, *STAFF_TABS, *RESIDENT_TABS):
        assert place.icon in symbols()
        assert set(place.needs) <= set(CAPABILITIES)

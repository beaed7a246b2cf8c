"""A list's filters: what stands in the address, and nothing else."""

import datetime as dt

from server.lib.filtering import Narrowing, Sent


class Filters(Narrowing, frozen=True):
    PATH = "/things"
    KEPT = frozenset({"sort"})

    view: str = "open"
    q: str = ""
    sort: str = ""


def test_the_plain_list_has_a_plain_address():
    assert Filters().address() == "/things"
    assert Filters("late", "水 管").address() == "/things?view=late&q=%E6%B0%B4+%E7%AE%A1"
    assert Filters("late", "x").address("/things/export", view="open") == "/things/export?q=x"


def test_chip_and_order_narrow_nothing():
    assert not Filters("late", sort="due").is_narrowed
    assert Filters(q="x").is_narrowed
    assert Filters("late", "x", "due").cleared() == "/things?view=late"


def test_nonsense_counts_as_nothing():
    sent = Sent({"view": "x", "q": " \0" + "长" * 80, "since": "gestern", "until": "2026-11-26"})
    assert (sent.one_of("view", {"open"}), sent.one_of("none", {"open"})) == ("", "")
    assert sent.text("q") == "长" * 60
    assert (sent.read("since", dt.date.fromisoformat), sent.read("until", dt.date.fromisoformat)) == ("", "2026-11-26")

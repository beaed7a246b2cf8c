"""Ids sort by the time they were made."""

import time

from server.lib.ids import uuid7


def test_ids_are_version_7_and_in_the_order_of_time():
    first = uuid7()
    time.sleep(0.002)
    second = uuid7()
    assert first.version == second.version == 7
    assert first.variant == "specified in RFC 4122"
    assert str(first) < str(second)


def test_ten_thousand_at_once_are_all_different():
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_ids_of_one_process_sort_as_they_were_made_also_when_the_clock_is_set_back(monkeypatch):
    made = [uuid7() for _ in range(2_000)]
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    made += [uuid7() for _ in range(2_000)]
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}

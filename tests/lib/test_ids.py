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

"""What the one query counts, beside a recount one by one."""

import datetime as dt
from collections import Counter
from random import Random

from server.db import fetch
from server.lib.ids import uuid7
from server.quality import counting, months
from server.quality.counting import Count
from tests.cast import LAOLI, SHIFU, SUNSHINE, cast_id, room_id
from tests.quality.scenes import a_call, a_ticket, an_event, at
from tests.tickets.scenes import on_stage

HOUR = dt.timedelta(hours=1)


@on_stage
async def test_one_repair_is_counted_in_the_month_of_each_thing_that_happened(db):
    await a_ticket(
        at(31, 20), arrived_at=at(31, 22), arrive_by=at(31, 21), finished_at=at(1, 8, 11), due_at=at(2, 20, 11), cause="wear",
        accepted_work_at=at(1, 9, 11), rating="good", charge=12000, agreed_at=at(31, 22), agreed_how="app", paid_at=at(1, 10, 11),
        paid_how="cash",
    )  # fmt: skip
    found = await counting.count(SUNSHINE, "2026-11")
    october, november = found.of("2026-10"), found.of("2026-11")
    assert (october.reported, october.arrivals, october.arrived_in_time, october.finished, october.open) == (
        1,
        1,
        0,
        0,
        1,
    )
    assert (november.reported, november.finished, november.finished_in_time, november.open) == (0, 1, 1, 0)
    assert (november.median_seconds, november.good, november.charged, november.received) == (12 * 3600, 1, 12000, 12000)
    assert found.of("2026-11", "cause", "wear").finished == 1
    assert found.of("2026-11", "person", str(SHIFU.person_id)).finished_in_time == 1
    assert found.homes[""] == 4
    assert found.homes[str(cast_id("building 阳光花园 3"))] == 3


@on_stage
async def test_a_pause_is_no_time_to_finish(db):
    await a_ticket(at(1), finished_at=at(1, 19), due_at=at(3), paused_seconds=6 * 3600)
    assert (await counting.count(SUNSHINE, "2026-10")).of().median_seconds == 4 * 3600


@on_stage
async def test_repeated_is_the_same_kind_at_the_same_place_within_30_days(db):
    await a_ticket(at(3, month=9), finished_at=at(4, month=9))
    await a_ticket(at(2), finished_at=at(3))  # 29 days later: again
    await a_ticket(at(2), category="power", finished_at=at(3))  # of another kind
    await a_ticket(at(5), room_id=room_id("3栋1单元1301"), place="3栋1单元1301", finished_at=at(6))  # of another home
    await a_ticket(at(4, month=11), finished_at=at(5, month=11))  # 33 days later
    common = {"location": "common", "room_id": None, "payer": "company", "place": "3栋1单元 大堂", "category": "lift"}
    await a_ticket(at(8), **common, finished_at=at(9))
    await a_ticket(at(9), **common, state="cancelled", closed_at=at(9, 10))  # taken back: never was
    await a_ticket(at(20), **common, finished_at=at(21))
    found = await counting.count(SUNSHINE, "2026-10")
    assert (found.of().reported, found.of().repeated, found.of().dropped) == (5, 2, 1)
    assert [(one.place, one.category, one.count) for one in found.repeats] == [
        ("3栋1单元 大堂", "lift", 1),
        ("3栋1单元1302", "water", 1),
    ]
    assert (await counting.count(SUNSHINE, "2026-11")).of().repeated == 0


@on_stage
async def test_what_was_sent_back_is_no_longer_finished_and_counts_as_again(db):
    back = await a_ticket(at(1), state="rework", finished_at=at(2), due_at=at(3))
    await an_event(back, "rework", at(2, 20))
    await an_event(back, "rework", at(5, 20))
    done = await a_ticket(at(1), state="closed", finished_at=at(2), due_at=at(3), category="power")
    await a_call(done, "C", at(4))
    mine = (await counting.count(SUNSHINE, "2026-10")).of()
    assert (mine.finished, mine.again, mine.worked, mine.open, mine.open_more, mine.call_c) == (1, 1, 2, 1, 1, 1)


@on_stage
async def test_every_figure_is_that_of_a_recount_one_by_one_and_of_the_list_behind_it(db):
    random = Random(7)
    for _ in range(120):
        reported = at(1, month=8) + dt.timedelta(minutes=random.randrange(100 * 1440))
        state = random.choice(["closed", "closed", "closed", "in_progress", "cancelled", "submitted"])
        done = reported + HOUR * random.randrange(1, 200) if state == "closed" else None
        ticket = await a_ticket(
            reported, state=state, category=random.choice(["water", "lift", "leak"]), level=random.choice(["P2", "P3"]),
            assignee_id=random.choice([SHIFU, LAOLI]).person_id, due_at=reported + 48 * HOUR, arrive_by=reported + 24 * HOUR,
            arrived_at=reported + HOUR * random.randrange(48) if done else None, finished_at=done, accepted_work_at=done,
            rating=random.choice(["good", "fair", "poor"]) if done else None, closed_at=done or (reported + HOUR if state == "cancelled" else None),
            cause=random.choice(["wear", "other"]) if done else None,
        )  # fmt: skip
        if done and random.random() < 0.2:
            await an_event(ticket, random.choice(["rework", "reopen"]), done + HOUR)
    found = await counting.count(SUNSHINE, "2026-10")
    tickets = [dict(one) for one in await fetch("select * from ticket where community_id = $1", SUNSHINE)]
    events = [dict(one) for one in await fetch("select * from ticket_event where community_id = $1", SUNSHINE)]
    for month in ("2026-09", "2026-10"):
        mine, naive = found.of(month), recount(tickets, events, month)
        assert {name: getattr(mine, name) for name in naive} == naive
    for by, column in (("category", "category"), ("level", "level"), ("cause", "cause"), ("person", "assignee_id")):
        kept = Counter(
            str(one[column] or "")
            for one in tickets
            if one["state"] != "cancelled" and months.month_of(one["reported_at"]) == "2026-10"
        )
        assert {one.key: one.reported for one in found.under(by) if one.reported} == dict(kept)
    await the_lists_agree(found.of(), found.under("category"))


def recount(tickets: list[dict], events: list[dict], month: str) -> dict[str, int]:
    """Count a month by walking over every ticket."""

    def here(moment: dt.datetime | None) -> bool:
        return moment is not None and months.month_of(moment) == month

    alive = [one for one in tickets if one["state"] != "cancelled"]
    done = [one for one in tickets if one["state"] == "closed" and here(one["finished_at"])]
    again = {one["ticket_id"] for one in events if here(one["at"])}
    end = months.ends(month)
    left = [
        one
        for one in tickets
        if one["reported_at"] < end
        and not ((one["closed_at"] if one["state"] == "cancelled" else one["finished_at"]) or end) < end
    ]
    return {
        "reported": sum(here(one["reported_at"]) for one in alive),
        "dropped": sum(here(one["reported_at"]) for one in tickets if one["state"] == "cancelled"),
        "arrivals": sum(here(one["arrived_at"]) for one in alive),
        "arrived_in_time": sum(here(one["arrived_at"]) and one["arrived_at"] <= one["arrive_by"] for one in alive),
        "finished": len(done),
        "finished_in_time": sum(one["finished_at"] <= one["due_at"] for one in done),
        "again": len(again),
        "worked": len(again | {one["id"] for one in done}),
        "good": sum(here(one["accepted_work_at"]) and one["rating"] == "good" for one in tickets),
        "poor": sum(here(one["accepted_work_at"]) and one["rating"] == "poor" for one in tickets),
        "open": len(left),
        "open_more": sum(end - one["reported_at"] > dt.timedelta(days=30) for one in left),
    }


async def the_lists_agree(mine: Count, categories: list[Count]) -> None:
    """Check that as many tickets lie behind each figure as it says, under every key as well."""
    sizes = {
        "reported": mine.reported, "repeated": mine.repeated, "dropped": mine.dropped, "arrivals": mine.arrivals,
        "arrived_late": mine.arrivals - mine.arrived_in_time, "finished": mine.finished,
        "finished_late": mine.promised - mine.finished_in_time, "again": mine.again, "rated": mine.good + mine.fair + mine.poor,
        "poor": mine.poor, "called": 0, "call_c": 0, "open": mine.open, "charged": 0, "received": 0,
    }  # fmt: skip
    assert {name: len(await counting.behind(SUNSHINE, "2026-10", name)) for name in counting.BEHIND} == sizes
    for one in categories:
        assert len(await counting.behind(SUNSHINE, "2026-10", "open", "category", one.key)) == one.open


@on_stage
async def test_who_comes_again_because_of_a_rework_was_there_when_he_came_first(db):
    ticket = await a_ticket(at(1), arrived_at=at(9), arrive_by=at(2))
    await an_event(ticket, "arrive", at(1, 15))
    await an_event(ticket, "arrive", at(9))
    mine = (await counting.count(SUNSHINE, "2026-10")).of()
    assert (mine.arrivals, mine.arrived_in_time) == (1, 1)


@on_stage
async def test_another_communitys_repairs_are_not_counted(db):
    from tests.cast import LAKE

    await a_ticket(at(1), community_id=LAKE, id=uuid7(), room_id=None, building_id=None, assignee_id=None)
    assert (await counting.count(SUNSHINE, "2026-10")).of().reported == 0

"""Moving in, selling, letting and correcting in the database: with history, audit and vacancy."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

import pytest
from litestar.exceptions import NotFoundException

from server.communities import correcting, letting, moving, people, rooms, transferring, vehicles
from server.communities.daily import follow_dates
from server.communities.occupancies import Refused
from server.communities.parties import Party
from server.db import DB, EVERYWHERE, execute, fetch, fetchval, transaction
from server.lib.formats import today
from server.security.actor import Actor
from tests.cast import CHEN, HE, LAKE, LIN, SUN, SUNSHINE, ZHOU, cast_id, room_id

ROOM = room_id("3栋1单元1302")
LET = room_id("3栋1单元1301")
EMPTY = room_id("5栋1单元201")
CLERK = Actor(account_id=ZHOU.account_id, name=ZHOU.name, community_id=SUNSHINE)
RIVAL = Actor(account_id=SUN.account_id, name=SUN.name, community_id=LAKE)


pytestmark = pytest.mark.usefixtures("db")


def at_work(story: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Run a test with the reach a request of the clerk's would have; in its own task, which owns the connection."""

    @wraps(story)
    async def told() -> None:
        async with DB.scope(str(SUNSHINE)):
            await story()

    return told


def new(name: str, phone: str | None = None, index: int = 1) -> Party:
    return Party(index, name, phone, chosen="new")


def known(who: Any, index: int = 1) -> Party:
    return Party(index, who.name, who.phone, chosen=str(who.person_id))


async def owners_of(room: UUID) -> list[str]:
    found = await fetch(
        "select person.name from occupancy join person on person.id = person_id where room_id = $1 and until is null"
        " and role in ('owner', 'co_owner') order by role desc, occupancy.id",
        room,
    )
    return [one["name"] for one in found]


async def vacancy_of(room: UUID) -> str:
    return str(await fetchval("select vacancy from room where id = $1", room))


async def actions() -> list[str]:
    return [
        one["action"] for one in await fetch("select action from audit where community_id = $1 order by seq", SUNSHINE)
    ]


@at_work
async def test_a_sale_starts_the_buyers_and_keeps_the_seller_in_the_history() -> None:
    await transferring.transfer(
        ROOM, [known(LIN), new("林大海", "19900008888", 2)], today(), by=CLERK, members_leave=True, moved_in=False
    )
    assert await owners_of(ROOM) == ["林小雨", "林大海"]
    file = await rooms.room_file(CLERK, ROOM)
    assert [one.name for one in file.residents if one.is_over] == ["陈晓明"]
    assert await vacancy_of(ROOM) == "vacant"
    assert await actions() == ["person.create", "occupancy.transfer"]


@at_work
async def test_a_refused_sale_leaves_no_new_person_behind() -> None:
    with pytest.raises(Refused):
        await transferring.transfer(
            ROOM, [new("钱多多")], today() + timedelta(days=400), by=CLERK, members_leave=True, moved_in=False
        )
    assert await fetchval("select count(*) from person where name = '钱多多'") == 0
    assert await actions() == []


@at_work
async def test_a_sale_taken_back_restores_the_seller_and_deletes_nothing() -> None:
    await transferring.transfer(ROOM, [known(LIN)], today(), by=CLERK, members_leave=True, moved_in=False)
    wrong = await fetchval("select id from occupancy where room_id = $1 and person_id = $2", ROOM, LIN.person_id)
    await correcting.correct(wrong, "登记错了房号", by=CLERK)
    assert await owners_of(ROOM) == ["陈晓明"]
    assert await fetchval("select count(*) from occupancy where room_id = $1", ROOM) == 2
    assert await fetchval("select reason from audit where action = 'occupancy.correct'") == "登记错了房号"


@at_work
async def test_a_wrong_buyer_loses_sight_of_the_room_at_once() -> None:
    await transferring.transfer(ROOM, [known(LIN)], today(), by=CLERK, members_leave=True, moved_in=False)
    wrong = await fetchval("select id from occupancy where room_id = $1 and person_id = $2", ROOM, LIN.person_id)
    await correcting.correct(wrong, "看错了", by=CLERK)
    holds = "select count(*) from occupancy where id = $1 and (since is null or since <= $2) and (until is null or until >= $2)"
    assert await fetchval(holds, wrong, today()) == 0


@at_work
async def test_two_clerks_cannot_sell_one_room_twice() -> None:
    import asyncio
    import contextvars

    async def sell(to: Party) -> str:
        async with DB.scope(str(SUNSHINE)):
            try:
                await transferring.transfer(ROOM, [to], today(), by=CLERK, members_leave=True, moved_in=False)
            except Refused:
                return "refused"
            return "sold"

    sales = [asyncio.create_task(sell(known(who)), context=contextvars.Context()) for who in (LIN, HE)]
    assert sorted(await asyncio.gather(*sales)) == ["refused", "sold"]
    assert len(await owners_of(ROOM)) == 1


@at_work
async def test_the_first_owner_comes_by_handing_over() -> None:
    await execute("update room set vacancy = 'developer' where id = $1", EMPTY)
    await moving.hand_over(EMPTY, [known(HE)], today(), by=CLERK)
    assert await owners_of(EMPTY) == ["何静"]
    assert await vacancy_of(EMPTY) == "vacant"
    assert await fetchval("select handover_on from room where id = $1", EMPTY) == today()
    await moving.move_in(EMPTY, today(), by=CLERK)
    assert await vacancy_of(EMPTY) == "occupied"


@at_work
async def test_a_tenant_comes_and_goes() -> None:
    await letting.let(ROOM, [known(LIN)], today() - timedelta(days=30), None, by=CLERK)
    assert await vacancy_of(ROOM) == "let"
    stay = await fetchval("select id from occupancy where room_id = $1 and role = 'tenant'", ROOM)
    await letting.leave(stay, today() - timedelta(days=1), by=CLERK)
    assert await vacancy_of(ROOM) == "vacant"
    await correcting.reopen(stay, "他没有退租", by=CLERK)
    assert await vacancy_of(ROOM) == "let"


@at_work
async def test_a_lease_that_ends_ahead_frees_the_room_by_itself() -> None:
    tenant = await fetchval("select id from occupancy where room_id = $1 and role = 'tenant'", LET)
    await execute("update room set vacancy = 'let' where id = $1", LET)
    await letting.leave(tenant, today(), by=CLERK)
    assert await vacancy_of(LET) == "let"
    await execute("update occupancy set until = until - 1, created_at = now() - interval '1 day' where id = $1", tenant)
    assert await run_job() == {"rooms": 1}
    assert await vacancy_of(LET) == "vacant"
    words = await fetchval("select words from room_search where id = $1", LET)
    assert "林小雨" not in words


async def run_job() -> dict[str, Any] | None:
    from server.jobs import JobRun

    async with DB.scope(EVERYWHERE):
        return await follow_dates(JobRun(cast_id("run"), "rooms.follow_dates", None, {}, 1, 5, None))


@at_work
async def test_search_follows_people_and_plates() -> None:
    await vehicles.add_vehicle(ROOM, "浙AD12345", None, today(), by=CLERK)
    await letting.join(ROOM, new("陈小宝"), None, by=CLERK)
    words = await fetchval("select words from room_search where id = $1", ROOM)
    assert "浙ad12345" in words
    assert "陈小宝" in words
    car = await fetchval("select id from vehicle where plate = '浙AD12345'")
    await vehicles.end_vehicle(car, by=CLERK)
    assert "浙ad12345" not in await fetchval("select words from room_search where id = $1", ROOM)


@at_work
async def test_a_plate_is_registered_once() -> None:
    await vehicles.add_vehicle(ROOM, "浙A12345", None, today(), by=CLERK)
    with pytest.raises(Refused) as refusal:
        await vehicles.add_vehicle(EMPTY, "浙A12345", None, today(), by=CLERK)
    assert refusal.value.values == {"room": "3栋1单元1302"}
    assert await fetchval("select count(*) from vehicle where plate = '浙A12345'") == 1


@at_work
async def test_a_lost_race_is_told() -> None:
    facts = dict.fromkeys(rooms.FACTS) | {"kind": "home", "vacancy": "vacant"}
    await rooms.edit_room(ROOM, facts, 1, by=CLERK)
    with pytest.raises(rooms.Overtaken):
        await rooms.edit_room(ROOM, facts | {"vacancy": "let"}, 1, by=CLERK)
    assert await vacancy_of(ROOM) == "vacant"


@at_work
async def test_a_reveal_is_on_record_before_anything_is_shown() -> None:
    found = await people.reveal(CHEN.person_id, "电话联系业主", by=CLERK)
    assert found.person.phone == CHEN.phone
    assert await fetchval("select reason from audit where action = 'person.reveal'") == "电话联系业主"


@at_work
async def test_the_rival_finds_nothing_even_without_row_level_security() -> None:
    async with DB.scope(EVERYWHERE):
        stay = await fetchval("select id from occupancy where room_id = $1", ROOM)
        attempts = [
            lambda: transferring.transfer(ROOM, [new("孙")], today(), by=RIVAL, members_leave=True, moved_in=False),
            lambda: moving.move_in(ROOM, today(), by=RIVAL),
            lambda: letting.let(ROOM, [new("孙")], today(), None, by=RIVAL),
            lambda: letting.leave(stay, today(), by=RIVAL),
            lambda: correcting.correct(stay, "不是我的", by=RIVAL),
            lambda: people.reveal(CHEN.person_id, "看看", by=RIVAL),
            lambda: people.edit_person(CHEN.person_id, {"name": "孙"}, 1, by=RIVAL),
            lambda: rooms.edit_room(ROOM, {}, 1, by=RIVAL),
            lambda: vehicles.add_vehicle(ROOM, "浙A00000", None, today(), by=RIVAL),
        ]
        for attempt in attempts:
            with pytest.raises(NotFoundException):
                async with transaction():
                    await attempt()
        assert await fetchval("select count(*) from audit") == 0

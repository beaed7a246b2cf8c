"""One's own account: password, devices, community."""

from typing import Any

import httpx

from server.db import DB, EVERYWHERE, execute, fetchval
from tests.cast import ADMIN, CHEN, LAKE, LIN, PASSWORD, SUN, SUNSHINE, WANG

NEW = {"current": PASSWORD, "password": "阳光花园-2027", "repeated": "阳光花园-2027"}


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


async def test_a_new_password_ends_the_other_devices_and_renews_this_one(
    client_for: Any, visitor: httpx.AsyncClient
) -> None:
    here, there = await client_for(WANG), await client_for(WANG)
    old = here.cookies["sid"]
    answer = await here.post("/me/password", data=NEW)
    assert answer.headers["location"] == "/me?done=password"
    assert "密码已修改" in (await here.get("/me?done=password")).text
    assert (await there.get("/me")).status_code == 303
    visitor.cookies.set("sid", old)
    assert (await visitor.get("/me")).status_code == 303
    visitor.cookies.clear()
    assert (await visitor.post("/sign-in", data={"login": "wang", "password": PASSWORD})).status_code == 422
    assert (await visitor.post("/sign-in", data={"login": "wang", "password": NEW["password"]})).status_code == 303


async def test_a_password_is_changed_only_with_the_present_one(client_for: Any) -> None:
    client = await client_for(WANG)
    for wrong in (
        {"current": "not it at all"},
        {"current": ""},
        {"repeated": "something else"},
        {"password": "12345678", "repeated": "12345678"},
        {"password": PASSWORD, "repeated": PASSWORD},
    ):
        assert (await client.post("/me/password", data=NEW | wrong)).status_code == 422, wrong
    answers = [await client.post("/me/password", data=NEW | {"current": f"guess {n}"}) for n in range(15)]
    assert answers[-1].status_code == 429


async def test_a_one_time_password_must_be_changed_first(visitor: httpx.AsyncClient) -> None:
    await value("update account set must_change_password = true where id = $1", WANG.account_id)
    await visitor.post("/sign-in", data={"login": "wang", "password": PASSWORD})
    assert (await visitor.get("/staff")).headers["location"] == "/me/password?next=%2Fstaff"
    shown = await visitor.get("/me/password?next=/staff")
    assert "一次性密码" in shown.text
    token = shown.text.split('name="_csrf" value="')[1].split('"')[0]
    answer = await visitor.post("/me/password", data={**NEW, "_csrf": token, "next": "/staff"})
    assert answer.headers["location"] == "/staff"
    assert (await visitor.get("/staff")).status_code == 200


async def test_devices_are_listed_and_signed_out_at_once(client_for: Any) -> None:
    here, there, third = await client_for(CHEN), await client_for(CHEN), await client_for(CHEN)
    assert (await here.get("/me/devices")).text.count('class="list-item"') == 3
    mine = await value("select id from session order by created_at desc offset 1 limit 1")
    assert (await here.post(f"/me/devices/{mine}/removal")).status_code == 303
    assert (await there.get("/me")).status_code == 303
    assert (await third.get("/me")).status_code == 200
    assert (await here.post("/me/devices/others/removal")).status_code == 303
    assert (await third.get("/me")).status_code == 303
    assert (await here.get("/me")).status_code == 200


async def test_nobody_elses_device_can_be_signed_out(client_for: Any) -> None:
    chen, lin = await client_for(CHEN), await client_for(LIN)
    theirs = await value("select id from session where account_id = $1", CHEN.account_id)
    assert (await lin.post(f"/me/devices/{theirs}/removal")).status_code == 404
    assert (await chen.get("/me")).status_code == 200


async def test_one_works_only_in_ones_own_communities(client_for: Any) -> None:
    admin, wang = await client_for(ADMIN), await client_for(WANG)
    assert (await admin.post("/me/community", data={"community_id": str(LAKE)})).status_code == 303
    assert "翠湖湾" in (await admin.get("/me")).text
    assert (await wang.post("/me/community", data={"community_id": str(LAKE)})).status_code == 404
    assert (await wang.post("/me/community", data={"community_id": "nonsense"})).status_code == 404
    assert await value("select community_id from session where account_id = $1", WANG.account_id) == SUNSHINE


async def test_posts_of_one_community_are_worth_nothing_in_another(client_for: Any) -> None:
    """Wang, manager here, is also the owner of a room at the lake: there he is an owner and no more."""
    from tests.cast import cast_id, room_id

    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into person (id, community_id, account_id, name, kind, phone) values ($1, $2, $3, $4, 'natural', $5)",
            cast_id("wang at the lake"), LAKE, WANG.account_id, WANG.name, WANG.phone,
        )  # fmt: skip
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role) values ($1, $2, $3, $4, 'owner')",
            cast_id("wang's stay"), LAKE, room_id("1栋1单元102", "翠湖湾"), cast_id("wang at the lake"),
        )  # fmt: skip
    wang = await client_for(WANG)
    assert (await wang.get("/staff")).status_code == 200
    await wang.post("/me/community", data={"community_id": str(LAKE)})
    assert (await wang.get("/staff")).status_code == 404
    assert (await wang.get(f"/staff/{SUN.person_id}")).status_code == 404
    await wang.post("/me/community", data={"community_id": str(SUNSHINE)})
    assert (await wang.get("/staff")).status_code == 200

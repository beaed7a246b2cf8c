"""Joining with the code of a letter: the code alone is not enough, and a mismatch betrays nothing."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from server.accounts.joining import Candidate, best_match, mask_label, same_name
from server.app import create_app
from server.db import DB, EVERYWHERE, execute, fetchval
from tests.cast import CHEN, HE, LAKE, PASSWORD, SUNSHINE, WANG, cast_id, room_id

ROOM = room_id("3栋1单元1301")
NEW = {"name": "新业主", "phone": "19900000999", "password": "my-own-password"}


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


async def register(name: str = "新业主", phone: str | None = "19900000999", room: Any = ROOM) -> None:
    """Put somebody without a login into the register."""
    async with DB.scope(EVERYWHERE):
        id_ = cast_id(f"new {name} {phone}")
        await execute(
            "insert into person (id, community_id, name, kind, phone) values ($1, $2, $3, 'natural', $4)",
            id_, SUNSHINE, name, phone,
        )  # fmt: skip
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role) values ($1, $2, $3, $4, 'co_owner')",
            cast_id(f"stay {name} {phone}"), SUNSHINE, room, id_,
        )  # fmt: skip


async def print_codes(client: httpx.AsyncClient, **data: Any) -> list[str]:
    answer = await client.post("/join-codes", data=data or {"room_id": str(ROOM)})
    assert answer.status_code == 200, answer.text
    return [code.replace("-", "") for code in re.findall(r"<code>([A-Z0-9]{5}-[A-Z0-9]{5})</code>", answer.text)]


@pytest.fixture
async def letter(client_for: Any) -> str:
    """A code for 3栋1单元1301, where 何静 is the owner, 林小雨 the tenant, and 新业主 has no login yet."""
    await register()
    (code,) = await print_codes(await client_for(WANG))
    return code


async def test_a_letter_and_a_match_make_an_account(letter: str, visitor: httpx.AsyncClient) -> None:
    shown = (await visitor.get(f"/join/{letter[:5].lower()}-{letter[5:]}")).text
    assert "阳光花园" in shown
    assert "3栋1单元13**" in shown
    assert "1301" not in shown
    for secret in ("何静", "林小雨", "新业主"):
        assert secret not in shown
    answer = await visitor.post(f"/join/{letter}", data=NEW | {"name": " 新 业主"})
    assert answer.headers["location"] == "/me/passkeys?done=joined&next=/"
    assert "新业主" in (await visitor.get("/me")).text
    visitor.cookies.clear()
    assert (
        await visitor.post("/sign-in", data={"login": NEW["phone"], "password": NEW["password"]})
    ).status_code == 303
    assert await value("select count(*) from audit where action = 'join.accept' and community_id = $1", SUNSHINE) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": "旧业主"}, {"phone": "19900000998"}, {"name": "何静"}, {"name": "孙小宝", "phone": "19900000202"},
     {"name": "王建国", "phone": "19900000001"}],
)  # fmt: skip
async def test_every_mismatch_gets_the_same_answer(
    letter: str, visitor: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await visitor.post(f"/join/{letter}", data=NEW | wrong)
    assert answer.status_code == 422
    assert "与物业登记的不一致" in answer.text
    assert "已经有账号了" not in answer.text
    assert (await visitor.post(f"/join/{letter}", data=NEW)).status_code == 303, "the letter is still good"


async def test_a_code_works_once(letter: str, visitor: httpx.AsyncClient) -> None:
    await register("第二人", "19900000997")
    assert (await visitor.post(f"/join/{letter}", data=NEW)).status_code == 303
    visitor.cookies.clear()
    answer = await visitor.post(f"/join/{letter}", data={**NEW, "name": "第二人", "phone": "19900000997"})
    assert answer.status_code == 404
    assert "已用过" in answer.text


async def test_of_two_at_the_same_moment_one_gets_in(letter: str, db: str) -> None:
    import contextvars

    await register("第二人", "19900000997")
    app = create_app()

    async def try_it(data: dict[str, str]) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
            return (await client.post(f"/join/{letter}", data=data)).status_code

    both = (NEW, {**NEW, "name": "第二人", "phone": "19900000997"})
    tasks = [asyncio.create_task(try_it(data), context=contextvars.Context()) for data in both]
    statuses = await asyncio.gather(*tasks)
    assert sorted(statuses)[0] == 303
    assert sorted(statuses)[1] in (404, 422)
    assert await value("select count(*) from account where phone in ('19900000999', '19900000997')") == 1


async def test_expired_revoked_and_made_up_codes_look_the_same(
    letter: str, visitor: httpx.AsyncClient, client_for: Any
) -> None:
    made_up = await visitor.get("/join/ACDEFGHJKM")
    assert made_up.status_code == 404
    await value("update join_code set expires_at = now() - interval '1 second'")
    expired = await visitor.get(f"/join/{letter}")
    assert expired.text.replace(letter, "") == made_up.text.replace("ACDEFGHJKM", "")
    await value("update join_code set expires_at = now() + interval '1 day'")
    office = await client_for(WANG)
    id_ = await value("select id from join_code where revoked_at is null")
    assert (await office.post(f"/join-codes/{id_}/removal")).status_code == 303
    assert (await visitor.get(f"/join/{letter}")).status_code == 404
    assert (await visitor.post(f"/join/{letter}", data=NEW)).status_code == 404


async def test_a_new_letter_makes_the_old_one_worthless(
    letter: str, visitor: httpx.AsyncClient, client_for: Any
) -> None:
    codes = await print_codes(await client_for(WANG), room_id=str(ROOM), copies="2")
    assert len(set(codes)) == 2
    assert (await visitor.get(f"/join/{letter}")).status_code == 404
    assert (await visitor.get(f"/join/{codes[0]}")).status_code == 200
    assert (await visitor.get(f"/join/{codes[1]}")).status_code == 200


async def test_ten_who_do_not_match_and_the_code_is_dead(letter: str, db: str) -> None:
    app = create_app()
    for number in range(10):
        transport = httpx.ASGITransport(app=app, client=(f"203.0.113.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.post(f"/join/{letter}", data=NEW | {"name": f"猜{number}"})
            assert answer.status_code == 422
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        assert (await client.post(f"/join/{letter}", data=NEW)).status_code == 404


async def test_trying_codes_is_slowed_down(visitor: httpx.AsyncClient, letter: str) -> None:
    for number in range(25):
        answer = await visitor.get(f"/join/ACDEFGHJ{number:02}")
    assert "试的次数太多了" in answer.text
    assert (await visitor.get(f"/join/{letter}")).status_code == 404


async def test_an_unknown_phone_is_kept_and_marked_for_checking(visitor: httpx.AsyncClient, client_for: Any) -> None:
    await register("无号人", None)
    (code,) = await print_codes(await client_for(WANG))
    filler = await visitor.post(f"/join/{code}", data={**NEW, "name": "无号人", "phone": "13800138000"})
    assert filler.status_code == 422
    assert (await visitor.post(f"/join/{code}", data={**NEW, "name": "无号人"})).status_code == 303
    assert await value("select phone from person where name = '无号人'") == NEW["phone"]
    assert "待核对" in await value("select note from person where name = '无号人'")


async def test_a_weak_password_is_refused_and_the_rest_is_kept(letter: str, visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(f"/join/{letter}", data=NEW | {"password": "12345678"})
    assert answer.status_code == 422
    assert 'value="新业主"' in answer.text
    assert "12345678" not in re.sub(r"12345678、", "", answer.text)


async def test_who_has_an_account_signs_in_first_and_gets_the_room_added(
    visitor: httpx.AsyncClient, client_for: Any
) -> None:
    await register(CHEN.name, CHEN.phone)
    (code,) = await print_codes(await client_for(WANG))
    data = {"name": CHEN.name, "phone": CHEN.phone, "password": "another-password"}
    answer = await visitor.post(f"/join/{code}", data=data)
    assert answer.status_code == 422
    assert "先登录" in answer.text
    assert (
        await visitor.post("/sign-in", data={"login": CHEN.phone, "password": "another-password"})
    ).status_code == 422
    chen = await client_for(CHEN)
    assert "给自己设一个密码" not in (await chen.get(f"/join/{code}")).text
    assert (await chen.post(f"/join/{code}", data=data)).headers["location"] == "/"
    rooms = await value("select count(*) from occupancy where person_id = $1 and until is null", CHEN.person_id)
    assert rooms == 3, "the register had him twice; the room is now his account's"
    assert await value("select used_by from join_code") == CHEN.account_id


async def test_an_account_of_one_community_joins_another(client_for: Any) -> None:
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into person (id, community_id, name, kind, phone) values ($1, $2, $3, 'natural', $4)",
            cast_id("chen at the lake"), LAKE, CHEN.name, CHEN.phone,
        )  # fmt: skip
        await execute(
            "insert into occupancy (id, community_id, room_id, person_id, role) values ($1, $2, $3, $4, 'tenant')",
            cast_id("stay at the lake"), LAKE, room_id("1栋1单元102", "翠湖湾"), cast_id("chen at the lake"),
        )  # fmt: skip
    from tests.cast import SUN

    (code,) = await print_codes(await client_for(SUN), room_id=str(room_id("1栋1单元102", "翠湖湾")))
    chen = await client_for(CHEN)
    answer = await chen.post(f"/join/{code}", data={"name": CHEN.name, "phone": CHEN.phone})
    assert answer.status_code == 303
    shown = (await chen.get("/me")).text
    assert "翠湖湾" in shown
    assert "切换小区" in shown
    assert (await chen.post("/me/community", data={"community_id": str(SUNSHINE)})).status_code == 303
    assert await value("select community_id from session where account_id = $1", CHEN.account_id) == SUNSHINE


async def test_somebody_elses_account_gets_nothing(letter: str, client_for: Any) -> None:
    chen = await client_for(CHEN)
    answer = await chen.post(f"/join/{letter}", data={"name": HE.name, "phone": HE.phone})
    assert answer.status_code == 422
    assert "不一致" in answer.text


async def test_only_a_keyed_hash_of_the_code_is_kept(letter: str) -> None:
    assert letter not in await value("select string_agg(join_code::text, ' ') from join_code")
    assert letter not in await value("select string_agg(audit::text, ' ') from audit")


async def test_a_building_is_printed_without_those_who_have_joined(client_for: Any) -> None:
    building = str(cast_id("building 阳光花园 3"))
    client = await client_for(WANG)
    everybody = await print_codes(client, building_id=building)
    assert len(everybody) == 2
    answer = await client.post("/join-codes", data={"building_id": building, "only_new": "1"})
    assert answer.status_code == 422
    assert "没有要打印的房屋" in answer.text


async def test_a_former_owner_does_not_match(letter: str, visitor: httpx.AsyncClient) -> None:
    await value("update occupancy set until = current_date - 2 where id = $1", cast_id("stay 新业主 19900000999"))
    assert (await visitor.post(f"/join/{letter}", data=NEW)).status_code == 422


async def test_a_taken_phone_is_never_taken_over(visitor: httpx.AsyncClient, client_for: Any) -> None:
    await register("无号人", None)
    (code,) = await print_codes(await client_for(WANG))
    answer = await visitor.post(
        f"/join/{code}", data={"name": "无号人", "phone": WANG.phone, "password": "my-own-password"}
    )
    assert answer.status_code == 422
    assert (await visitor.post("/sign-in", data={"login": WANG.phone, "password": PASSWORD})).status_code == 303


def test_names_are_compared_as_people_write_them() -> None:
    assert same_name("阿依古丽·买买提", "阿依古丽 买买提")
    assert same_name("Smith", "ＳＭＩＴＨ")
    assert not same_name("", "")
    assert not same_name("王建国", "王建")


def test_labels_hide_the_end_of_the_number() -> None:
    assert mask_label("12号101室", "101") == "12号1**室"
    assert mask_label("3栋1单元1302", "1302") == "3栋1单元13**"


def test_a_phone_decides_between_namesakes() -> None:
    from uuid import UUID

    one = Candidate(UUID(int=1), "王芳", None, None, None)
    other = Candidate(UUID(int=2), "王芳", "19900000111", None, None)
    assert best_match([one, other], "王芳", "19900000111") == other
    assert best_match([one, other], "王芳", "19900000112") == one
    assert best_match([other], "王芳", "19900000112") is None

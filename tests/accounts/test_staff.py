"""Staff: hired, put into posts, certified, gone; nobody sees to their own posts."""

import re
from datetime import timedelta
from typing import Any

import httpx

from server.db import DB, EVERYWHERE, execute, fetchval
from server.lib.formats import today
from tests.cast import ADMIN, CHEN, LI, PASSWORD, SHIFU, SUN, SUNSHINE, WANG, ZHOU, cast_id

HIRE = {"name": "周电工", "phone": "19900000777", "login": "zhoudg", "posts": ["repair"], "since": "2026-01-01"}


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


def shown_password(answer: httpx.Response) -> str:
    return re.findall(r'<code class="secret">([^<]+)</code>', answer.text)[1]


async def test_a_new_member_gets_a_one_time_password(client_for: Any, visitor: httpx.AsyncClient) -> None:
    wang = await client_for(WANG)
    answer = await wang.post("/staff", data=HIRE)
    assert answer.status_code == 200
    password = shown_password(answer)
    assert "周电工" in (await wang.get("/staff?q=周电")).text
    answer = await visitor.post("/sign-in", data={"login": "zhoudg", "password": password})
    assert answer.status_code == 303
    assert (await visitor.get("/tickets")).headers["location"].startswith("/me/password")
    assert await value("select count(*) from audit where action = 'post.give'") == 1


async def test_mistakes_are_told_beside_the_field(client_for: Any) -> None:
    wang = await client_for(WANG)
    for wrong, words in (
        ({"name": ""}, "请填写这一项"),
        ({"posts": []}, "至少选一个岗位"),
        ({"posts": ["king"]}, "请从列表中选择"),
        ({"phone": "abc"}, "请填写 11 位手机号"),
        ({"phone": SHIFU.phone}, "这个手机号已被另一位使用"),
        ({"login": "wang"}, "这个用户名已被使用"),
        ({"login": "12345"}, "这个用户名已被使用"),
        ({"name": WANG.name, "phone": WANG.phone}, "不能修改自己的岗位"),
    ):
        answer = await wang.post("/staff", data=HIRE | wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
    assert await value("select count(*) from account where phone = '19900000777'") == 0


async def test_an_owner_who_works_here_keeps_account_and_password(client_for: Any, visitor: httpx.AsyncClient) -> None:
    wang = await client_for(WANG)
    answer = await wang.post(
        "/staff", data={"name": CHEN.name, "phone": CHEN.phone, "posts": ["steward"], "since": "2026-01-01"}
    )
    assert "已经有账号" in answer.text
    assert await value("select count(*) from person where name = $1", CHEN.name) == 1
    chen = await client_for(CHEN)
    assert (await chen.get("/join-codes")).status_code == 200
    assert (await visitor.post("/sign-in", data={"login": CHEN.phone, "password": PASSWORD})).status_code == 303


async def test_a_colleague_from_another_community_is_the_same_account(client_for: Any) -> None:
    wang = await client_for(WANG)
    await wang.post("/staff", data={"name": SUN.name, "phone": SUN.phone, "posts": ["clerk"], "since": "2026-01-01"})
    sun = await client_for(SUN)
    assert (await sun.post("/me/community", data={"community_id": str(SUNSHINE)})).status_code == 303
    assert (await sun.get("/join-codes")).status_code == 200
    assert (await sun.get("/staff/new")).status_code == 404, "clerk here, manager only there"


async def test_posts_begin_and_end_by_their_dates(client_for: Any) -> None:
    wang, shifu = await client_for(WANG), await client_for(SHIFU)
    page = f"/staff/{SHIFU.person_id}"
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert (await wang.post(f"{page}/posts", data={"post": "cashier", "since": tomorrow})).status_code == 303
    assert (await shifu.get("/join-codes")).status_code == 404
    assert (await wang.post(f"{page}/posts", data={"post": "clerk", "since": today().isoformat()})).status_code == 303
    assert (await shifu.get("/join-codes")).status_code == 200
    assert (await wang.post(f"{page}/posts", data={"post": "clerk", "since": today().isoformat()})).status_code == 422
    post = await value("select id from post where person_id = $1 and post = 'clerk'", SHIFU.person_id)
    early = {"until": (today() - timedelta(days=1)).isoformat()}
    assert (await wang.post(f"{page}/posts/{post}/end", data=early)).status_code == 422
    await value("update post set since = $2 where id = $1", post, today() - timedelta(days=9))
    assert (await wang.post(f"{page}/posts/{post}/end", data=early)).status_code == 303
    assert (await shifu.get("/join-codes")).status_code == 404


async def test_nobody_changes_their_own_posts(client_for: Any) -> None:
    wang = await client_for(WANG)
    page = f"/staff/{WANG.person_id}"
    own = await value("select id from post where person_id = $1", WANG.person_id)
    for path, data in (
        (f"{page}/posts", {"post": "admin", "since": today().isoformat()}),
        (f"{page}/posts/{own}/end", {"until": today().isoformat()}),
        (f"{page}/leaving", {"until": today().isoformat()}),
    ):
        answer = await wang.post(path, data=data)
        assert answer.status_code == 422, path
        assert "不能修改自己的岗位" in answer.text
    assert (await wang.post(f"{page}/password")).status_code == 404
    assert "这是您自己" in (await wang.get(page)).text


async def test_readers_cannot_write(client_for: Any) -> None:
    zhou = await client_for(ZHOU)
    page = f"/staff/{SHIFU.person_id}"
    assert (await zhou.get(page)).status_code == 200
    for path in ("posts", "leaving", "certificates", "password"):
        assert (await zhou.post(f"{page}/{path}", data={})).status_code == 404, path
    assert (await zhou.post("/staff", data=HIRE)).status_code == 404


async def test_who_leaves_is_signed_out_at_once_and_cannot_come_back(
    client_for: Any, visitor: httpx.AsyncClient
) -> None:
    wang, shifu = await client_for(WANG), await client_for(SHIFU)
    answer = await wang.post(f"/staff/{SHIFU.person_id}/leaving", data={"until": today().isoformat()})
    assert answer.status_code == 303
    assert (await shifu.get("/me")).status_code == 303
    assert (await visitor.post("/sign-in", data={"login": "shifu", "password": PASSWORD})).status_code == 422
    assert (
        await wang.post(f"/staff/{SHIFU.person_id}/leaving", data={"until": today().isoformat()})
    ).status_code == 422
    back = await wang.post(
        "/staff", data={"name": SHIFU.name, "phone": SHIFU.phone, "posts": ["patrol"], "since": today().isoformat()}
    )
    assert back.status_code == 200
    password = shown_password(back)
    assert (await visitor.post("/sign-in", data={"login": "shifu", "password": password})).status_code == 303


async def test_who_lives_here_stays_an_owner_after_leaving(client_for: Any, visitor: httpx.AsyncClient) -> None:
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'patrol', $4)",
            cast_id("chen's post"), SUNSHINE, CHEN.person_id, today() - timedelta(days=9),
        )  # fmt: skip
    wang, chen = await client_for(WANG), await client_for(CHEN)
    yesterday = (today() - timedelta(days=1)).isoformat()
    assert (await wang.post(f"/staff/{CHEN.person_id}/leaving", data={"until": yesterday})).status_code == 303
    assert (await chen.get("/me")).status_code == 303
    assert (await visitor.post("/sign-in", data={"login": CHEN.phone, "password": PASSWORD})).status_code == 303
    assert (await visitor.get("/me")).status_code == 200


async def test_certificates_warn_a_month_ahead(client_for: Any) -> None:
    wang = await client_for(WANG)
    page = f"/staff/{SHIFU.person_id}"
    soon = (today() + timedelta(days=20)).isoformat()
    data = {"kind": "低压电工证", "number": "T3301", "issued_on": "2020-01-01", "expires_on": soon}
    assert (await wang.post(f"{page}/certificates", data=data)).status_code == 303
    assert (await wang.post(f"{page}/certificates", data=data | {"expires_on": "2019-01-01"})).status_code == 422
    assert "快到期" in (await wang.get(page)).text
    expiring = (await wang.get("/staff?show=expiring")).text
    assert SHIFU.name in expiring
    assert LI.name not in expiring
    id_ = await value("select id from certificate")
    assert (await wang.post(f"{page}/certificates/{id_}/removal")).status_code == 303
    assert (await wang.post(f"{page}/certificates/{id_}/removal")).status_code == 404


async def test_a_reset_gives_a_one_time_password_and_ends_every_session(
    client_for: Any, visitor: httpx.AsyncClient
) -> None:
    wang, shifu = await client_for(WANG), await client_for(SHIFU)
    answer = await wang.post(f"/staff/{SHIFU.person_id}/password")
    assert answer.status_code == 200
    assert (await shifu.get("/me")).status_code == 303
    assert (await visitor.post("/sign-in", data={"login": "shifu", "password": PASSWORD})).status_code == 422
    data = {"login": "shifu", "password": shown_password(answer)}
    assert (await visitor.post("/sign-in", data=data)).status_code == 303


async def test_a_manager_cannot_get_into_another_communitys_business_by_a_reset(client_for: Any) -> None:
    wang = await client_for(WANG)
    await wang.post("/staff", data={"name": SUN.name, "phone": SUN.phone, "posts": ["clerk"], "since": "2026-01-01"})
    suns = await value("select id from person where account_id = $1 and community_id = $2", SUN.account_id, SUNSHINE)
    assert (await wang.post(f"/staff/{suns}/password")).status_code == 404
    assert (await (await client_for(ADMIN)).post(f"/staff/{suns}/password")).status_code == 200


async def test_a_manager_cannot_reset_a_company_administrator(client_for: Any) -> None:
    wang = await client_for(WANG)
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'admin', $4)",
            cast_id("admin's post"), SUNSHINE, ADMIN.person_id, today(),
        )  # fmt: skip
    assert (await wang.post(f"/staff/{ADMIN.person_id}/password")).status_code == 404

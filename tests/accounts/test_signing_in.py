"""Signing in with a password: what gets in, what does not, and what becomes of the session."""

from typing import Any

import httpx

from server.db import DB, EVERYWHERE, execute, fetch, fetchval
from server.lib.formats import today
from server.security.sessions import token_hash
from tests.cast import LAKE, PASSWORD, QIAN, SHIFU, SUN, WANG


async def send(client: httpx.AsyncClient, login: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return await client.post("/sign-in", data={"login": login, "password": password, **more})


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


async def test_the_form_is_shown_and_a_visitor_gets_no_cookie(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/sign-in?next=/tickets")
    assert answer.status_code == 200
    assert 'value="/tickets"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_phone_or_user_name_and_password_get_in(visitor: httpx.AsyncClient) -> None:
    for login in ("wang", " WANG ", "199 0000 0001", "+86 19900000001"):
        visitor.cookies.clear()
        answer = await send(visitor, login)
        assert answer.status_code == 303, login
    assert (await visitor.get("/me")).status_code == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: httpx.AsyncClient) -> None:
    answer = await send(visitor, "wang")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("sid="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


async def test_on_https_the_cookie_is_bound_to_the_host(visitor: httpx.AsyncClient) -> None:
    visitor.base_url = httpx.URL("https://localhost")
    answer = await send(visitor, "wang")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "sid=" in line)
    assert cookie.startswith("__Host-sid=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


async def test_only_a_hash_of_the_token_is_kept(visitor: httpx.AsyncClient) -> None:
    await send(visitor, "wang")
    token = visitor.cookies["sid"]
    async with DB.scope(EVERYWHERE):
        rows = [bytes(row[0]) for row in await fetch("select token_hash from session")]
    assert token_hash(token) in rows
    assert token.encode() not in rows


async def test_a_token_chosen_by_an_attacker_is_never_taken_over(visitor: httpx.AsyncClient) -> None:
    visitor.cookies.set("sid", "chosen-by-an-attacker")
    answer = await send(visitor, "wang")
    assert answer.status_code == 303
    assert await value("select count(*) from session where token_hash = $1", token_hash("chosen-by-an-attacker")) == 0


async def test_signing_in_again_ends_the_session_this_browser_had(visitor: httpx.AsyncClient, client_for: Any) -> None:
    client = await client_for(WANG)
    old = client.cookies["sid"]
    answer = await send(client, "shifu")
    assert answer.status_code == 303
    new = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("sid=")).split(";")[0][4:]
    assert new != old
    visitor.cookies.set("sid", old)
    assert (await visitor.get("/me")).status_code == 303


async def test_wrong_passwords_and_unknown_accounts_look_the_same(visitor: httpx.AsyncClient) -> None:
    wrong = await send(visitor, "wang", "not the password")
    unknown = await send(visitor, "nobody-here", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert "账号或密码不对" in wrong.text
    assert wrong.text.replace("wang", "") == unknown.text.replace("nobody-here", "")


async def test_a_disabled_account_does_not_get_in(visitor: httpx.AsyncClient) -> None:
    await value("update account set disabled_at = now() where id = $1", WANG.account_id)
    assert (await send(visitor, "wang")).status_code == 422


async def test_one_goes_on_to_where_one_wanted_but_never_to_another_site(visitor: httpx.AsyncClient) -> None:
    assert (await send(visitor, "wang", next="/rooms?q=3")).headers["location"] == "/rooms?q=3"
    for trap in ("//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\tx"):
        visitor.cookies.clear()
        assert (await send(visitor, "shifu", next=trap)).headers["location"] == "/", trap


async def test_a_password_is_hashed_anew_when_the_cost_was_raised(visitor: httpx.AsyncClient) -> None:
    import argon2

    cheap = argon2.PasswordHasher(time_cost=2, memory_cost=32, parallelism=1).hash(PASSWORD)
    await value("update account set password_hash = $2 where id = $1", WANG.account_id, cheap)
    assert (await send(visitor, "wang")).status_code == 303
    assert "t=1" in await value("select password_hash from account where id = $1", WANG.account_id)


async def test_signing_out_ends_the_session_and_forgets_the_cache(client_for: Any, visitor: httpx.AsyncClient) -> None:
    client = await client_for(WANG)
    token = client.cookies["sid"]
    answer = await client.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache"'
    visitor.cookies.set("sid", token)
    assert (await visitor.get("/me")).headers["location"].startswith("/sign-in")


async def test_signing_out_needs_the_token_of_the_page(client_for: Any) -> None:
    client = await client_for(WANG)
    del client.headers["x-csrf-token"]
    assert (await client.post("/sign-out")).status_code == 403
    assert (await client.get("/me")).status_code == 200


async def test_signing_in_is_written_down(visitor: httpx.AsyncClient) -> None:
    await send(visitor, "wang")
    assert (
        await value("select count(*) from audit where action = 'session.open' and account_id = $1", WANG.account_id)
        == 1
    )


async def test_visitors_and_accounts_choose_their_language(visitor: httpx.AsyncClient, client_for: Any) -> None:
    answer = await visitor.post("/language", data={"locale": "en", "next": "/sign-in"})
    assert answer.headers["location"] == "/sign-in"
    assert 'lang="en"' in (await visitor.get("/sign-in")).text
    client = await client_for(SUN)
    await client.post("/language", data={"locale": "en", "next": "/me"})
    assert await value("select locale from account where id = $1", SUN.account_id) == "en"
    await client.post("/language", data={"locale": "xx", "next": "/me"})
    assert await value("select locale from account where id = $1", SUN.account_id) == "en"


async def test_one_is_back_in_the_community_one_worked_in_last(visitor: httpx.AsyncClient) -> None:
    await send(visitor, "shifu")
    assert SHIFU.community in (await visitor.get("/me")).text


async def test_the_first_time_one_starts_where_one_has_worked_longest(visitor: httpx.AsyncClient) -> None:
    async with DB.scope(EVERYWHERE):
        person = await fetchval(
            "insert into person (id, community_id, account_id, name, kind) values (gen_random_uuid(), $1, $2, '钱芳', 'natural')"
            " returning id",
            LAKE, QIAN.account_id,
        )  # fmt: skip
        await execute(
            "insert into post (id, community_id, person_id, post, since) values (gen_random_uuid(), $1, $2, 'cashier', $3)",
            LAKE, person, today(),
        )  # fmt: skip
    await send(visitor, QIAN.login)
    assert QIAN.community in (await visitor.get("/me")).text

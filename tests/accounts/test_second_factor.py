"""The second factor: who needs it, what it stops, and that each code works once."""

import re
import time
from typing import Any

import httpx
import pyotp

from server.db import DB, EVERYWHERE, execute, fetchval
from tests.cast import ADMIN, LI, PASSWORD, WANG, Character

STEP = 30


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + steps * STEP)


async def set_up(client: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Set up a second factor as a person does; return the secret and the recovery codes."""
    shown = (await client.get("/me/second-factor")).text
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', shown)[1].replace(" ", "")  # type: ignore[index]
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', shown)[1]  # type: ignore[index]
    answer = await client.post("/me/second-factor", data={"sealed": sealed, "code": code(secret, -1)})
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"<li><code>([A-Z0-9-]+)</code>", answer.text)
    assert len(codes) == 10
    return secret, codes


async def password(client: httpx.AsyncClient, who: Character) -> httpx.Response:
    return await client.post("/sign-in", data={"login": who.login, "password": PASSWORD, "next": "/staff"})


async def test_a_code_is_asked_for_after_the_password(client_for: Any, visitor: httpx.AsyncClient) -> None:
    secret, _codes = await set_up(await client_for(WANG))
    answer = await password(visitor, WANG)
    assert answer.headers["location"] == "/sign-in/code?next=%2Fstaff"
    assert "sid" not in visitor.cookies
    assert (await visitor.get("/staff")).status_code == 303, "the slip is no session"
    assert (await visitor.get("/sign-in/code")).status_code == 200
    answer = await visitor.post("/sign-in/code", data={"code": code(secret), "next": "/staff"})
    assert answer.headers["location"] == "/staff"
    assert (await visitor.get("/staff")).status_code == 200


async def test_without_the_right_password_no_code_helps(client_for: Any, visitor: httpx.AsyncClient) -> None:
    secret, _codes = await set_up(await client_for(WANG))
    answer = await visitor.post("/sign-in/code", data={"code": code(secret)})
    assert answer.headers["location"] == "/sign-in"
    visitor.cookies.set("pending", "made up")
    assert (await visitor.post("/sign-in/code", data={"code": code(secret)})).headers["location"] == "/sign-in"


async def test_a_code_works_once(client_for: Any, visitor: httpx.AsyncClient) -> None:
    secret, _codes = await set_up(await client_for(WANG))
    await password(visitor, WANG)
    seen = code(secret)
    assert (await visitor.post("/sign-in/code", data={"code": seen})).status_code == 303
    visitor.cookies.clear()
    await password(visitor, WANG)
    answer = await visitor.post("/sign-in/code", data={"code": seen})
    assert answer.status_code == 422
    assert "已用过" in answer.text


async def test_the_slip_is_good_for_five_minutes_and_one_entry(client_for: Any, visitor: httpx.AsyncClient) -> None:
    secret, codes = await set_up(await client_for(WANG))
    await password(visitor, WANG)
    slip = visitor.cookies["pending"]
    assert (await visitor.post("/sign-in/code", data={"code": code(secret)})).status_code == 303
    visitor.cookies.clear()
    visitor.cookies.set("pending", slip)
    assert (await visitor.post("/sign-in/code", data={"code": codes[0]})).headers["location"] == "/sign-in"
    visitor.cookies.clear()
    await password(visitor, WANG)
    await value("update challenge set expires_at = now() - interval '1 second'")
    assert (await visitor.post("/sign-in/code", data={"code": codes[1]})).headers["location"] == "/sign-in"


async def test_a_slip_is_no_passkey_challenge(client_for: Any, visitor: httpx.AsyncClient) -> None:
    await set_up(await client_for(WANG))
    await password(visitor, WANG)
    id_ = await value("select id from challenge where kind = 'pending'")
    answer = await visitor.post("/sign-in/passkey", json={"id": str(id_), "credential": {"rawId": "AAAA"}})
    assert answer.status_code == 422
    assert await value("select count(*) from challenge where kind = 'pending'") == 1


async def test_recovery_codes_work_once_each_however_they_are_typed(
    client_for: Any, visitor: httpx.AsyncClient
) -> None:
    _secret, codes = await set_up(await client_for(WANG))
    for typed, status in ((codes[0].lower().replace("-", " "), 303), (codes[0], 422), (codes[1], 303)):
        visitor.cookies.clear()
        await password(visitor, WANG)
        assert (await visitor.post("/sign-in/code", data={"code": typed})).status_code == status, typed


async def test_guessing_codes_is_slowed_down(client_for: Any, visitor: httpx.AsyncClient) -> None:
    await set_up(await client_for(WANG))
    await password(visitor, WANG)
    answers = [await visitor.post("/sign-in/code", data={"code": f"{n:06}"}) for n in range(20)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_secret_and_codes_cannot_be_read_in_the_database(client_for: Any) -> None:
    secret, codes = await set_up(await client_for(WANG))
    assert secret not in await value("select totp_secret from account where id = $1", WANG.account_id)
    everything = await value("select string_agg(recovery_code::text, ' ') from recovery_code")
    assert codes[0].replace("-", "") not in everything


async def test_a_wrong_first_code_sets_nothing_up_and_keeps_the_picture(client_for: Any) -> None:
    client = await client_for(WANG)
    shown = (await client.get("/me/second-factor")).text
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', shown)[1]  # type: ignore[index]
    answer = await client.post("/me/second-factor", data={"sealed": sealed, "code": "000000"})
    assert answer.status_code == 422
    assert sealed in answer.text
    assert await value("select totp_confirmed_at from account where id = $1", WANG.account_id) is None


async def test_anothers_sealed_secret_is_refused(client_for: Any) -> None:
    wang, li = await client_for(WANG), await client_for(LI)
    shown = (await wang.get("/me/second-factor")).text
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', shown)[1].replace(" ", "")  # type: ignore[index]
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', shown)[1]  # type: ignore[index]
    assert (await li.post("/me/second-factor", data={"sealed": sealed, "code": code(secret)})).status_code == 422


async def test_finance_and_administrators_are_asked_to_set_it_up_and_can_wait_a_week(
    visitor: httpx.AsyncClient,
) -> None:
    for who in (LI, ADMIN):
        visitor.cookies.clear()
        assert (await password(visitor, who)).headers["location"] == "/me/second-factor?next=%2Fstaff", who.key
        assert (await visitor.get("/me")).status_code == 200
    visitor.cookies.clear()
    assert (await password(visitor, WANG)).headers["location"] == "/staff"


async def test_after_a_week_everything_else_leads_there(client_for: Any) -> None:
    client = await client_for(LI)
    await value("update account set created_at = now() - interval '8 days' where id = $1", LI.account_id)
    answer = await client.get("/rooms")
    assert answer.headers["location"] == "/me/second-factor?next=%2Frooms"
    assert (await client.get("/me/second-factor")).status_code == 200
    assert (
        (await client.get("/me", headers={"hx-request": "true"})).headers["hx-redirect"].startswith("/me/second-factor")
    )
    assert (await client.get("/me", headers={"accept": "application/json"})).status_code == 403
    await set_up(client)
    async with DB.scope(EVERYWHERE):
        token = await fetchval("select csrf_secret from session where account_id = $1", LI.account_id)
    assert token
    assert (await client.get("/me")).status_code == 200


async def test_in_the_demo_it_is_only_offered(client_for: Any, monkeypatch: Any) -> None:
    import msgspec  # noqa: F401

    from server.security import guards

    monkeypatch.setattr(guards, "settings", type("S", (), {"demo": True}))
    client = await client_for(LI)
    await value("update account set created_at = now() - interval '8 days' where id = $1", LI.account_id)
    assert (await client.get("/me")).status_code == 200


async def test_setting_it_up_renews_the_session(client_for: Any, visitor: httpx.AsyncClient) -> None:
    client = await client_for(WANG)
    old = client.cookies["sid"]
    await set_up(client)
    visitor.cookies.set("sid", old)
    assert (await visitor.get("/me")).status_code == 303


async def test_a_session_from_before_loses_what_needs_two_factors(client_for: Any) -> None:
    phone, desk = await client_for(ADMIN), await client_for(ADMIN)
    await set_up(phone)
    assert (await desk.get("/settings/matrix")).status_code == 404
    assert (await desk.get("/rooms")).status_code == 200


async def test_ways_in_are_changed_only_after_the_code_was_typed_again(client_for: Any) -> None:
    from server.security.csrf import mask

    client = await client_for(WANG)
    secret, _codes = await set_up(client)
    async with DB.scope(EVERYWHERE):
        await execute("update session set second_factor_at = now() - interval '1 hour'")
        client.headers["x-csrf-token"] = mask(await fetchval("select csrf_secret from session"))
    check = "/me/second-factor/check"
    assert (await client.post("/me/second-factor/removal")).headers["location"].startswith(check)
    assert (await client.get("/me/second-factor/replacement")).headers["location"].startswith(check)
    answer = await client.post("/me/passkeys/options", json={}, headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json()["location"].startswith(check)
    assert (await client.get(check)).status_code == 200
    answer = await client.post(check, data={"code": code(secret), "next": "/me/second-factor"})
    assert answer.headers["location"] == "/me/second-factor"
    async with DB.scope(EVERYWHERE):
        client.headers["x-csrf-token"] = mask(await fetchval("select csrf_secret from session"))
    assert (await client.get("/me/second-factor/replacement")).status_code == 200
    assert (await client.post("/me/second-factor/removal")).headers["location"] == "/me?done=factor-removed"
    assert await value("select count(*) from recovery_code") == 0


async def test_whoever_needs_it_cannot_take_it_away(client_for: Any) -> None:
    from server.security.csrf import mask

    client = await client_for(LI)
    await set_up(client)
    async with DB.scope(EVERYWHERE):
        client.headers["x-csrf-token"] = mask(await fetchval("select csrf_secret from session"))
    assert (await client.post("/me/second-factor/removal")).status_code == 404
    assert "不能关闭" in (await client.get("/me/second-factor")).text

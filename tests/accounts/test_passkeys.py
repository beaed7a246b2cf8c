"""Passkeys: what gets in, and what a browser would never send."""

from typing import Any
from uuid import uuid4

import httpx

from server.db import DB, EVERYWHERE, fetchval
from tests.cast import CHEN, LIN, WANG
from tests.support.authenticator import Authenticator

JSON = {"accept": "application/json"}


async def value(sql: str, *arguments: Any) -> Any:
    async with DB.scope(EVERYWHERE):
        return await fetchval(sql, *arguments)


async def register(client: httpx.AsyncClient, key: Authenticator, **more: Any) -> httpx.Response:
    asked = (await client.post("/me/passkeys/options", json={}, headers=JSON)).json()
    answer = {"id": asked["id"], "credential": key.create(asked["options"]), **more}
    return await client.post("/me/passkeys", json=answer, headers=JSON)


async def use(client: httpx.AsyncClient, key: Authenticator, **more: Any) -> httpx.Response:
    asked = (await client.post("/sign-in/passkey/options", json={}, headers=JSON)).json()
    answer = {"id": asked["id"], "credential": key.get(asked["options"]), **more}
    return await client.post("/sign-in/passkey", json=answer, headers=JSON)


async def test_a_passkey_is_added_and_signs_in(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key = Authenticator()
    assert (await register(await client_for(CHEN), key)).status_code == 201
    answer = await use(visitor, key, next="/tickets")
    assert answer.status_code == 200
    assert answer.json() == {"next": "/tickets"}
    assert "陈晓明" in (await visitor.get("/me")).text
    assert await value("select second_factor_at is not null from session where user_agent like 'python-httpx%'")


async def test_a_passkey_sent_to_another_sites_page_is_refused(client_for: Any, visitor: httpx.AsyncClient) -> None:
    client = await client_for(CHEN)
    assert (await register(client, Authenticator(origin="http://evil.example"))).status_code == 422
    assert (await register(client, Authenticator(rp_id="evil.example"))).status_code == 422
    key = Authenticator()
    await register(client, key)
    key.origin = "https://nei-ye.example"
    assert (await use(visitor, key)).status_code == 422


async def test_without_finger_face_or_pin_it_does_not_count(client_for: Any, visitor: httpx.AsyncClient) -> None:
    client = await client_for(CHEN)
    assert (await register(client, Authenticator(verified=False))).status_code == 422
    key = Authenticator()
    await register(client, key)
    key.verified = False
    assert (await use(visitor, key)).status_code == 422


async def test_an_answer_works_once(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key = Authenticator()
    await register(await client_for(CHEN), key)
    asked = (await visitor.post("/sign-in/passkey/options", json={})).json()
    answer = {"id": asked["id"], "credential": key.get(asked["options"])}
    assert (await visitor.post("/sign-in/passkey", json=answer)).status_code == 200
    visitor.cookies.clear()
    assert (await visitor.post("/sign-in/passkey", json=answer)).status_code == 422


async def test_a_late_answer_is_refused(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key = Authenticator()
    await register(await client_for(CHEN), key)
    asked = (await visitor.post("/sign-in/passkey/options", json={})).json()
    await value("update challenge set expires_at = now() - interval '1 second'")
    answer = {"id": asked["id"], "credential": key.get(asked["options"])}
    assert (await visitor.post("/sign-in/passkey", json=answer)).status_code == 422


async def test_one_persons_challenge_is_no_use_to_another(client_for: Any) -> None:
    chen, lin = await client_for(CHEN), await client_for(LIN)
    asked = (await chen.post("/me/passkeys/options", json={})).json()
    answer = {"id": asked["id"], "credential": Authenticator().create(asked["options"])}
    assert (await lin.post("/me/passkeys", json=answer, headers=JSON)).status_code == 422


async def test_another_key_under_a_known_id_is_refused(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key, thief = Authenticator(), Authenticator()
    await register(await client_for(CHEN), key)
    thief.id = key.id
    assert (await use(visitor, thief)).status_code == 422
    assert (await use(visitor, Authenticator())).status_code == 422


async def test_a_cloned_key_is_noticed_by_its_count(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key = Authenticator()
    await register(await client_for(CHEN), key)
    key.count = 10
    assert (await use(visitor, key)).status_code == 200
    visitor.cookies.clear()
    key.count = 5
    assert (await use(visitor, key)).status_code == 422


async def test_garbage_is_refused_not_a_crash(visitor: httpx.AsyncClient) -> None:
    asked = (await visitor.post("/sign-in/passkey/options", json={})).json()
    for credential in ({}, {"rawId": 5}, {"rawId": "€"}, {"rawId": "AAAA", "response": []}):
        answer = await visitor.post("/sign-in/passkey", json={"id": asked["id"], "credential": credential})
        assert answer.status_code == 422, credential
    for body in (b"", b"[]", b'{"id": "x"}', b"{"):
        answer = await visitor.post("/sign-in/passkey", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), body


async def test_ones_own_passkeys_can_be_renamed_and_removed_and_nobody_elses(
    client_for: Any, visitor: httpx.AsyncClient
) -> None:
    chen, lin, key = await client_for(CHEN), await client_for(LIN), Authenticator()
    await register(chen, key)
    id_ = await value("select id from passkey")
    assert (await lin.post(f"/me/passkeys/{id_}", data={"name": "mine"})).status_code == 404
    assert (await lin.post(f"/me/passkeys/{id_}/removal")).status_code == 404
    assert (await chen.post(f"/me/passkeys/{id_}", data={"name": "我的手机"})).status_code == 303
    assert "我的手机" in (await chen.get("/me/passkeys")).text
    assert (await chen.post(f"/me/passkeys/{id_}/removal")).status_code == 303
    assert (await use(visitor, key)).status_code == 422
    assert (await chen.post(f"/me/passkeys/{uuid4()}/removal")).status_code == 404


async def test_a_disabled_account_does_not_get_in_with_its_passkey(client_for: Any, visitor: httpx.AsyncClient) -> None:
    key = Authenticator()
    await register(await client_for(WANG), key)
    await value("update account set disabled_at = now() where id = $1", WANG.account_id)
    assert (await use(visitor, key)).status_code == 422

"""Guessing gets slower and slower; the person with the right password still gets in."""

from typing import Any

import httpx

from server.app import create_app
from server.db import DB, EVERYWHERE
from server.security import throttle
from tests.cast import PASSWORD, SHIFU, WANG


def browser(ip: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(), client=(ip, 1)), base_url="http://localhost"
    )


async def send(client: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await client.post("/sign-in", data={"login": login, "password": password})


async def attack(client: httpx.AsyncClient, login: str = "wang", tries: int = 25) -> httpx.Response:
    for number in range(tries):
        answer = await send(client, login, f"guess number {number}")
    return answer


async def test_a_guesser_is_told_to_wait_on_the_form(db: str) -> None:
    async with browser("203.0.113.5") as attacker:
        answer = await attack(attacker)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 60
        assert "试的次数太多了" in answer.text
        assert 'value="wang"' in answer.text


async def test_the_wait_grows_with_every_further_try_but_not_for_ever(db: str) -> None:
    async with DB.scope(EVERYWHERE):
        bucket = throttle.Bucket(3, 60)
        waits = [await throttle.take("somebody", bucket) for _try in range(12)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] < waits[4] < waits[5]
    assert max(waits) <= 60 * 4


async def test_the_right_password_gets_in_from_another_address_during_an_attack(db: str) -> None:
    async with browser("203.0.113.5") as attacker, browser("198.51.100.7") as person:
        await attack(attacker)
        assert (await send(person, "wang", PASSWORD)).status_code == 303


async def test_a_device_seen_before_gets_in_even_from_the_attackers_address(db: str) -> None:
    async with browser("203.0.113.5") as person, browser("203.0.113.5") as attacker:
        assert (await send(person, "wang", PASSWORD)).status_code == 303
        kept = person.cookies["device"]
        await attack(attacker, tries=40)
        assert (await send(attacker, "wang", PASSWORD)).status_code == 429
        person.cookies.clear()
        person.cookies.set("device", kept)
        assert (await send(person, "wang", PASSWORD)).status_code == 303


async def test_the_mark_of_a_device_is_good_for_its_own_account_only(db: str) -> None:
    cookie = throttle.remember_device("", WANG.account_id)
    assert throttle.known_device(cookie, WANG.account_id)
    assert throttle.known_device(cookie, SHIFU.account_id) is None
    assert throttle.known_device(cookie, None) is None
    forged = cookie.split(".")[0] + "." + "0" * 32
    assert throttle.known_device(forged, WANG.account_id) is None


async def test_a_shared_computer_remembers_its_last_five_people() -> None:
    from uuid import uuid4

    people = [uuid4() for _person in range(6)]
    cookie = ""
    for one in people:
        cookie = throttle.remember_device(cookie, one)
    assert throttle.known_device(cookie, people[0]) is None
    assert all(throttle.known_device(cookie, one) for one in people[1:])
    assert throttle.remember_device(cookie, people[3]) == cookie


async def test_one_address_cannot_try_one_password_on_everybody(db: str) -> None:
    async with browser("203.0.113.5") as attacker:
        answers = [await send(attacker, f"person{number}", "Wuye-2026") for number in range(35)]
    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429


async def test_unknown_accounts_are_throttled_like_known_ones(db: str) -> None:
    async with browser("203.0.113.5") as attacker, browser("203.0.113.6") as other:
        known = [(await send(attacker, "wang", "x" * 9)).status_code for _try in range(20)]
        unknown = [(await send(other, "nobody", "x" * 9)).status_code for _try in range(20)]
    assert known == unknown


async def test_right_passwords_cost_nothing(db: str) -> None:
    async with browser("203.0.113.5") as office:
        for _time in range(40):
            office.cookies.clear()
            assert (await send(office, "wang", PASSWORD)).status_code == 303


async def test_an_ipv6_customer_counts_as_one() -> None:
    assert throttle.network("2001:db8:1:2:3:4:5:6") == throttle.network("2001:db8:1:2::1")
    assert throttle.network("2001:db8:1:3::1") != throttle.network("2001:db8:1:2::1")
    assert throttle.network("nonsense") == "nonsense"


async def test_two_at_once_never_take_the_same_try(db: str) -> None:
    import asyncio
    import contextvars

    async def one() -> int:
        async with DB.scope(EVERYWHERE):
            return await throttle.take("crowd", throttle.Bucket(5, 600))

    tasks = [asyncio.create_task(one(), context=contextvars.Context()) for _number in range(20)]
    waits: list[Any] = await asyncio.gather(*tasks)
    assert waits.count(0) == 5

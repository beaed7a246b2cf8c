"""A phone's own token: hands in work and photos after the session has ended, and can do nothing else."""

import pytest

from server.db import DB, EVERYWHERE, execute, fetchval
from server.lib.ids import uuid7
from tests.cast import WANG, ZHAO
from tests.support.phones import Phone
from tests.support.things import ticks_of


@pytest.fixture
async def signed_out(phone_for, visitor) -> Phone:
    """赵强's phone with work on it; its session has ended."""
    phone = await phone_for(ZHAO)
    await phone.push()
    assert phone.token
    async with DB.scope(EVERYWHERE):
        await execute("delete from session where account_id = $1", ZHAO.account_id)
    assert (await phone.post()).status_code == 401
    phone.client = visitor
    return phone


async def test_old_work_is_handed_in_without_a_session(signed_out):
    id_ = uuid7()
    make = signed_out.op("thing.make", id_, args={"name": "灯"})
    assert await signed_out.push(make, signed_out.op("thing.tick", id_, base=1)) == ["applied", "applied"]
    assert "push_token" not in signed_out.answer
    async with DB.scope(EVERYWHERE):
        assert len(await ticks_of(id_)) == 1
        assert await fetchval("select distinct account_id from audit where action = 'thing.change'") == ZHAO.account_id
    head = await signed_out.client.head(f"/sync/blobs/{'0' * 64}?photo={uuid7()}", headers=signed_out.headers)
    assert head.status_code == 200


async def test_it_reads_nothing(signed_out):
    for method, path in (
        ("POST", "/sync/pull"),
        ("GET", "/"),
        ("GET", "/rooms"),
        ("GET", "/me"),
        ("GET", "/field/rounds"),
    ):
        answer = await signed_out.client.request(
            method, path, headers=signed_out.headers, json={} if method == "POST" else None
        )
        assert answer.status_code in (302, 303, 401, 404), path
        assert "赵强" not in answer.text


async def test_it_is_for_its_own_phone_and_person(signed_out):
    assert (await signed_out.post(user=str(WANG.account_id))).status_code == 401
    device, signed_out.device = signed_out.device, str(uuid7())
    assert (await signed_out.post()).status_code == 401
    signed_out.device = device
    assert (await signed_out.post()).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "update sync_device set token_until = now() - interval '1 second'",
        "update sync_device set token_revoked_at = now()",
        f"update account set disabled_at = now() where id = '{ZHAO.account_id}'",
    ],
)
async def test_it_ends_with_its_time_its_revocation_and_its_account(signed_out, change):
    assert (await signed_out.post()).status_code == 200
    async with DB.scope(EVERYWHERE):
        await execute(change)
    assert (await signed_out.post()).status_code == 401


async def test_a_session_from_before_a_revocation_gets_no_new_one(phone_for):
    phone = await phone_for(ZHAO)
    await phone.push()
    async with DB.scope(EVERYWHERE):
        await execute("update sync_device set token_revoked_at = now(), token_hash = null, token_until = null")
    phone.token = None
    await phone.push()
    assert phone.token is None
    again = await phone_for(ZHAO)  # signed in anew
    again.device = phone.device
    await again.push()
    assert again.token


async def test_a_phone_whose_answer_was_lost_gets_another(phone_for):
    phone = await phone_for(ZHAO)
    await phone.push()
    first, phone.token = phone.token, None
    await phone.push()
    assert phone.token not in (None, first)
    kept = phone.token
    await phone.push()
    assert phone.token == kept
    assert "push_token" not in phone.answer

"""What our own code fails at goes to the office after the second time, and is tried again from there."""

import json

import pytest

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.lib.ids import uuid7
from server.sync import operations
from server.sync.failing import forget_failures
from server.sync.operations import ENTITY, Operation
from server.sync.tidying import carry_out_all
from tests.cast import SUN, WANG, ZHAO
from tests.support import things as feature
from tests.support.things import ticks_of
from tests.sync.test_blobs import PHOTO, promise, send

BAD = {"version": 2, "args": {"note": "坏"}}
"""What the feature fails at."""


async def outcome_of(op) -> str:
    async with DB.scope(EVERYWHERE):
        return str(await fetchval("select outcome from sync_op where id = $1", op["id"]))


async def failing_twice(phone):
    """Return a thing and an operation on it that is stuck."""
    id_ = uuid7()
    bad = phone.op("thing.tick", id_, base=1, **BAD)
    assert await phone.push(phone.op("thing.make", id_, args={"name": "灯"}), bad) == ["applied", "retry"]
    assert await phone.push(bad) == ["deferred"]
    return id_, bad


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch):
    """Return what repairs the feature."""

    async def tick(op):
        thing = await feature.reached(op)
        query = "update thing set ticks = ticks || to_jsonb($2::text), version = version + 1 where id = $1"
        await execute(query, op.entity_id, op.args["note"])
        return await feature.done(op, thing["version"] + 1)

    def mend() -> None:
        one = Operation("thing.tick", "勾", {"thing": ENTITY}, tick, version=2)
        monkeypatch.setitem(operations._operations, "thing.tick", one)

    return mend


async def test_after_the_second_failure_the_phone_may_let_go(phone_for):
    phone = await phone_for(ZHAO)
    _thing, bad = await failing_twice(phone)
    told = phone.answer["results"][0]
    assert told["reason"] == "stuck"
    assert "办公室" in told["message"]
    async with DB.scope(EVERYWHERE):
        kept = await fetchrow("select outcome, body, settled_at from sync_op where id = $1", bad["id"])
        assert await fetchval("select unsent from sync_device") == 0
    assert kept["outcome"] == "stuck"
    assert json.loads(kept["body"]) == bad
    assert kept["settled_at"] is None
    assert await phone.push(bad) == ["deferred"]
    async with DB.scope(EVERYWHERE):
        assert await carry_out_all() == 0  # nobody tries it by himself
    assert await outcome_of(bad) == "stuck"


async def test_what_fails_at_the_commit_or_among_others_counts_once_a_push(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    late = phone.op("thing.tick", id_, base=1, version=2, args={"note": "迟"})
    bad, good = phone.op("thing.tick", id_, base=1, **BAD), phone.op("thing.tick", id_, base=1, args={"text": "好"})
    assert await phone.push(bad, late, good) == ["retry", "retry", "applied"]
    assert await phone.push(bad, late, good) == ["deferred", "deferred", "applied"]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["好"]
        assert {one["times"] for one in await fetch("select times from sync_failure")} == {2}


async def test_what_builds_on_it_waits_and_follows_it(phone_for, client_for, mended):
    phone = await phone_for(ZHAO)
    id_, bad = await failing_twice(phone)
    after = phone.op("thing.tick", id_, base=1, version=2, deps=[bad["id"]], args={"note": "后"})
    assert await phone.push(after) == ["deferred"]
    wang = await client_for(WANG)
    again = f"/phones/records/{bad['id']}/carrying"
    assert (await wang.post(again)).status_code == 303
    assert await outcome_of(bad) == "stuck"  # the fault is still there
    mended()
    assert (await wang.post(again)).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["坏", "后"]
        done = await fetchrow("select account_id from audit where action = 'thing.change' order by at desc limit 1")
        tried = await fetch("select account_id, entity_id from audit where action = 'sync.try_again'")
    assert done["account_id"] == ZHAO.account_id
    assert [(one["account_id"], str(one["entity_id"])) for one in tried] == [(WANG.account_id, bad["id"])] * 2
    assert await phone.push(bad, after) == ["applied", "applied"]
    assert (await wang.post(again)).status_code == 404


async def test_the_office_sees_it_and_only_the_office(phone_for, client_for):
    phone = await phone_for(ZHAO)
    _thing, bad = await failing_twice(phone)
    wang = await client_for(WANG)
    assert "卡住 1 条" in (await wang.get("/phones")).text
    listed = (await wang.get("/phones/records?state=stuck")).text
    assert "再试一次" in listed
    assert bad["id"] in listed
    assert bad["id"] not in (await wang.get("/phones/records")).text
    assert "再试一次" in (await wang.get(f"/phones/records/{bad['id']}")).text
    assert "手机交来但卡住的记录" in (await wang.get("/")).text
    again = f"/phones/records/{bad['id']}/carrying"
    for who in (ZHAO, SUN):
        assert (await (await client_for(who)).post(again)).status_code == 404
    assert await outcome_of(bad) == "stuck"


async def test_the_office_may_do_it_another_way(phone_for, client_for):
    phone = await phone_for(ZHAO)
    id_, bad = await failing_twice(phone)
    after = phone.op("thing.tick", id_, base=1, version=2, deps=[bad["id"]], args={"note": "后"})
    assert await phone.push(after) == ["deferred"]
    answer = f"/phones/records/{bad['id']}/resolution"
    assert (await (await client_for(WANG)).post(answer, data={"note": "在电脑上补做了"})).status_code == 303
    assert await phone.push(bad, after) == ["rejected", "applied"]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["后"]


async def test_what_waited_for_its_photo_and_fails_is_stuck_too(phone_for, client_for, mended, monkeypatch):

    phone, id_, photo = await phone_for(ZHAO), uuid7(), promise()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    prove = phone.op("thing.prove", id_, base=1, photos=[photo], args={"note": "坏"})
    assert await phone.push(prove) == ["deferred"]
    assert (await send(phone, photo, PHOTO)).status_code == 201
    assert await outcome_of(prove) == "deferred"
    async with DB.scope(EVERYWHERE):
        assert await carry_out_all() == 0
    assert await outcome_of(prove) == "stuck"
    fine = Operation("thing.prove", "证明", {"thing": ENTITY}, feature.rename, waits_for_photos=True)
    monkeypatch.setitem(operations._operations, "thing.prove", fine)
    await (await client_for(WANG)).post(f"/phones/records/{prove['id']}/carrying")
    assert await outcome_of(prove) == "applied"


async def test_who_left_meanwhile_is_not_spoken_for(phone_for, client_for, mended):
    phone = await phone_for(ZHAO)
    id_, bad = await failing_twice(phone)
    mended()
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where person_id = $1", ZHAO.person_id)
    await (await client_for(WANG)).post(f"/phones/records/{bad['id']}/carrying")
    assert await outcome_of(bad) == "rejected"
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == []


async def test_a_database_that_is_away_counts_for_nothing(phone_for, monkeypatch):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))

    async def away(_op):
        raise ConnectionResetError

    monkeypatch.setitem(
        operations._operations, "thing.tick", Operation("thing.tick", "勾", {"thing": ENTITY}, away, version=2)
    )
    op = phone.op("thing.tick", id_, base=1, version=2)
    for _ in range(3):
        assert (await phone.post(op)).status_code == 503
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from sync_failure") == 0


async def test_a_stranger_with_the_same_id_does_not_bring_it_nearer(phone_for):
    zhao, sun, id_ = await phone_for(ZHAO), await phone_for(SUN), uuid7()
    await zhao.push(zhao.op("thing.make", id_, args={"name": "灯"}))
    bad = zhao.op("thing.tick", id_, base=1, **BAD)
    assert await zhao.push(bad) == ["retry"]
    own = uuid7()
    foreign = sun.op("thing.tick", own, base=1, id=bad["id"], **BAD)
    assert await sun.push(sun.op("thing.make", own, args={"name": "泵"}), foreign) == ["applied", "retry"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select times from sync_failure") == 1


async def test_old_failures_are_forgotten(phone_for):
    await failing_twice(await phone_for(ZHAO))
    async with DB.scope(EVERYWHERE):
        assert await forget_failures(90) == 0
        await execute("update sync_failure set failed_at = now() - interval '91 days'")
        assert await forget_failures(90) == 1

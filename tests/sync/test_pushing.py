"""Push: every operation exactly once, in custody for ever, none in the way of another."""

import asyncio

import asyncpg
import pytest

from server.db import DB, EVERYWHERE, execute, fetchrow, fetchval
from server.lib.ids import uuid7
from tests.cast import LAKE, SUN, SUNSHINE, WANG, ZHAO
from tests.support.phones import hash_of
from tests.support.things import ticks_of


async def count(table: str, where: str = "true") -> int:
    async with DB.scope(EVERYWHERE):
        return int(await fetchval(f"select count(*) from {table} where {where}"))


async def test_an_operation_takes_effect_with_its_audit_and_feed_entry(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    assert await phone.push(phone.op("thing.make", id_, args={"name": "灯"})) == ["applied"]
    assert phone.answer["results"][0]["version"] == 1
    await phone.pull()
    assert phone.documents["thing", str(id_)]["name"] == "灯"
    assert await count("sync_op", "outcome = 'applied'") == await count("audit", "action = 'thing.change'") == 1


async def test_the_same_operation_again_has_the_same_outcome_and_no_second_effect(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    tick = phone.op("thing.tick", id_, base=1, args={"text": "好"})
    assert await phone.push(make, tick) == ["applied", "applied"]
    for _ in range(3):  # the answers were dropped on their way
        assert await phone.push(make, tick) == ["applied", "applied"]
    assert [result["version"] for result in phone.answer["results"]] == [1, 2]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["好"]
    assert await count("audit", "action = 'thing.change'") == 2


async def test_the_same_id_with_another_content_is_refused(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    await phone.push(make)
    other = make | {"args": {"name": "泵"}}
    other["hash"] = hash_of(other)
    assert await phone.push(other) == ["rejected"]
    assert phone.answer["results"][0]["reason"] == "hash"
    stranger = await phone_for(SUN)
    assert await stranger.push(make) == ["rejected"]
    assert phone.answer["results"][0]["reason"] == "hash"


async def test_a_body_that_is_not_what_was_hashed_is_asked_for_again(phone_for):
    phone = await phone_for(ZHAO)
    op = phone.op("thing.make", uuid7(), args={"name": "灯"})
    assert await phone.push(op | {"args": {"name": "坏"}}) == ["retry"]
    assert await count("sync_op") == 0
    assert await phone.push(op) == ["applied"]


async def test_sixteen_pushes_of_the_same_operation_at_once_have_one_effect(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    op = phone.op("thing.make", id_, args={"name": "灯"})
    tick = phone.op("thing.tick", id_, base=1, args={"text": "一"}, deps=[op["id"]])
    answers = await asyncio.gather(*(phone.post(op, tick) for _ in range(16)))
    outcomes = {result["outcome"] for answer in answers for result in answer.json()["results"]}
    assert outcomes == {"applied"}
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["一"]
    print("16 pushes of 2 operations: 2 effects")


async def test_pushes_that_overlap_in_any_order_have_one_effect_each(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    ticks = [phone.op("thing.tick", id_, base=1, args={"text": str(n)}) for n in range(6)]
    turned = [(ticks[n:] + ticks[:n])[: 2 + n % 5] for n in range(6)]
    answers = await asyncio.gather(*(phone.post(*ops[:: 1 - 2 * (n % 2)]) for n, ops in enumerate(turned * 3)))
    outcomes = {result["outcome"] for answer in answers for result in answer.json()["results"]}
    assert outcomes <= {"applied", "merged"}
    async with DB.scope(EVERYWHERE):
        assert sorted(await ticks_of(id_)) == [str(n) for n in range(6)]
    assert await count("audit", "action = 'thing.change'") == 7


async def test_a_push_waits_for_another_that_has_claimed_one_of_its_operations(phone_for, db):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    one, two = (phone.op("thing.tick", id_, base=1, args={"text": text}) for text in "一二")
    other = await asyncpg.connect(db, server_settings={"neiye.reach": "*"})
    async with other.transaction():
        await other.execute(CLAIMED, two["id"], SUNSHINE, ZHAO.account_id, phone.device, two["hash"])
        push = asyncio.create_task(phone.push(one, two))
        async with asyncio.timeout(30):
            while not await other.fetchval("select exists (select from pg_locks where not granted)"):
                await asyncio.sleep(0)
        assert not push.done()
    await other.close()
    assert await push == ["applied", "applied"]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["一"]


CLAIMED = """
insert into sync_op (id, community_id, account_id, actor_name, device_id, seq, type, version, hash, outcome, body, flags)
values ($1, $2, $3, '赵强', $4, 9, 'thing.tick', 1, $5, 'applied', '', '')
"""


async def test_an_operation_twice_in_one_push_has_one_effect_and_one_outcome(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    tick = phone.op("thing.tick", id_, base=1, args={"text": "一"})
    assert await phone.push(make, tick, make, tick) == ["applied"] * 4
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["一"]


async def test_work_that_simply_takes_effect_needs_no_savepoints_and_leaves_the_same_rows(phone_for):
    phone, ids = await phone_for(ZHAO), [uuid7() for _ in range(4)]
    work = [phone.op("thing.make", id_, args={"name": "灯"}) for id_ in ids]
    assert await phone.push(*work[:2]) == ["applied", "applied"]
    assert await count("(select distinct xmin::text from sync_op) as writers") == 1
    refused = phone.op("thing.make", uuid7())
    assert await phone.push(*work[2:], refused) == ["applied", "applied", "rejected"]
    assert await count("(select distinct xmin::text from sync_op) as writers") == 4  # each behind its own savepoint
    same = "type, version, outcome, message, result_version, flags, actor_name, account_id, community_id, device_id"
    assert await count(f"(select distinct {same} from sync_op where outcome = 'applied') as kinds") == 1
    assert await count("sync_op", "settled_at is null") == 0


async def test_a_bad_operation_does_not_hold_up_the_others(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    bad = phone.op("thing.tick", id_, args={"note": "坏"}, version=2)
    after_bad = phone.op("thing.tick", id_, args={"text": "后"}, deps=[bad["id"]])
    no_name = phone.op("thing.make", uuid7())
    good = phone.op("thing.tick", id_, args={"text": "好"})
    newer = phone.op("thing.tick", id_, version=3)
    unknown = phone.op("thing.unheard_of", id_)
    outcomes = await phone.push(make, bad, after_bad, no_name, good, newer, unknown)
    assert outcomes == ["applied", "retry", "retry", "rejected", "merged", "upgrade", "upgrade"]
    reasons = [result.get("reason") for result in phone.answer["results"]]
    assert reasons == [None, "busy", "deps", "rules", None, None, None]
    assert await count("sync_op") == 3
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["好"]


async def test_what_fails_only_at_the_commit_takes_nothing_else_with_it(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    one = phone.op("thing.tick", id_, base=1, args={"text": "一"})
    bad = phone.op("thing.tick", id_, base=2, args={"note": "迟"}, version=2)
    after_bad = phone.op("thing.tick", id_, base=3, args={"text": "后"}, deps=[bad["id"]])
    two = phone.op("thing.tick", id_, base=2, args={"text": "二"})
    assert await phone.push(make, one, bad, after_bad, two) == ["applied", "applied", "retry", "retry", "applied"]
    assert await count("sync_op") == await count("audit", "action = 'thing.change'") == 3
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["一", "二"]


async def test_the_operations_of_one_push_are_committed_at_once(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(
        phone.op("thing.make", id_, args={"name": "灯"}),
        *(phone.op("thing.tick", id_, base=n, args={"text": str(n)}) for n in range(1, 50)),
    )
    assert {one["outcome"] for one in phone.answer["results"]} == {"applied"}
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select seq from sync_scope where scope = $1", f"thing:{SUNSHINE}") == 1
    print("50 operations, 1 commit")


async def test_what_cannot_be_read_is_kept_as_it_came(phone_for):
    phone = await phone_for(ZHAO)
    op = phone.op("thing.make", uuid7(), args={"name": {"deep": 1}})
    odd = op | {"id": "no id", "seq": "x"}
    answer = await phone.post(op, odd, 7, None, "x", [])
    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes == ["rejected"] * 6
    assert await count("sync_op", "outcome = 'rejected'") == 6
    again = await phone.post(op, odd, 7, None, "x", [])
    assert again.json()["results"] == answer.json()["results"]
    assert await count("sync_op") == 6


async def test_a_stale_version_is_a_conflict_with_both_sides_and_leaves_nothing(phone_for):
    zhao, wang, id_ = await phone_for(ZHAO), await phone_for(WANG), uuid7()
    await zhao.push(zhao.op("thing.make", id_, args={"name": "灯"}))
    assert await wang.push(wang.op("thing.rename", id_, base=1, args={"name": "泵"})) == ["applied"]
    assert await zhao.push(zhao.op("thing.rename", id_, base=1, args={"name": "门"})) == ["conflict"]
    result = zhao.answer["results"][0]
    assert result["message"] == "名字已改成泵"
    assert result["documents"][0]["name"] == "泵"
    assert await zhao.push(zhao.op("thing.tick", id_, base=1)) == ["merged"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select name from thing") == "泵"


async def test_work_for_somebody_elses_community_is_kept_and_refused(phone_for):
    zhao, sun, id_ = await phone_for(ZHAO), await phone_for(SUN), uuid7()
    await zhao.push(zhao.op("thing.make", id_, args={"name": "灯"}))
    for op in (
        sun.op("thing.tick", id_),
        sun.op("thing.tick", id_, community=str(SUNSHINE)),
        sun.op("thing.make", uuid7(), args={"name": "入侵"}, community=str(SUNSHINE)),
    ):
        assert await sun.push(op) == ["rejected"]
        assert sun.answer["results"][0]["reason"] == "scope"
        assert sun.answer["results"][0].get("documents", []) == []
    assert await count("thing", f"community_id = '{SUNSHINE}' and version = 1") == await count("thing") == 1
    assert await count("sync_op", f"community_id = '{LAKE}'") == 3


async def test_work_of_somebody_who_left_is_kept_for_the_office(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}, community=str(SUNSHINE)))
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where person_id = $1", ZHAO.person_id)
    assert await phone.push(phone.op("thing.tick", id_, community=str(SUNSHINE))) == ["rejected"]
    assert phone.answer["results"][0]["reason"] == "scope"
    async with DB.scope(str(SUNSHINE)):
        kept = await fetchrow("select * from sync_op where outcome = 'rejected'")
    assert (kept["account_id"], kept["type"]) == (ZHAO.account_id, "thing.tick")


async def test_what_builds_on_work_of_a_community_one_has_left_is_kept_too(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"}, community=str(SUNSHINE))
    await phone.push(make)
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where person_id = $1", ZHAO.person_id)
    tick = phone.op("thing.tick", id_, community=str(SUNSHINE), deps=[make["id"]])
    assert await phone.push(make, tick) == ["applied", "rejected"]
    assert phone.answer["results"][1]["reason"] == "scope"


async def test_what_was_thrown_away_on_the_phone_stays_so_when_it_comes_after_all(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    op = phone.op("thing.make", id_, args={"name": "灯"})
    gone = {name: op[name] for name in ("id", "seq", "type", "entity", "hash")} | {"reason": "写错了"}
    assert (await phone.post(discarded=[gone])).json()["discarded"] == [op["id"]]
    assert await phone.push(op) == ["discarded"]
    assert await count("thing") == 0
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select unsent from sync_device") == 0


async def test_what_builds_on_something_thrown_away_comes_with_the_same_push(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    op = phone.op("thing.tick", id_, base=1)
    gone = {name: op[name] for name in ("id", "seq", "type", "entity", "hash")} | {"reason": "已重新提交"}
    assert await phone.push(phone.op("thing.tick", id_, base=1, deps=[op["id"]]), discarded=[gone]) == ["applied"]


async def test_a_phone_that_counts_wildly_is_still_answered(phone_for):
    phone = await phone_for(ZHAO)
    assert (await phone.post(next_seq=2**53)).status_code == 200


async def test_an_older_phones_arguments_are_understood(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    await phone.push(
        phone.op("thing.tick", id_, version=1, args={"text": "旧"}),
        phone.op("thing.tick", id_, version=2, args={"note": "新"}),
    )
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["旧", "新"]


async def test_texts_no_database_takes_do_no_harm(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    op = phone.op("thing.make", id_, args={"name": "灯\x00\x01泡😀"})
    assert await phone.push(op) == ["applied"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select name from thing") == "灯泡😀"
        assert "\\u0000" in await fetchval("select body from sync_op")


@pytest.mark.parametrize("page", ["/sync/push", "/sync/pull"])
async def test_nobody_is_told_401_in_json_and_never_redirected(visitor, page):
    for headers in ({}, {"accept": "text/html"}, {"authorization": "Device invented"}):
        answer = await visitor.post(page, json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["status"] == 401


async def test_a_push_needs_the_sessions_token_and_comes_from_its_own_person(phone_for):
    zhao = await phone_for(ZHAO)
    assert (await zhao.post(user=str(WANG.account_id))).status_code == 401
    token = zhao.client.headers.pop("x-csrf-token")
    assert (await zhao.post()).status_code == 403
    zhao.client.headers["x-csrf-token"] = token
    assert (await zhao.post()).status_code == 200


async def test_what_a_restored_backup_has_forgotten_is_handed_in_once_more(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    make = phone.op("thing.make", id_, args={"name": "灯"})
    before = phone.op("thing.tick", id_, base=1, args={"text": "备份前"}, deps=[make["id"]])
    after = phone.op("thing.tick", id_, base=2, args={"text": "备份后"}, deps=[before["id"]])
    await phone.push(make, before)
    async with DB.scope(EVERYWHERE):
        kept = await fetchrow("select * from thing")
    await phone.push(after)
    epoch = phone.answer["epoch"]
    async with DB.scope(EVERYWHERE):  # the database is as it was before the last operation
        await execute("delete from sync_op where id = $1", after["id"])
        await execute("update thing set ticks = $1, version = $2", kept["ticks"], kept["version"])
        await execute("select sync_new_epoch()")
    assert await phone.push(make, before, after) == ["applied", "applied", "applied"]
    assert phone.answer["epoch"] != epoch
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["备份前", "备份后"]

"""The supervisor: every phone, what never arrived, and what did not take effect until somebody deals with it."""

from datetime import UTC, datetime, timedelta

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.lib.ids import uuid7
from server.sync.supervising import tell_of_trouble
from tests.cast import CHEN, SUN, WANG, ZHAO, ZHOU


async def device_row():
    async with DB.scope(EVERYWHERE):
        return await fetchrow("select * from sync_device")


async def test_a_phone_says_what_it_holds(phone_for, client_for):
    phone = await phone_for(ZHAO)
    phone.seq = 3
    await phone.push(
        unsent=3, oldest_age=3_600_000, storage={"used": 30, "quota": 40, "persisted": False}, build="abc",
    )  # fmt: skip
    found = await device_row()
    assert (found["unsent"], found["missing"], found["storage_used"], found["persisted"]) == (3, 0, 30, False)
    assert found["emptied_at"] is None
    page = (await (await client_for(WANG)).get("/phones")).text
    assert "赵强" in page
    assert "有待发" in page
    assert "75%" in page


async def test_a_number_that_never_came_is_shown_and_told_after_a_day(phone_for, client_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    lost = [phone.op("thing.tick", id_) for _ in range(3)]  # the outbox is deleted by hand
    await phone.push(phone.op("thing.tick", id_))
    assert (await device_row())["missing"] == 3
    wang = await client_for(WANG)
    assert "缺记录" in (await wang.get("/phones")).text
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        tomorrow = datetime.now(UTC) + timedelta(hours=25)
        assert [await tell_of_trouble(tomorrow), await tell_of_trouble(tomorrow)] == [1, 0]
        told = await fetch("select account_id, event from notification")
    assert {one["account_id"] for one in told} == {WANG.account_id, ZHOU.account_id}
    assert {one["event"] for one in told} == {"phone_missing"}
    assert "3 条现场记录没有送到" in (await wang.get("/messages")).text
    await phone.push(*lost[:2])
    assert (await device_row())["missing"] == 1
    said = {"id": lost[2]["id"], "seq": lost[2]["seq"], "type": "thing.tick", "reason": "记错了"}
    await phone.push(discarded=[said])
    assert phone.answer["discarded"] == [said["id"]]
    assert (await device_row())["missing"] == 0
    assert (await device_row())["alerted_at"] is None
    assert "记错了" in (await wang.get("/phones/records?state=discarded")).text


async def test_a_report_that_comes_late_does_not_count(phone_for):
    phone = await phone_for(ZHAO)
    facts = "select unsent, next_seq, report_number from sync_device"
    await phone.push(number=1000, next_seq=5, unsent=2)
    await phone.push(number=1001, next_seq=5, unsent=0)
    await phone.push(number=1000, next_seq=5, unsent=2)  # the network brings it once more
    async with DB.scope(EVERYWHERE):
        assert tuple(await fetchrow(facts)) == (0, 5, 1001)
    await phone.push(number=7, next_seq=6, unsent=1)  # its clock and its outbox were set back, but it has new work
    await phone.push(next_seq=6, unsent=3)  # a page of an older release, which does not count
    async with DB.scope(EVERYWHERE):
        assert tuple(await fetchrow(facts)) == (3, 6, 1001)


async def test_a_phone_that_fell_silent_with_work_unsent_is_told(phone_for):
    phone = await phone_for(ZHAO)
    phone.seq = 2
    await phone.push(unsent=2)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        await execute("update sync_device set last_seen_at = now() - interval '25 hours'")
        assert await tell_of_trouble() == 1
        assert await fetchval("select distinct event from notification") == "phone_silent"


async def test_a_phone_that_fell_silent_with_photos_unsent_is_told(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    photo = {"id": str(uuid7()), "sha256": "a" * 64, "size": 9, "role": "x"}
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}), phone.op("thing.prove", id_, photos=[photo]))
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        await execute("update sync_device set last_seen_at = now() - interval '25 hours'")
        assert [await tell_of_trouble(), await tell_of_trouble()] == [1, 0]
        assert await fetchval("select distinct facts ->> 'unsent' from notification") == "1"


async def test_what_must_be_sent_again_is_not_missing(phone_for):
    phone = await phone_for(ZHAO)
    await phone.push(phone.op("thing.unheard_of", uuid7()))
    found = await device_row()
    assert (found["unsent"], found["missing"], found["emptied_at"]) == (1, 0, None)


async def test_a_conflict_waits_with_both_versions_until_a_person_settles_it(phone_for, client_for):
    zhao, id_ = await phone_for(ZHAO), uuid7()
    await zhao.push(zhao.op("thing.make", id_, args={"name": "一号灯"}))
    await zhao.push(zhao.op("thing.tick", id_, base=1))
    late = zhao.op("thing.rename", id_, base=1, args={"name": "二号灯"})
    assert await zhao.push(late) == ["conflict"]
    wang = await client_for(WANG)
    assert "名字已改成一号灯" in (await wang.get("/phones/records")).text
    page = (await wang.get(f"/phones/records/{late['id']}")).text
    assert "二号灯" in page
    assert "<dd>一号灯</dd>" in page
    answer = f"/phones/records/{late['id']}/resolution"
    assert (await wang.post(answer, data={"note": ""})).status_code == 422
    assert (await wang.post(answer, data={"note": "问过本人，不改"})).status_code == 303
    assert (await wang.post(answer, data={"note": "再来一次"})).status_code == 404
    assert "问过本人" in (await wang.get("/phones/records?state=done")).text
    async with DB.scope(EVERYWHERE):
        audit = await fetchrow("select reason, account_id from audit where action = 'sync.resolve'")
    assert tuple(audit) == ("问过本人，不改", WANG.account_id)


async def test_what_nobody_can_read_is_shown_as_it_came(phone_for, client_for):
    await (await phone_for(ZHAO)).post({"odd": "<b>坏</b>"}, 7)
    wang = await client_for(WANG)
    assert (await wang.get("/phones/records")).text.count("读不懂的记录") == 2
    async with DB.scope(EVERYWHERE):
        ids = [one["id"] for one in await fetch("select id from sync_op")]
    for id_ in ids:
        page = await wang.get(f"/phones/records/{id_}")
        assert page.status_code == 200
        assert "<b>坏" not in page.text


async def test_a_phones_token_can_be_taken_away(phone_for, client_for):
    phone = await phone_for(ZHAO)
    await phone.push()
    device = (await device_row())["id"]
    wang = await client_for(WANG)
    assert (await wang.get(f"/phones/{device}/revocation")).status_code == 200
    assert (await wang.post(f"/phones/{device}/revocation", data={"note": ""})).status_code == 422
    assert (await wang.post(f"/phones/{device}/revocation", data={"note": "手机丢了"})).status_code == 303
    assert (await device_row())["token_hash"] is None
    assert "已收回" in (await wang.get("/phones")).text


async def test_strangers_and_those_without_the_capability_see_nothing(phone_for, client_for):
    zhao = await phone_for(ZHAO)
    bad = zhao.op("thing.make", uuid7())
    await zhao.push(bad)
    device = (await device_row())["id"]
    sun = await client_for(SUN)
    assert "赵强" not in (await sun.get("/phones")).text
    assert (await sun.get("/phones/records")).text.count(bad["id"]) == 0
    for path in (f"/phones/records/{bad['id']}", f"/phones/{device}/revocation"):
        assert (await sun.get(path)).status_code == 404
    for who in (ZHAO, CHEN):
        assert (await (await client_for(who)).get("/phones")).status_code == 404

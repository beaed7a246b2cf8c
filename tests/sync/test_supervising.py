"""The supervisor: every phone, what never arrived, and what did not take effect until somebody deals with it."""

from datetime import UTC, datetime, timedelta

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval
from server.lib.ids import uuid7
from server.sync.alerting import tell_of_trouble
from tests.cast import CHEN, GUAN, LAKE, SHIFU, SUN, WANG, ZHAO, ZHOU


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


async def test_a_number_that_never_came_is_shown_and_told(phone_for, client_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    lost = [phone.op("thing.tick", id_) for _ in range(3)]  # the outbox is deleted by hand
    await phone.push(phone.op("thing.tick", id_))
    assert (await device_row())["missing"] == 3
    wang = await client_for(WANG)
    assert "缺记录" in (await wang.get("/phones")).text
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        later = datetime.now(UTC) + timedelta(hours=2)
        assert [await tell_of_trouble(later), await tell_of_trouble(later)] == [1, 0]
        told = await fetch("select account_id, event, link from notification")
    link = f"/phones/{(await device_row())['id']}"
    assert sorted(map(tuple, told)) == sorted((who.account_id, "phone_missing", link) for who in (WANG, ZHOU))
    assert "3 条现场记录没有送到" in (await wang.get("/messages")).text
    assert "3 条记录既没有送到" in (await wang.get(link)).text
    await phone.push(*lost[:2])
    assert (await device_row())["missing"] == 1
    said = {"id": lost[2]["id"], "seq": lost[2]["seq"], "type": "thing.tick", "reason": "记错了"}
    await phone.push(discarded=[said])
    assert phone.answer["discarded"] == [said["id"]]
    assert (await device_row())["missing"] == 0
    assert (await device_row())["told"] == []
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


HOUR = 3_600_000


async def told() -> list[tuple[str, str]]:
    """Return (event, hours) of what the manager was told, in order."""
    query = "select event, facts ->> 'hours' as hours from notification where account_id = $1 order by created_at, id"
    return [tuple(one) for one in await fetch(query, WANG.account_id)]


async def test_a_phone_that_fell_silent_with_work_unsent_is_told_until_it_is_mended(phone_for, client_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    work = [phone.op("thing.make", id_, args={"name": "灯"}), phone.op("thing.tick", id_, base=1)]
    await phone.push(unsent=2, oldest_age=HOUR)
    at = datetime.now(UTC)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(at + timedelta(hours=3)) == 0
        late = at + timedelta(hours=5)
        assert [await tell_of_trouble(late), await tell_of_trouble(late)] == [1, 0]
        assert await told() == [("phone_silent", "6")]
    page = (await (await client_for(WANG)).get("/messages")).text
    assert "手机上 2 条现场记录 6 小时还没送到" in page
    await phone.push(work[0], unsent=1, oldest_age=HOUR)  # heard of, but not mended
    async with DB.scope(EVERYWHERE):
        assert [await tell_of_trouble(), await tell_of_trouble(late)] == [0, 0]
    await phone.push(work[1])
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        assert (await fetchrow("select told from sync_device"))["told"] == []
    phone.seq = 3
    await phone.push(unsent=1)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(datetime.now(UTC) + timedelta(hours=5)) == 1
        assert len(await told()) == 2


async def test_a_phone_that_is_heard_of_but_sends_nothing_for_a_day_is_told(phone_for):
    phone = await phone_for(ZHAO)
    phone.seq = 2
    await phone.push(unsent=2, oldest_age=23 * HOUR)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        assert await tell_of_trouble(datetime.now(UTC) + timedelta(hours=2)) == 1


async def test_a_phone_that_fell_silent_with_photos_unsent_is_told(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    photo = {"id": str(uuid7()), "sha256": "a" * 64, "size": 9, "role": "x"}
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}), phone.op("thing.prove", id_, photos=[photo]))
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble() == 0
        await execute("update sync_device set last_seen_at = now() - interval '5 hours'")
        assert [await tell_of_trouble(), await tell_of_trouble()] == [1, 0]
        assert await fetchval("select distinct facts ->> 'unsent' from notification") == "1"


async def test_a_conflict_nobody_settles_for_a_day_is_told_beside_other_troubles(phone_for, client_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "一号灯"}))
    await phone.push(phone.op("thing.tick", id_, base=1))
    late = phone.op("thing.rename", id_, base=1, args={"name": "二号灯"})
    assert await phone.push(late, unsent=1) == ["conflict"]
    at = datetime.now(UTC)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(at + timedelta(hours=5)) == 1
        tomorrow = at + timedelta(hours=25)
        assert [await tell_of_trouble(tomorrow), await tell_of_trouble(tomorrow)] == [1, 0]
        assert [event for event, _hours in await told()] == ["phone_silent", "phone_open"]
    wang = await client_for(WANG)
    page = (await wang.get(f"/phones/{(await device_row())['id']}")).text
    assert f"/phones/records/{late['id']}" in page
    assert "1 条记录冲突或没有生效" in page
    assert (await wang.post(f"/phones/records/{late['id']}/resolution", data={"note": "问过本人"})).status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(tomorrow) == 0
        assert (await fetchrow("select told from sync_device"))["told"] == ["silent"]


async def test_phones_in_trouble_come_first_and_can_be_seen_alone(phone_for, client_for):
    fine, silent, clash = await phone_for(ZHAO), await phone_for(GUAN), await phone_for(SHIFU)
    await silent.push(unsent=1)
    async with DB.scope(EVERYWHERE):
        await execute("update sync_device set last_seen_at = now() - interval '5 hours'")
    assert await clash.push(clash.op("thing.tick", uuid7())) == ["rejected"]
    await fine.push()
    wang = await client_for(WANG)
    page = (await wang.get("/phones")).text
    assert page.index(SHIFU.name) < page.index(GUAN.name) < page.index(ZHAO.name)
    assert ["待处理 1 条" in page, "很久没发出" in page, "已同步" in page] == [True, True, True]
    alone = (await wang.get("/phones?view=trouble")).text
    assert [who.name in alone for who in (SHIFU, GUAN, ZHAO)] == [True, True, False]


async def test_a_community_says_after_how_many_hours(phone_for, client_for):
    wang, phone = await client_for(WANG), await phone_for(ZHAO)
    phone.seq = 1
    await phone.push(unsent=1)
    assert 'value="4"' in (await wang.get("/phones/rules")).text
    bad = await wang.post("/phones/rules", data={"version": "0", "silent_hours": "0", "open_hours": "24"})
    assert bad.status_code == 422
    hours = {"version": "0", "silent_hours": "12", "open_hours": "48"}
    assert (await wang.post("/phones/rules", data=hours)).status_code == 303
    stale = await wang.post("/phones/rules", data=hours | {"silent_hours": "2"})
    assert (stale.status_code, "刚才有同事改过" in stale.text) == (422, True)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(datetime.now(UTC) + timedelta(hours=11)) == 0
        assert await tell_of_trouble(datetime.now(UTC) + timedelta(hours=13)) == 1
        assert (await fetchrow("select account_id from audit where action = 'sync.rules'"))[
            "account_id"
        ] == WANG.account_id
    assert (await (await client_for(ZHAO)).get("/phones/rules")).status_code == 404


async def test_what_the_office_has_dealt_with_is_missing_no_more_but_what_is_lost_later_is(phone_for, client_for):
    phone, wang = await phone_for(ZHAO), await client_for(WANG)
    phone.seq = 3
    await phone.push()  # three are lost
    page = f"/phones/{(await device_row())['id']}"
    later = datetime.now(UTC) + timedelta(hours=2)
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(later) == 1
    assert (await wang.post(f"{page}/settlement", data={"note": ""})).status_code == 422
    assert (await wang.post(f"{page}/settlement", data={"note": "问过本人，已补做"})).status_code == 303
    assert (await wang.post(f"{page}/settlement", data={"note": "再来一次"})).status_code == 404
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select reason from audit where action = 'sync.write_off'") == "问过本人，已补做"
    await phone.push()
    found = await device_row()
    assert (found["missing"], found["missing_since"], found["told"]) == (0, None, [])
    phone.seq = 5
    await phone.push()  # two more
    assert (await device_row())["missing"] == 2
    async with DB.scope(EVERYWHERE):
        assert await tell_of_trouble(later) == 1


async def test_a_lost_phone_is_not_waited_for_but_what_it_sends_after_all_is_taken_in(phone_for, client_for):
    phone, wang, id_ = await phone_for(ZHAO), await client_for(WANG), uuid7()
    work = phone.op("thing.make", id_, args={"name": "灯"})
    await phone.push(unsent=1)
    page = f"/phones/{(await device_row())['id']}"
    assert (
        await wang.post(f"{page}/settlement", data={"note": "手机丢了"})
    ).status_code == 404  # it was heard of just now
    async with DB.scope(EVERYWHERE):
        await execute("update sync_device set last_seen_at = now() - interval '5 hours'")
    assert (await wang.post(f"{page}/settlement", data={"note": "手机丢了"})).status_code == 303
    assert "没有手机有问题" in (await wang.get("/phones?view=trouble")).text
    await phone.push(unsent=0)  # found, and emptied
    assert (await device_row())["missing"] == 0
    assert await phone.push(work) == ["applied"]
    found = await device_row()
    assert (found["missing"], found["unsent"], found["written_off"]) == (0, 0, 0)


async def test_a_record_of_another_community_is_not_counted_where_the_phone_works_now(phone_for, client_for):
    phone, wang = await phone_for(ZHAO), await client_for(WANG)
    await phone.push(phone.op("thing.rename", uuid7(), args={"name": "灯"}))  # of a thing that is not there: refused
    assert "没有手机有问题" not in (await wang.get("/phones?view=trouble")).text
    async with DB.scope(EVERYWHERE):
        await execute("update sync_op set community_id = $1", LAKE)
        assert await tell_of_trouble(datetime.now(UTC) + timedelta(days=2)) == 0
    assert "没有手机有问题" in (await wang.get("/phones?view=trouble")).text


async def test_numbers_that_are_all_here_are_not_counted_again(phone_for):
    phone, ids = await phone_for(ZHAO), [uuid7() for _ in range(4)]
    ops = [phone.op("thing.make", id_, args={"name": "灯"}) for id_ in ids]
    await phone.push(*ops[:2], unsent=2)
    assert (await device_row())["whole_to"] == 0  # two still wait there
    await phone.push(ops[3], unsent=0)
    found = await device_row()
    assert (found["missing"], found["whole_to"]) == (1, 0)
    await phone.push(ops[2])
    found = await device_row()
    assert (found["missing"], found["whole_to"]) == (0, 4)
    phone.seq = 5
    await phone.push(phone.op("thing.make", uuid7(), args={"name": "灯"}))
    found = await device_row()
    assert (found["missing"], found["whole_to"]) == (1, 4)


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
    for path in (f"/phones/records/{bad['id']}", f"/phones/{device}/revocation", f"/phones/{device}"):
        assert (await sun.get(path)).status_code == 404
    for who in (ZHAO, CHEN):
        assert (await (await client_for(who)).get("/phones")).status_code == 404

"""A round walked over the real database: rows, versions, audit, photos, merging, and what looks like faking."""

from datetime import timedelta

import pytest
from litestar.exceptions import NotFoundException

from server.db import DB, EVERYWHERE, execute, fetch, fetchrow, fetchval, transaction
from server.field.documents import load
from server.field.reducers import reduce
from server.lib.formats import now
from server.patrols import keeping
from server.sync.operations import Refusal, operations
from tests.cast import SHIFU, SUN, WANG, ZHAO
from tests.patrols.scenes import (
    a_round,
    a_route,
    actor_for,
    an_op,
    answer_all,
    code_of,
    do,
    entries_of,
    on_stage,
    reach,
    the_checks,
)


@pytest.fixture
async def round_id(db):
    async with DB.scope(EVERYWHERE):
        made = await a_round()
    return made


async def document(round_id, who=ZHAO):
    return (await load("round", [round_id], actor_for(who)))[round_id]


@on_stage
async def test_a_whole_round_is_done_and_every_answer_kept(round_id):
    await do("round.start", round_id, ZHAO)
    for position in (1, 2):
        await do("round.scan", round_id, ZHAO, point=str(position), code=await code_of(round_id, position))
        await answer_all(round_id, ZHAO, position)
        await do("round.point", round_id, ZHAO, now() + timedelta(minutes=1), point=str(position))
    await do("round.finish", round_id, ZHAO, now() + timedelta(minutes=2), signed="赵强")
    kept = await fetchrow("select * from patrol_round where id = $1", round_id)
    points = await fetch("select * from patrol_point where round_id = $1 order by position", round_id)
    assert (kept["state"], kept["signed"], kept["found"], kept["signs"]) == ("done", "赵强", 0, "[]")
    assert [(point["grade"], point["score"]) for point in points] == [("qr", 100), ("qr", 100)]
    assert len(await the_checks(round_id)) == sum([len(await entries_of(round_id, n)) for n in (1, 2)])
    assert kept["version"] == 1 + await fetchval(
        "select count(*) from audit where entity_id = $1 and action like 'round.%'", round_id
    )


@on_stage
async def test_the_document_afterwards_is_what_the_reducer_said(round_id):
    await do("round.scan", round_id, ZHAO, point="2", code=await code_of(round_id, 2))
    for more in (
        {"item": "4", "value": "0.71", "what": "number", "low": "0.40", "high": "0.60"},
        {"item": "1", "value": "ok", "what": "tri"},
        {"item": "8", "value": "bad", "what": "tri", "note": "滴水", "photos": 2},
    ):
        before = await document(round_id)
        photos = more.pop("photos", 0)
        op = an_op("round.tick", round_id, ZHAO, photos=photos, point="2", **more)
        async with transaction():
            await operations()["round.tick"].carry_out(op)
        after = await document(round_id)
        assert reduce("round", before, op.plain()) | {"v": after["v"]} == after
    assert after["found"] == 2


@on_stage
async def test_two_phones_on_the_same_round_append_and_merge(round_id):
    await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
    seen = (await document(round_id))["v"]
    first = await do("round.tick", round_id, ZHAO, base=seen, point="1", item="1", value="ok")
    second = await do("round.tick", round_id, SHIFU, base=seen, point="1", item="2", value="ok")
    assert (first.merged, second.merged) == (False, True)
    assert (await document(round_id))["points"][0]["checks"] == {"1": "ok", "2": "ok"}


@on_stage
async def test_what_a_colleague_found_wrong_is_not_wiped_away_by_a_tick(round_id):
    await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
    await do("round.tick", round_id, ZHAO, point="1", item="2", value="bad", note="堵了", photos=1)
    await do("round.tick", round_id, SHIFU, point="1", item="2", value="ok")
    assert (await document(round_id))["points"][0]["checks"]["2"] == "bad"
    assert [(one["value"], one["counts"]) for one in await the_checks(round_id)] == [("bad", True), ("ok", False)]


@on_stage
async def test_a_cross_needs_words_and_a_photo(round_id):
    await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
    with pytest.raises(Refusal, match="写明情况"):
        await do("round.tick", round_id, ZHAO, point="1", item="2", value="bad", photos=1)
    with pytest.raises(Refusal, match="拍照"):
        await do("round.tick", round_id, ZHAO, point="1", item="2", value="bad", note="堵了")
    assert await the_checks(round_id) == []


@on_stage
async def test_the_list_decides_what_is_in_range_not_the_form(round_id):
    await do("round.scan", round_id, ZHAO, point="2", code=await code_of(round_id, 2))
    await do("round.tick", round_id, ZHAO, point="2", item="4", value="9.99", what="text", high="100")
    assert (await the_checks(round_id))[0]["is_bad"]


@on_stage
async def test_a_point_with_questions_left_cannot_be_finished_whatever_the_form_says(round_id):
    await do("round.scan", round_id, ZHAO, point="1", code=await code_of(round_id))
    with pytest.raises(Refusal, match="没检查"):
        await do("round.point", round_id, ZHAO, point="1", need=[])


@on_stage
async def test_a_forged_code_proves_nothing_and_shows(round_id):
    forged = (await code_of(round_id)).rsplit(".", 1)[0] + ".guessed"
    await do("round.scan", round_id, ZHAO, point="1", code=forged)
    point = await fetchrow("select grade, signs from patrol_point where round_id = $1 and position = 1", round_id)
    assert (point["grade"], point["signs"]) == ("none", '["by_hand", "code"]')


@on_stage
async def test_leaving_at_once_and_a_used_photo_show(round_id):
    at = now()
    await do("round.scan", round_id, ZHAO, at, point="1", code=await code_of(round_id))
    await answer_all(round_id, ZHAO, 1, at)
    op = an_op("round.tick", round_id, ZHAO, photos=1, point="1", item="2", value="bad", note="又堵了")
    await execute(
        "insert into photo (id, community_id, sha256, key, content_type, size, width, height, account_id, entity, entity_id, sort)"
        " values (gen_random_uuid(), $1, $2, 'k', 'image/jpeg', 9, 1, 1, $3, 'ticket', $4, 0)",
        actor_for(ZHAO).here, op.photos[0].sha256, ZHAO.account_id, round_id,
    )  # fmt: skip
    async with transaction():
        await operations()["round.tick"].carry_out(op)
    await do("round.point", round_id, ZHAO, at + timedelta(seconds=5), point="1")
    signs = await fetchval("select signs from patrol_point where round_id = $1 and position = 1", round_id)
    assert signs == '["fast", "photo"]'


@on_stage
async def test_a_round_walked_in_time_and_sent_late_is_no_longer_missed(round_id):
    in_time = now()
    await execute("update patrol_round set ends_at = $2 where id = $1", round_id, now() - timedelta(seconds=1))
    assert await keeping.mark_missed() == 1
    await do("round.start", round_id, ZHAO, in_time - timedelta(minutes=3))
    assert (await document(round_id))["state"] == "doing"
    with pytest.raises(Refusal, match="班次已结束"):
        await do("round.scan", round_id, ZHAO, in_time + timedelta(hours=1), point="1", code="x")


@on_stage
async def test_a_round_handed_over_is_taken_up_by_a_colleague(round_id):
    await do("round.start", round_id, ZHAO)
    await do("round.hand_over", round_id, ZHAO, note="换班")
    assert (await document(round_id))["holder"] == ""
    await do("round.start", round_id, SHIFU)
    assert [one["name"] for one in (await document(round_id))["people"]] == ["赵强", "王水生"]


@pytest.mark.parametrize("who", [SUN, WANG])
async def test_strangers_and_those_who_walk_no_rounds_meet_nothing(round_id, who):
    async with reach(who.community):
        for type_ in ("round.start", "round.scan", "round.tick", "round.point", "round.hand_over", "round.finish"):
            with pytest.raises(NotFoundException):
                await do(type_, round_id, who, point="1", item="1", value="ok")
        if who is SUN:
            assert await load("round", [round_id], actor_for(who)) == {}


async def test_twenty_points_are_a_small_document(db):
    import msgspec

    async with DB.scope(EVERYWHERE):
        names = tuple(f"{n}栋1单元大堂" for n in range(20))
        made = await a_round(names=names, lists=("fire_daily",) * 20)
    async with reach():
        assert len(msgspec.json.encode(await document(made))) < 6500


async def test_rounds_are_made_ahead_once_and_an_outage_is_made_up(db):
    async with DB.scope(EVERYWHERE):
        schedule = await a_route(times=("00:00", "06:00", "12:00", "18:00"))
        await execute("update patrol_schedule set made_until = $2 where id = $1", schedule, now() - timedelta(days=3))
        made = await keeping.make_ahead()
        assert made >= 4 * (3 + 2)
        assert await keeping.make_ahead() == 0
        assert await keeping.mark_missed() >= 10
        last = await fetchval("select max(due_at) from patrol_round")
        assert last > now() + timedelta(hours=48)

"""What phones send: carried out over the real database, merged when it fits, a conflict in plain words when it does not."""

import pytest
from litestar.exceptions import NotFoundException

import server.field.features  # noqa: F401 - registers the operations
from server.hazards import rechecking
from server.lib.ids import uuid7
from server.sync.operations import Conflict, Refusal
from tests.cast import CHEN, LAOLI, QIAN, SUN, SUNSHINE
from tests.hazards.scenes import (
    GUAN,
    SHIFU,
    ZHAO,
    Scene,
    act,
    actor,
    doc_of,
    execute,
    fetchval,
    find,
    on_stage,
    op,
    push,
)  # fmt: skip

FOUND = {"category": "escape", "place": "3栋1单元 大堂", "text": "堆了纸箱"}


@on_stage
async def test_a_report_from_a_phone_becomes_a_document_with_its_photo_still_to_come(db):
    id_ = uuid7()
    await push(op("hazard.report", ZHAO, id_, photos=1, **FOUND))
    doc = await doc_of(id_, GUAN)
    assert (doc["state"], doc["summary"], doc["photos"][0]["role"]) == ("found", "堆了纸箱", "before")
    assert doc["photos"][0]["pending"]
    assert doc["number"].startswith("YH-")
    before = doc["v"]
    await execute("update photo set size = 1, width = 1, height = 1, key = 'k' where entity_id = $1", id_)
    doc = await doc_of(id_, GUAN)
    assert (doc["v"], doc["photos"][0]["pending"]) == (before + 1, False)


@on_stage
async def test_a_whole_life_by_operations_of_three_people(db):
    id_ = uuid7()
    await push(op("hazard.report", ZHAO, id_, photos=1, **FOUND))
    await push(op("hazard.register", GUAN, id_, 1, category="storage"))
    await push(op("hazard.dissuade", ZHAO, id_, 2, note="上门劝了", helped="no"))
    await push(op("hazard.tell_authority", GUAN, id_, 3, note="已报城管 李警官"))
    person = f"{SHIFU.person_id} {SHIFU.name}"
    await push(op("hazard.notice", GUAN, id_, 4, responsible=person, due="2099-12-01", note="清走"))
    await push(op("hazard.start", SHIFU, id_, 5))
    await push(op("hazard.extend", SHIFU, id_, 6, note="业主出差", until="2099-12-20"))
    await push(op("hazard.decide", GUAN, id_, 7, granted="yes"))
    await push(op("hazard.submit", SHIFU, id_, 8, note="已清走", photos=1))
    await push(op("hazard.inspect", ZHAO, id_, 9))
    await push(op("hazard.recheck", ZHAO, id_, 10, result="fail", note="还有一箱", photos=1))
    await push(op("hazard.start", SHIFU, id_, 11))
    await push(op("hazard.submit", SHIFU, id_, 12, note="都清走了", photos=1))
    applied = await push(op("hazard.recheck", ZHAO, id_, 13, result="pass", photos=1))
    doc = await doc_of(id_, GUAN)
    assert (doc["state"], doc["v"], applied.version, applied.merged) == ("closed", 14, 14, False)
    assert [one["verb"] for one in reversed(doc["events"])] == [
        "report", "register", "dissuade", "tell_authority", "notice", "start", "extend", "decide", "submit", "inspect", "fail",
        "start", "submit", "pass",
    ]  # fmt: skip
    assert doc["category"] == "storage"
    assert doc["illegal"]


@on_stage
async def test_two_begin_without_knowing_and_both_are_in_it(db):
    scene = Scene()
    seen = (await scene.notified()).version
    await push(op("hazard.start", SHIFU, scene.id, seen))
    second = await push(op("hazard.start", LAOLI, scene.id, seen))
    assert second.merged
    assert set((await doc_of(scene.id, GUAN))["rectifiers"]) == {str(SHIFU.account_id), str(LAOLI.account_id)}


@on_stage
async def test_three_people_on_the_same_hazard_two_of_them_offline(db):
    """The steward online, two repairmen in the basement: both begin, both hand in, one adds a note. Who is late is told who was first."""
    scene = Scene()
    seen = (await scene.notified()).version
    first = [
        op("hazard.start", SHIFU, scene.id, seen),
        op("hazard.submit", SHIFU, scene.id, seen, note="清走了", photos=1),
    ]
    second = [
        op("hazard.start", LAOLI, scene.id, seen),
        op("hazard.note", LAOLI, scene.id, seen, note="门后还有两箱", photos=1),
        op("hazard.submit", LAOLI, scene.id, seen, note="我也清了", photos=1),
    ]
    await push(op("hazard.note", GUAN, scene.id, seen, note="下午业主在家"))
    for one in (*first, *second[:1]):
        if one is second[0]:
            with pytest.raises(Conflict, match="王水生提交了整改"):
                await push(one)
        else:
            assert (await push(one)).merged
    assert (await push(second[1])).merged
    with pytest.raises(Conflict) as late:
        await push(second[2])
    assert "王水生提交了整改" in late.value.message
    assert "都还在手机上" in late.value.message
    doc = await doc_of(scene.id, ZHAO)
    assert {one["note"] for one in doc["events"]} >= {"下午业主在家", "门后还有两箱", "清走了"}
    assert doc["state"] == "submitted"
    await push(op("hazard.recheck", ZHAO, scene.id, doc["v"], result="pass", photos=1))
    assert (await find(scene.id, by=actor(GUAN))).state == "closed"


@on_stage
async def test_what_was_done_for_safety_twice_is_kept_as_a_note(db):
    scene = Scene()
    seen = (await scene.found(grade="major")).version
    await push(op("hazard.isolate", ZHAO, scene.id, seen, note="拉了警戒线"))
    again = await push(op("hazard.isolate", SHIFU, scene.id, seen, note="锁了门"))
    assert again.merged
    doc = await doc_of(scene.id, ZHAO)
    assert [(one["verb"], one["note"]) for one in doc["events"][:2]] == [("note", "锁了门"), ("isolate", "拉了警戒线")]


@on_stage
async def test_rules_are_refusals_in_plain_words(db):
    scene = Scene()
    hazard = await scene.submitted()
    for wrong, words in (
        (op("hazard.recheck", SHIFU, scene.id, hazard.version, result="pass", photos=1), "不能是同一个人"),
        (op("hazard.recheck", ZHAO, scene.id, hazard.version, result="pass"), "请拍一张照片"),
        (op("hazard.recheck", ZHAO, scene.id, hazard.version, result="maybe", photos=1), "请从列表中选择"),
        (op("hazard.recheck", QIAN, scene.id, hazard.version, result="pass", photos=1), "别的同事"),
        (op("hazard.submit", SHIFU, scene.id, hazard.version, note="又好了", photos=1), "最新进展"),
        (op("hazard.note", ZHAO, scene.id, hazard.version), "请写一句或拍张照片"),
        (op("hazard.report", ZHAO, uuid7(), **FOUND), "请拍一张照片"),
        (op("hazard.report", ZHAO, uuid7(), photos=1, category="escape"), "请写明位置"),
    ):
        with pytest.raises(Refusal, match=words):
            await push(wrong)
    assert (await find(scene.id, by=actor(GUAN))).version == hazard.version


@on_stage
async def test_a_stranger_reaches_nothing(db):
    scene = Scene()
    hazard = await scene.submitted()
    for who in (SUN, CHEN):
        for type_ in ("hazard.note", "hazard.recheck", "hazard.start"):
            with pytest.raises(NotFoundException):
                await push(op(type_, who, scene.id, hazard.version, note="入侵", result="pass", photos=1))
    with pytest.raises(NotFoundException):
        await push(op("hazard.report", CHEN, uuid7(), photos=1, **FOUND))
    assert await fetchval("select version from hazard where id = $1", scene.id) == hazard.version


@on_stage
async def test_a_change_marks_the_document_and_a_month_later_it_leaves_the_phones(db):
    from server.hazards.documents import every_hazard
    from server.hazards.escalating import leave_phones

    scene = Scene()
    await scene.closed()
    entry = "select gone from sync_entry where kind = 'hazard' and id = $1 and scope = $2"
    scope = f"hazard:{SUNSHINE}"
    assert await fetchval(entry, scene.id, scope) is False
    assert scene.id in await every_hazard(actor(ZHAO))
    await execute("update hazard set closed_at = now() - interval '31 days' where id = $1", scene.id)
    assert (await leave_phones(None))["left"] == 1
    assert scene.id not in await every_hazard(actor(ZHAO))
    assert await fetchval(entry, scene.id, scope) is True
    assert (await leave_phones(None))["left"] == 0


@on_stage
async def test_the_rules_document_names_who_a_notice_can_go_to(db):
    from server.field.documents import load

    rules = (await load("hazard_rules", [SUNSHINE], actor(GUAN)))[SUNSHINE]
    names = [one["name"] for one in rules["people"]]
    assert set(names) == {"王水生", "李电", "赵强", "管婷", "王建国"}
    assert names.index("管婷") > names.index("王水生")
    assert rules["limits"]["soon"] == 72
    assert await load("hazard_rules", [SUNSHINE], actor(SUN)) == {}


@on_stage
async def test_a_second_person_closes_what_the_desk_and_a_phone_have_worked_on(db):
    scene = Scene()
    await scene.submitted()
    closed = await rechecking.recheck(scene.id, by=actor(GUAN), act=await act(GUAN, photo=True), passed=True)
    with pytest.raises(Conflict, match="管婷复查通过"):
        await push(op("hazard.recheck", ZHAO, scene.id, closed.version - 1, result="fail", note="不行", photos=1))

"""A hazard's life over the real database: every step, who may take it, and what it leaves behind."""

import pytest
from litestar.exceptions import NotFoundException

import server.field.features  # noqa: F401 - registers the operations
from server.audit.verifying import verify
from server.hazards import extending, majors, noticing, rechecking, rectifying, ticketing
from server.hazards.kinds import end_of_day
from server.hazards.reporting import report
from server.hazards.states import Missing, NotNow, NotYours, OwnWork, explained
from server.lib.ids import uuid7
from tests.cast import CHEN, LAOLI, QIAN, SUN
from tests.hazards.scenes import (
    GUAN,
    PLANNED,
    SHIFU,
    WANG,
    ZHAO,
    Act,
    Scene,
    act,
    actor,
    blocked,
    company,
    execute,
    fetch,
    fetchval,
    find,
    on_stage,
    photo_of,
)


@on_stage
async def test_a_hazard_goes_from_photo_to_close_out_and_every_state_is_explained(db):
    scene = Scene()
    hazard = await scene.closed()
    assert hazard.state == "closed"
    assert hazard.in_time
    assert hazard.number.endswith("-001")
    kinds = [
        one["kind"] for one in await fetch("select kind from hazard_event where hazard_id = $1 order by at", hazard.id)
    ]
    assert kinds == ["report", "register", "notice", "start", "submit", "pass"]
    assert explained(kinds) == "closed"
    roles = [one["role"] for one in await fetch("select role from photo where entity_id = $1 order by sort", hazard.id)]
    assert roles == ["before", "after", "recheck"]


@on_stage
async def test_the_same_report_sent_twice_is_one_hazard_and_numbers_have_no_gap(db):
    first = blocked()
    once, again = await report(first, by=actor(ZHAO)), await report(first, by=actor(ZHAO))
    other = await report(blocked(), by=actor(SHIFU))
    assert once.id == again.id
    assert (once.number[-3:], other.number[-3:]) == ("001", "002")
    with pytest.raises(NotFoundException):
        await report(first, by=actor(SHIFU))


@on_stage
async def test_nobody_rechecks_what_they_put_right(db):
    scene = Scene()
    await scene.submitted()
    with pytest.raises(OwnWork):
        await rechecking.recheck(scene.id, by=actor(SHIFU), act=await act(SHIFU, photo=True), passed=True)
    hazard = await rechecking.recheck(
        scene.id, by=actor(ZHAO), act=await act(ZHAO, "还有一箱", photo=True), passed=False
    )
    assert hazard.state == "failed"
    await rectifying.start(scene.id, by=actor(LAOLI), act=Act())
    await rectifying.submit(scene.id, by=actor(LAOLI), act=await act(LAOLI, "清完", photo=True))
    with pytest.raises(OwnWork):
        await rechecking.recheck(scene.id, by=actor(SHIFU), act=await act(SHIFU, photo=True), passed=True)


@on_stage
async def test_the_database_itself_refuses_who_checks_their_own_work(db):
    import asyncpg

    scene = Scene()
    await scene.submitted()
    with pytest.raises(asyncpg.CheckViolationError):
        await execute("update hazard set rechecked_by = submitted_by where id = $1", scene.id)


@on_stage
async def test_handing_in_needs_words_and_a_photo_of_the_result(db):
    scene = Scene()
    await scene.started()
    with pytest.raises(Missing, match="photo"):
        await rectifying.submit(scene.id, by=actor(SHIFU), act=Act(note="好了"))
    with pytest.raises(Missing, match="note"):
        await rectifying.submit(scene.id, by=actor(SHIFU), act=await act(SHIFU, photo=True))


@on_stage
async def test_what_is_not_somebodys_step_is_refused(db):
    scene = Scene()
    await scene.found()
    with pytest.raises(NotYours):
        await noticing.register(scene.id, by=actor(SHIFU), act=Act())
    with pytest.raises(NotYours):
        await rectifying.start(scene.id, by=actor(QIAN), act=Act())
    for stranger in (SUN, CHEN):
        with pytest.raises(NotFoundException):
            await rectifying.note(scene.id, by=actor(stranger), act=Act(note="?"))


@on_stage
async def test_more_time_is_granted_by_another_person(db):
    scene = Scene()
    hazard = await scene.started()
    later = end_of_day("2099-12-31")
    with pytest.raises(NotNow):
        await extending.extend(scene.id, by=actor(SHIFU), act=Act(note="等配件"), until=hazard.found_at)
    asked = await extending.extend(scene.id, by=actor(SHIFU), act=Act(note="等配件"), until=later)
    assert asked.extension_reason == "等配件"
    with pytest.raises(NotNow):
        await extending.extend(scene.id, by=actor(SHIFU), act=Act(note="等配件"), until=later)
    granted = await extending.decide(scene.id, by=actor(GUAN), act=Act(), granted=True)
    assert (granted.due_at, granted.extension_id) == (later, None)


@on_stage
async def test_nobody_approves_their_own_request(db):
    scene = Scene()
    await scene.notified(to=GUAN)
    await extending.extend(scene.id, by=actor(GUAN), act=Act(note="等配件"), until=end_of_day("2099-12-31"))
    with pytest.raises(OwnWork):
        await extending.decide(scene.id, by=actor(GUAN), act=Act(), granted=True)
    refused = await extending.decide(scene.id, by=actor(WANG), act=Act(note="不行"), granted=False)
    assert refused.due_at < end_of_day("2099-12-31")


@on_stage
async def test_a_major_hazard_is_isolated_told_and_planned_before_its_notice(db):
    scene = Scene()
    hazard = await scene.registered(grade="major")
    assert hazard.report_by is not None
    for missing, step in (
        ("isolate", majors.isolate), ("tell_company", majors.tell_company), ("tell_authority", majors.tell_authority),
    ):  # fmt: skip
        with pytest.raises(Missing, match=missing):
            await noticing.notice(scene.id, by=actor(GUAN), act=Act(), responsible_id=SHIFU.person_id, pace="soon")
        await step(scene.id, by=actor(GUAN), act=Act(note="已做"))
    with pytest.raises(Missing, match="plan"):
        await noticing.notice(scene.id, by=actor(GUAN), act=Act(), responsible_id=SHIFU.person_id, pace="soon")
    with pytest.raises(Missing, match="plan"):
        await majors.plan(scene.id, by=actor(GUAN), act=Act(), settled={"duty": "王建国"})
    await majors.plan(scene.id, by=actor(GUAN), act=Act(), settled=PLANNED)
    hazard = await noticing.notice(scene.id, by=actor(GUAN), act=Act(), responsible_id=SHIFU.person_id, pace="soon")
    assert hazard.state == "notice_issued"


@on_stage
async def test_the_recheck_of_a_major_hazard_is_the_companys(db):
    scene = Scene()
    await scene.submitted(grade="major")
    with pytest.raises(NotYours):
        await rechecking.recheck(scene.id, by=actor(WANG), act=await act(WANG, photo=True), passed=True)
    photos = await photo_of(WANG)
    await execute("update photo set account_id = $2 where id = $1", photos.stored[0], company().account_id)
    hazard = await rechecking.recheck(scene.id, by=company(), act=Act(photos=photos), passed=True)
    assert hazard.state == "closed"


@on_stage
async def test_a_hazard_becomes_a_repair_ticket_once(db):
    scene, ticket_id = Scene(), uuid7()
    await scene.registered(category="power")
    hazard = await ticketing.make_ticket(scene.id, by=actor(WANG), act=Act(), ticket_id=ticket_id, text="配电箱门损坏")
    assert hazard.ticket_number
    again = await ticketing.make_ticket(scene.id, by=actor(WANG), act=Act(), ticket_id=ticket_id, text="配电箱门损坏")
    assert again.ticket_id == ticket_id
    with pytest.raises(NotNow):
        await ticketing.make_ticket(scene.id, by=actor(WANG), act=Act(), ticket_id=uuid7(), text="配电箱门损坏")
    assert (await ticketing.hazard_of_ticket(ticket_id, by=actor(WANG)))[0] == scene.id
    assert await ticketing.hazard_of_ticket(ticket_id, by=actor(CHEN)) is None


@on_stage
async def test_events_are_never_changed_and_the_audit_holds(db):
    import asyncpg

    scene = Scene()
    await scene.closed()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await execute("update hazard_event set note = 'x' where hazard_id = $1", scene.id)
    assert await fetchval("select count(*) from audit where action like 'hazard.%' and entity_id = $1", scene.id) == 6
    assert (await verify())[1] == []
    assert (await find(scene.id, by=actor(ZHAO))).version == 6

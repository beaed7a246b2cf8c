"""The steps against the database: rows, events, audit, numbers, races."""

import asyncio
import contextvars

import pytest
from litestar.exceptions import NotFoundException

from server.lib.acting import Act, Carried
from server.lib.ids import uuid7
from server.storage.photos import photos_of
from server.tickets import accepting, dispatching, finishing, reporting, states, working
from server.tickets.changing import Overtaken
from server.tickets.dispatching import NoSuchRepairman
from server.tickets.states import Missing
from tests.cast import CHEN, HE, LAOLI, LIN, QIAN, SHIFU, SUN, SUN_OWNER, SUNSHINE, WANG, ZHAO, ZHOU, room_id
from tests.tickets.scenes import (
    DB,
    EVERYWHERE,
    Scene,
    actor,
    execute,
    fetch,
    fetchrow,
    fetchval,
    leak,
    on_stage,
    photo_of,
    seen,
)


@pytest.fixture
def scene(db):
    return Scene()


@on_stage
async def test_a_report_has_a_number_a_limit_and_a_few_words(scene):
    ticket = await scene.reported()
    assert ticket.number.startswith("GD-20")
    assert ticket.number.endswith("-001")
    assert (ticket.state, ticket.summary) == ("submitted", "厨房水管漏水")
    assert (ticket.due_at - ticket.reported_at).total_seconds() == 48 * 3600
    assert await fetchval("select building_id from ticket") == await fetchval(
        "select building_id from room where id = $1", ticket.room_id
    )


@on_stage
async def test_the_same_form_sent_twice_is_one_ticket(scene):
    first = await scene.reported()
    again = await reporting.report(leak(id=first.id), by=actor(CHEN))
    assert again.number == first.number
    assert await fetchval("select count(*) from ticket") == 1
    assert await fetchval("select count(*) from ticket_event") == 1


@on_stage
async def test_an_id_that_somebody_else_used_is_a_strangers(scene):
    first = await scene.reported()
    with pytest.raises(NotFoundException):
        await reporting.report(leak(LIN, id=first.id), by=actor(LIN))


async def test_numbers_of_a_day_have_no_gaps_even_when_a_report_fails(db):
    async def one(who, fails):
        async with DB.scope(EVERYWHERE):
            photos = Carried((uuid7(),)) if fails else Carried()
            await reporting.report(leak(who), photos, by=actor(who))

    tasks = [asyncio.create_task(one(CHEN, fails=n % 5 == 0), context=contextvars.Context()) for n in range(20)]
    await asyncio.gather(*tasks, return_exceptions=True)
    async with DB.scope(EVERYWHERE):
        numbers = sorted(int(row["number"][-3:]) for row in await fetch("select number from ticket"))
    assert numbers == list(range(1, 17))


@on_stage
async def test_the_whole_way(scene):
    ticket = await scene.closed()
    assert (ticket.state, ticket.rating) == ("closed", "good")
    assert ticket.closed_at >= ticket.finished_at >= ticket.started_at >= ticket.assigned_at
    verbs = [row["kind"] for row in await fetch("select kind from ticket_event order by at, id")]
    assert verbs == ["report", "dispatch", "take", "arrive", "start", "finish", "confirm", "close"]
    assert states.explained(verbs) == "closed"
    audited = [
        row["action"] for row in await fetch("select action from audit where entity_id = $1 order by seq", ticket.id)
    ]
    assert audited == [
        "ticket.report", "ticket.dispatch", "ticket.take", "ticket.arrive", "ticket.start", "photo.attach", "ticket.finish", "ticket.confirm",
        "ticket.close",
    ]  # fmt: skip
    photos = (await photos_of("ticket", [ticket.id]))[ticket.id]
    assert [photo.role for photo in photos] == ["after"]


@on_stage
async def test_what_is_not_solved_goes_back_to_the_same_repairman(scene):
    ticket = await scene.finished()
    ticket = await accepting.rework(ticket.id, by=actor(CHEN), act=Act(base=ticket.version, note="还在滴"))
    assert (ticket.state, ticket.assignee_id) == ("rework", SHIFU.person_id)
    ticket = await working.take(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))
    assert ticket.state == "taken"


@on_stage
async def test_a_double_tap_is_one_step(scene):
    before = await scene.dispatched()
    await working.take(before.id, by=actor(SHIFU), act=Act(base=before.version))
    again = await working.take(before.id, by=actor(SHIFU), act=Act(base=before.version))
    assert again.state == "taken"
    assert await fetchval("select count(*) from ticket_event where kind = 'take'") == 1


@on_stage
async def test_a_double_tap_on_the_last_step_is_one_step(scene):
    ticket = await scene.finished()
    for _ in range(2):
        done = await accepting.confirm(ticket.id, by=actor(CHEN), act=Act(base=ticket.version), rating="good")
        assert done.state == "closed"
    assert await fetchval("select count(*) from ticket_event where kind in ('confirm', 'close')") == 2


@on_stage
async def test_who_comes_too_late_is_told_what_it_is_now(scene):
    before = await scene.dispatched()
    await accepting.cancel(before.id, by=actor(CHEN), act=Act(base=before.version, note="自己修好了"))
    with pytest.raises(Overtaken) as caught:
        await working.take(before.id, by=actor(SHIFU), act=Act(base=before.version))
    assert caught.value.ticket.state == "cancelled"
    assert await fetchval("select count(*) from ticket_event where kind = 'take'") == 0


async def test_of_two_at_once_one_wins(db):
    async with DB.scope(EVERYWHERE):
        before = await Scene().dispatched()

    async def attempt(step):
        async with DB.scope(EVERYWHERE):
            return await step()

    steps = [
        lambda: accepting.cancel(before.id, by=actor(CHEN), act=Act(base=before.version, note="不用了")),
        lambda: working.take(before.id, by=actor(SHIFU), act=Act(base=before.version)),
    ]
    tasks = [asyncio.create_task(attempt(step), context=contextvars.Context()) for step in steps]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, Overtaken) for result in results].count(True) == 1
    async with DB.scope(EVERYWHERE):
        kinds = [row["kind"] for row in await fetch("select kind from ticket_event order by at, id")]
        assert states.explained(kinds) == await fetchval("select state from ticket")


@on_stage
async def test_no_photo_no_finish(scene):
    ticket = await scene.started()
    with pytest.raises(Missing):
        await finishing.finish(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version, note="好了"), materials=[])
    assert (await seen(ticket.id, SHIFU)).state == "in_progress"


@on_stage
async def test_somebody_elses_photo_is_no_proof(scene):
    from server.storage.photos import PhotosMissing

    ticket = await scene.started()
    with pytest.raises(PhotosMissing):
        await finishing.finish(
            ticket.id,
            by=actor(SHIFU),
            act=Act(base=ticket.version, note="好了", photos=await photo_of(CHEN)),
            materials=[],
        )
    assert (await seen(ticket.id, SHIFU)).state == "in_progress"


@on_stage
async def test_jobs_go_only_to_who_does_repairs_here(scene):
    ticket = await scene.reported()
    for nobody in (ZHOU, CHEN, SUN):
        with pytest.raises(NoSuchRepairman):
            await dispatching.dispatch(ticket.id, nobody.person_id, by=actor(ZHOU), act=Act(base=ticket.version))


@on_stage
async def test_the_least_busy_comes_first(scene):
    await scene.dispatched(to=SHIFU)
    people = await dispatching.repairmen(SUNSHINE)
    assert [(one.name, one.open_jobs) for one in people] == [("李电", 0), ("王水生", 1)]


@on_stage
async def test_reassigning_tells_who_has_it_now(scene):
    ticket = await scene.dispatched(to=SHIFU)
    ticket = await dispatching.dispatch(
        ticket.id, LAOLI.person_id, by=actor(WANG), act=Act(base=ticket.version), level="P2"
    )
    assert (ticket.state, ticket.assignee_id, ticket.level) == ("dispatched", LAOLI.person_id, "P2")
    assert (ticket.due_at - ticket.reported_at).total_seconds() == 24 * 3600
    with pytest.raises(NotFoundException):
        await working.take(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))


@pytest.mark.parametrize(
    ("who", "finds"),
    [(CHEN, True), (ZHOU, True), (WANG, True), (QIAN, True), (SHIFU, True), (LAOLI, False), (ZHAO, False), (LIN, False),
     (SUN, False), (SUN_OWNER, False)],
    ids=lambda value: getattr(value, "key", value),
)  # fmt: skip
@on_stage
async def test_who_may_see_a_ticket(scene, who, finds):
    ticket = await scene.dispatched(to=SHIFU)
    if finds:
        assert (await seen(ticket.id, who)).id == ticket.id
    else:
        with pytest.raises(NotFoundException):
            await seen(ticket.id, who)


@on_stage
async def test_the_owner_sees_what_the_tenant_reported_of_the_room(scene):
    theirs = leak(LIN, room_id=room_id("3栋1单元1301"), place="3栋1单元1301")
    ticket = await reporting.report(theirs, by=actor(LIN))
    assert (await seen(ticket.id, HE)).id == ticket.id


@on_stage
async def test_who_moves_in_later_does_not_read_the_past(scene):
    await scene.reported()
    await execute("update ticket set reported_at = '2020-01-01 00:00+08', reporter_account_id = null")
    with pytest.raises(NotFoundException):
        await seen(scene.id, CHEN)


@on_stage
async def test_the_clerk_writes_down_what_a_caller_says(scene):
    ticket = await reporting.report(leak(), by=actor(ZHOU))
    assert ticket.state == "accepted"
    assert (await fetchrow("select kind, actor_name from ticket_event"))["kind"] == "register"
    assert (await seen(ticket.id, CHEN)).reporter_name == "陈晓明"

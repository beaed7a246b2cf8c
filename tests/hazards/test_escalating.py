"""Late hazards are told upwards, each step once; and who hears of what."""

from server.hazards.escalating import escalate
from server.hazards.telling import deliver
from server.jobs.queue import JobRun
from tests.cast import ADMIN, LAOLI, SHIFU
from tests.hazards.scenes import GUAN, WANG, ZHAO, Scene, act, actor, execute, fetch, on_stage


async def told(hazard_id) -> dict[str, list[str]]:
    """Run the waiting messages; return who was told of which event."""
    for one in await fetch(
        "select id, kind, args, community_id from job where kind = 'hazards.tell' and state = 'ready'"
    ):
        import json

        args = json.loads(one["args"])
        await deliver(JobRun(one["id"], one["kind"], one["community_id"], args, 1, 8, None))
        await execute("update job set state = 'done' where id = $1", one["id"])
    found: dict[str, list[str]] = {}
    query = """select event, account.name from notification join account on account.id = account_id
        where entity_id = $1 order by notification.created_at, account.name"""
    for one in await fetch(query, hazard_id):
        found.setdefault(one["event"], []).append(one["name"])
    return found


@on_stage
async def test_each_step_up_is_told_once(db):
    scene = Scene()
    await scene.notified()
    await told(scene.id)
    await execute("update hazard set due_at = now() - interval '1 hour' where id = $1", scene.id)
    assert [(await escalate(None))["told"] for _ in range(3)] == [1, 0, 0]
    assert set((await told(scene.id))["hazard_overdue"]) == {SHIFU.name, GUAN.name, WANG.name}
    await execute("update hazard set due_at = now() - interval '4 days' where id = $1", scene.id)
    assert [(await escalate(None))["told"] for _ in range(2)] == [2, 0]
    overdue = (await told(scene.id))["hazard_overdue"]
    assert overdue.count(WANG.name) == 2
    assert overdue.count(ADMIN.name) == 1
    kinds = [
        one["kind"] for one in await fetch("select kind from hazard_event where hazard_id = $1 order by at", scene.id)
    ]
    assert kinds.count("escalate") == 3


@on_stage
async def test_what_is_handed_in_is_no_longer_late(db):
    scene = Scene()
    await scene.submitted()
    await execute("update hazard set due_at = now() - interval '9 days' where id = $1", scene.id)
    assert (await escalate(None))["told"] == 0


@on_stage
async def test_who_is_told_of_what(db):
    from server.hazards import rechecking

    scene = Scene()
    await scene.submitted()
    await rechecking.recheck(scene.id, by=actor(LAOLI), act=await act(LAOLI, photo=True), passed=True)
    heard = await told(scene.id)
    assert set(heard["hazard_reported"]) == {GUAN.name, WANG.name}
    assert heard["hazard_assigned"] == [SHIFU.name]
    assert set(heard["hazard_submitted"]) == {GUAN.name, WANG.name}
    assert set(heard["hazard_closed"]) == {SHIFU.name, ZHAO.name}


@on_stage
async def test_a_major_hazard_rings_at_the_company_too(db):
    scene = Scene()
    await scene.found(grade="major")
    assert set((await told(scene.id))["hazard_major"]) == {GUAN.name, WANG.name, ADMIN.name}

"""The calls: by whom, how often, what follows, and who is told."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest
from litestar.exceptions import NotFoundException

from server.followups.calling import Answers, NotByYou, Settled, answered, missed
from server.followups.kinds import QUESTIONS
from server.followups.register import Filters, listed, tallies
from server.jobs.queue import enqueue
from server.jobs.worker import drain
from server.lib.acting import Act
from server.tickets import settling
from server.tickets.rules import rules_of, set_rules
from tests.cast import GUAN, SHIFU, SUN, WANG, ZHAO, ZHOU
from tests.tickets.scenes import Scene, actor, execute, fetch, fetchrow, fetchval, on_stage, seen

GOOD = Answers(rating="A", respondent="陈晓明", questions=dict.fromkeys(QUESTIONS, "yes"))
BAD = Answers(rating="C", respondent="陈晓明", questions={"solved": "no"}, note="又漏了")


@pytest.fixture
def scene(db):
    return Scene()


async def drawn(scene: Scene):
    """Return the call about a repair that the owner has accepted."""
    rules = await rules_of(actor(WANG).here)
    rules.follow_up_percent = 100
    await set_rules(rules, by=actor(WANG))
    ticket = await scene.closed()
    assert ticket.state == "owner_accepted"
    return await fetchval("select id from follow_up where entity_id = $1", ticket.id)


@on_stage
async def test_a_content_owner_closes_the_ticket(scene):
    call = await drawn(scene)
    done = await answered(call, GOOD, by=actor(ZHOU), act=Act())
    assert (done.state, done.rating, done.tries, done.caller_name) == ("done", "A", 1, ZHOU.name)
    assert (await seen(scene.id, ZHOU)).state == "closed"
    assert "陈晓明" in await fetchval("select after::text from audit where action = 'followup.answer'")


@on_stage
async def test_it_is_due_within_three_days_of_the_acceptance(scene):
    call = await drawn(scene)
    row = await fetchrow("select due_at, drawn_at from follow_up where id = $1", call)
    assert row["due_at"] - row["drawn_at"] == timedelta(days=3)


@on_stage
async def test_c_opens_it_again_and_tells_the_manager(scene):
    call = await drawn(scene)
    await answered(call, BAD, by=actor(ZHOU), act=Act())
    ticket = await seen(scene.id, ZHOU)
    assert (ticket.state, ticket.reopened, ticket.finished_at) == ("rework", 1, None)
    assert ticket.due_at > ticket.reported_at
    told = await fetch("select account_id from notification where event = 'followup_poor'")
    assert [one["account_id"] for one in told] == [WANG.account_id]
    assert (await tallies(actor(ZHOU))).satisfaction == "0.0%"


@on_stage
async def test_who_did_the_work_never_asks(scene):
    call = await drawn(scene)
    worker = msgspec.structs.replace(actor(SHIFU), capabilities=actor(SHIFU).capabilities | {"followup.call"})
    with pytest.raises(NotByYou):
        await answered(call, GOOD, by=worker, act=Act())
    with pytest.raises(NotByYou):
        await missed(call, by=worker, act=Act())
    with pytest.raises(asyncpg.CheckViolationError):
        await execute("update follow_up set caller_account_id = $2 where id = $1", call, SHIFU.account_id)


@on_stage
@pytest.mark.parametrize("who", [SHIFU, ZHAO, SUN])
async def test_others_find_no_call(scene, who):
    call = await drawn(scene)
    with pytest.raises(NotFoundException):
        await answered(call, GOOD, by=actor(who), act=Act())


@on_stage
async def test_three_calls_without_an_answer_are_enough(scene):
    call = await drawn(scene)
    for tries in (1, 2):
        done = await missed(call, by=actor(ZHOU), act=Act(note="没人接"))
        assert (done.state, done.tries) == ("due", tries)
        assert (await seen(scene.id, ZHOU)).state == "owner_accepted"
    done = await missed(call, by=actor(ZHOU), act=Act())
    assert (done.state, done.rating, done.note) == ("unreached", None, "没人接")
    assert (await seen(scene.id, ZHOU)).state == "closed"
    with pytest.raises(Settled):
        await answered(call, GOOD, by=actor(ZHOU), act=Act())


@on_stage
async def test_of_two_callers_the_second_hears_of_the_first(scene):
    call = await drawn(scene)
    version = await fetchval("select version from follow_up where id = $1", call)
    await missed(call, by=actor(WANG), act=Act(base=version))
    with pytest.raises(Settled):
        await answered(call, GOOD, by=actor(ZHOU), act=Act(base=version))


@on_stage
async def test_what_the_office_opens_again_itself_needs_no_call(scene):
    call = await drawn(scene)
    await settling.reopen(scene.id, by=actor(ZHOU), act=Act(note="业主来说又漏了"))
    assert await fetchval("select state from follow_up where id = $1", call) == "void"


@on_stage
async def test_the_list_finds_and_counts(scene):
    call = await drawn(scene)
    found = await listed(actor(ZHOU), Filters(q="1302 漏水"))
    assert [one.id for one in found.items] == [call]
    assert not (await listed(actor(ZHOU), Filters(reason="leak"))).items
    figures = await tallies(actor(ZHOU))
    assert (figures.counts["due"], figures.counts["late"], figures.coverage) == (1, 0, "100.0%")
    await execute("update follow_up set due_at = now() - interval '1 hour' where id = $1", call)
    assert (await listed(actor(ZHOU), Filters("late"))).total == 1


@on_stage
async def test_callers_are_reminded_once_a_day(scene):
    await drawn(scene)
    for _turn in range(2):
        await enqueue("followups.remind", {})
        await drain()
    told = await fetch("select account_id from notification where event = 'followups_due'")
    assert {ZHOU.account_id, WANG.account_id, GUAN.account_id} <= {one["account_id"] for one in told}
    assert len(told) == len({one["account_id"] for one in told})

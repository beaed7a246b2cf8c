"""The whole life of a repair on the real database: prices and consent, pauses, the pool, what rises by itself."""

import asyncio
import contextlib
import contextvars
from datetime import timedelta
from decimal import Decimal
from random import Random

import asyncpg
import pytest
from litestar.exceptions import NotFoundException

from server.audit.verifying import verify
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.ids import uuid7
from server.tickets import (
    accepting,
    adjusting,
    dispatching,
    finishing,
    pausing,
    quoting,
    settling,
    states,
    watching,
    working,
)
from server.tickets.adjusting import QuoteWaits
from server.tickets.changing import Overtaken
from server.tickets.dispatching import NoSuchRepairman
from server.tickets.lines import Line, lines_of
from server.tickets.quoting import NotPayable, WrongCode
from server.tickets.settling import WrongAmount
from server.tickets.states import Missing
from tests.cast import CHEN, HE, LAOLI, LIN, QIAN, SHIFU, SUN, WANG, ZHAO, ZHOU
from tests.tickets.scenes import (
    DB,
    EVERYWHERE,
    Scene,
    actor,
    execute,
    fetch,
    fetchrow,
    fetchval,
    on_stage,
    photo_of,
    seen,
)

LINES = [
    Line("labour", "上门费", "次", Decimal(1), 2000, None),
    Line("material", "角阀", "个", Decimal(2), 2500, None),
]


@pytest.fixture
def scene(db):
    return Scene()


async def arrived(scene):
    ticket = await scene.dispatched()
    ticket = await working.take(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))
    return await working.arrive(ticket.id, by=actor(SHIFU), act=Act(base=ticket.version))


async def quoted(scene):
    ticket = await arrived(scene)
    return await quoting.quote(ticket.id, LINES, by=actor(SHIFU), act=Act(base=ticket.version))


# ---- Prices and consent ---------------------------------------------------------------------------------------------


@on_stage
async def test_what_is_quoted_and_agreed_to_is_what_is_paid(scene):
    ticket = await quoted(scene)
    assert (ticket.state, ticket.quote_amount, ticket.charge) == ("quoted", 7000, 0)
    assert [(one.name, one.amount) for one in (await lines_of([ticket.id]))[ticket.id]] == [
        ("上门费", 2000),
        ("角阀", 5000),
    ]
    ticket = await quoting.agree(ticket.id, by=actor(CHEN), act=Act(base=ticket.version), how="app")
    assert (ticket.state, ticket.charge, ticket.agreed_how) == ("owner_confirmed", 7000, "app")
    ticket = await working.start(ticket.id, by=actor(SHIFU), act=Act())
    act = Act(note="换了角阀", photos=await photo_of(SHIFU))
    ticket = await finishing.finish(ticket.id, by=actor(SHIFU), act=act, materials=LINES[1:], cause="wear")
    ticket = await accepting.confirm(ticket.id, by=actor(CHEN), act=Act(), rating="good")
    assert ticket.state == "owner_accepted"  # there is something to pay
    with pytest.raises(WrongAmount):
        await settling.pay(ticket.id, by=actor(QIAN), act=Act(), amount=6999, how="cash")
    ticket = await settling.pay(ticket.id, by=actor(QIAN), act=Act(), amount=7000, how="cash")
    assert (ticket.state, ticket.paid_how) == ("closed", "cash")


@on_stage
async def test_the_database_itself_refuses_a_charge_without_consent(scene):
    ticket = await scene.reported()
    with pytest.raises(asyncpg.CheckViolationError):
        await execute("update ticket set charge = 100 where id = $1", ticket.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await execute("update ticket set state = 'suspended' where id = $1", ticket.id)


@on_stage
async def test_a_new_quote_needs_a_new_word(scene):
    ticket = await quoted(scene)
    await quoting.agree(ticket.id, by=actor(CHEN), act=Act(), how="app")
    await working.start(ticket.id, by=actor(SHIFU), act=Act())
    ticket = await quoting.quote(ticket.id, LINES[:1], by=actor(SHIFU), act=Act())
    assert (ticket.state, ticket.charge) == ("quoted", 0)
    with pytest.raises(Overtaken):
        await finishing.finish(
            ticket.id, by=actor(SHIFU), act=Act(note="好了", photos=await photo_of(SHIFU)), materials=[]
        )
    ticket = await quoting.decline(ticket.id, by=actor(CHEN), act=Act(note="太贵"))
    assert (ticket.state, ticket.charge) == ("arrived", 0)


@on_stage
async def test_nobody_is_quoted_for_what_the_company_pays(scene):
    ticket = await arrived(scene)
    await adjusting.adjust(ticket.id, {"payer": "warranty"}, by=actor(ZHOU), act=Act())
    with pytest.raises(NotPayable):
        await quoting.quote(ticket.id, LINES, by=actor(SHIFU), act=Act())


@on_stage
async def test_a_changed_payer_frees_the_owner_of_what_was_agreed_to(scene):
    ticket = await quoted(scene)
    with pytest.raises(QuoteWaits):
        await adjusting.adjust(ticket.id, {"payer": "company"}, by=actor(ZHOU), act=Act())
    await quoting.agree(ticket.id, by=actor(CHEN), act=Act(), how="app")
    ticket = await adjusting.adjust(ticket.id, {"payer": "company"}, by=actor(ZHOU), act=Act())
    assert (ticket.payer, ticket.charge) == ("company", 0)


@on_stage
async def test_the_owners_code_is_as_good_as_a_word(scene):
    ticket = await quoted(scene)
    code = await fetchval("select code from ticket where id = $1", ticket.id)
    wrong = f"{(int(code) + 1) % 10000:04d}"
    with pytest.raises(WrongCode):
        await quoting.agree(ticket.id, by=actor(SHIFU), act=Act(), how="code", code=wrong)
    ticket = await quoting.agree(ticket.id, by=actor(SHIFU), act=Act(), how="code", code=code)
    assert (ticket.state, ticket.agreed_how) == ("owner_confirmed", "code")


@pytest.mark.parametrize("who", [LAOLI, LIN, HE, SUN, ZHAO], ids=lambda one: one.key)
@on_stage
async def test_nobody_else_agrees_to_a_price(scene, who):
    ticket = await quoted(scene)
    with pytest.raises(NotFoundException):
        await quoting.agree(ticket.id, by=actor(who), act=Act(), how="app")
    assert (await seen(ticket.id, ZHOU)).charge == 0


@on_stage
async def test_finishing_says_which_parts_were_used(scene):
    ticket = await scene.started()
    act = Act(note="好了", photos=await photo_of(SHIFU))
    with pytest.raises(Missing, match="materials"):
        await finishing.finish(ticket.id, by=actor(SHIFU), act=act, materials=None)


# ---- Pauses ---------------------------------------------------------------------------------------------------------


@on_stage
async def test_the_clocks_stand_still_while_it_is_suspended(scene):
    ticket = await scene.started()
    began = now()
    ticket = await pausing.suspend(ticket.id, by=actor(SHIFU), act=Act(at=began, note="等配件"), reason="parts")
    assert (ticket.state, ticket.suspended_from, ticket.suspend_reason) == ("suspended", "in_progress", "parts")
    await execute("update ticket set due_at = now() - interval '1 hour' where id = $1", ticket.id)
    assert await watching.watch(None) == {"told": 0, "accepted": 0, "off_phones": 0}
    due = (await seen(ticket.id, ZHOU)).due_at
    ticket = await pausing.resume(ticket.id, by=actor(SHIFU), act=Act(at=began + timedelta(hours=5)))
    assert (ticket.state, ticket.suspended_at, ticket.paused_seconds) == ("in_progress", None, 5 * 3600)
    assert ticket.due_at - due == timedelta(hours=5)


@on_stage
async def test_a_pause_before_the_arrival_moves_the_arrival_too(scene):
    before = await scene.dispatched()
    began = now()
    await pausing.suspend(before.id, by=actor(ZHOU), act=Act(at=began), reason="owner")
    after = await dispatching.dispatch(
        before.id, LAOLI.person_id, by=actor(ZHOU), act=Act(at=began + timedelta(hours=2))
    )
    assert (after.state, after.suspended_from) == ("dispatched", None)
    assert after.arrive_by - before.arrive_by == after.due_at - before.due_at == timedelta(hours=2)


# ---- Giving out -----------------------------------------------------------------------------------------------------


async def test_of_two_hands_in_the_pool_one_gets_it(db):
    async with DB.scope(EVERYWHERE):
        scene = Scene()
        ticket = await scene.reported()
        await dispatching.offer(ticket.id, by=actor(ZHOU), act=Act())

    async def attempt(who):
        async with DB.scope(EVERYWHERE):
            return await dispatching.grab(ticket.id, by=actor(who), act=Act())

    tasks = [asyncio.create_task(attempt(who), context=contextvars.Context()) for who in (SHIFU, LAOLI)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, NotFoundException | Overtaken) for one in results].count(True) == 1
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket_event where kind = 'grab'") == 1


@on_stage
async def test_the_pool_is_for_who_repairs_here(scene):
    ticket = await scene.reported()
    await dispatching.offer(ticket.id, by=actor(ZHOU), act=Act())
    assert (await seen(ticket.id, LAOLI)).pooled
    for nobody in (ZHAO, SUN, LIN):
        with pytest.raises(NotFoundException):
            await dispatching.grab(ticket.id, by=actor(nobody), act=Act())


@on_stage
async def test_in_turn_goes_by_who_was_given_something_last_and_can_do_it(scene):
    first = await scene.reported()
    ticket = await dispatching.give_in_turn(first.id, by=actor(ZHOU), act=Act())
    second = await Scene().reported(id=uuid7())
    other = await dispatching.give_in_turn(second.id, by=actor(ZHOU), act=Act())
    assert {ticket.assignee_id, other.assignee_id} == {SHIFU.person_id, LAOLI.person_id}
    await execute("update repair_hand set skills = '{power}'")
    third = await Scene().reported(id=uuid7())
    with pytest.raises(NoSuchRepairman):
        await dispatching.give_in_turn(third.id, by=actor(ZHOU), act=Act())


@pytest.mark.parametrize(
    ("giving", "state", "pooled"),
    [("manual", "accepted", False), ("pool", "accepted", True), ("robin", "dispatched", False)],
)
@on_stage
async def test_the_rules_say_how_it_is_given_out(scene, giving, state, pooled):
    await execute("update ticket_rules set giving = $1", giving)
    ticket = await scene.reported()
    ticket = await dispatching.accept(ticket.id, by=actor(ZHOU), act=Act(base=ticket.version))
    assert (ticket.state, ticket.pooled) == (state, pooled)


@on_stage
async def test_a_job_given_back_waits_for_the_office(scene):
    ticket = await scene.dispatched()
    ticket = await dispatching.transfer(ticket.id, by=actor(SHIFU), act=Act(note="不会修对讲"))
    assert (ticket.state, ticket.assignee_id) == ("transferred", None)
    ticket = await dispatching.dispatch(ticket.id, LAOLI.person_id, by=actor(ZHOU), act=Act())
    assert (ticket.state, ticket.assignee_id) == ("dispatched", LAOLI.person_id)


# ---- Afterwards -----------------------------------------------------------------------------------------------------


@on_stage
async def test_who_did_the_work_never_asks_how_it_was(scene):
    await execute("update ticket_rules set follow_up_percent = 100")
    ticket = await scene.closed()
    assert ticket.state == "owner_accepted"  # somebody has to ask first
    with pytest.raises(NotFoundException):
        await settling.follow_up(ticket.id, by=actor(SHIFU), act=Act(), rating="A")
    await execute("update follow_up set state = 'unreached'")
    ticket = await settling.follow_up(ticket.id, by=actor(ZHOU), act=Act(), rating="A")
    assert ticket.state == "closed"


@on_stage
async def test_what_turns_out_unsolved_is_sent_again(scene):
    ticket = await scene.closed()
    ticket = await settling.reopen(ticket.id, by=actor(ZHOU), act=Act(note="业主说又漏了"))
    assert (ticket.state, ticket.assignee_id, ticket.reopened, ticket.closed_at) == ("rework", SHIFU.person_id, 1, None)


@on_stage
async def test_an_owner_who_never_answers_is_taken_to_accept_only_where_the_rules_say_so(scene):
    ticket = await scene.finished()
    await execute("update ticket set finished_at = now() - interval '80 hours'")
    assert (await watching.watch(None))["accepted"] == 0
    await execute("update ticket_rules set accept_after_hours = 72")
    assert (await watching.watch(None))["accepted"] == 1
    assert (await seen(ticket.id, ZHOU)).state == "closed"


@on_stage
async def test_what_is_late_rises_each_step_once(scene):
    ticket = await scene.reported()
    await execute("update ticket set respond_by = now() - interval '5 hours'")
    assert (await watching.watch(None))["told"] == 2
    assert (await watching.watch(None))["told"] == 0
    events = await fetch(
        "select detail ->> 'clock' as clock, detail ->> 'level' as level from ticket_event where kind = 'escalate' order by id"
    )
    assert [(one["clock"], one["level"]) for one in events] == [("respond", "1"), ("respond", "2")]
    assert (await seen(ticket.id, ZHOU)).state == "submitted"


@on_stage
async def test_adding_and_hurrying_change_nothing_else(scene):
    ticket = await scene.dispatched()
    await adjusting.note(ticket.id, by=actor(CHEN), act=Act(note="三点后在家"))
    await adjusting.urge(ticket.id, by=actor(CHEN), act=Act())
    ticket = await adjusting.urge(ticket.id, by=actor(CHEN), act=Act())  # within the hour
    assert ticket.state == "dispatched"
    assert await fetchval("select count(*) from ticket_event where kind = 'urge'") == 1


# ---- Anything, by anybody, in any order -------------------------------------------------------------------------------

PEOPLE = (CHEN, LIN, ZHOU, QIAN, WANG, SHIFU, LAOLI, ZHAO, SUN)


class Hands:
    """Random people who try random steps."""

    def __init__(self, ticket_id, random):
        self.id, self.random = ticket_id, random

    async def try_something(self, verb, who):
        by, act, step = actor(who), Act(note=self.random.choice([None, "说明"])), self.step
        if verb == "finish":
            act = Act(note="修好了", photos=await photo_of(who))
        await step(verb)(self.id, by=by, act=act)

    def step(self, verb):
        random = self.random
        plain = {
            "accept": dispatching.accept, "reject": dispatching.reject, "offer": dispatching.offer, "grab": dispatching.grab,
            "transfer": dispatching.transfer, "take": working.take, "arrive": working.arrive, "start": working.start,
            "resume": pausing.resume, "decline": quoting.decline, "rework": accepting.rework, "cancel": accepting.cancel,
            "note": adjusting.note, "urge": adjusting.urge, "reopen": settling.reopen,
        }  # fmt: skip
        if verb in plain:
            return plain[verb]
        more = {
            "dispatch": lambda id_, **kw: dispatching.dispatch(id_, random.choice((SHIFU, LAOLI)).person_id, **kw),
            "quote": lambda id_, **kw: quoting.quote(id_, LINES, **kw),
            "agree": lambda id_, **kw: quoting.agree(id_, how="app", **kw),
            "suspend": lambda id_, **kw: pausing.suspend(id_, reason="parts", **kw),
            "finish": lambda id_, **kw: finishing.finish(id_, materials=[], **kw),
            "confirm": lambda id_, **kw: accepting.confirm(id_, rating="good", **kw),
            "sign": lambda id_, **kw: accepting.sign(id_, how="signature", **kw),
            "pay": lambda id_, **kw: settling.pay(id_, amount=7000, how="cash", **kw),
            "follow_up": lambda id_, **kw: settling.follow_up(id_, rating="A", **kw),
            "adjust": lambda id_, **kw: adjusting.adjust(id_, {"payer": random.choice(("owner", "company"))}, **kw),
        }
        return more[verb]


VERBS = sorted(set(states.STEPS) - {"close", "escalate", "lapse", "reassign"})
ANYBODY = frozenset(party for step in states.STEPS.values() for party in step.parties)
REFUSALS = (NotFoundException, Overtaken, states.Refused, NoSuchRepairman, WrongAmount)


@pytest.mark.parametrize("seed", range(12))
@on_stage
async def test_random_people_never_lead_a_ticket_astray(scene, seed):
    random = Random(seed)
    ticket = await scene.reported()
    hands = Hands(ticket.id, random)
    for turn in range(60):
        likely = states.verbs_of((await seen(ticket.id, ZHOU)).standing, ANYBODY)
        pool = [verb for verb in likely if verb in VERBS] if turn % 3 else VERBS
        with contextlib.suppress(*REFUSALS):
            await hands.try_something(random.choice(pool or VERBS), random.choice(PEOPLE))
        await look(ticket.id)
    assert (await verify())[1] == []


async def look(ticket_id):
    """See that the ticket is explained by what was written down of it, and that nothing forbidden has come about."""
    ticket = await fetchrow("select * from ticket where id = $1", ticket_id)
    events = await fetch(
        "select kind, account_id, detail from ticket_event where ticket_id = $1 order by at, id", ticket_id
    )
    kinds = [one["kind"] for one in events]
    assert states.explained(kinds) == ticket["state"]
    assert (ticket["state"] == "suspended") == (ticket["suspended_at"] is not None)
    assert ticket["charge"] == 0 or "agree" in kinds, "a charge that nobody agreed to"
    assert ticket["charge"] in (0, 7000)
    audited = await fetch(
        "select action, after ->> 'state' as state from audit where entity_id = $1 and action <> 'photo.attach' order by seq",
        ticket_id,
    )
    assert [one["action"].removeprefix("ticket.") for one in audited] == kinds
    assert audited[-1]["state"] == ticket["state"]

"""Complaints: limits, who may do what, random walks, anonymity, majors, verdicts, lateness."""

import random
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from litestar.exceptions import NotFoundException

from server.audit import reading as audit
from server.complaints import handling, judging, receiving, states, watching
from server.complaints.changing import Overtaken, events_of
from server.complaints.finding import find, parties
from server.complaints.handling import NoSuchHandler, NotAhead
from server.complaints.kinds import limits, why_major
from server.complaints.receiving import Complaint
from server.complaints.register import Filters, listed, own, tallies
from server.complaints.states import Missing, Refused
from server.followups.calling import Answers, answered
from server.followups.register import Filters as CallFilters
from server.followups.register import listed as calls
from server.followups.register import tallies as call_tallies
from server.lib.acting import Act
from server.lib.formats import now
from server.lib.ids import uuid7
from tests.cast import CHEN, GUAN, LIN, QIAN, SHIFU, SUN, WANG, ZHAO, ZHOU, room_id
from tests.tickets.scenes import actor, execute, fetch, fetchrow, fetchval, on_stage, photo_of

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_a_database(db):
    """Every test has the cast's database."""


async def filed(**changes):
    """Return a complaint of an owner's."""
    values = {
        "id": uuid7(), "text": "楼上半夜装修。说过三次了", "place": "3栋1单元1302", "room_id": room_id("3栋1单元1302"),
        "filer_id": CHEN.person_id, "contact_phone": CHEN.phone,
    } | changes  # fmt: skip
    return await receiving.receive(Complaint(**values), by=actor(CHEN))


async def answered_one(**changes):
    """Return a complaint that the clerk has answered."""
    case = await filed(**changes)
    await handling.assign(case.id, ZHOU.person_id, by=actor(WANG), act=Act())
    return await handling.result(case.id, by=actor(ZHOU), act=Act(note="已上门制止"), cause="noise")


def test_reply_in_24_hours_answer_in_3_days_in_writing_in_7():
    found = limits(NOON)
    assert [found[name] - NOON for name in ("reply_by", "due_at", "last_by")] == [
        timedelta(hours=24), timedelta(days=3), timedelta(days=7),
    ]  # fmt: skip


def test_a_hotline_case_has_its_own_deadline():
    early = limits(NOON, NOON + timedelta(hours=10))
    assert set(early.values()) == {NOON + timedelta(hours=10)}
    assert limits(NOON, NOON + timedelta(days=15))["last_by"] == NOON + timedelta(days=15)
    assert (why_major("hotline", None), why_major("media", None), why_major("phone", "injury")) == (
        "hotline",
        "media",
        "injury",
    )
    assert why_major("phone", None) is None


@on_stage
async def test_from_the_complaint_to_the_owners_word():
    case = await filed()
    assert (case.state, case.summary, case.number[:3]) == ("received", "楼上半夜装修", "TS-")
    case = await handling.assign(case.id, ZHOU.person_id, by=actor(WANG), act=Act())
    assert (case.state, case.handler_name) == ("assigned", ZHOU.name)
    case = await handling.reply(case.id, by=actor(ZHOU), act=Act(note="在核实"))
    assert case.replied_at is not None
    case = await handling.result(case.id, by=actor(ZHOU), act=Act(note="已制止"), cause="noise")
    assert (case.state, case.result, case.cause) == ("resulted", "已制止", "noise")
    call = await fetchrow(
        "select reason, barred, due_at - drawn_at as days from follow_up where entity_id = $1", case.id
    )
    assert (call["reason"], call["barred"], call["days"]) == ("complaint", [ZHOU.account_id], timedelta(days=3))
    case = await judging.accept(case.id, by=actor(CHEN), act=Act(), verdict="A")
    assert (case.state, case.verdict) == ("closed", "A")
    assert await fetchval("select rating from follow_up where entity_id = $1", case.id) == "A"
    assert states.explained([one.kind for one in reversed(await events_of(case.id))]) == "closed"
    told = {(one["event"], one["account_id"]) for one in await fetch("select event, account_id from notification")}
    assert ("complaint_filed", ZHOU.account_id) in told
    assert {("complaint_replied", CHEN.account_id), ("complaint_resulted", CHEN.account_id)} <= told
    assert ("complaint_accepted", ZHOU.account_id) in told


@on_stage
async def test_whoever_it_is_about_neither_sees_nor_handles_nor_hears_of_it():
    case = await filed(about_id=ZHOU.person_id)
    with pytest.raises(NotFoundException):
        await find(case.id, by=actor(ZHOU))
    with pytest.raises(NotFoundException):
        await handling.result(case.id, by=actor(ZHOU), act=Act(note="没事"), cause="other")
    with pytest.raises(NoSuchHandler):
        await handling.assign(case.id, ZHOU.person_id, by=actor(WANG), act=Act())
    with pytest.raises(asyncpg.CheckViolationError):
        async with fetch_transaction():
            await execute("update complaint set handler_id = about_id where id = $1", case.id)
    assert not (await listed(actor(ZHOU), Filters("all"))).items
    assert (await tallies(actor(ZHOU))).counts["all"] == 0
    assert ZHOU.account_id not in [one["account_id"] for one in await fetch("select account_id from notification")]


def fetch_transaction():
    """Return a transaction whose failure leaves the test's own connection usable."""
    from server.db import transaction

    return transaction()


@on_stage
async def test_of_an_anonymous_one_nobody_in_the_office_learns_who_made_it():
    new = Complaint(id=uuid7(), text="有人飞线充电", place="5栋架空层", anonymous=True)
    case = await receiving.receive(new, await photo_of(CHEN), by=actor(CHEN))
    assert await fetchval("select count(*) from photo where entity_id = $1", case.id) == 1
    assert case.filer_account_id == CHEN.account_id  # who made it still finds it
    seen = await find(case.id, by=actor(WANG))
    assert (seen.filer_account_id, seen.filer_name, seen.contact_phone) == (None, None, None)
    await judging.withdraw(case.id, by=actor(CHEN), act=Act(note="算了"))
    for table, text in (("complaint_event", "t::text"), ("audit", "(to_jsonb(t) - 'hash' - 'prev_hash')::text")):
        rows = await fetch(f"select {text} as line from {table} as t where t::text like '%' || $1 || '%'", str(case.id))
        assert rows
        for row in rows:
            assert not any(
                word in row["line"] for word in (CHEN.name, str(CHEN.account_id), str(CHEN.person_id), CHEN.phone)
            )
    assert [one.id for one in (await own(actor(CHEN))).items] == [case.id]
    assert await fetchval("select count(*) from follow_up") == 0


@on_stage
async def test_major_ones_reach_the_manager_at_once():
    await filed(channel="hotline", case_no="RX1", case_due=now() + timedelta(days=1))
    told = await fetch("select account_id from notification where event = 'complaint_major'")
    assert [one["account_id"] for one in told] == [WANG.account_id]
    case = await filed()
    case = await handling.mark(case.id, "injury", by=actor(ZHOU), act=Act(note="摔伤"))
    assert case.major == "injury"
    assert await fetchval("select count(*) from notification where event = 'complaint_major'") == 2


@on_stage
async def test_c_opens_it_again_with_new_days_and_the_manager_hears_of_it():
    case = await answered_one()
    with pytest.raises(Missing):
        await judging.refuse(case.id, by=actor(CHEN), act=Act())
    case = await judging.refuse(case.id, by=actor(CHEN), act=Act(note="还在吵"))
    assert (case.state, case.verdict, case.reopened) == ("reopened", "C", 1)
    assert case.due_at - now() > timedelta(days=2, hours=23)
    assert await fetchval("select rating from follow_up where entity_id = $1", case.id) == "C"
    told = {
        one["account_id"]
        for one in await fetch("select account_id from notification where event = 'complaint_refused'")
    }
    assert told == {ZHOU.account_id, WANG.account_id}
    case = await handling.result(case.id, by=actor(ZHOU), act=Act(note="物业每晚巡查"), cause="noise")
    assert await fetchval("select count(*) from follow_up where entity_id = $1", case.id) == 2


@on_stage
async def test_a_call_settles_what_was_answered_and_not_by_who_answered():
    from server.followups.calling import NotByYou

    case = await answered_one()
    call = await fetchval("select id from follow_up where entity_id = $1", case.id)
    with pytest.raises(NotByYou):
        await answered(call, Answers(rating="A", respondent="陈晓明"), by=actor(ZHOU), act=Act())
    await answered(call, Answers(rating="B", respondent="陈晓明"), by=actor(WANG), act=Act())
    case = await find(case.id, by=actor(WANG))
    assert (case.state, case.verdict) == ("closed", "B")
    again = await answered_one()
    call = await fetchval("select id from follow_up where entity_id = $1", again.id)
    await answered(call, Answers(rating="C", respondent="陈晓明", note="没用"), by=actor(GUAN), act=Act())
    assert (await find(again.id, by=actor(WANG))).state == "reopened"


@on_stage
async def test_the_call_about_it_is_hidden_from_whom_it_is_about_too():
    case = await answered_one(about_id=GUAN.person_id)
    call = await fetchval("select id from follow_up where entity_id = $1", case.id)
    with pytest.raises(NotFoundException):
        await answered(call, Answers(rating="A", respondent="陈晓明"), by=actor(GUAN), act=Act())
    assert (await calls(actor(GUAN), CallFilters("all"))).total == 0
    assert (await call_tallies(actor(GUAN))).counts["due"] == 0
    assert (await calls(actor(WANG), CallFilters("all"))).total == 1


@on_stage
async def test_nor_the_record_of_it():
    case = await answered_one(about_id=GUAN.person_id)
    of_case = audit.Filters(entity_id=case.id)
    assert (await audit.entries(actor(WANG), of_case, 1)).total == 3
    assert (await audit.entries(actor(GUAN), of_case, 1)).total == 0


@on_stage
async def test_only_the_manager_puts_an_answer_off_and_not_for_ever():
    case = await filed()
    until = now() + timedelta(days=6)
    with pytest.raises(states.NotYours):
        await handling.extend(case.id, until, by=actor(ZHOU), act=Act(note="等报告"))
    for wrong in (now() + timedelta(days=1), now() + timedelta(days=40)):
        with pytest.raises(NotAhead):
            await handling.extend(case.id, wrong, by=actor(WANG), act=Act(note="等报告"))
    case = await handling.extend(case.id, until, by=actor(WANG), act=Act(note="等报告"))
    assert case.due_at == until
    assert await fetchval("select count(*) from notification where event = 'complaint_extended'") == 1


@on_stage
async def test_what_is_late_rises_step_by_step_once():
    case = await filed()
    assert await watching.watch(None) == {"told": 0}
    await execute("update complaint set reply_by = now() - interval '13 hours' where id = $1", case.id)
    assert await watching.watch(None) == {"told": 2}
    assert await watching.watch(None) == {"told": 0}
    levels = await fetch("select account_id, count(*) from notification where event = 'complaint_overdue' group by 1")
    assert {ZHOU.account_id, WANG.account_id} <= {one["account_id"] for one in levels}
    assert (await tallies(actor(WANG))).counts["late"] == 1


@on_stage
@pytest.mark.parametrize("who", [LIN, QIAN, SHIFU, ZHAO, SUN])
async def test_strangers_find_nothing(who):
    case = await filed()
    with pytest.raises(NotFoundException):
        await find(case.id, by=actor(who))


@on_stage
async def test_who_it_is_given_to_sees_and_answers_it_whatever_their_post():
    case = await filed()
    await handling.assign(case.id, SHIFU.person_id, by=actor(ZHOU), act=Act())
    case = await handling.result(case.id, by=actor(SHIFU), act=Act(note="修好了"), cause="quality")
    assert case.state == "resulted"


@on_stage
async def test_of_two_at_once_the_second_is_told():
    case = await filed()
    await handling.result(case.id, by=actor(ZHOU), act=Act(base=case.version, note="好了"), cause="other")
    with pytest.raises(Overtaken):
        await handling.reply(case.id, by=actor(WANG), act=Act(base=case.version, note="在看"))


PEOPLE = (WANG, ZHOU, GUAN, SHIFU, CHEN, LIN, QIAN)


async def attempt(dice, case_id, who):
    """Take a random step as a random person, legal or not."""
    act, by = Act(note=dice.choice([None, "说明"])), actor(who)
    steps = [
        lambda: handling.assign(case_id, dice.choice([ZHOU, SHIFU, ZHAO, GUAN]).person_id, by=by, act=act),
        lambda: handling.reply(case_id, by=by, act=act),
        lambda: handling.result(case_id, by=by, act=act, cause=dice.choice(["noise", "other"])),
        lambda: handling.extend(case_id, now() + timedelta(days=dice.choice([1, 6, 50])), by=by, act=act),
        lambda: handling.mark(case_id, "group", by=by, act=act),
        lambda: judging.accept(case_id, by=by, act=act, verdict=dice.choice("AB")),
        lambda: judging.refuse(case_id, by=by, act=act),
        lambda: judging.withdraw(case_id, by=by, act=act),
    ]
    await dice.choice(steps)()


@on_stage
@pytest.mark.parametrize("seed", range(6))
async def test_whatever_people_try_every_state_is_explained_and_whoever_it_is_about_has_no_hand_in_it(seed):
    dice = random.Random(seed)
    case = await filed(about_id=ZHAO.person_id)
    for _turn in range(60):
        before = await fetchrow("select state, version from complaint where id = $1", case.id)
        who = dice.choice((*PEOPLE, ZHAO))
        try:
            await attempt(dice, case.id, who)
        except (Refused, NotFoundException, NoSuchHandler, NotAhead):
            after = await fetchrow("select state, version from complaint where id = $1", case.id)
            assert tuple(after) == tuple(before)
        else:
            assert who is not ZHAO
        row = await find(case.id, by=actor(WANG))
        assert row.state != "resulted" or (row.result and row.cause)
        assert row.handler_id != ZHAO.person_id
    kinds = [one.kind for one in reversed(await events_of(case.id))]
    row = await find(case.id, by=actor(WANG))
    assert states.explained(kinds) == row.state
    assert await fetchval("select count(*) from audit where entity_id = $1", case.id) == len(kinds)
    assert parties(actor(ZHAO), row) == frozenset()

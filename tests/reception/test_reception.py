"""The front desk: a line is written once, becomes one thing, is corrected or voided and never lost; keys are out once; letters go once."""

import io
from datetime import timedelta

import pytest
from litestar.exceptions import NotFoundException
from python_calamine import CalamineWorkbook

from server.lib.formats import now
from server.lib.ids import uuid7
from server.reception import keys, letters, outcomes
from server.reception.finding import Filters, Overtaken, filters_from, find, listed, tallies
from server.reception.keys import IsOut, Key, Taken, TooSoon
from server.reception.letters import NewLetter
from server.reception.outcomes import AnswerForm, ComplaintForm, NoteForm, TicketForm, Wrong
from server.reception.receiving import Arrival, Elsewhere, NotOpen, correct, receive, void
from tests.cast import CHEN, GUAN, QIAN, SHIFU, SUN, WANG, ZHOU, room_id
from tests.tickets.scenes import DB, EVERYWHERE, actor, fetch, fetchrow, fetchval, on_stage

HOME = room_id("3栋1单元1302")


def call(**changes) -> Arrival:
    """Return the call of the owner of 1302."""
    values = {
        "id": uuid7(),
        "channel": "call",
        "words": "厨房漏水",
        "room_id": HOME,
        "person_id": CHEN.person_id,
    } | changes
    return Arrival(**values)


async def test_a_line_is_written_once_and_is_of_today(db):
    @on_stage
    async def play():
        new, clerk = call(), actor(ZHOU)
        first, again = await receive(new, by=clerk), await receive(new, by=clerk)
        assert first.id == again.id
        assert (first.room_label, first.name, first.receiver_name) == ("3栋1单元1302", "陈晓明", "周敏")
        found = await listed(clerk, Filters())
        assert [one.id for one in found.items] == [first.id]
        assert (await tallies(clerk)).open == 1
        yesterday = await receive(call(words="昨天"), by=clerk, at=now() - timedelta(days=1))
        assert yesterday.id not in [one.id for one in (await listed(clerk, Filters())).items]
        assert [one.id for one in (await listed(clerk, Filters(q="昨天"))).items] == [yesterday.id]

    await play()


async def test_only_the_desk_writes_and_strangers_find_nothing(db):
    @on_stage
    async def play():
        visit = await receive(call(), by=actor(ZHOU))
        for who in (SHIFU, GUAN, QIAN, CHEN):
            with pytest.raises(NotFoundException):
                await receive(call(), by=actor(who))
            with pytest.raises(NotFoundException):
                await find(visit.id, by=actor(who))
        with pytest.raises(NotFoundException):
            await find(visit.id, by=actor(SUN))
        with pytest.raises(Elsewhere):
            await receive(call(room_id=room_id("1栋1单元101", "翠湖湾"), person_id=None), by=actor(ZHOU))
        with pytest.raises(Elsewhere):
            await receive(call(person_id=SHIFU.person_id), by=actor(ZHOU))

    await play()


async def test_it_becomes_a_ticket_and_each_knows_the_other(db):
    @on_stage
    async def play():
        clerk, visit = actor(ZHOU), await receive(call(), by=actor(ZHOU))
        form = TicketForm(version=1, id=uuid7(), category="water", text="厨房漏水")
        settled = await outcomes.settle(visit.id, "ticket", form, by=clerk)
        assert settled.linked_id == form.id
        assert settled.linked_label is not None
        assert settled.linked_label.startswith("GD-")
        ticket = await fetchrow(
            "select room_id, reporter_id, reporter_account_id, contact_phone, state from ticket where id = $1", form.id
        )
        assert tuple(ticket) == (HOME, CHEN.person_id, CHEN.account_id, CHEN.phone, "accepted")
        with pytest.raises(Overtaken):
            await outcomes.settle(visit.id, "answer", AnswerForm(version=1, said="好"), by=clerk)
        with pytest.raises(NotOpen):
            await outcomes.settle(visit.id, "answer", AnswerForm(version=2, said="好"), by=clerk)

    await play()


async def test_it_becomes_a_complaint_of_who_called(db):
    @on_stage
    async def play():
        clerk, visit = actor(ZHOU), await receive(call(), by=actor(ZHOU))
        form = ComplaintForm(version=1, id=uuid7(), text="三天没人来修")
        settled = await outcomes.settle(visit.id, "complaint", form, by=clerk)
        assert settled.linked_label.startswith("TS-")
        made = await fetchrow(
            "select channel, room_id, filer_id, filer_account_id, state from complaint where id = $1", form.id
        )
        assert tuple(made) == ("phone", HOME, CHEN.person_id, CHEN.account_id, "received")

    await play()


async def test_a_ticket_without_a_room_needs_a_place(db):
    @on_stage
    async def play():
        clerk, visit = actor(ZHOU), await receive(call(room_id=None, person_id=None, who="路人"), by=actor(ZHOU))
        for location, field in (("private", "location"), ("common", "place")):
            with pytest.raises(Wrong) as wrong:
                await outcomes.settle(
                    visit.id,
                    "ticket",
                    TicketForm(version=1, id=uuid7(), category="lift", location=location, text="坏了"),
                    by=clerk,
                )
            assert wrong.value.field == field
        assert (await find(visit.id, by=clerk)).is_open
        assert await fetchval("select count(*) from ticket") == 0

    await play()


async def test_a_note_reaches_the_colleague_and_nobody_else(db):
    @on_stage
    async def play():
        clerk, visit = actor(ZHOU), await receive(call(), by=actor(ZHOU))
        with pytest.raises(Wrong):
            await outcomes.settle(
                visit.id, "note", NoteForm(version=1, colleague=SUN.account_id, said="请回电"), by=clerk
            )
        await outcomes.settle(
            visit.id, "note", NoteForm(version=1, colleague=SHIFU.account_id, said="请回电"), by=clerk
        )
        (told,) = await fetch("select account_id, link from notification where event = 'reception_note'")
        assert tuple(told) == (SHIFU.account_id, None)

    await play()


async def test_a_correction_keeps_what_was_there_in_the_audit_and_a_void_line_stays(db):
    @on_stage
    async def play():
        clerk, visit = actor(ZHOU), await receive(call(), by=actor(ZHOU))
        changed = await correct(visit.id, call(words="厨房漏水，很大"), by=clerk, base=1)
        assert changed.words == "厨房漏水，很大"
        with pytest.raises(Overtaken):
            await correct(visit.id, call(words="别的"), by=clerk, base=1)
        before = await fetchval("select before ->> 'words' from audit where action = 'reception.correct'")
        assert before == "厨房漏水"
        await void(visit.id, "记错了", by=clerk, base=2)
        assert (await listed(clerk, Filters(result="void"))).total == 1
        assert (await tallies(clerk)).open == 0
        with pytest.raises(NotOpen):
            await outcomes.settle(visit.id, "answer", AnswerForm(version=3, said="好"), by=clerk)

    await play()


async def a_key(name: str = "3栋 水泵房") -> Key:
    """Hang up a key."""
    key = Key(id=uuid7(), name=name, hook="A-1", room_id=None, is_active=True, version=0)
    await keys.save(key, by=actor(ZHOU))
    return key


async def test_a_key_that_is_out_is_not_handed_out_again(db):
    @on_stage
    async def play():
        clerk, key = actor(ZHOU), await a_key()
        tonight = now() + timedelta(hours=3)
        with pytest.raises(TooSoon):
            await keys.lend(key.id, by=clerk, borrower="王水生", phone=None, purpose="检修", due_at=now())
        await keys.lend(key.id, by=clerk, borrower="王水生", phone=None, purpose="检修", due_at=tonight)
        with pytest.raises(IsOut):
            await keys.lend(key.id, by=actor(WANG), borrower="李电", phone=None, purpose="看看", due_at=tonight)
        out = await keys.find(key.id, by=clerk)
        assert (out.borrower, out.is_late) == ("王水生", False)
        out.is_active = False
        with pytest.raises(IsOut):
            await keys.save(out, by=clerk)
        assert out.loan_id is not None
        await keys.take_back(key.id, by=clerk, loan_id=out.loan_id)
        with pytest.raises(Overtaken):
            await keys.take_back(key.id, by=clerk, loan_id=out.loan_id)
        await keys.lend(key.id, by=clerk, borrower="李电", phone=None, purpose="看看", due_at=tonight)
        with pytest.raises(Taken):
            await a_key()

    await play()


async def test_a_late_key_is_shown_first(db):
    @on_stage
    async def play():
        clerk, first, late = actor(ZHOU), await a_key(), await a_key("5栋 机房")
        start = now() - timedelta(hours=5)
        await keys.lend(
            first.id, by=clerk, borrower="王水生", phone=None, purpose="检修", due_at=now() + timedelta(hours=1)
        )
        await keys.lend(
            late.id, by=clerk, borrower="李电", phone=None, purpose="检修", at=start, due_at=start + timedelta(hours=2)
        )
        assert [one.name for one in (await keys.listed(clerk, "", "")).items] == ["5栋 机房", "3栋 水泵房"]
        assert [one.name for one in (await keys.listed(clerk, "", "late")).items] == ["5栋 机房"]
        assert (await tallies(clerk)).keys_late == 1

    await play()


async def test_a_letter_is_told_to_who_lives_there_and_handed_out_once(db):
    @on_stage
    async def play():
        clerk, new = actor(ZHOU), NewLetter(id=uuid7(), room_id=HOME, kind="parcel", detail="顺丰")
        await letters.take_in(new, by=clerk)
        await letters.take_in(new, by=clerk)
        assert [one["account_id"] for one in await fetch("select account_id from notification")] == [CHEN.account_id]
        assert [one.detail for one in await letters.waiting_for(actor(CHEN))] == ["顺丰"]
        await letters.hand_out(new.id, by=clerk, to="陈晓明", base=1)
        with pytest.raises(Overtaken):
            await letters.hand_out(new.id, by=clerk, to="别人", base=2)
        with pytest.raises(Overtaken):
            await letters.send_back(new.id, by=clerk, base=1, note="拒收")
        assert await letters.waiting_for(actor(CHEN)) == []
        assert await fetchval("select count(*) from notification where event = 'letter_handed'") == 1

    await play()


@pytest.mark.parametrize("day", ["2026-13-01", "0001-01-01", "heute", ""])
def test_nonsense_in_an_address_is_no_filter(day):
    assert filters_from({"day": day, "channel": "rauch", "result": "x", "q": "\0"}) == Filters()


# ---- The pages -------------------------------------------------------------------------------------------------------


async def test_the_desk_finds_rooms_saves_a_line_and_refuses_well(client_for):
    clerk = await client_for(ZHOU)
    found = (await clerk.get("/reception/rooms?q=1302", headers={"hx-request": "true"})).text
    assert str(HOME) in found
    assert "陈**" in found or "陈*" in found
    line = {"id": str(uuid7()), "channel": "call", "q": "1302", "words": ""}
    refused = await clerk.post("/reception", data=line, headers={"hx-request": "true"})
    assert refused.status_code == 422
    assert "请填写这一项" in refused.text
    kept = await clerk.post("/reception", data=line | {"words": "门禁坏了"}, headers={"hx-request": "true"})
    assert kept.status_code == 200
    assert "已记下：门禁坏了" in kept.text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select room_id from visit") == HOME
    plain = await clerk.post("/reception", data=line | {"id": str(uuid7()), "q": "李工", "words": "送货"})
    assert plain.status_code == 303
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select who from visit where words = '送货'") == "李工"


async def test_the_register_goes_to_paper_and_spreadsheet(client_for):
    clerk = await client_for(ZHOU)
    async with DB.scope(EVERYWHERE):
        await receive(call(), by=actor(ZHOU))
    assert "厨房漏水" in (await clerk.get("/reception/print")).text
    assert "厨房漏水" not in (await clerk.get("/reception/print?day=2026-01-01")).text
    book = CalamineWorkbook.from_filelike(io.BytesIO((await clerk.get("/reception/export")).content))
    lines = book.get_sheet_by_index(0).to_python()
    assert "厨房漏水" in lines[2]
    assert "199****0101" in lines[2]


async def test_a_second_clerk_who_was_slower_is_told(client_for):
    clerk, manager = await client_for(ZHOU), await client_for(WANG)
    async with DB.scope(EVERYWHERE):
        visit = await receive(call(), by=actor(ZHOU))
    at = f"/reception/{visit.id}"
    assert (await clerk.post(f"{at}/outcomes/answer", data={"version": "1", "said": "好的"})).status_code == 303
    slower = await manager.post(f"{at}/voiding", data={"version": "1", "reason": "重复"})
    assert slower.status_code == 409
    assert "刚才有同事处理过" in slower.text
    assert (await clerk.post(f"{at}/outcomes/hero", data={"version": "2"})).status_code == 404


async def test_pages_of_keys_and_letters_refuse_beside_the_field(client_for):
    clerk = await client_for(ZHOU)
    async with DB.scope(EVERYWHERE):
        key = await a_key()
    again = await clerk.post("/reception/keys", data={"id": str(uuid7()), "name": "3栋 水泵房"})
    assert (again.status_code, "已经有这个名字的钥匙" in again.text) == (422, True)
    lend = {"borrower": "王水生", "purpose": "检修", "due_at": "2020-01-01T10:00"}
    late = await clerk.post(f"/reception/keys/{key.id}/loan", data=lend)
    assert (late.status_code, "要晚于现在" in late.text, "王水生" in late.text) == (422, True, True)
    fine = await clerk.post(f"/reception/keys/{key.id}/loan", data=lend | {"due_at": "2099-01-01T10:00"})
    assert fine.status_code == 303
    off = await clerk.post(
        f"/reception/keys/{key.id}", data={"id": str(key.id), "name": "泵房", "version": "1", "is_active": ""}
    )
    assert (off.status_code, "还借在外面" in off.text) == (422, True)
    nowhere = await clerk.post("/reception/letters", data={"id": str(uuid7()), "kind": "parcel", "detail": "顺丰"})
    assert (nowhere.status_code, "请搜索并选择房号" in nowhere.text, "顺丰" in nowhere.text) == (422, True, True)


async def test_the_desk_is_for_the_clerk_and_the_manager(client_for):
    for who, status in ((ZHOU, 200), (WANG, 200), (GUAN, 404), (SHIFU, 404), (CHEN, 404)):
        client = await client_for(who)
        for path in ("/reception", "/reception/keys", "/reception/letters", "/reception/print", "/reception/export"):
            assert (await client.get(path)).status_code == status, (who.name, path)

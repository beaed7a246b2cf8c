"""Reporting by a label: strangers may report and no more, others are counted once, an owner claims what was theirs."""

import pytest
from litestar.exceptions import NotFoundException

from server.lib.ids import uuid7
from server.scanning import labels, voicing
from server.scanning.alike import alike, at_label
from server.tickets.finding import find
from tests.cast import CHEN, GUAN, LIN, QIAN, SHIFU, SUN, SUN_OWNER, WANG, ZHOU, room_id
from tests.storage.pictures import encoded, picture
from tests.tickets.scenes import DB, EVERYWHERE, actor, execute, fetchval, leak, on_stage, reporting

LIFT = "3栋1单元 电梯"


async def a_label(name: str = LIFT, category: str | None = "lift") -> labels.Scanned:
    """Put up a label."""
    await labels.add([name], category, by=actor(ZHOU))
    code = await fetchval("select code from place_code where name = $1 and is_active", name)
    return await labels.scan(code, "10.0.0.1")


async def scanned(label: labels.Scanned, **changes):
    """Report by a label as a stranger; return the ticket's id."""
    values = {"category": "lift", "text": "门关不上", "phone": None} | changes
    by = voicing.stranger(label.community_id, "10.0.0.2")
    return await voicing.report_by_label(label, uuid7(), by=by, **values)


async def test_a_strangers_report_is_an_ordinary_ticket_that_one_owner_can_claim(db):
    @on_stage
    async def play():
        label = await a_label()
        ticket_id = await scanned(label)
        ticket = await find(ticket_id, by=actor(ZHOU))
        assert (ticket.state, ticket.place, ticket.location, ticket.level) == ("submitted", LIFT, "common", "P2")
        assert ticket.reporter_account_id is None
        secret = voicing.secret_of(ticket_id)
        assert (await voicing.claim_of(secret)).number == ticket.number
        for who in (SUN_OWNER, SHIFU):
            with pytest.raises(NotFoundException):
                await voicing.claim(secret, by=actor(who))
        assert await voicing.claim(secret, by=actor(CHEN)) == ticket_id
        assert await voicing.claim(secret, by=actor(CHEN)) == ticket_id
        with pytest.raises(NotFoundException):
            await voicing.claim(secret, by=actor(LIN))
        assert (await find(ticket_id, by=actor(CHEN))).reporter_id == CHEN.person_id
        with pytest.raises(NotFoundException):
            await voicing.claim_of("x" * 24)
        await execute("update ticket_voice set at = now() - interval '91 days'")
        with pytest.raises(NotFoundException):
            await voicing.claim_of(secret)

    await play()


async def test_others_are_counted_an_account_once_a_stranger_rarely(db):
    @on_stage
    async def play():
        label = await a_label()
        ticket_id = await scanned(label)
        for _time in range(2):
            await voicing.say_too(ticket_id, by=actor(CHEN))
        nobody = voicing.stranger(label.community_id, "10.0.0.3")
        for _time in range(6):
            await voicing.say_too(ticket_id, by=nobody, label=label, ip="10.0.0.3")
        assert await voicing.voices_of(ticket_id) == 1 + voicing.TOO.size
        with pytest.raises(NotFoundException):
            await voicing.say_too(ticket_id, by=actor(SUN_OWNER))
        with pytest.raises(NotFoundException):
            await voicing.say_too(ticket_id, by=nobody, label=await a_label("东门 人行门"), ip="10.0.0.4")
        home = await reporting.report(leak(), by=actor(CHEN))
        with pytest.raises(NotFoundException):
            await voicing.say_too(home.id, by=actor(LIN))

    await play()


async def test_a_strangers_words_are_shown_only_once_the_office_has_seen_them(db):
    @on_stage
    async def play():
        label = await a_label()
        ticket_id = await scanned(label, text="某某是坏人")
        (known,) = await at_label(label.community_id, LIFT)
        assert known.told == "电梯"
        await execute("update ticket set state = 'accepted' where id = $1", ticket_id)
        (known,) = await at_label(label.community_id, LIFT)
        assert known.told == "某某是坏人"

    await play()


async def test_what_is_alike_is_hinted_once_for_each_place_within_a_day(db):
    @on_stage
    async def play():
        label = await a_label()
        await scanned(label)
        second = await scanned(label)
        for who in (CHEN, ZHOU):
            found = await alike("lift", by=actor(who), location="common", place="3栋1单元 大堂")
            assert [one.id for one in found] == [second]
        assert await alike("water", by=actor(CHEN), location="common", place=LIFT) == []
        assert await alike("lift", by=actor(ZHOU), location="common", place="5栋1单元") == []
        assert await alike("lift", by=actor(SUN), location="common", place=LIFT) == []
        await execute("update ticket set reported_at = now() - interval '25 hours'")
        assert await alike("lift", by=actor(CHEN), location="common", place=LIFT) == []
        home = await reporting.report(leak(), by=actor(CHEN))
        room = room_id("3栋1单元1302")
        assert [one.id for one in await alike("water", by=actor(CHEN), location="private", room_id=room)] == [home.id]
        assert await alike("water", by=actor(LIN), location="private", room_id=room) == []

    await play()


async def test_a_label_is_once_for_a_place_and_a_fresh_code_ends_the_old(db):
    @on_stage
    async def play():
        label = await a_label()
        assert await labels.add([LIFT], None, by=actor(ZHOU)) == 0
        with pytest.raises(NotFoundException):
            await labels.add(["x"], None, by=actor(SHIFU))
        one = await labels.find(label.id, by=actor(WANG))
        await labels.change(one, by=actor(WANG), fresh_code=True)
        with pytest.raises(NotFoundException):
            await labels.scan(label.code, "10.0.0.9")
        with pytest.raises(labels.Changed):
            await labels.change(one, by=actor(WANG))

    await play()


# ---- The pages -------------------------------------------------------------------------------------------------------


async def put_up() -> str:
    """Put up a label; return its address."""
    async with DB.scope(EVERYWHERE):
        return f"/r/{(await a_label()).code}"


async def test_a_stranger_reports_with_a_photo_and_twice_is_once(visitor):
    at = await put_up()
    assert "3栋1单元 电梯" in (await visitor.get(at)).text
    sent = {"id": str(uuid7()), "category": "lift", "text": "门关不上", "contact_phone": "19900000777"}
    photo = {"photos": ("a.jpg", encoded(picture()), "image/jpeg")}
    first = await visitor.post(at, data=sent, files=photo)
    again = await visitor.post(at, data=sent, files=photo)
    assert (first.status_code, again.headers["location"]) == (303, first.headers["location"])
    status = await visitor.get(first.headers["location"])
    assert "GD-" in status.text
    assert "19900000777" not in status.text
    assert "登录认领" in status.text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket") == 1
        assert await fetchval("select count(*) from photo where entity = 'ticket' and account_id is null") == 1


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_made(visitor):
    at = await put_up()
    empty = await visitor.post(at, data={"id": str(uuid7()), "category": "lift"})
    assert (empty.status_code, "请拍张照片或写一句说明" in empty.text) == (422, True)
    four = [("photos", (f"{n}.jpg", encoded(picture()), "image/jpeg")) for n in range(4)]
    many = await visitor.post(at, data={"id": str(uuid7()), "category": "lift", "text": "坏"}, files=four)
    assert (many.status_code, "最多 3 张" in many.text) == (422, True)
    text = {"photos": ("a.jpg", b"no picture", "image/jpeg")}
    bad = await visitor.post(at, data={"id": str(uuid7()), "category": "lift", "text": "坏"}, files=text)
    assert bad.status_code == 422
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket") == 0


async def test_one_address_cannot_flood_the_office(visitor):
    at = await put_up()
    answers = [
        await visitor.post(at, data={"id": str(uuid7()), "category": "lift", "text": f"第 {n} 次"}) for n in range(8)
    ]
    assert [one.status_code for one in answers] == [303] * voicing.BY_ADDRESS.size + [429] * (
        8 - voicing.BY_ADDRESS.size
    )
    assert "第 7 次" in answers[-1].text
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from ticket") == voicing.BY_ADDRESS.size


async def test_unknown_codes_and_foreign_tickets_are_not_there(visitor):
    at = await put_up()
    assert (await visitor.get("/r/AAAAAAAAAA")).status_code == 404
    assert (await visitor.get("/claims/nothing")).status_code == 404
    assert (await visitor.post(f"{at}/too", data={"ticket": str(uuid7())})).status_code == 404
    assert (await visitor.post("/claims/nothing/owner")).status_code in (303, 401, 404)


async def test_whoever_is_signed_in_reports_as_themselves(client_for):
    at = await put_up()
    owner = await client_for(CHEN)
    id_ = str(uuid7())
    made = await owner.post(at, data={"id": id_, "category": "lift", "text": "门关不上"})
    assert made.headers["location"] == f"/tickets/{id_}"
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select reporter_account_id from ticket") == CHEN.account_id


async def test_the_labels_are_for_the_clerk_and_the_manager(client_for):
    for who, status in ((ZHOU, 200), (WANG, 200), (GUAN, 404), (QIAN, 404), (CHEN, 404)):
        client = await client_for(who)
        for path in ("/labels", "/labels/print"):
            assert (await client.get(path)).status_code == status, (who.name, path)

"""Somebody works in two communities: what was done in one belongs there, wherever the session stands when it arrives."""

import pytest

from server.db import DB, EVERYWHERE, execute, fetchrow, fetchval
from server.lib.ids import uuid7
from server.sync.tidying import carry_out_all
from tests.cast import LAKE, SUN, SUNSHINE, WANG, ZHAO
from tests.support.phones import Phone
from tests.support.things import ticks_of
from tests.sync.test_blobs import PHOTO, asked, promise, send

IN_LAKE = {"community": str(LAKE)}


@pytest.fixture
async def phone(phone_for) -> Phone:
    """赵强's phone; he is a guard in both communities, and his session stands in 阳光花园."""
    person = uuid7()
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into person (id, community_id, name, kind, account_id) values ($1, $2, '赵强', 'natural', $3)",
            person,
            LAKE,
            ZHAO.account_id,
        )
        await execute(
            "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, 'patrol', '2020-01-01')",
            uuid7(),
            LAKE,
            person,
        )
    made: Phone = await phone_for(ZHAO)
    await made.client.post("/me/community", data={"community_id": str(SUNSHINE)})
    return made


async def stored(photo):
    async with DB.scope(EVERYWHERE):
        return await fetchrow("select community_id, entity, entity_id, key from photo where id = $1", photo["id"])


@pytest.mark.parametrize("first", ["operation", "photo"])
async def test_a_photo_follows_its_operation(phone, first):
    id_, photo = uuid7(), promise()
    op = phone.op("thing.make", id_, args={"name": "湖边的灯"}, photos=[photo], **IN_LAKE)
    if first == "operation":
        assert await phone.push(op) == ["applied"]
    assert (await send(phone, photo)).status_code == 201
    if first == "photo":
        assert (await stored(photo))["community_id"] == SUNSHINE
        assert await phone.push(op) == ["applied"]
    found = await stored(photo)
    assert (found["community_id"], found["entity"], found["entity_id"]) == (LAKE, "thing", id_)
    if first == "operation":
        assert str(LAKE) in found["key"]
    assert (await asked(phone, photo))[1] == "?1"


@pytest.mark.parametrize("first", ["operation", "photo"])
async def test_what_waits_for_its_photo_is_carried_out_on_a_visit_elsewhere(phone, first):
    id_, photo = uuid7(), promise()
    prove = phone.op("thing.prove", id_, base=1, photos=[photo], args={"note": "证"}, **IN_LAKE)
    await phone.push(phone.op("thing.make", id_, args={"name": "湖边的灯"}, **IN_LAKE))
    if first == "operation":
        assert await phone.push(prove) == ["deferred"]
    assert (await send(phone, photo)).status_code == 201
    if first == "photo":
        assert await phone.push(prove) == ["applied"]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["证"]
        assert await fetchval("select community_id from audit where action = 'photo.attach'") == LAKE
    assert await phone.push(prove) == ["applied"]
    assert (await stored(photo))["community_id"] == LAKE


@pytest.mark.parametrize("first", ["operation", "photo"])
async def test_the_photo_of_work_in_a_community_one_has_left_reaches_its_office(phone, first, client_for):
    photo = promise()
    op = phone.op("thing.make", uuid7(), args={"name": "湖边的灯"}, photos=[photo], **IN_LAKE)
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where community_id = $1 and post = 'patrol'", LAKE)
    if first == "photo":
        assert (await send(phone, photo)).status_code == 201
    assert await phone.push(op) == ["rejected"]
    assert (await send(phone, photo)).status_code == 201
    assert (await asked(phone, photo))[1] == "?1"
    assert (await stored(photo))["community_id"] == LAKE
    page = (await (await client_for(SUN)).get(f"/phones/records/{op['id']}")).text
    assert photo["id"] in page
    assert (await (await client_for(WANG)).get(f"/phones/records/{op['id']}")).status_code == 404


async def test_who_is_nowhere_any_more_still_hands_in_the_photo(phone):
    photo, loose = promise(), promise()
    op = phone.op("thing.make", uuid7(), args={"name": "湖边的灯"}, photos=[photo], **IN_LAKE)
    await phone.push()
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where post = 'patrol'")
    assert await phone.push(op) == ["rejected"]
    assert (await send(phone, photo)).status_code == 201
    assert (await stored(photo))["community_id"] == LAKE
    assert (await send(phone, loose)).status_code == 404


async def test_what_waits_where_one_has_left_is_left_to_the_office(phone):
    id_, photo, here = uuid7(), promise(), promise()
    await phone.push(phone.op("thing.make", id_, args={"name": "湖边的灯"}, **IN_LAKE))
    prove = phone.op("thing.prove", id_, base=1, photos=[photo], **IN_LAKE)
    assert await phone.push(prove) == ["deferred"]
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where community_id = $1 and post = 'patrol'", LAKE)
    assert (await send(phone, photo)).status_code == 201
    assert (await send(phone, here, PHOTO)).status_code == 201
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == []
        assert await carry_out_all() == 1
        assert await fetchval("select outcome from sync_op where id = $1", prove["id"]) == "rejected"


async def test_a_photo_that_shows_something_already_stays_where_it_is(phone):
    one, two, photo = uuid7(), uuid7(), promise()
    assert await phone.push(phone.op("thing.make", one, args={"name": "灯"}, photos=[photo])) == ["applied"]
    assert (await send(phone, photo)).status_code == 201
    await phone.push(phone.op("thing.make", two, args={"name": "湖边的灯"}, photos=[photo], **IN_LAKE))
    found = await stored(photo)
    assert (found["community_id"], found["entity_id"]) == (SUNSHINE, one)

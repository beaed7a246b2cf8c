"""Photos: in pieces, resumable, verified; operations that cannot be without them wait for them."""

import hashlib
from typing import Any

import pytest

from server.db import DB, EVERYWHERE, execute, fetchrow, fetchval
from server.lib.ids import uuid7
from server.storage.images import MAX_BYTES
from server.sync.tidying import carry_out_all, clear_pieces
from tests.cast import SUN, ZHAO
from tests.storage.pictures import encoded, picture
from tests.support.things import ticks_of

PHOTO = encoded(picture(1600, 1200), quality=92)
PIECE = 256 * 1024


pytestmark = pytest.mark.usefixtures("things")


def promise(data: bytes = PHOTO, role: str = "proof") -> dict[str, Any]:
    """Return a photo as an operation names it."""
    return {"id": str(uuid7()), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "role": role}


def address(photo: dict[str, Any]) -> str:
    return f"/sync/blobs/{photo['sha256']}?photo={photo['id']}"


async def send(phone, photo, data: bytes = PHOTO, start: int = 0, *, last: bool = True, piece: int = PIECE):
    """Send `data` from `start` on in pieces; return the last answer."""
    answer = None
    for offset in range(start, max(len(data), start + 1), piece):
        part = data[offset : offset + piece]
        ends = last and offset + len(part) >= len(data)
        answer = await phone.client.patch(
            address(photo), content=part,
            headers=phone.headers | {"upload-offset": str(offset), "upload-complete": "?1" if ends else "?0"},
        )  # fmt: skip
        if answer.status_code >= 300:
            break
    return answer


async def asked(phone, photo) -> tuple[str, str]:
    answer = await phone.client.head(address(photo), headers=phone.headers)
    assert answer.status_code == 200
    assert not answer.content
    return answer.headers["upload-offset"], answer.headers["upload-complete"]


async def test_a_photo_is_sent_in_pieces_and_resumed(phone_for):
    phone, photo = await phone_for(ZHAO), promise()
    assert len(PHOTO) > PIECE
    assert await asked(phone, photo) == ("0", "?0")
    first = await send(phone, photo, PHOTO[:PIECE], last=False)
    assert (first.status_code, first.headers["upload-offset"]) == (200, str(PIECE))
    assert await asked(phone, photo) == (str(PIECE), "?0")
    wrong = await send(phone, photo, start=0)
    assert (wrong.status_code, wrong.headers["upload-offset"]) == (409, str(PIECE))
    done = await send(phone, photo, start=PIECE)
    assert (done.status_code, done.headers["upload-complete"]) == (201, "?1")
    assert done.headers["upload-offset"] == str(len(PHOTO))
    assert (await asked(phone, photo))[1] == "?1"
    assert (await send(phone, photo)).headers["upload-complete"] == "?1"
    async with DB.scope(EVERYWHERE):
        assert (
            await fetchval("select count(*) from sync_piece") == await fetchval("select count(*) from sync_blob") == 0
        )
        stored = await fetchrow("select * from photo")
    assert (str(stored["id"]), stored["sha256"]) == (photo["id"], photo["sha256"])


async def test_a_photo_in_one_request_leaves_no_pieces_and_takes_the_place_of_those_that_came_before(phone_for, db):
    phone, photo = await phone_for(ZHAO), promise()
    await send(phone, photo, PHOTO[:PIECE], last=False)
    async with DB.scope(EVERYWHERE):  # a piece of a whole photo is never written, not even for a moment
        await execute(
            "create function no_more() returns trigger language plpgsql as $$ begin raise exception 'a piece'; end $$;"
            "create trigger no_more before insert on sync_piece for each row execute function no_more();"
        )
    done = await send(phone, photo, piece=len(PHOTO))
    assert (done.status_code, done.headers["upload-offset"]) == (201, str(len(PHOTO)))
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from sync_piece") == 0
        assert await fetchval("select count(*) from sync_blob") == 0
        assert await fetchval("select size from photo") > PIECE


async def test_bytes_that_are_not_what_was_named_begin_again(phone_for):
    phone, photo = await phone_for(ZHAO), promise()
    damaged = PHOTO[:1000] + b"x" + PHOTO[1001:]
    answer = await send(phone, photo, damaged)
    assert (answer.status_code, answer.headers["upload-offset"]) == (409, "0")
    truncated = await send(phone, photo, PHOTO[:-10])
    assert (truncated.status_code, truncated.headers["upload-offset"]) == (409, "0")
    assert (await send(phone, photo)).status_code == 201


async def test_what_is_no_photo_or_too_large_is_never_taken(phone_for):
    phone = await phone_for(ZHAO)
    text = b"<script>alert(1)</script>" * 100
    assert (await send(phone, promise(text), text)).status_code == 422
    huge = promise(b"x")
    answer = await phone.client.patch(
        address(huge), content=b"x" * 100, headers={"upload-offset": str(MAX_BYTES), "upload-complete": "?0"}
    )
    assert answer.status_code == 422
    large = await phone.client.patch(address(huge), content=b"x" * (5 * PIECE), headers={"upload-offset": "0"})
    assert large.status_code == 413
    assert large.json()["status"] == 413
    for path, headers in (
        (address(huge), {}),
        (address(huge), {"upload-offset": "-1"}),
        (f"/sync/blobs/{'0' * 64}?photo=x", {"upload-offset": "0"}),
        ("/sync/blobs/zz?photo=" + huge["id"], {"upload-offset": "0"}),
    ):
        assert (await phone.client.patch(path, content=b"x", headers=headers)).status_code in (400, 404)
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo where size > 0") == 0


async def test_a_photo_can_be_sent_whole(phone_for):
    phone, photo = await phone_for(ZHAO), promise()
    assert (await phone.client.put(address(photo), content=PHOTO)).status_code == 201
    assert (await phone.client.put(address(photo), content=PHOTO)).headers["upload-complete"] == "?1"


async def test_a_photo_of_somebody_else_is_not_replaced(phone_for):
    zhao, sun, photo = await phone_for(ZHAO), await phone_for(SUN), promise()
    await send(zhao, photo)
    assert await asked(sun, photo) == ("0", "?0")
    assert (await send(sun, photo)).status_code == 422
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select account_id from photo where size > 0") == ZHAO.account_id


@pytest.mark.parametrize("first", ["operation", "photo"])
async def test_two_photos_with_the_same_bytes_both_have_their_place(phone_for, first):
    phone, one, two, photos = await phone_for(ZHAO), uuid7(), uuid7(), [promise(), promise()]
    ops = [
        phone.op("thing.make", id_, args={"name": "灯"}, photos=[photo])
        for id_, photo in zip((one, two), photos, strict=True)
    ]
    if first == "operation":
        assert await phone.push(*ops) == ["applied", "applied"]
    for photo in photos:
        assert (await send(phone, photo)).status_code == 201
    if first == "photo":
        assert await phone.push(*ops) == ["applied", "applied"]
    async with DB.scope(EVERYWHERE):
        for id_, photo in zip((one, two), photos, strict=True):
            stored = await fetchrow("select entity, entity_id, size from photo where id = $1", photo["id"])
            assert stored["entity"] == "thing"
            assert stored["entity_id"] == id_
            assert stored["size"] > 0


async def test_an_operation_that_needs_its_photo_is_carried_out_when_it_has_come(phone_for):
    phone, id_, photo = await phone_for(ZHAO), uuid7(), promise()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    prove = phone.op("thing.prove", id_, base=1, photos=[photo], args={"note": "证"})
    after = phone.op("thing.tick", id_, version=2, base=1, deps=[prove["id"]], args={"note": "后"})
    assert await phone.push(prove, after) == ["deferred", "deferred"]
    assert await phone.push(prove, after) == ["deferred", "deferred"]
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == []
    assert (await send(phone, photo)).status_code == 201
    async with DB.scope(EVERYWHERE):
        assert await ticks_of(id_) == ["证", "后"]
    assert await phone.push(prove, after) == ["applied", "merged"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select entity_id from photo") == id_
        assert await ticks_of(id_) == ["证", "后"]


async def test_what_waits_is_carried_out_even_if_the_process_died_after_the_last_piece(phone_for):
    phone, id_, photo = await phone_for(ZHAO), uuid7(), promise()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    prove = phone.op("thing.prove", id_, base=1, photos=[photo])
    await send(phone, photo)
    async with DB.scope(EVERYWHERE):
        await execute("update photo set size = 0")
    assert await phone.push(prove) == ["deferred"]
    async with DB.scope(EVERYWHERE):
        await execute("update photo set size = 1000")
        assert [await carry_out_all(), await carry_out_all()] == [1, 0]
    assert await phone.push(prove) == ["applied"]


async def test_what_waits_for_photos_of_somebody_who_left_goes_to_the_office(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    assert await phone.push(phone.op("thing.prove", id_, base=1, photos=[promise()])) == ["deferred"]
    async with DB.scope(EVERYWHERE):
        await execute("update post set until = '2024-06-01' where person_id = $1", ZHAO.person_id)
        assert [await carry_out_all(), await carry_out_all()] == [1, 0]
        assert await fetchval("select count(*) from sync_op where outcome = 'rejected'") == 1


async def test_what_waits_for_photos_waits_no_longer_once_it_was_thrown_away(phone_for):
    phone, id_ = await phone_for(ZHAO), uuid7()
    await phone.push(phone.op("thing.make", id_, args={"name": "灯"}))
    prove = phone.op("thing.prove", id_, base=1, photos=[promise()])
    assert await phone.push(prove) == ["deferred"]
    gone = {name: prove[name] for name in ("id", "seq", "type", "entity", "hash")} | {"reason": "照片拍错了"}
    assert (await phone.post(discarded=[gone])).json()["discarded"] == [prove["id"]]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select outcome from sync_op where id = $1::uuid", prove["id"]) == "discarded"


async def test_photos_given_up_are_forgotten(phone_for):
    phone, photo = await phone_for(ZHAO), promise()
    await send(phone, photo, PHOTO[:PIECE], last=False)
    async with DB.scope(EVERYWHERE):
        assert await clear_pieces() == 0
        await execute("update sync_blob set changed_at = now() - interval '31 days'")
        assert await clear_pieces() == 1
        assert await fetchval("select count(*) from sync_piece") == 0
    assert await asked(phone, photo) == ("0", "?0")

"""Photos sent, shown, attached: over HTTP, with the real database and the real store."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from server.db import DB, EVERYWHERE, fetch, fetchval, transaction
from server.lib.ids import uuid7
from server.security.actor import Actor
from server.storage import photos
from server.storage.images import PhotoRefused
from server.storage.links import link
from server.storage.objects import ObjectStore, StorageUnavailable, object_store, thumb_key
from server.storage.photos import PhotosMissing, attach, photo_rule, photos_of
from tests.cast import CHEN, HE, SHIFU, SUN, SUNSHINE, WANG
from tests.storage import pictures
from tests.storage.pictures import encoded, exif, picture
from tests.storage.sending import actor, send, uploaded

PICTURE = encoded(picture(), quality=80, exif=exif(6, place=True))

pytestmark = pytest.mark.usefixtures("store")
ClientFor = Callable[..., Any]


@pytest.fixture(autouse=True)
def thing_rule() -> Iterator[set[UUID]]:
    """A kind of entity whose photos the accounts in the set may see."""
    allowed: set[UUID] = set()

    async def may_see(who: Actor, _entity_id: UUID) -> bool:
        return who.account_id in allowed

    photo_rule("thing")(may_see)
    yield allowed
    del photos._rules["thing"]


async def test_a_photo_is_stored_upright_without_metadata_and_shown_to_its_uploader(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE, place="3栋地下室", taken_at="2026-11-23T14:00:00+08:00")
    assert (sent["width"], sent["height"]) == (600, 800)
    shown = await chen.get(sent["url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"] == f'inline; filename="{sent["id"]}.jpg"'
    assert "private" in shown.headers["cache-control"]
    image = Image.open(io.BytesIO(shown.content))
    assert image.size == (600, 800)
    assert not image.getexif()
    thumb = Image.open(io.BytesIO((await chen.get(sent["thumb"])).content))
    assert thumb.size == (300, 400)
    async with DB.scope(EVERYWHERE):
        row = (await fetch("select * from photo"))[0]
    assert row["account_id"] == CHEN.account_id
    assert row["community_id"] == SUNSHINE
    assert row["place"] == "3栋地下室"
    assert row["taken_at"].isoformat() == "2026-11-23T06:05:09+00:00"
    assert str(row["latitude"]) == "30.258500"
    assert row["sha256"] == hashlib.sha256(PICTURE).hexdigest()


async def test_what_the_phone_tells_counts_where_the_file_says_nothing(client_for: ClientFor) -> None:
    chen, id_ = await client_for(CHEN), uuid7()
    sent = await uploaded(
        chen, encoded(picture()), id=str(id_), taken_at="2026-11-22T10:00:00+08:00", latitude="30.25", longitude="120.1"
    )
    assert sent["id"] == str(id_)
    async with DB.scope(EVERYWHERE):
        row = (await fetch("select taken_at, latitude from photo"))[0]
    assert row["taken_at"].hour == 2
    assert str(row["latitude"]) == "30.250000"


async def test_several_at_once_keep_their_order(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    answer = await send(chen, *(encoded(picture(100 + n, 100)) for n in range(3)))
    assert [photo["width"] for photo in answer.json()["photos"]] == [100, 101, 102]
    assert (await send(chen, *[encoded(picture(50, 50))] * 10)).status_code == 422


async def test_the_same_photo_sent_again_is_the_same_photo(client_for: ClientFor, store: ObjectStore) -> None:
    chen, he = await client_for(CHEN), await client_for(HE)
    first, again = await uploaded(chen, PICTURE), await uploaded(chen, PICTURE)
    with_id = await uploaded(chen, PICTURE, id=str(uuid7()))
    assert first["id"] == again["id"] == with_id["id"] != (await uploaded(he, PICTURE))["id"]
    async with DB.scope(EVERYWHERE):
        keys = {row["key"] for row in await fetch("select key from photo")}
    there = {found.key for found in await store.listing(f"photos/{SUNSHINE}/")}
    assert len(keys) == 2
    assert keys <= there


async def test_a_photo_sent_again_after_its_form_is_still_the_same_when_the_phone_named_it(
    client_for: ClientFor,
) -> None:
    chen, id_ = await client_for(CHEN), str(uuid7())
    await uploaded(chen, PICTURE, id=id_)
    async with DB.scope(str(SUNSHINE)), transaction():
        await attach([UUID(id_)], entity="thing", entity_id=uuid4(), role="report", by=actor(CHEN))
    assert (await uploaded(chen, PICTURE, id=id_))["id"] == id_
    assert (await uploaded(chen, PICTURE))["id"] != id_


async def test_somebody_elses_id_is_refused(client_for: ClientFor) -> None:
    chen, he = await client_for(CHEN), await client_for(HE)
    id_ = (await uploaded(chen, PICTURE))["id"]
    assert (await send(he, encoded(picture(90, 90)), id=id_)).status_code == 422


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pictures.SVG, "不是照片"),
        (pictures.GIF, "不是照片"),
        (b"#!/bin/sh\nrm -rf /", "不是照片"),
        (b"\xff\xd8\xff" + bytes(50_000_000), "15 MB"),
        (pictures.png_bomb(), "像素"),
        (PICTURE[: len(PICTURE) // 2], "不完整"),
    ],
    ids=["svg with script", "gif", "wrong type, right name", "50 MB", "bomb", "truncated"],
)
async def test_bad_files_are_refused_with_a_reason_and_leave_nothing(
    client_for: ClientFor, data: bytes, words: str
) -> None:
    answer = await send(await client_for(CHEN), data)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo") == 0


async def test_a_body_beyond_the_routes_limit_is_refused(client_for: ClientFor) -> None:
    assert (await send(await client_for(CHEN), bytes(photos.FORM_BYTES))).status_code == 413


async def test_heic_is_taken(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, encoded(picture(400, 300), "HEIF"))
    assert (await chen.get(sent["url"])).content[:3] == b"\xff\xd8\xff"


async def test_bytes_garbled_on_their_way_are_asked_for_again(client_for: ClientFor) -> None:
    answer = await send(await client_for(CHEN), PICTURE, sha256="0" * 64)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "told", [{"id": "x"}, {"sha256": "zz"}, {"latitude": "91"}, {"taken_at": "yesterday"}, {"longitude": "NaN"}]
)
async def test_nonsense_beside_the_photo_is_refused(client_for: ClientFor, told: dict[str, str]) -> None:
    assert (await send(await client_for(CHEN), PICTURE, **told)).status_code == 422


async def test_an_upload_without_a_photo_is_refused(client_for: ClientFor) -> None:
    assert (await (await client_for(CHEN)).post("/photos", data={"photos": "text"})).status_code == 422


async def test_a_visitor_is_refused_before_the_body_is_read(visitor: Any) -> None:
    assert (await send(visitor, PICTURE)).status_code == 401
    assert (await visitor.get(f"/photos/{uuid4()}")).status_code in (303, 404)


async def test_an_upload_without_the_sessions_token_is_refused(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    del chen.headers["x-csrf-token"]
    assert (await send(chen, PICTURE)).status_code == 403


async def test_parts_of_a_photo(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE)
    whole = (await chen.get(sent["url"])).content
    part = await chen.get(sent["url"], headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (
        206,
        whole[10:20],
        f"bytes 10-19/{len(whole)}",
    )
    tail = await chen.get(sent["url"], headers={"range": "bytes=-7"})
    assert (tail.status_code, tail.content) == (206, whole[-7:])
    beyond = await chen.get(sent["url"], headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert (await chen.get(sent["url"], headers={"range": "bytes=0-", "if-range": '"old"'})).status_code == 200
    for odd in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=a-b"):
        assert (await chen.get(sent["url"], headers={"range": odd})).status_code == 200


async def test_the_browser_is_told_that_nothing_changed(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    for url in ("url", "thumb"):
        address = (await uploaded(chen, PICTURE))[url]
        etag = (await chen.get(address)).headers["etag"]
        again = await chen.get(address, headers={"if-none-match": etag})
        assert again.status_code == 304
        assert not again.content


async def test_the_thumbnail_is_made_once_at_the_first_look(client_for: ClientFor, store: ObjectStore) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE)
    async with DB.scope(EVERYWHERE):
        key = thumb_key(await fetchval("select key from photo"))
    assert not await store.listing(key)
    first = await chen.get(sent["thumb"])
    assert [found.key for found in await store.listing(key)] == [key]
    assert (await chen.get(sent["thumb"])).content == first.content == await store.get(key)


async def test_head_answers_as_get_without_the_picture(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    answer = await chen.head((await uploaded(chen, PICTURE))["url"])
    assert answer.status_code == 200
    assert not answer.content
    assert int(answer.headers["content-length"]) > 1000


async def test_strangers_meet_404_whatever_they_try(client_for: ClientFor, thing_rule: set[UUID]) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE)
    id_ = UUID(sent["id"])
    for who in (HE, WANG, SHIFU, SUN):
        client = await client_for(who)
        for address in (
            sent["url"],
            sent["thumb"],
            f"/photos/{id_}",
            link(id_, actor(who)),
            link(id_, actor(who), thumb=True),
        ):
            assert (await client.get(address)).status_code == 404, (who.name, address)
        assert (await client.delete(f"/photos/{id_}")).status_code == 404
        assert (await client.get(f"/photos?ids={id_}")).json() == {"photos": []}
    async with DB.scope(str(SUNSHINE)), transaction():
        await attach([id_], entity="thing", entity_id=uuid4(), role="report", by=actor(CHEN))
    thing_rule.update({CHEN.account_id, SHIFU.account_id, SUN.account_id})
    statuses = {
        who.name: (await (await client_for(who)).get(link(id_, actor(who)))).status_code
        for who in (CHEN, SHIFU, HE, WANG, SUN)
    }
    assert statuses == {"陈晓明": 200, "王水生": 200, "何静": 404, "王建国": 404, "孙莉": 404}
    assert (await (await client_for(SHIFU)).get(sent["url"])).status_code == 404, "a link copied from CHEN's screen"


async def test_tampered_and_ended_links_open_nothing(client_for: ClientFor, monkeypatch: pytest.MonkeyPatch) -> None:
    chen = await client_for(CHEN)
    url = (await uploaded(chen, PICTURE))["url"]
    base, query = url.split("?")
    expires, sign = (pair.split("=")[1] for pair in query.split("&"))
    tries = [base, f"{base}?e={expires}", f"{base}?e={int(expires) + 86400}&s={sign}", f"{base}?e={expires}&s=", f"{base}?e={expires}&s={sign}x",
             f"{base}?e=-1&s={sign}", f"{base}?e={expires}&s=密", f"/photos/{uuid4()}?{query}"]  # fmt: skip
    for address in tries:
        assert (await chen.get(address)).status_code == 404, address
    monkeypatch.setattr("server.storage.links.time.time", lambda: float(expires) + 1)
    assert (await chen.get(url)).status_code == 404


async def test_a_photo_without_a_rule_is_shown_to_nobody(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE)
    async with DB.scope(str(SUNSHINE)), transaction():
        await attach([UUID(sent["id"])], entity="unknown", entity_id=uuid4(), role="report", by=actor(CHEN))
    assert (await chen.get(sent["url"])).status_code == 404


async def test_attaching_keeps_the_order_and_can_be_repeated(client_for: ClientFor) -> None:
    chen, thing = await client_for(CHEN), uuid4()
    ids = [UUID((await uploaded(chen, encoded(picture(60 + n, 60))))["id"]) for n in range(3)]
    wanted = [ids[2], ids[0], ids[1]]
    for _ in range(2):
        async with DB.scope(str(SUNSHINE)), transaction():
            assert await attach(wanted, entity="thing", entity_id=thing, role="report", by=actor(CHEN)) == 3
    async with DB.scope(str(SUNSHINE)):
        assert [photo.id for photo in (await photos_of("thing", [thing, uuid4()]))[thing]] == wanted
        assert await fetchval("select count(*) from audit where action = 'photo.attach'") == 2


async def test_only_ones_own_unattached_photos_can_be_attached(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    mine, used = [UUID((await uploaded(chen, encoded(picture(60 + n, 60))))["id"]) for n in range(2)]

    async def tried(id_: UUID, who: Any) -> None:
        async with DB.scope(EVERYWHERE), transaction():
            await attach([id_], entity="thing", entity_id=uuid4(), role="report", by=who)

    await tried(used, actor(CHEN))
    for id_, who in ((mine, actor(HE)), (mine, actor(SUN)), (used, actor(CHEN)), (uuid4(), actor(CHEN))):
        with pytest.raises(PhotosMissing):
            await tried(id_, who)
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo where entity_id is null and id = $1", mine) == 1


async def test_a_refused_attachment_leaves_the_form_as_it_was(client_for: ClientFor) -> None:
    chen = await client_for(CHEN)
    mine = UUID((await uploaded(chen, PICTURE))["id"])
    with pytest.raises(PhotosMissing):
        async with DB.scope(str(SUNSHINE)), transaction():
            await attach([mine, uuid4()], entity="thing", entity_id=uuid4(), role="report", by=actor(CHEN))
    assert (await chen.get(f"/photos?ids={mine},{uuid4()},junk")).json()["photos"][0]["id"] == str(mine)


async def test_a_promised_photo_takes_its_place_when_it_arrives(client_for: ClientFor, thing_rule: set[UUID]) -> None:
    chen, he, thing, promised = await client_for(CHEN), await client_for(HE), uuid4(), uuid7()
    thing_rule.update({CHEN.account_id, HE.account_id})
    there = UUID((await uploaded(chen, PICTURE))["id"])
    async with DB.scope(str(SUNSHINE)), transaction():
        assert (
            await attach([there], waiting=[promised], entity="thing", entity_id=thing, role="report", by=actor(CHEN))
            == 2
        )
    async with DB.scope(str(SUNSHINE)):
        assert [photo.is_waiting for photo in (await photos_of("thing", [thing]))[thing]] == [False, True]
    assert (await chen.get(link(promised, actor(CHEN)))).status_code == 404
    assert (await send(he, encoded(picture(70, 60)), id=str(promised))).status_code == 422, "promised by somebody else"
    sent = await uploaded(chen, encoded(picture(80, 60)), id=str(promised))
    assert sent["id"] == str(promised)
    assert (await he.get(link(promised, actor(HE)))).status_code == 200
    async with DB.scope(str(SUNSHINE)):
        assert [photo.is_waiting for photo in (await photos_of("thing", [thing]))[thing]] == [False, False]


async def test_a_promise_of_a_photo_that_just_arrived_attaches_it_and_never_somebody_elses(
    client_for: ClientFor,
) -> None:
    chen, he, thing = await client_for(CHEN), await client_for(HE), uuid4()
    mine, theirs = UUID((await uploaded(chen, PICTURE))["id"]), UUID((await uploaded(he, PICTURE))["id"])
    async with DB.scope(str(SUNSHINE)), transaction():
        assert (
            await attach([], waiting=[mine, theirs], entity="thing", entity_id=thing, role="report", by=actor(CHEN))
            == 1
        )
    async with DB.scope(str(SUNSHINE)):
        assert [photo.id for photo in (await photos_of("thing", [thing]))[thing]] == [mine]


async def test_a_photo_can_be_taken_back_until_it_is_attached(client_for: ClientFor, store: ObjectStore) -> None:
    chen = await client_for(CHEN)
    sent = await uploaded(chen, PICTURE)
    async with DB.scope(EVERYWHERE):
        key = await fetchval("select key from photo")
    assert (await chen.delete(f"/photos/{sent['id']}")).status_code == 200
    assert (await chen.get(sent["url"])).status_code == 404
    assert key not in [found.key for found in await store.listing(f"photos/{SUNSHINE}/")]
    sent = await uploaded(chen, PICTURE)
    async with DB.scope(str(SUNSHINE)), transaction():
        await attach([UUID(sent["id"])], entity="thing", entity_id=uuid4(), role="report", by=actor(CHEN))
    assert (await chen.delete(f"/photos/{sent['id']}")).status_code == 404


async def test_while_the_store_is_down_uploads_are_asked_to_come_later(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen = await client_for(CHEN)
    shown = await uploaded(chen, encoded(picture(90, 60)))

    def down(*_args: Any, **_more: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(object_store().client, "put_object", down)
    monkeypatch.setattr(object_store().client, "get_object", down)
    answer = await send(chen, PICTURE)
    assert answer.status_code == 503
    assert answer.json()["error"] == "照片暂时存不了，已留在手机上，稍后自动再传"
    assert answer.headers["retry-after"]
    assert (await chen.get(shown["url"])).status_code == 503
    assert (await chen.get("/photos?ids=")).status_code == 200
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo") == 1
    monkeypatch.undo()
    await uploaded(chen, PICTURE)


async def test_no_connection_is_held_while_a_photo_is_worked_on(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen, free = await client_for(CHEN), []
    put = ObjectStore.put

    async def watched(self: ObjectStore, *args: Any) -> None:
        free.append(DB.lender.turns._value)
        await put(self, *args)

    monkeypatch.setattr(ObjectStore, "put", watched)
    await uploaded(chen, PICTURE)
    assert free == [5]


async def test_a_plain_form_stores_its_files_before_its_transaction(db: str) -> None:
    from litestar.datastructures import UploadFile

    files = [UploadFile("image/png", "a.txt", PICTURE), UploadFile("text/plain", "b", encoded(picture(50, 40), "PNG"))]
    async with DB.scope(str(SUNSHINE)):
        stored = await photos.store_photos(files, by=actor(CHEN))
    assert [photo.width for photo in stored] == [600, 50]
    with pytest.raises(PhotoRefused):
        await photos.store_photos([UploadFile("image/jpeg", "a.jpg", b"nothing")], by=actor(CHEN))


async def test_too_many_at_once_wait_and_then_are_asked_to_come_later(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(photos, "_turns", asyncio.Semaphore(0))
    monkeypatch.setattr(photos, "PATIENCE", 0.05)
    with pytest.raises(StorageUnavailable):
        await photos.store(photos.Sent(PICTURE), by=actor(CHEN))

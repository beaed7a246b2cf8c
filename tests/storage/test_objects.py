"""The object store against the real gateway, and against none."""

import asyncio
import secrets
import time

import pytest

from server.embedded.processes import free_port
from server.storage.objects import Flushes, ObjectMissing, ObjectStore, StorageUnavailable, new_key
from tests.cast import SUNSHINE


async def test_an_object_is_put_read_in_part_listed_and_removed(store: ObjectStore) -> None:
    key, data = new_key(SUNSHINE), secrets.token_bytes(300_000)
    await store.put(key, data, "image/jpeg")
    assert await store.get(key) == data
    assert await store.get(key, 100, 50) == data[100:150]
    assert await store.get(key, 299_000) == data[299_000:]
    assert (await store.stat(key)).size == 300_000
    assert key in [found.key for found in await store.listing(f"photos/{SUNSHINE}/")]
    assert await store.remove([key, new_key(SUNSHINE)]) == 2
    for call in (store.get(key), store.stat(key)):
        with pytest.raises(ObjectMissing):
            await call


async def test_a_list_goes_on_where_it_ended(store: ObjectStore) -> None:
    keys = sorted(f"list/{secrets.token_hex(4)}/{n}" for n in range(7))
    await asyncio.gather(*(store.put(key, b"x", "text/plain") for key in keys))
    first = [found.key for found in await store.listing("list/", limit=4)]
    rest = [found.key for found in await store.listing("list/", after=first[-1])]
    assert first + rest == keys
    await store.remove(keys)


async def test_keys_cannot_be_guessed_and_say_when() -> None:
    first, second = new_key(SUNSHINE), new_key(SUNSHINE)
    assert first != second
    assert first.startswith(f"photos/{SUNSHINE}/20")
    assert len(first.rsplit("/", 1)[1]) == 32


async def test_a_store_that_is_down_says_so_at_once() -> None:
    down = ObjectStore(f"127.0.0.1:{free_port()}", "a", "b" * 8, "neiye", region="us-east-1", secure=False)
    for call in (down.put("k", b"x", "text/plain"), down.get("k"), down.listing(), down.remove(["k"])):
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(call, 2)
    assert not await down.healthy()


async def test_a_store_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.storage.objects.READ_SECONDS", 0.3)
    server = await asyncio.start_server(lambda _r, _w: asyncio.sleep(5), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    deaf = ObjectStore(f"127.0.0.1:{port}", "a", "b" * 8, "neiye", region="us-east-1", secure=False)
    with pytest.raises(StorageUnavailable):
        await asyncio.wait_for(deaf.put("k", b"x", "text/plain"), 5)
    server.close()


async def test_wrong_keys_and_a_missing_bucket_are_trouble_not_missing_objects(store: ObjectStore) -> None:
    wrong = ObjectStore(store.endpoint, "nobody", "wrong-secret", "neiye", region="us-east-1", secure=False)
    with pytest.raises(StorageUnavailable):
        await wrong.get("k")
    store.bucket, bucket = "no-such-bucket", store.bucket
    try:
        with pytest.raises(StorageUnavailable):
            await store.put("k", b"x", "text/plain")
        assert not await store.healthy()
    finally:
        store.bucket = bucket
    assert await store.healthy()


async def test_flushes_that_wait_share_one_call_that_begins_after_them() -> None:
    begun: list[float] = []

    def slow() -> None:
        begun.append(time.monotonic())
        time.sleep(0.1)

    flush = Flushes(slow)
    first = asyncio.create_task(asyncio.to_thread(flush))
    await asyncio.sleep(0.03)
    await asyncio.gather(first, *(asyncio.to_thread(flush) for _ in range(5)))
    assert len(begun) == 2


async def test_a_flush_that_fails_says_so_to_everybody_and_the_next_one_tries_again() -> None:
    answers = iter([OSError("disk"), OSError("disk"), OSError("disk"), None])

    def call() -> None:
        time.sleep(0.02)
        if error := next(answers):
            raise error

    flush = Flushes(call)
    said = await asyncio.gather(*(asyncio.to_thread(flush) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in said] == [OSError] * 3
    await asyncio.to_thread(flush)


async def test_a_put_that_cannot_be_flushed_is_not_acknowledged(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(store, "flush", Flushes(full))
    with pytest.raises(StorageUnavailable):
        await store.put(new_key(SUNSHINE), b"x", "image/jpeg")

"""The gateway is killed in the middle of it all: what was acknowledged is there, and the store works again."""

import asyncio
import os
import secrets
import signal
from pathlib import Path

import pytest

from server.embedded.folder import Folder
from server.embedded.s3 import Gateway
from server.storage.objects import ObjectStore, StorageUnavailable, new_key
from tests.cast import SUNSHINE


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """A gateway of this test's own, running."""
    folder = Folder(tmp_path)
    folder.make()
    made = Gateway(folder)
    made.prepare()
    made.start()
    made.wait_ready()
    return made


async def test_what_was_acknowledged_outlives_a_kill_in_the_middle_of_the_puts(gateway: Gateway) -> None:
    reach, kept = gateway.settings, {}
    store = ObjectStore(
        reach.endpoint, reach.access_key, reach.secret_key, reach.bucket, region=reach.region, secure=False
    )
    refused = 0

    async def writer() -> None:
        nonlocal refused
        for _ in range(25):
            key, data = new_key(SUNSHINE), secrets.token_bytes(60_000)
            try:
                await store.put(key, data, "image/jpeg")
                kept[key] = data
            except StorageUnavailable:
                refused += 1

    writers = [asyncio.create_task(writer()) for _ in range(4)]
    while len(kept) < 20:
        await asyncio.sleep(0.005)
    assert gateway.process is not None
    os.kill(gateway.process.pid, signal.SIGKILL)
    await asyncio.gather(*writers)
    assert refused > 0
    assert not await store.healthy()
    gateway.start()
    await asyncio.to_thread(gateway.wait_ready)
    try:
        assert reach == gateway.settings
        for key, data in kept.items():
            assert await store.get(key) == data
        await store.put(new_key(SUNSHINE), b"again", "image/jpeg")
        assert await store.healthy()
    finally:
        gateway.stop()

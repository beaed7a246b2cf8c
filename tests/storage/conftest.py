"""Fixtures: the real object store. What needs the settings is imported late: the servers start after this file is read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from server.storage.objects import ObjectStore


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["ObjectStore"]:
    """The object store with a bucket of this test's own: what others put and collect meanwhile is not there."""
    from server.config import settings
    from server.storage.objects import object_store

    own = replace(settings, s3_bucket=f"test-{uuid4().hex[:12]}")
    monkeypatch.setattr("server.storage.objects.settings", own)
    object_store.cache_clear()
    found = object_store()
    await found.make_bucket()
    yield found
    object_store.cache_clear()
